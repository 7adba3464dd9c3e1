// Snapshots: a differential merged into what it is based on.
//
// Works for any differential, sparse ones and those with the known mistakes of published packages:
// what does not fit is reported and left out, the rest is merged.
// Source: FHIR R4, profiling.html, section 5.1.0.6; elementdefinition.html.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/on_demand.h"
#include "fhir/issue.h"
#include "fhir/registry.h"
#include "fhir/resource.h"

namespace planbro::validation {

// A StructureDefinition that has its snapshot, and what was wrong on the way there.
struct Snapshot {
  fhir::Resource definition;
  std::vector<fhir::Issue> issues;
};

// Makes the snapshot of `definition` from its differential; `base` is the definition that
// baseDefinition names, with a snapshot. `types` finds the definitions (with snapshots) of the
// types and type profiles that the differential walks into; nullptr if there is none.
class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;
  virtual const Snapshot* find(std::string_view canonical) = 0;
};
Snapshot generateSnapshot(const fhir::Resource& definition, SnapshotSource& source);

// StructureDefinitions by URL, each with a snapshot: as published, or generated. Any thread.
class Snapshots : public SnapshotSource {
 public:
  Snapshots(std::shared_ptr<const fhir::Registry> registry, std::recursive_mutex& lock);

  // nullptr if there is no such StructureDefinition, its bases form a circle or are more than
  // kMaxBaseDepth.
  const Snapshot* find(std::string_view canonical) override { return snapshots_.get(canonical); }

  static constexpr std::size_t kMaxBaseDepth = 64;

 private:
  std::unique_ptr<const Snapshot> make(std::string_view canonical);

  std::size_t depth_ = 0;  // of bases and types being made; under the lock
  std::shared_ptr<const fhir::Registry> registry_;
  OnDemand<Snapshot> snapshots_;
};

}  // namespace planbro::validation
