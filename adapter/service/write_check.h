// What is asked of data before they are stored. The rooms below and beside provide the checks
// (structure and profiles: validation/, rules of the plan: plan/); cli/ hands them in with how
// strictly each is meant.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/issue.h"
#include "fhir/resource.h"
#include "plan/plan_reader.h"
#include "store/store.h"

namespace planbro::service {

enum class Enforcement : std::uint8_t {
  kOff,      // not asked
  kWarn,     // errors become warnings; the write goes on
  kEnforce,  // errors refuse the write with 422
};

// A snapshot that is opened when it is first asked for: most writes need none.
class LateSnapshot {
 public:
  // `store` must outlive it.
  explicit LateSnapshot(store::Store& store) : store_(store) {}
  Result<store::Reader*> view();

 private:
  store::Store& store_;
  std::unique_ptr<store::Reader> opened_;
};

// Any thread. Found faults are issues; an error is a check that could not be made.
class WriteCheck {
 public:
  virtual ~WriteCheck() = default;

  // Whether follow() and checkCommit() can have something to say where resources of that type are
  // written. Those who know that they have not save others a look at the store.
  virtual bool concerns(std::string_view /*type*/) const { return true; }

  // Before anything else: what was sent as it is to be stored. `body` is the Bundle of a batch or
  // transaction, or the resource of a create or update (with its id, where the address has one),
  // and may be replaced; what was changed and why goes into `issues`.
  virtual Status amend(LateSnapshot& snapshot, fhir::Resource& body,
                       std::vector<fhir::Issue>& issues) const;

  // What has to be written besides, in the same store transaction: resources with their ids, each
  // as an update or, where its id is not used yet, a create. `view` and `written` as below.
  virtual Status follow(plan::PlanReader& view, std::span<const fhir::Resource> written,
                        std::vector<fhir::Resource>& more, std::vector<fhir::Issue>& issues) const;

  // One resource by itself, before its write begins; ids and references of a transaction are not
  // yet resolved.
  virtual Status checkResource(const fhir::Resource& resource,
                               std::vector<fhir::Issue>& issues) const;

  // Everything one request writes, inside its store transaction and after all of it: `view` shows
  // the store as it will be after the commit. `written` holds the new current versions, without
  // deletions and without what did not change.
  virtual Status checkCommit(plan::PlanReader& view, std::span<const fhir::Resource> written,
                             std::vector<fhir::Issue>& issues) const;
};

// Errors become warnings.
void weaken(std::vector<fhir::Issue>& issues);

// A check and how strictly it is meant.
struct ConfiguredCheck {
  std::shared_ptr<const WriteCheck> check;
  Enforcement standard = Enforcement::kEnforce;
  std::map<std::string, Enforcement, std::less<>> by_type;  // by resource type; else `standard`

  Enforcement forType(std::string_view type) const;
  // Whether it is asked for anything at all.
  bool isOn() const;
};

}  // namespace planbro::service
