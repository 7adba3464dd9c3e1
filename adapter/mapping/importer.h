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
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "fhir/issue.h"
#include "json/document.h"
#include "mapping/engine.h"
#include "mapping/source.h"

namespace planbro::mapping {

// What became of one plan, or would in a dry run.
enum class PlanFate : std::uint8_t { kCreated, kUpdated, kUnchanged, kQuarantined };
std::string_view fateName(PlanFate fate);  // "created"

// What a dry run would change: a resource, with the elements that differ from what is stored.
struct Difference {
  std::string resource;  // "Goal/8f0c…"; of a new one "Goal"
  bool created = false;
  struct Element {
    std::string path;           // "description.text"
    std::string stored, given;  // compact JSON; empty: it is not there
  };
  std::vector<Element> elements;
};

// Where finished Bundles go: a service in this process or one over HTTP. Implemented in cli/.
class Sink {
 public:
  struct Answer {
    PlanFate fate = PlanFate::kCreated;   // of the plan in the Bundle
    std::vector<fhir::Issue> issues;      // what the service found; errors mean refused
    std::size_t written = 0;              // resources created or updated
    std::vector<Difference> differences;  // of a dry run
  };
  // A Bundle ready to be taken.
  class Parcel {
   public:
    virtual ~Parcel() = default;
  };
  virtual ~Sink() = default;
  // Whether that tag (import_provenance.h) is on the Provenance of a plan there: the very record
  // was the last to say what the plan is. Any number of threads at a time; false when in doubt.
  virtual bool isCurrent(std::string_view /*record_key*/) { return false; }
  // What can be done before: reading, checking. Any number of threads at a time.
  virtual std::unique_ptr<Parcel> prepare(const json::DocumentPtr& bundle) = 0;
  // Sends transaction Bundles, each by itself, in their order; one thread at a time. With `dry_run`
  // nothing is stored. An Error means that the service itself failed (full disk, no connection) and
  // ends the import; what was taken before it stays.
  virtual Result<std::vector<Answer>> take(std::span<const std::unique_ptr<Parcel>> parcels,
                                           bool dry_run) = 0;
};

struct ImportOptions {
  std::string source;  // name of a source of the library
  bool dry_run = false;
  // A record with a warning of its reader or its map is refused too. Otherwise it is taken, and the
  // warning told.
  bool strict = false;
  // Maps records as well whose plans came from the very same bytes and maps.
  bool again = false;
  std::filesystem::path quarantine;  // folder; empty: quarantined records are only reported
  std::filesystem::path sources;     // folder for the source documents; empty: they are not kept
  // Records read, mapped and checked at the same time; 0: as many as the machine has cores.
  std::uint32_t threads = 0;
  // Records handed to the sink at once, at most; and what may lie ready or in work, in bytes of the
  // records as read, before reading waits.
  std::uint32_t batch = 128;
  std::size_t window_bytes = std::size_t{16} << 20;
  // Records told one by one in the report, at most; the others are only counted.
  std::size_t most_told = 10'000;
  // Called after every record, with the number done; for progress.
  std::function<void(std::size_t)> progress;
  // Who maps; with another version everything is mapped anew.
  std::string program = "Planbro";
  const Clock* clock = nullptr;
  IdSource* ids = nullptr;  // for the batch; null: random
};

struct RecordReport {
  std::string record;  // "plans.csv row 2"
  PlanFate fate = PlanFate::kCreated;
  std::vector<fhir::Issue> findings;
  std::filesystem::path quarantined;    // file with the original, if it was kept
  std::vector<Difference> differences;  // of a dry run
};

struct ImportReport {
  std::size_t created = 0, updated = 0, unchanged = 0, quarantined = 0;
  // Only those with findings, with differences or in quarantine.
  std::vector<RecordReport> records;
  std::string batch;       // UUID of this run, a tag on what it wrote; empty: nothing was stored
  std::size_t untold = 0;  // more of these, past ImportOptions::most_told
  struct Count {
    fhir::Severity severity = fhir::Severity::kInformation;
    std::size_t findings = 0, records = 0;
  };
  std::map<std::string_view, Count> codes;  // of all records, told or not
  std::size_t total() const { return created + updated + unchanged + quarantined; }
};

// Runs the whole import. Records are read one at a time, mapped and prepared by several threads,
// and taken by the sink in the order they stand in, a batch at a time, while the batch before is
// accounted for on the calling thread (`progress`, quarantine).
// Errors: unknown source, unreadable input, failing sink.
Result<ImportReport> importPlans(const MapLibrary& library, const ImportOptions& options,
                                 std::vector<std::filesystem::path> inputs, Sink& sink);

// Tries again what waits in quarantine of that source: when its map has been mended, say. What is
// taken now leaves the quarantine; what fails again stays, with its new findings. Whatever else as
// importPlans().
Result<ImportReport> importQuarantined(const MapLibrary& library, const ImportOptions& options,
                                       Sink& sink);

// The findings of one record, each once: those that say the same of several places are one, with
// the first place.
struct ToldFinding {
  const fhir::Issue* issue = nullptr;  // into `findings`
  std::size_t count = 1;
};
std::vector<ToldFinding> toldFindings(std::span<const fhir::Issue> findings);

// The report for people: counts, then findings with their places.
std::string formatReport(const ImportReport& report, fhir::Language language);

}  // namespace planbro::mapping
