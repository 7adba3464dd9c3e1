#include "fhir/issue.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include "base/text.h"
#include "fhir/canonical_base.h"
#include "fhir/definitions.h"
#include "fhir/element.h"
#include "json/builder.h"

// adapter/fhir/issues.tsv, linked in by planbro_embed().
extern "C" {
extern const char planbro_issues_begin[];
extern const char planbro_issues_end[];
}

namespace planbro::fhir {
namespace {

constexpr std::string_view kCodeSystem = PLANBRO_CANONICAL_BASE "/CodeSystem/issue";
constexpr std::string_view kLine =
    "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line";
constexpr std::string_view kColumn =
    "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col";
constexpr std::string_view kSource =
    "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-source";

Severity severityOf(std::string_view text) {
  if (text == "fatal") return Severity::kFatal;
  if (text == "warning") return Severity::kWarning;
  if (text == "information") return Severity::kInformation;
  return Severity::kError;
}

std::vector<IssueDefinition> readTable() {
  std::vector<IssueDefinition> table;
  const std::string_view text(planbro_issues_begin,
                              static_cast<std::size_t>(planbro_issues_end - planbro_issues_begin));
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty() || line[0] == '#') continue;
    const auto columns = split(line, '\t');
    if (columns.size() != 7) continue;  // a test checks every line
    table.push_back({columns[0], columns[1], columns[3], severityOf(columns[2]), columns[4],
                     columns[5], columns[6]});
  }
  std::sort(table.begin(), table.end(),
            [](const auto& a, const auto& b) { return a.code < b.code; });
  return table;
}

const IssueDefinition* find(std::string_view code) {
  const auto table = issueDefinitions();
  const auto found = std::lower_bound(
      table.begin(), table.end(), code,
      [](const IssueDefinition& definition, std::string_view c) { return definition.code < c; });
  return found == table.end() || found->code != code ? nullptr : &*found;
}

std::string filled(std::string_view pattern, const std::vector<std::string>& arguments) {
  std::string text;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}' &&
        pattern[i + 1] >= '0' && pattern[i + 1] <= '9') {
      const auto index = static_cast<std::size_t>(pattern[i + 1] - '0');
      if (index < arguments.size()) text += arguments[index];
      i += 2;
      // An argument that is a sentence brings its own full stop.
      if (text.ends_with('.') && pattern.substr(i + 1).starts_with('.')) ++i;
    } else {
      text += pattern[i];
    }
  }
  return text;
}

void writeNumberExtension(json::Builder& out, std::string_view url, std::uint32_t value) {
  out.beginObject();
  out.key("url").string(url);
  out.key("valueInteger").number(std::to_string(value));
  out.endObject();
}

void writeIssue(json::Builder& out, const Issue& issue, Language language) {
  const std::string text = issue.text(language);
  out.beginObject();
  if (issue.place.position.line != 0 || !issue.place.source.empty()) {
    out.key("extension").beginArray();
    if (issue.place.position.line != 0) {
      writeNumberExtension(out, kLine, issue.place.position.line);
      writeNumberExtension(out, kColumn, issue.place.position.column);
    }
    if (!issue.place.source.empty()) {
      out.beginObject();
      out.key("url").string(kSource);
      out.key("valueString").string(issue.place.source);
      out.endObject();
    }
    out.endArray();
  }
  out.key("severity").string(severityCode(issue.severity));
  out.key("code").string(issue.type);
  out.key("details").beginObject();
  out.key("coding").beginArray();
  out.beginObject();
  out.key("system").string(kCodeSystem);
  out.key("code").string(issue.code);
  out.endObject();
  out.endArray();
  out.key("text").string(text);
  out.endObject();
  if (!issue.rule.empty()) out.key("diagnostics").string(issue.rule);
  if (!issue.place.expression.empty()) {
    out.key("expression").beginArray();
    out.string(issue.place.expression);
    out.endArray();
  }
  out.endObject();
}

}  // namespace

std::string_view severityCode(Severity severity) {
  switch (severity) {
    case Severity::kFatal:
      return "fatal";
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kInformation:
      return "information";
  }
  return "error";
}

Language languageOf(std::string_view tag) {
  tag = trim(tag);
  const std::string primary = toLowerAscii(tag.substr(0, tag.find_first_of("-,;")));
  if (primary == "nb" || primary == "no") return Language::kBokmal;
  if (primary == "nn") return Language::kNynorsk;
  return Language::kEnglish;
}

std::span<const IssueDefinition> issueDefinitions() {
  static const std::vector<IssueDefinition> table = readTable();
  return table;
}

Issue makeIssue(std::string_view code, Place place, std::vector<std::string> arguments) {
  const IssueDefinition* definition = find(code);
  assert(definition != nullptr && "every issue code stands in adapter/fhir/issues.tsv");
  if (definition == nullptr) {
    arguments.assign(1, std::string(code));
    definition = find("PB-0001");
  }
  if (definition == nullptr) std::abort();
  Issue issue;
  issue.code = definition->code;
  issue.severity = definition->severity;
  issue.type = definition->type;
  issue.place = std::move(place);
  issue.arguments = std::move(arguments);
  return issue;
}

std::string Issue::text(Language language) const {
  const IssueDefinition* definition = find(code);
  if (definition == nullptr) return std::string(code);
  switch (language) {
    case Language::kBokmal:
      return filled(definition->bokmal, arguments);
    case Language::kNynorsk:
      return filled(definition->nynorsk, arguments);
    case Language::kEnglish:
      break;
  }
  return filled(definition->english, arguments);
}

bool hasErrors(std::span<const Issue> issues) {
  return std::any_of(issues.begin(), issues.end(),
                     [](const Issue& issue) { return issue.severity <= Severity::kError; });
}

json::DocumentPtr operationOutcome(std::span<const Issue> issues, Language language) {
  json::Builder out(&Definitions::r4().names());
  out.beginObject();
  out.key("resourceType").string("OperationOutcome");
  out.key("issue").beginArray();
  for (const Issue& issue : issues) writeIssue(out, issue, language);
  if (issues.empty()) writeIssue(out, makeIssue("PB-0000"), language);
  out.endArray();
  out.endObject();
  return std::move(out).finish([](json::DocumentMaker& maker) { bind(maker, Definitions::r4()); });
}

}  // namespace planbro::fhir
