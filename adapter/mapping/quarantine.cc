#include "mapping/quarantine.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "json/builder.h"
#include "json/parser.h"
#include "json/writer.h"
#include "mapping/source_files.h"

namespace planbro::mapping {
namespace {

namespace fs = std::filesystem;

std::string findingsText(const Quarantine::Origin& origin, std::string_view source,
                         std::span<const fhir::Issue> findings, const Clock& clock) {
  json::Builder builder;
  builder.beginObject();
  builder.key("record").string(origin.record);
  if (!origin.document.empty()) builder.key("document").string(origin.document);
  builder.key("source").string(source);
  builder.key("time").string(formatInstant(clock.now()));
  const json::DocumentPtr outcome = fhir::operationOutcome(findings, fhir::Language::kEnglish);
  builder.key("findings").copy(outcome->root(), outcome);
  builder.endObject();
  return json::write(*std::move(builder).finish(), {.pretty = true}) + "\n";
}

constexpr std::string_view kFindingsEnding = ".findings.json";

std::string textOf(const json::Node* node, std::string_view name) {
  const json::Node* member = node == nullptr ? nullptr : node->member(name);
  return member == nullptr ? std::string() : std::string(member->text());
}

// "plans.csv:4:9 (status)", from the standard extensions of OperationOutcome.
std::string placeOf(const json::Node& issue) {
  std::string place;
  if (const json::Node* extensions = issue.member("extension")) {
    std::string file, position;
    for (const json::Node& extension : extensions->children()) {
      const json::Node* number = extension.member("valueInteger");
      if (number != nullptr) position += fmt::format(":{}", number->text());
      if (extension.member("valueString") != nullptr) file = textOf(&extension, "valueString");
    }
    place = file + position;
  }
  const json::Node* expressions = issue.member("expression");
  if (expressions != nullptr && expressions->size > 0)
    place += fmt::format("{}({})", place.empty() ? "" : " ", expressions->children()[0].text());
  return place;
}

void readFindings(const json::Node& root, KeptRecord& record) {
  record.record = textOf(&root, "record");
  record.document = textOf(&root, "document");
  record.time = textOf(&root, "time");
  const json::Node* outcome = root.member("findings");
  const json::Node* issues = outcome == nullptr ? nullptr : outcome->member("issue");
  if (issues == nullptr) return;
  for (const json::Node& issue : issues->children()) {
    KeptRecord::Finding& finding = record.findings.emplace_back();
    finding.severity = textOf(&issue, "severity");
    const json::Node* details = issue.member("details");
    finding.text = textOf(details, "text");
    const json::Node* coding = details == nullptr ? nullptr : details->member("coding");
    if (coding != nullptr && coding->size > 0)
      finding.code = textOf(&coding->children().front(), "code");
    finding.place = placeOf(issue);
  }
}

KeptRecord keptRecord(const fs::path& original) {
  KeptRecord record;
  record.original = original;
  record.source = original.parent_path().filename().string();
  record.id = original.filename().string();
  record.id = record.id.substr(0, record.id.find('.'));
  auto text = readSourceFile(original.string() + std::string(kFindingsEnding));
  if (!text) return record;
  if (const auto document = json::parse(std::move(*text)))
    readFindings((*document)->root(), record);
  return record;
}

}  // namespace

Result<std::vector<KeptRecord>> keptRecords(const fs::path& folder, std::string_view source) {
  std::vector<KeptRecord> records;
  std::error_code error;
  if (!fs::exists(folder, error)) return records;
  std::vector<fs::path> files;
  const auto note = [&](const fs::path& one) {
    for (fs::directory_iterator entry(one, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      if (entry->is_regular_file(error) && !name.ends_with(kFindingsEnding) &&
          !name.ends_with(".new"))
        files.push_back(entry->path());
    }
  };
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const bool wanted = source.empty() || entry->path().filename() == source;
    if (wanted && entry->is_directory(error)) note(entry->path());
  }
  if (error)
    return fail(ErrorCode::kIo,
                fmt::format("cannot read {}: {}", folder.string(), error.message()));
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) records.push_back(keptRecord(file));
  return records;
}

Status discard(const KeptRecord& record) {
  std::error_code error;
  fs::remove(record.original, error);
  if (!error) fs::remove(record.original.string() + std::string(kFindingsEnding), error);
  if (error)
    return fail(ErrorCode::kIo,
                fmt::format("cannot remove {}: {}", record.original.string(), error.message()));
  return {};
}

fs::path Quarantine::pathOf(std::string_view original, std::string_view extension) const {
  return folder_ / source_ / (sha256Hex(original).substr(0, 32) + std::string(extension));
}

Result<fs::path> Quarantine::keep(const Origin& origin, std::string_view original,
                                  std::string_view extension, std::span<const fhir::Issue> findings,
                                  const Clock& clock) {
  fs::path path = pathOf(original, extension);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error)
    return fail(ErrorCode::kIo,
                fmt::format("cannot make {}: {}", path.parent_path().string(), error.message()));
  // Health data: for the owner alone.
  fs::permissions(path.parent_path(), fs::perms::owner_all, error);
  PLANBRO_RETURN_IF_ERROR(writeDurably(path, original));
  PLANBRO_RETURN_IF_ERROR(writeDurably(path.string() + std::string(kFindingsEnding),
                                       findingsText(origin, source_, findings, clock)));
  return path;
}

void Quarantine::release(std::string_view original, std::string_view extension) {
  const fs::path path = pathOf(original, extension);
  std::error_code error;
  if (!fs::exists(path, error)) return;
  fs::remove(path, error);
  fs::remove(path.string() + std::string(kFindingsEnding), error);
}

}  // namespace planbro::mapping
