// Maps run on the public cases of the mapping language.
#include "conformance/suite.h"
#include "json/writer.h"
#include "mapping/engine.h"
#include "mapping/fml_parser.h"
#include "mapping/source_json.h"
#include "mapping/source_xml.h"
#include "terminology/terminology.h"

namespace planbro::conformance {
namespace {

std::string_view textOf(const json::Node& node, std::string_view name) {
  const json::Node* member = node.member(name);
  return member == nullptr ? std::string_view{} : member->text();
}

std::string firstError(std::span<const fhir::Issue> issues) {
  for (const fhir::Issue& issue : issues) {
    if (issue.severity <= fhir::Severity::kError) return issue.text(fhir::Language::kEnglish);
  }
  return {};
}

struct Answer {
  std::string error;
  std::string output;  // as text: the document may not outlive the library it was made with
};

Result<Answer> runCase(const std::filesystem::path& folder, const json::Node& one) {
  Answer answer;
  const std::filesystem::path map = folder / textOf(one, "map");
  if (textOf(one, "parseOnly") == "true") {
    PLANBRO_ASSIGN_OR_RETURN(const std::string text, readFile(map));
    const auto model = mapping::parseFml(text);
    if (!model) answer.error = model.error().message;
    return answer;
  }
  mapping::MapLibrary::Options options;
  options.builtin = false;
  if (const json::Node* load = one.member("load")) {
    for (const json::Node& path : load->children()) options.paths.push_back(folder / path.text());
  }
  options.paths.push_back(map);
  PLANBRO_ASSIGN_OR_RETURN(const auto loaded, mapping::MapLibrary::load(options));
  answer.error = firstError(loaded.issues);
  if (!answer.error.empty() || loaded.urls.empty()) return answer;

  const std::filesystem::path source = folder / textOf(one, "source");
  PLANBRO_ASSIGN_OR_RETURN(std::string bytes, readFile(source));
  std::vector<fhir::Issue> issues;
  const json::DocumentPtr document = mapping::readSourceJson(std::move(bytes), source.string(),
                                                             loaded.library->definitions(), issues);
  answer.error = firstError(issues);
  if (document == nullptr) return answer;
  static const terminology::Terminology core(std::make_shared<const fhir::Registry>());
  mapping::TransformOptions run;
  run.terminology = &core;
  mapping::Outcome outcome =
      loaded.library->transform(loaded.urls.back(), {document, nullptr, nullptr}, run);
  answer.error = firstError(outcome.issues);
  if (outcome.document != nullptr) answer.output = json::write(*outcome.document);
  return answer;
}

}  // namespace

Status runStructureMapping(const std::filesystem::path& folder, const Report& report) {
  const auto cases = folder / "structure-mapping";
  PLANBRO_ASSIGN_OR_RETURN(const auto manifest, readManifest(cases / "manifest.json"));
  const json::Node* list = manifest->root().member("cases");
  if (list == nullptr) return fail(ErrorCode::kCorrupt, "the manifest has no cases");
  for (const json::Node& one : list->children()) {
    PLANBRO_ASSIGN_OR_RETURN(const Answer answer, runCase(cases, one));
    std::string line = "{\"name\":";
    json::writeString(textOf(one, "name"), line);
    line += ",\"error\":";
    if (answer.error.empty()) {
      line += "null";
    } else {
      json::writeString(answer.error, line);
    }
    if (!answer.output.empty()) line += ",\"output\":" + answer.output;
    report(line + "}");
  }
  return {};
}

}  // namespace planbro::conformance
