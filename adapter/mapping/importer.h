// Journal exports into a FHIR service: source → records → IndividualPlan → transaction Bundle →
// sink.
//
// One record's fault never stops the others. A record that fails is put into quarantine with its
// original bytes and its findings; nothing is lost. Importing the same again changes nothing: the
// Bundles update by business identifier and the service ignores an update that changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "fhir/issue.h"
#include "json/document.h"
#include "mapping/engine.h"
#include "mapping/source.h"

namespace planbro::mapping {

// What became of one plan, or would in a dry run.
enum class PlanFate : std::uint8_t { kCreated, kUpdated, kUnchanged, kQuarantined };
std::string_view fateName(PlanFate fate);  // "created"

// Where finished Bundles go: a service in this process or one over HTTP. Implemented in cli/.
class Sink {
 public:
  struct Answer {
    PlanFate fate = PlanFate::kCreated;  // of the plan in the Bundle
    std::vector<fhir::Issue> issues;     // what the service found; errors mean refused
    std::size_t written = 0;             // resources created or updated
  };
  virtual ~Sink() = default;
  // Sends one transaction Bundle. With `dry_run` nothing is stored. An Error means that the service
  // itself failed (full disk, no connection) and ends the import.
  virtual Result<Answer> take(const json::DocumentPtr& bundle, bool dry_run) = 0;
};

struct ImportOptions {
  std::string source;  // name of a source of the library
  bool dry_run = false;
  std::filesystem::path quarantine;  // folder; empty: quarantined records are only reported
  // Called after every record, with the number done; for progress.
  std::function<void(std::size_t)> progress;
  const Clock* clock = nullptr;
};

struct RecordReport {
  std::string record;  // "plans.csv row 2"
  PlanFate fate = PlanFate::kCreated;
  std::vector<fhir::Issue> findings;
  std::filesystem::path quarantined;  // file with the original, if it was kept
};

struct ImportReport {
  std::size_t created = 0, updated = 0, unchanged = 0, quarantined = 0;
  std::vector<RecordReport> records;  // only those with findings or in quarantine
  std::size_t total() const { return created + updated + unchanged + quarantined; }
};

// Runs the whole import; `sink` and `progress` are called on the calling thread, in the order of
// the records, while the next record is read and mapped on another.
// Errors: unknown source, unreadable input, failing sink.
Result<ImportReport> importPlans(const MapLibrary& library, const ImportOptions& options,
                                 std::vector<std::filesystem::path> inputs, Sink& sink);

// The report for people: counts, then findings with their places.
std::string formatReport(const ImportReport& report, fhir::Language language);

}  // namespace planbro::mapping
