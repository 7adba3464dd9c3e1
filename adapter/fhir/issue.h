// What is wrong with data: code, severity, place and a text for people.
//
// Every issue has a stable code ("PB-0101") that stands in one table, adapter/fhir/issues.tsv, with
// its severity, its OperationOutcome type and its texts in English, bokmål and nynorsk. {0}, {1}, …
// in a text are filled with the arguments. Code ranges: PB-01xx JSON and XML, 02xx packages and
// definitions, 03xx FHIRPath, 10xx–14xx validation, 15xx identifiers, 16xx terminology, 17xx
// questionnaires, 18xx conformance resources, 20xx–24xx
// mapping and import, 30xx plan rules, 40xx REST service, 45xx search, 50xx sync, 55xx feed and
// portal, 60xx store, 70xx command line and configuration.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace planbro::fhir {

enum class Severity : std::uint8_t { kFatal, kError, kWarning, kInformation };
enum class Language : std::uint8_t { kEnglish, kBokmal, kNynorsk };

std::string_view severityCode(Severity severity);  // "error", as OperationOutcome writes it
// From an Accept-Language header or a BCP 47 tag: nb and no, nn, else English.
Language languageOf(std::string_view tag);

// Where in the source an issue lies. Any part may be missing.
struct Place {
  std::string expression;   // FHIRPath of the element: "CarePlan.activity[1].detail.status"
  std::string source;       // file name, or "sheet row", or XPath into a source document
  json::Position position;  // line and column from 1; 0 is unknown
};

struct Issue {
  std::string_view code;  // "PB-0101"; points into the table
  Severity severity = Severity::kError;
  std::string_view type;  // OperationOutcome issue type: "structure", "value", …; into the table
  Place place;
  std::vector<std::string> arguments;
  std::string rule;  // the invariant's or profile's key that asked for it; may be empty

  std::string text(Language language) const;
};

// The issue of that code. A code that is not in the table is a defect: asserted in Debug, an issue
// of code PB-0001 otherwise.
Issue makeIssue(std::string_view code, Place place = {}, std::vector<std::string> arguments = {});

bool hasErrors(std::span<const Issue> issues);

// An OperationOutcome with one entry an issue (or one "all well" when there is none): severity,
// code, details.coding (the PB code) and details.text, expression, diagnostics, and the line and
// column as the standard extensions.
json::DocumentPtr operationOutcome(std::span<const Issue> issues, Language language);

// The table, for documentation and tests.
struct IssueDefinition {
  std::string_view code, name, type;
  Severity severity = Severity::kError;
  std::string_view english, bokmal, nynorsk;
};
std::span<const IssueDefinition> issueDefinitions();

}  // namespace planbro::fhir
