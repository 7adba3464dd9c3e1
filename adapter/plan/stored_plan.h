// One plan of a store with everything that belongs to it: what every export is made from.
//
// Immutable once made; any thread. Independent of the reader it was made with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "fhir/element.h"
#include "plan/plan_set.h"
#include "store/store.h"

namespace planbro::plan {

class StoredPlan {
 public:
  // `plan` is a current CarePlan of `reader`. kNotFound: it has been deleted. kCorrupt,
  // kLimitExceeded: as planResources().
  static Result<StoredPlan> read(store::Reader& reader, const store::Version& plan);

  const PlanSet& set() const { return set_; }
  const fhir::Element& plan() const { return plan_; }
  // The plan's owner; empty if the store has no such Patient.
  fhir::Element owner() const;
  // When the newest of its resources was changed: exports take their dates from the data, so that
  // the same versions give the same bytes.
  Instant newest() const { return newest_; }
  // The day of newest() in Norway: "2026-11-22".
  const std::string& day() const { return day_; }
  // Says which versions it holds: what identifiers of exports are made from.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  StoredPlan(PlanSet set, fhir::Element plan, Instant newest, std::string fingerprint);

  PlanSet set_;
  fhir::Element plan_;
  Instant newest_;
  std::string day_;
  std::string fingerprint_;
};

}  // namespace planbro::plan
