#include "mapping/importer.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <future>
#include <iterator>
#include <set>
#include <thread>
#include <unordered_set>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "json/builder.h"
#include "json/writer.h"
#include "mapping/import_provenance.h"
#include "mapping/plan_requirements.h"
#include "mapping/quarantine.h"
#include "mapping/record_line.h"
#include "mapping/source_archive.h"

namespace planbro::mapping {
namespace {

const SystemClock kSystemClock;

void append(std::vector<fhir::Issue>& to, std::vector<fhir::Issue> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

constexpr std::size_t kShownDigest = 16;  // of the maps' fingerprint, in digits

// Says of records whether the same bytes came before: then the store as it is now says nothing
// about them, since another record in between may be on its way.
class RepeatReader final : public SourceReader {
 public:
  explicit RepeatReader(SourceReader& reader) : reader_(reader) {}
  std::optional<SourceRecord> next() override {
    auto record = reader_.next();
    if (record)
      record->repeated = !seen_.insert(std::hash<std::string_view>()(record->original)).second;
    return record;
  }

 private:
  SourceReader& reader_;
  std::unordered_set<std::size_t> seen_;
};

class Import {
 public:
  Import(const MapLibrary& library, const SourceDescriptor& source, const ImportOptions& options,
         Sink& sink, std::string batch)
      : library_(library),
        source_(source),
        options_(options),
        sink_(sink),
        clock_(options.clock != nullptr ? *options.clock : kSystemClock),
        quarantine_(options.quarantine, source.name),
        archive_(options.dry_run ? std::filesystem::path() : options.sources, source),
        maps_(sha256Hex(library.fingerprint() + options.program).substr(0, kShownDigest)) {
    report_.batch = std::move(batch);
  }

  // Before run(): keeps the source documents.
  Status keep(std::vector<std::filesystem::path>& inputs) { return archive_.keep(inputs); }
  // The document that all records came from, where it is no longer at hand.
  void comesFrom(std::string document) { document_ = std::move(document); }

  Result<ImportReport> run(SourceReader& source) {
    RepeatReader reader(source);
    const std::function<void(PreparedRecord&)> work = [this](PreparedRecord& one) { prepare(one); };
    RecordLine::Options line;
    line.threads = options_.threads != 0 ? options_.threads
                                         : std::max(1U, std::thread::hardware_concurrency());
    line.records = options_.batch;
    // Lying ready, waiting for the sink and in it: a third each.
    line.bytes = std::max<std::size_t>(options_.window_bytes / 3, 1);
    RecordLine records(reader, work, line);
    std::optional<Sent> sent;
    while (true) {
      PLANBRO_ASSIGN_OR_RETURN(std::vector<PreparedRecord> batch, records.take(options_.batch));
      const bool is_last = batch.empty();
      if (sent) PLANBRO_RETURN_IF_ERROR(hear(*sent));
      // While one batch is stored, the one before it is accounted for.
      std::optional<Sent> before = std::exchange(sent, std::nullopt);
      if (!is_last) sent = send(std::move(batch));
      if (before) PLANBRO_RETURN_IF_ERROR(settle(before->records));
      if (is_last) return end();
    }
  }

  // Whether the record of that file was put into quarantine, the same bytes again.
  void watch(const std::filesystem::path& file) { watched_ = file; }
  bool keptWatched() const { return kept_watched_; }

 private:
  // Of what lets a record through: warnings, and what a map calls an error (PB-2222).
  static bool hasWarnings(const RecordReport& report) {
    return std::any_of(report.findings.begin(), report.findings.end(), [](const auto& issue) {
      return issue.severity <= fhir::Severity::kWarning;
    });
  }

  // Any thread.
  void prepare(PreparedRecord& one) const {
    one.report.record = one.record.name;
    one.report.findings = std::move(one.record.issues);
    one.report.fate = PlanFate::kQuarantined;
    const std::string key = sha256Hex(one.record.original) + "-" + maps_;
    if (isKnown(one, key)) {
      one.report.fate = PlanFate::kUnchanged;
      one.record.document.reset();
      return;
    }
    const json::DocumentPtr bundle = transformed(one.record, key, one.report);
    if (bundle != nullptr && options_.strict && hasWarnings(one.report)) {
      one.report.findings.push_back(fhir::makeIssue("PB-4067", {"", one.record.name, {}}));
    } else if (bundle != nullptr) {
      one.parcel = sink_.prepare(bundle);
    }
    one.record.document.reset();  // only the original bytes are needed from here on
  }

  // A batch on its way into the sink.
  struct Sent {
    std::vector<PreparedRecord> records;
    std::vector<std::size_t> places;  // in `records`, of what has a parcel
    std::future<Result<std::vector<Sink::Answer>>> answers;
  };

  Sent send(std::vector<PreparedRecord> records) {
    Sent sent;
    sent.records = std::move(records);
    std::vector<std::unique_ptr<Sink::Parcel>> parcels;
    for (std::size_t i = 0; i < sent.records.size(); ++i) {
      if (sent.records[i].parcel == nullptr) continue;
      parcels.push_back(std::move(sent.records[i].parcel));
      sent.places.push_back(i);
    }
    if (parcels.empty()) return sent;
    // Without a policy: where no thread is to be had, it is done when it is asked for.
    sent.answers = std::async(
        [this, parcels = std::move(parcels)] { return sink_.take(parcels, options_.dry_run); });
    return sent;
  }

  // Waits for what the sink says of it.
  static Status hear(Sent& sent) {
    if (!sent.answers.valid()) return {};
    PLANBRO_ASSIGN_OR_RETURN(std::vector<Sink::Answer> answers, sent.answers.get());
    for (std::size_t i = 0; i < answers.size(); ++i) {
      RecordReport& report = sent.records[sent.places[i]].report;
      if (!fhir::hasErrors(answers[i].issues)) report.fate = answers[i].fate;
      append(report.findings, std::move(answers[i].issues));
      report.differences = std::move(answers[i].differences);
    }
    return {};
  }

  Status settle(std::vector<PreparedRecord>& batch) {
    for (PreparedRecord& one : batch) {
      PLANBRO_RETURN_IF_ERROR(settle(one.record, one.report));
      count(std::move(one.report));
      if (options_.progress) options_.progress(report_.total());
    }
    return {};
  }

  // Any thread.
  bool isKnown(const PreparedRecord& one, const std::string& key) const {
    const bool readable = one.record.document != nullptr && !fhir::hasErrors(one.report.findings);
    return readable && !options_.again && !one.record.repeated && sink_.isCurrent(key);
  }

  std::string_view documentOf(const SourceRecord& record) const {
    return document_.empty() ? archive_.documentOf(record.input) : std::string_view(document_);
  }

  // nullptr: an error stopped the record; it is among the findings.
  json::DocumentPtr transformed(const SourceRecord& record, const std::string& key,
                                RecordReport& report) const {
    if (record.document == nullptr || fhir::hasErrors(report.findings)) return nullptr;
    TransformOptions run;
    run.clock = &clock_;
    Outcome plan =
        library_.transform(source_.map, {record.document, record.root, record.places}, run);
    append(report.findings, std::move(plan.issues));
    if (plan.document == nullptr) return nullptr;
    ImportOrigin origin;
    origin.record_key = key;
    origin.batch = report_.batch;
    origin.document = documentOf(record);
    origin.record = std::filesystem::path(record.name).filename().string();
    origin.map = fmt::format("{}|{}", source_.map, maps_);
    origin.program = options_.program;
    origin.recorded = formatInstant(clock_.now());
    json::DocumentPtr bundle = plan.document;
    if (!source_.bundle_map.empty()) {
      origin.system = systemOf(plan.document->root());
      bundle = bundleOf(plan.document, record, run, report);
    }
    if (bundle == nullptr) return nullptr;
    if (planEntry(bundle->root()).has_value()) return withProvenance(bundle, origin);
    const std::string& map = source_.bundle_map.empty() ? source_.map : source_.bundle_map;
    report.findings.push_back(fhir::makeIssue("PB-2306", placeOf(record), {map}));
    return nullptr;
  }

  // The transaction that an IndividualPlan becomes; nullptr where it cannot.
  json::DocumentPtr bundleOf(const json::DocumentPtr& plan, const SourceRecord& record,
                             const TransformOptions& run, RecordReport& report) const {
    std::vector<fhir::Issue> missing = missingParts(plan->root(), placeOf(record));
    for (fhir::Issue& issue : missing) issue.rule = source_.map;
    const bool is_whole = !fhir::hasErrors(missing);
    append(report.findings, std::move(missing));
    if (!is_whole) return nullptr;
    Outcome bundle = library_.transform(source_.bundle_map, {plan, nullptr, nullptr}, run);
    // Places in the plan mean nothing to whoever reads the journal's file.
    for (fhir::Issue& issue : bundle.issues) {
      issue.place.source = record.name;
      issue.place.position = {};
    }
    append(report.findings, std::move(bundle.issues));
    return bundle.document;
  }

  static fhir::Place placeOf(const SourceRecord& record) {
    fhir::Place place;
    if (record.places != nullptr) place = record.places->placeOf(*record.document, record.root);
    if (place.source.empty()) place.source = record.name;
    return place;
  }

  // Of the journal system, as the plan has it.
  static std::string systemOf(const json::Node& plan) {
    const json::Node* source = plan.member("source");
    const json::Node* system = source == nullptr ? nullptr : source->member("system");
    return system == nullptr ? std::string() : std::string(system->text());
  }

  Result<ImportReport> end() {
    if (options_.dry_run) report_.batch.clear();
    if (!archive_.documents().empty()) PLANBRO_RETURN_IF_ERROR(archive_.note(batchLine()));
    return std::move(report_);
  }

  std::string batchLine() const {
    json::Builder out;
    out.beginObject();
    out.key("batch").string(report_.batch);
    out.key("time").string(formatInstant(clock_.now()));
    out.key("source").string(source_.name);
    out.key("map").string(fmt::format("{}|{}", source_.map, maps_));
    const auto count = [&](std::string_view name, std::size_t number) {
      out.key(name).number(std::to_string(number));
    };
    count("created", report_.created);
    count("updated", report_.updated);
    count("unchanged", report_.unchanged);
    count("quarantined", report_.quarantined);
    out.key("documents").beginArray();
    for (const auto& [input, digest] : archive_.documents()) {
      out.beginObject();
      out.key("name").string(std::filesystem::path(input).filename().string());
      out.key("sha256").string(digest);
      out.endObject();
    }
    out.endArray();
    out.endObject();
    return json::write(*std::move(out).finish());
  }

  Status settle(const SourceRecord& record, RecordReport& report) {
    if (options_.dry_run || options_.quarantine.empty()) return {};
    if (report.fate != PlanFate::kQuarantined) {
      quarantine_.release(record.original, record.extension);
      return {};
    }
    PLANBRO_ASSIGN_OR_RETURN(report.quarantined,
                             quarantine_.keep({record.name, documentOf(record)}, record.original,
                                              record.extension, report.findings, clock_));
    kept_watched_ |= report.quarantined == watched_;
    return {};
  }

  void count(RecordReport report) {
    switch (report.fate) {
      case PlanFate::kCreated:
        ++report_.created;
        break;
      case PlanFate::kUpdated:
        ++report_.updated;
        break;
      case PlanFate::kUnchanged:
        ++report_.unchanged;
        break;
      case PlanFate::kQuarantined:
        ++report_.quarantined;
        break;
    }
    countCodes(report);
    const bool told = report.fate == PlanFate::kQuarantined || !report.findings.empty() ||
                      !report.differences.empty();
    if (!told) return;
    if (report_.records.size() < options_.most_told) {
      report_.records.push_back(std::move(report));
    } else {
      ++report_.untold;
    }
  }

  void countCodes(const RecordReport& report) {
    std::set<std::string_view> once;
    for (const fhir::Issue& issue : report.findings) {
      ImportReport::Count& count = report_.codes[issue.code];
      count.severity = issue.severity;
      ++count.findings;
      count.records += once.insert(issue.code).second ? 1 : 0;
    }
  }

  const MapLibrary& library_;
  const SourceDescriptor& source_;
  const ImportOptions& options_;
  Sink& sink_;
  const Clock& clock_;
  Quarantine quarantine_;
  SourceArchive archive_;
  std::string maps_;      // begin of the library's fingerprint
  std::string document_;  // of all records; empty: as the archive says
  std::filesystem::path watched_;
  bool kept_watched_ = false;
  ImportReport report_;
};

std::string unknownMap(const MapLibrary& library, const std::string& source,
                       const std::string& map) {
  const std::vector<std::string> urls = library.mapUrls();
  const std::vector<std::string_view> names(urls.begin(), urls.end());
  const auto nearest = nearestName(map, names);
  return fmt::format("the source '{}' names the map {}, which is not loaded or has errors{}",
                     source, map, nearest ? fmt::format("; did you mean {}?", *nearest) : "");
}

Result<SourceDescriptor> sourceOf(const MapLibrary& library, const ImportOptions& options) {
  if (const SourceDescriptor* known = library.findSource(options.source); known != nullptr) {
    SourceDescriptor source = *known;
    for (const std::string& map : {source.map, source.bundle_map}) {
      if (!map.empty() && !library.hasMap(map))
        return fail(ErrorCode::kInvalidArgument, unknownMap(library, source.name, map));
    }
    source.names_read = library.namesRead(source.map);
    return source;
  }
  std::string known;
  for (const std::string_view name : library.sourceNames())
    known += fmt::format("{}{}", known.empty() ? "" : ", ", name);
  const auto nearest = nearestName(options.source, library.sourceNames());
  return fail(ErrorCode::kNotFound,
              fmt::format("there is no source '{}'{}; known are: {}", options.source,
                          nearest ? fmt::format(" (did you mean {}?)", *nearest) : "", known));
}

std::string newBatch(const ImportOptions& options) {
  TimeOrderedIds random(kSystemClock);
  return options.ids != nullptr ? options.ids->next() : random.next();
}

// Records of one file of the quarantine, under the name they had when they were put there.
class KeptReader final : public SourceReader {
 public:
  KeptReader(std::unique_ptr<SourceReader> reader, std::string name)
      : reader_(std::move(reader)), name_(std::move(name)) {}

  std::optional<SourceRecord> next() override {
    auto record = reader_->next();
    if (!record) return record;
    ++count_;
    if (!name_.empty())
      record->name = count_ == 1 ? name_ : fmt::format("{} record {}", name_, count_);
    return record;
  }

 private:
  std::unique_ptr<SourceReader> reader_;
  std::string name_;
  std::size_t count_ = 0;
};

void add(ImportReport& whole, ImportReport part) {
  whole.created += part.created;
  whole.updated += part.updated;
  whole.unchanged += part.unchanged;
  whole.quarantined += part.quarantined;
  whole.untold += part.untold;
  if (whole.batch.empty()) whole.batch = std::move(part.batch);
  std::move(part.records.begin(), part.records.end(), std::back_inserter(whole.records));
  for (const auto& [code, count] : part.codes) {
    ImportReport::Count& sum = whole.codes[code];
    sum.severity = count.severity;
    sum.findings += count.findings;
    sum.records += count.records;
  }
}

}  // namespace

Result<ImportReport> importPlans(const MapLibrary& library, const ImportOptions& options,
                                 std::vector<std::filesystem::path> inputs, Sink& sink) {
  PLANBRO_ASSIGN_OR_RETURN(const SourceDescriptor source, sourceOf(library, options));
  Import import(library, source, options, sink, newBatch(options));
  PLANBRO_RETURN_IF_ERROR(import.keep(inputs));
  PLANBRO_ASSIGN_OR_RETURN(const auto reader,
                           openSource(source, std::move(inputs), library.definitions()));
  return import.run(*reader);
}

Result<ImportReport> importQuarantined(const MapLibrary& library, const ImportOptions& options,
                                       Sink& sink) {
  PLANBRO_ASSIGN_OR_RETURN(const SourceDescriptor source, sourceOf(library, options));
  PLANBRO_ASSIGN_OR_RETURN(const auto waiting, keptRecords(options.quarantine, source.name));
  ImportReport whole;
  const std::string batch = newBatch(options);
  for (const KeptRecord& kept : waiting) {
    PLANBRO_ASSIGN_OR_RETURN(auto reader, openKept(source, kept.original, library.definitions()));
    KeptReader named(std::move(reader), kept.record);
    ImportOptions one = options;
    one.most_told = options.most_told - std::min(options.most_told, whole.records.size());
    if (options.progress)
      one.progress = [&](std::size_t done) { options.progress(whole.total() + done); };
    Import import(library, source, one, sink, batch);
    import.watch(kept.original);
    import.comesFrom(kept.document);
    PLANBRO_ASSIGN_OR_RETURN(ImportReport report, import.run(named));
    // What fails again lies there anew, under the same name or, of a file with several records, one
    // by one.
    if (!options.dry_run && report.total() > 0 && !import.keptWatched())
      PLANBRO_RETURN_IF_ERROR(discard(kept));
    add(whole, std::move(report));
  }
  return whole;
}

}  // namespace planbro::mapping
