// A FHIR resource as text becomes a bound document: reading with every fault placed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/element.h"
#include "fhir/issue.h"
#include "json/document.h"
#include "json/parser.h"

namespace planbro::fhir {

enum class Format : std::uint8_t { kJson, kXml };

// A bound document. Cheap to copy; immutable; any thread.
class Resource {
 public:
  Resource() = default;
  Resource(json::DocumentPtr document, const Definitions& definitions)
      : document_(std::move(document)), definitions_(&definitions) {}

  explicit operator bool() const { return document_ != nullptr; }
  const json::DocumentPtr& document() const { return document_; }
  const Definitions& definitions() const { return *definitions_; }
  Element root() const { return Element::root(*document_, *definitions_); }
  std::string_view type() const { return root().typeName(); }
  std::string_view id() const { return root().textOf("id"); }

 private:
  json::DocumentPtr document_;
  const Definitions* definitions_ = nullptr;
};

// What came of reading: a resource (also with warnings), or none and at least one issue.
struct ReadOutcome {
  Resource resource;
  std::vector<Issue> issues;
};

// JSON text (RFC 8259, UTF-8) to a bound resource. An unknown resourceType is an issue and gives
// no resource.
ReadOutcome readJson(std::string text, const Definitions& definitions = Definitions::r4());

// Why a text could not be parsed, as an issue.
Issue parseIssue(const json::ParseError& error);
Issue parseIssue(std::string_view message, json::Position position, std::string_view code);

}  // namespace planbro::fhir
