#include "fhir/resource.h"

namespace planbro::fhir {
namespace {

std::string_view codeOf(json::ParseErrorCode code) {
  switch (code) {
    case json::ParseErrorCode::kTooLarge:
      return "PB-0102";
    case json::ParseErrorCode::kEmpty:
      return "PB-0106";
    case json::ParseErrorCode::kEncoding:
    case json::ParseErrorCode::kLoneSurrogate:
      return "PB-0103";
    case json::ParseErrorCode::kNul:
      return "PB-0107";
    case json::ParseErrorCode::kTooDeep:
      return "PB-0104";
    case json::ParseErrorCode::kDuplicateName:
      return "PB-0105";
    case json::ParseErrorCode::kTrailing:
      return "PB-0108";
    case json::ParseErrorCode::kSyntax:
      break;
  }
  return "PB-0101";
}

}  // namespace

Issue parseIssue(std::string_view message, json::Position position, std::string_view code) {
  Place place;
  place.position = position;
  return makeIssue(code, std::move(place), {std::string(message)});
}

Issue parseIssue(const json::ParseError& error) {
  return parseIssue(error.message, error.position, codeOf(error.code));
}

ReadOutcome readJson(std::string text, const Definitions& definitions) {
  json::ParseOptions options;
  options.names = &definitions.names();
  options.bind = [&](json::DocumentMaker& maker) { bind(maker, definitions); };
  auto parsed = json::parse(std::move(text), options);
  ReadOutcome outcome;
  if (!parsed) {
    outcome.issues.push_back(parseIssue(parsed.error()));
    return outcome;
  }
  const json::Node& root = (*parsed)->root();
  if (root.tag == 0) {
    const json::Node* declared = root.member("resourceType");
    std::string reason = "it has no resourceType";
    if (root.kind != json::Kind::kObject) {
      reason = "it is no JSON object";
    } else if (declared != nullptr) {
      reason = "the resourceType '" + std::string(declared->text().substr(0, 64)) + "' is unknown";
    }
    outcome.issues.push_back(parseIssue(reason, (*parsed)->positionOf(root.offset), "PB-0109"));
    return outcome;
  }
  outcome.resource = Resource(std::move(*parsed), definitions);
  return outcome;
}

}  // namespace planbro::fhir
