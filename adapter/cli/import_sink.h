// Where an import goes: a FHIR service in this process or one behind a URL, as transactions.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "mapping/importer.h"
#include "service/fhir_service.h"
#include "service/request.h"
#include "store/store.h"

namespace planbro::cli {

// What errors of the plan rules mean for a plan that another service is to take.
enum class RuleErrors : std::uint8_t {
  kTell,    // a warning: the service decides, and may know the rules or not
  kRefuse,  // the plan is not sent
};

// A service behind a URL: one transaction a plan, and questions before it about what is there. The
// plan rules judge the plan as it is sent: what the embedded store would put right, nobody may put
// right there.
class RemoteSink final : public mapping::Sink {
 public:
  // Sends a request whose path and query stand behind the service's base ("" is the base itself).
  using Send = std::function<Result<service::Response>(const service::Request&)>;
  RemoteSink(Send send, RuleErrors rule_errors)
      : send_(std::move(send)), rule_errors_(rule_errors) {}

  std::unique_ptr<Parcel> prepare(const json::DocumentPtr& bundle) override;
  bool isCurrent(std::string_view record_key) override;
  // A dry run asks only whether the plan is there: fate is created or updated.
  Result<std::vector<Answer>> take(std::span<const std::unique_ptr<Parcel>> parcels,
                                   bool dry_run) override;

 private:
  // What a search for "TYPE?QUERY" finds; nothing if the answer is no JSON.
  Result<json::DocumentPtr> search(std::string_view url);
  Result<json::DocumentPtr> searchPlan(const json::Document& bundle);
  // With what the plan in it no longer has, marked so (removed_parts.h).
  Result<json::DocumentPtr> markRemoved(const json::DocumentPtr& bundle);
  Result<Answer> look(const json::Document& bundle);
  Result<Answer> send(const json::Document& bundle, const std::string& text);
  Result<service::Response> ask(const service::Request& request);

  Send send_;
  RuleErrors rule_errors_;
  std::mutex mutex_;  // one request at a time
};

// The service of this process: plans share commits, nothing is written as text between. A dry run
// does everything but the commit and tells what would change.
class LocalSink final : public mapping::Sink {
 public:
  // Both must outlive the sink.
  LocalSink(const service::FhirService& service, store::Store& store)
      : service_(service), store_(store) {}

  bool isCurrent(std::string_view record_key) override;
  std::unique_ptr<Parcel> prepare(const json::DocumentPtr& bundle) override;
  Result<std::vector<Answer>> take(std::span<const std::unique_ptr<Parcel>> parcels,
                                   bool dry_run) override;

 private:
  // With what the plan in it no longer has, marked so.
  json::DocumentPtr markRemoved(const json::DocumentPtr& bundle) const;

  const service::FhirService& service_;
  store::Store& store_;
};

}  // namespace planbro::cli
