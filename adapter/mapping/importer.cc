#include "mapping/importer.h"

#include <fmt/format.h>

#include <future>
#include <optional>
#include <utility>

#include "mapping/quarantine.h"

namespace planbro::mapping {
namespace {

const SystemClock kSystemClock;

void append(std::vector<fhir::Issue>& to, std::vector<fhir::Issue> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

class Import {
 public:
  Import(const MapLibrary& library, const SourceDescriptor& source, const ImportOptions& options,
         Sink& sink)
      : library_(library),
        source_(source),
        options_(options),
        sink_(sink),
        clock_(options.clock != nullptr ? *options.clock : kSystemClock),
        quarantine_(options.quarantine, source.name) {}

  // A record is read and mapped while the one before it is on its way into the sink: the sink
  // mostly waits for the disk. Reading, mapping and taking keep their order.
  Result<ImportReport> run(SourceReader& reader) {
    auto coming = prepareNext(reader);
    while (auto prepared = coming.get()) {
      coming = prepareNext(reader);
      PLANBRO_RETURN_IF_ERROR(take(*prepared));
      if (options_.progress) options_.progress(report_.total());
    }
    return std::move(report_);
  }

 private:
  struct Prepared {
    SourceRecord record;
    RecordReport report;
    json::DocumentPtr bundle;  // as transformed() gives it
  };

  // Where there are no more threads to have, the work is done when it is asked for.
  std::future<std::optional<Prepared>> prepareNext(SourceReader& reader) const {
    return std::async(std::launch::async | std::launch::deferred,
                      [this, &reader]() -> std::optional<Prepared> {
                        auto record = reader.next();
                        if (!record) return std::nullopt;
                        Prepared prepared{std::move(*record), {}, nullptr};
                        prepared.report.record = prepared.record.name;
                        prepared.report.findings = std::move(prepared.record.issues);
                        prepared.bundle = transformed(prepared.record, prepared.report);
                        return prepared;
                      });
  }

  Status take(Prepared& prepared) {
    RecordReport& report = prepared.report;
    report.fate = PlanFate::kQuarantined;
    if (prepared.bundle != nullptr) {
      PLANBRO_ASSIGN_OR_RETURN(Sink::Answer answer, sink_.take(prepared.bundle, options_.dry_run));
      if (!fhir::hasErrors(answer.issues)) report.fate = answer.fate;
      append(report.findings, std::move(answer.issues));
    }
    PLANBRO_RETURN_IF_ERROR(settle(prepared.record, report));
    count(std::move(report));
    return {};
  }

  // nullptr: an error stopped the record; it is among the findings.
  json::DocumentPtr transformed(const SourceRecord& record, RecordReport& report) const {
    if (record.document == nullptr || fhir::hasErrors(report.findings)) return nullptr;
    TransformOptions run;
    run.clock = &clock_;
    Outcome plan =
        library_.transform(source_.map, {record.document, record.root, record.places}, run);
    append(report.findings, std::move(plan.issues));
    if (plan.document == nullptr || source_.bundle_map.empty()) return plan.document;
    Outcome bundle = library_.transform(source_.bundle_map, {plan.document, nullptr, nullptr}, run);
    // Places in the plan mean nothing to whoever reads the journal's file.
    for (fhir::Issue& issue : bundle.issues) {
      issue.place.source = record.name;
      issue.place.position = {};
    }
    append(report.findings, std::move(bundle.issues));
    return bundle.document;
  }

  Status settle(const SourceRecord& record, RecordReport& report) {
    if (options_.dry_run || options_.quarantine.empty()) return {};
    if (report.fate != PlanFate::kQuarantined) {
      quarantine_.release(record.original, record.extension);
      return {};
    }
    PLANBRO_ASSIGN_OR_RETURN(
        report.quarantined,
        quarantine_.keep(record.name, record.original, record.extension, report.findings, clock_));
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
    if (report.fate == PlanFate::kQuarantined || !report.findings.empty())
      report_.records.push_back(std::move(report));
  }

  const MapLibrary& library_;
  const SourceDescriptor& source_;
  const ImportOptions& options_;
  Sink& sink_;
  const Clock& clock_;
  Quarantine quarantine_;
  ImportReport report_;
};

}  // namespace

std::string_view fateName(PlanFate fate) {
  switch (fate) {
    case PlanFate::kCreated:
      return "created";
    case PlanFate::kUpdated:
      return "updated";
    case PlanFate::kUnchanged:
      return "unchanged";
    case PlanFate::kQuarantined:
      break;
  }
  return "quarantined";
}

Result<ImportReport> importPlans(const MapLibrary& library, const ImportOptions& options,
                                 std::vector<std::filesystem::path> inputs, Sink& sink) {
  const SourceDescriptor* source = library.findSource(options.source);
  if (source == nullptr) {
    std::string known;
    for (const std::string_view name : library.sourceNames())
      known += fmt::format("{}{}", known.empty() ? "" : ", ", name);
    return fail(ErrorCode::kNotFound,
                fmt::format("there is no source '{}'; known are: {}", options.source, known));
  }
  PLANBRO_ASSIGN_OR_RETURN(const auto reader,
                           openSource(*source, std::move(inputs), library.definitions()));
  return Import(library, *source, options, sink).run(*reader);
}

std::string formatReport(const ImportReport& report, fhir::Language language) {
  static constexpr std::string_view kCounts[3] = {
      "Plans: {} created, {} updated, {} unchanged, {} quarantined.\n",
      "Planer: {} opprettet, {} oppdatert, {} uendret, {} satt til side.\n",
      "Planar: {} oppretta, {} oppdaterte, {} uendra, {} sette til side.\n"};
  std::string out =
      fmt::format(fmt::runtime(kCounts[static_cast<std::size_t>(language)]), report.created,
                  report.updated, report.unchanged, report.quarantined);
  for (const RecordReport& record : report.records) {
    out += fmt::format("{}: {}", record.record, fateName(record.fate));
    if (!record.quarantined.empty()) out += fmt::format(" -> {}", record.quarantined.string());
    out += '\n';
    for (const fhir::Issue& issue : record.findings) {
      out += "  ";
      if (!issue.place.source.empty()) {
        out += issue.place.source;
        if (issue.place.position.line != 0)
          out += fmt::format(":{}:{}", issue.place.position.line, issue.place.position.column);
        out += ": ";
      }
      out += fmt::format("{} {}: {}", fhir::severityCode(issue.severity), issue.code,
                         issue.text(language));
      if (!issue.place.expression.empty()) out += fmt::format(" ({})", issue.place.expression);
      if (!issue.rule.empty()) out += fmt::format(" [{}]", issue.rule);
      out += '\n';
    }
  }
  return out;
}

}  // namespace planbro::mapping
