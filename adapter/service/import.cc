#include "service/import.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "fhir/issue.h"
#include "json/builder.h"
#include "json/parser.h"
#include "json/writer.h"
#include "service/export_archive.h"
#include "service/mounts.h"
#include "service/negotiation.h"

namespace planbro::service {
namespace {

constexpr std::string_view kPrefix = "/import/";

// A folder for one request, removed with the object.
class Scratch {
 public:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {
    std::error_code error;
    std::filesystem::create_directories(path_, error);
  }
  ~Scratch() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
    if (error) log::warn("a folder of an import could not be removed: {}", error.message());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

bool isArchive(std::string_view body) {
  constexpr std::size_t kTarMagicAt = 257;
  return body.starts_with("PK\x03\x04") || body.starts_with("\x1f\x8b") ||
         (body.size() > kTarMagicAt + 5 && body.substr(kTarMagicAt, 5) == "ustar");
}

// The ending that readers know a single file's format by.
std::string_view fileName(mapping::SourceFormat format) {
  switch (format) {
    case mapping::SourceFormat::kXml:
      return "export.xml";
    case mapping::SourceFormat::kCsv:
      return "export.csv";
    case mapping::SourceFormat::kXlsx:
      return "export.xlsx";
    case mapping::SourceFormat::kJson:
    case mapping::SourceFormat::kBundle:  // its bytes say what it is
      return "export.json";
  }
  return "export";
}

Status unpack(const std::string& body, const mapping::SourceDescriptor& source,
              const std::filesystem::path& folder) {
  // A workbook is an archive by itself, and so is an archive package.
  const bool whole = source.format == mapping::SourceFormat::kXlsx ||
                     source.format == mapping::SourceFormat::kBundle;
  if (!whole && isArchive(body)) return unpackArchive(body, folder);
  std::ofstream out(folder / fileName(source.format), std::ios::binary);
  out << body;
  if (!out.flush()) return fail(ErrorCode::kIo, "the export could not be written to the disk");
  return {};
}

// What the importer is to read: the folders that hold files themselves, since a CSV export is one
// folder; each plan's own folder, if the archive holds several exports.
std::vector<std::filesystem::path> inputsIn(const std::filesystem::path& folder) {
  std::set<std::filesystem::path> folders;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file(error)) folders.insert(entry.path().parent_path());
  }
  return {folders.begin(), folders.end()};
}

// Names of files as the caller knows them: without our scratch folder.
std::string withoutFolder(std::string text, const std::filesystem::path& folder) {
  for (const std::string& prefix : {folder.string() + "/", folder.string()}) {
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at))
      text.erase(at, prefix.size());
  }
  return text;
}

std::string joined(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

// A rehearsal that is misspelt must not become the real thing.
std::optional<Response> refusedParameters(const Request& request) {
  static const std::vector<std::string_view> kKnown = {"again", "dry-run", "strict"};
  for (const auto& [name, value] : parseQuery(request.query)) {
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
      const auto nearest = nearestName(name, kKnown);
      return problem(request, 400, "PB-4021",
                     {name, nearest ? std::string(*nearest) : joined(kKnown)});
    }
    if (!value.empty() && value != "true" && value != "false")
      return problem(request, 400, "PB-4023", {name, value, "true, false"});
  }
  return std::nullopt;
}

// "?dry-run" or "?dry-run=true".
bool asksFor(const Request& request, std::string_view wanted) {
  for (const auto& [name, value] : parseQuery(request.query)) {
    if (name == wanted) return value.empty() || value == "true";
  }
  return false;
}

void writeFinding(json::Builder& out, const mapping::ToldFinding& told, fhir::Language language) {
  const fhir::Issue& issue = *told.issue;
  out.beginObject();
  out.key("code").string(issue.code);
  out.key("severity").string(fhir::severityCode(issue.severity));
  if (!issue.place.source.empty()) out.key("source").string(issue.place.source);
  if (!issue.place.expression.empty()) out.key("expression").string(issue.place.expression);
  if (issue.place.position.line != 0) {
    out.key("line").number(std::to_string(issue.place.position.line));
    out.key("column").number(std::to_string(issue.place.position.column));
  }
  if (!issue.rule.empty()) out.key("rule").string(issue.rule);
  out.key("text").string(issue.text(language));
  if (told.count > 1) out.key("count").number(std::to_string(told.count));
  out.endObject();
}

// A value as it stands in the resource; nothing where it is not there.
void writeValue(json::Builder& out, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  const auto document = json::parse(value);
  if (document) out.key(name).copy((*document)->root(), *document);
}

void writeDifference(json::Builder& out, const mapping::Difference& difference) {
  out.beginObject();
  out.key("resource").string(difference.resource);
  out.key("change").string(difference.created ? "created" : "updated");
  out.key("elements").beginArray();
  for (const mapping::Difference::Element& element : difference.elements) {
    out.beginObject();
    out.key("path").string(element.path);
    writeValue(out, "stored", element.stored);
    writeValue(out, "given", element.given);
    out.endObject();
  }
  out.endArray();
  out.endObject();
}

void writeRecord(json::Builder& out, const mapping::RecordReport& record, fhir::Language language) {
  out.beginObject();
  out.key("record").string(record.record);
  out.key("fate").string(mapping::fateName(record.fate));
  // The name alone: where the service keeps it concerns nobody else.
  if (!record.quarantined.empty())
    out.key("quarantined").string(record.quarantined.filename().string());
  out.key("findings").beginArray();
  for (const mapping::ToldFinding& told : mapping::toldFindings(record.findings))
    writeFinding(out, told, language);
  out.endArray();
  if (!record.differences.empty()) {
    out.key("differences").beginArray();
    for (const mapping::Difference& one : record.differences) writeDifference(out, one);
    out.endArray();
  }
  out.endObject();
}

void writeCodes(json::Builder& out, const mapping::ImportReport& report) {
  out.key("codes").beginArray();
  for (const auto& [code, count] : report.codes) {
    out.beginObject();
    out.key("code").string(code);
    out.key("severity").string(fhir::severityCode(count.severity));
    out.key("findings").number(std::to_string(count.findings));
    out.key("records").number(std::to_string(count.records));
    out.endObject();
  }
  out.endArray();
}

std::string reportText(std::string_view source, bool dry_run, const mapping::ImportReport& report,
                       fhir::Language language) {
  json::Builder out;
  const auto count = [&](std::string_view name, std::size_t number) {
    out.key(name).number(std::to_string(number));
  };
  out.beginObject();
  out.key("source").string(source);
  out.key("dryRun").boolean(dry_run);
  if (!report.batch.empty()) out.key("batch").string(report.batch);
  count("plans", report.total());
  count("created", report.created);
  count("updated", report.updated);
  count("unchanged", report.unchanged);
  count("quarantined", report.quarantined);
  writeCodes(out, report);
  if (report.untold > 0) count("untold", report.untold);
  out.key("records").beginArray();
  for (const mapping::RecordReport& record : report.records) writeRecord(out, record, language);
  out.endArray();
  out.endObject();
  return json::write(*std::move(out).finish());
}

// 200: all of it; 207: some records are in quarantine; 422: all of them are.
int statusOf(const mapping::ImportReport& report) {
  if (report.quarantined == 0) return 200;
  return report.quarantined == report.total() ? 422 : 207;
}

Response refused(const Request& request, const Error& error) {
  if (error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kLimitExceeded)
    return problem(request, 400, "PB-4065", {error.message});
  log::error("an import failed: {}", error.message);
  Response response = problem(request, 503, "PB-6001");
  response.headers.set("Retry-After", "5");
  return response;
}

Response import(const ImportParts& parts, const Request& request) {
  if (request.method != "POST") {
    Response response = problem(request, 405, "PB-4005", {request.method, "POST"});
    response.headers.set("Allow", "POST");
    return response;
  }
  const std::string name = request.path.starts_with(kPrefix)
                               ? percentDecode(request.path.substr(kPrefix.size()))
                               : std::string();
  const mapping::SourceDescriptor* source = parts.library->findSource(name);
  if (source == nullptr)
    return problem(request, 404, "PB-4066",
                   {name.substr(0, 100), joined(parts.library->sourceNames())});
  if (auto refusal = refusedParameters(request)) return std::move(*refusal);
  if (request.body.empty()) return problem(request, 400, "PB-4065", {"the body is empty"});
  const Scratch scratch(parts.scratch / parts.ids->next());
  if (const Status done = unpack(request.body, *source, scratch.path()); !done.has_value())
    return refused(request, done.error());

  mapping::ImportOptions options;
  options.source = name;
  options.dry_run = asksFor(request, "dry-run");
  options.strict = parts.strict || asksFor(request, "strict");
  options.again = asksFor(request, "again");
  options.quarantine = parts.quarantine;
  options.sources = parts.sources;
  options.ids = parts.ids;
  options.program = parts.program;
  options.clock = parts.clock;
  const auto sink = parts.sink();
  const auto report =
      mapping::importPlans(*parts.library, options, inputsIn(scratch.path()), *sink);
  if (!report.has_value()) return refused(request, report.error());
  Response response;
  response.status = statusOf(*report);
  response.headers.set("Content-Type", "application/json");
  response.headers.set("Cache-Control", "no-store");
  response.body =
      withoutFolder(reportText(name, options.dry_run, *report,
                               acceptedLanguage(request.headers.joined("Accept-Language"))),
                    scratch.path());
  return response;
}

}  // namespace

Handler importHandler(ImportParts parts) {
  return [parts = std::move(parts)](const Request& request) { return import(parts, request); };
}

}  // namespace planbro::service
