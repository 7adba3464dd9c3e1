// The terminology of one call: what is loaded, and what is stored and the caller may see.
//
// A stored resource is asked for by its url where nothing that is loaded has it, read and compiled
// for this call alone. Source: FHIR R4, terminology-service.html.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "service/call.h"
#include "terminology/terminology.h"

namespace planbro::service {

// One thread. The service must have a terminology; the arguments must outlive it.
class CallTerminology final : public terminology::DefinitionSource {
 public:
  // Reads from the call's own view, or a snapshot opened when it is first needed.
  explicit CallTerminology(const Call& call);
  CallTerminology(const Context& context, store::Reader& view);
  ~CallTerminology() override;
  CallTerminology(const CallTerminology&) = delete;
  CallTerminology& operator=(const CallTerminology&) = delete;

  const terminology::Terminology& operator*() const { return terminology_; }
  const terminology::Terminology* operator->() const { return &terminology_; }

  // What is stored: the version asked for, or the newest that it is the beginning of; without one
  // the newest. Past a number of questions nothing is found any more.
  fhir::Resource find(std::string_view type, std::string_view canonical) override;
  // Stored ConceptMaps between these value sets, or to that code system; what is empty is not
  // asked for.
  std::vector<fhir::Resource> conceptMaps(std::string_view source, std::string_view target,
                                          std::string_view target_system);

  // The failure of the store, if one of the questions met one: what was not found may be there.
  const Status& status() const { return status_; }

 private:
  std::vector<fhir::Resource> search(const store::Query& query);
  store::Reader* view();

  const Context& context_;
  const Call* call_ = nullptr;
  store::Reader* view_ = nullptr;
  std::unique_ptr<store::Reader> snapshot_;
  std::size_t questions_ = 0;
  Status status_;
  terminology::Terminology terminology_;
};

}  // namespace planbro::service
