// FHIRPath Patch, JSON Patch and XML Patch on the documents of the suite.
#include "service/patch.h"

#include "conformance/suite.h"
#include "fhir/xml_patch.h"
#include "json/parser.h"
#include "json/writer.h"

namespace planbro::conformance {
namespace {

using Outcome = std::expected<std::string, std::string>;  // the output as JSON, or the error

std::string_view textOf(const json::Node& node, std::string_view name) {
  const json::Node* member = node.member(name);
  return member == nullptr ? std::string_view{} : member->text();
}

std::string englishOf(const fhir::Issue& issue) { return issue.text(fhir::Language::kEnglish); }

Result<fhir::Resource> readCase(const std::filesystem::path& path) {
  PLANBRO_ASSIGN_OR_RETURN(std::string text, readFile(path));
  fhir::ReadOutcome read = fhir::readJson(std::move(text));
  if (!read.resource) return fail(ErrorCode::kCorrupt, path.string() + " is no resource");
  return std::move(read.resource);
}

Result<Outcome> fhirpathPatch(const std::filesystem::path& folder, const json::Node& one) {
  PLANBRO_ASSIGN_OR_RETURN(const auto input, readCase(folder / textOf(one, "inputJson")));
  PLANBRO_ASSIGN_OR_RETURN(const auto diff, readCase(folder / textOf(one, "diffJson")));
  const auto changed = service::applyFhirpathPatch(diff, input);
  if (!changed.has_value()) return Outcome(std::unexpected(englishOf(changed.error())));
  return Outcome(json::write(*changed->document()));
}

// A member of the manifest as a document of its own.
json::DocumentPtr documentOf(const json::DocumentPtr& manifest, const json::Node& node) {
  std::string text;
  json::write(*manifest, node, text);
  return *json::parse(std::move(text));
}

Outcome jsonPatch(const json::DocumentPtr& manifest, const json::Node& one) {
  const json::Node* target = one.member("doc");
  const json::Node* patch = one.member("patch");
  if (target == nullptr || patch == nullptr)
    return std::unexpected("the case has no document or no patch");
  const auto changed =
      service::applyJsonPatch(documentOf(manifest, *patch), documentOf(manifest, *target));
  if (!changed.has_value()) return std::unexpected(englishOf(changed.error()));
  return json::write(**changed);
}

Outcome xmlPatch(const json::Node& one) {
  auto changed =
      fhir::applyXmlPatch(std::string(textOf(one, "patch")), std::string(textOf(one, "target")));
  if (!changed.has_value()) return std::unexpected(englishOf(changed.error()));
  std::string text;
  json::writeString(*changed, text);
  return text;
}

}  // namespace

Status runPatch(const std::filesystem::path& folder, const Report& report) {
  const auto patch = folder / "patch";
  PLANBRO_ASSIGN_OR_RETURN(const auto manifest, readManifest(patch / "manifest.json"));
  const json::Node* cases = manifest->root().member("cases");
  if (cases == nullptr) return fail(ErrorCode::kCorrupt, "the manifest has no cases");
  for (const json::Node& one : cases->children()) {
    const std::string_view kind = textOf(one, "kind");
    Outcome outcome = std::unexpected("the kind of the case is unknown");
    if (kind == "fhirpath-patch") {
      PLANBRO_ASSIGN_OR_RETURN(outcome, fhirpathPatch(patch, one));
    } else if (kind == "json-patch") {
      outcome = jsonPatch(manifest, one);
    } else if (kind == "xml-patch") {
      outcome = xmlPatch(one);
    }
    std::string line = "{\"name\":";
    json::writeString(textOf(one, "name"), line);
    line += ",\"error\":";
    if (outcome.has_value()) {
      line += "null,\"output\":" + *outcome;
    } else {
      json::writeString(outcome.error(), line);
    }
    report(line + "}");
  }
  return {};
}

}  // namespace planbro::conformance
