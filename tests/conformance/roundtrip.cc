// XML to JSON gives the published JSON, and JSON to XML to JSON changes nothing.
#include "conformance/suite.h"
#include "fhir/xml.h"
#include "json/compare.h"
#include "json/writer.h"

namespace planbro::conformance {
namespace {

std::string_view textOf(const json::Node& node, std::string_view name) {
  const json::Node* member = node.member(name);
  return member == nullptr ? std::string_view{} : member->text();
}

// XHTML with its equal spellings made one: <br /> and <br/>, &#39; and '. The published pairs were
// converted by a program that writes the narrative anew; ours keeps it as it stands.
std::string oneSpelling(std::string_view xhtml) {
  std::string out;
  for (std::size_t i = 0; i < xhtml.size(); ++i) {
    const std::string_view rest = xhtml.substr(i);
    if (rest.starts_with(" />")) continue;
    if (rest.starts_with("&#39;") || rest.starts_with("&apos;")) {
      out += '\'';
      i += rest.find(';');
    } else if (rest.starts_with("&#34;") || rest.starts_with("&quot;")) {
      out += '"';
      i += rest.find(';');
    } else {
      out += xhtml[i];
    }
  }
  return out;
}

bool sameNarrative(const json::Node& a, const json::Node& b) {
  return a.name != nullptr && a.name->text == "div" &&
         oneSpelling(a.text()) == oneSpelling(b.text());
}

// What is wrong with one pair; "" if nothing.
std::string faultOf(std::string xml_text, std::string json_text) {
  const fhir::ReadOutcome xml = fhir::readXml(std::move(xml_text));
  const fhir::ReadOutcome json = fhir::readJson(std::move(json_text));
  for (const auto* read : {&xml, &json}) {
    if (!read->resource || fhir::hasErrors(read->issues))
      return read->issues.front().text(fhir::Language::kEnglish);
  }
  const json::Node& expected = json.resource.document()->root();
  std::string fault =
      json::firstDifference(expected, xml.resource.document()->root(), sameNarrative);
  if (!fault.empty()) return "XML to JSON: " + fault;
  fhir::XmlText written = fhir::writeXml(json.resource);
  if (!written.issues.empty()) return written.issues.front().text(fhir::Language::kEnglish);
  const fhir::ReadOutcome again = fhir::readXml(std::move(written.text));
  if (!again.resource || fhir::hasErrors(again.issues))
    return "reading what was written: " + again.issues.front().text(fhir::Language::kEnglish);
  fault = json::firstDifference(expected, again.resource.document()->root());
  return fault.empty() ? fault : "JSON to XML to JSON: " + fault;
}

}  // namespace

Status runRoundtrip(const std::filesystem::path& folder, const Report& report) {
  const auto examples = folder / "examples";
  PLANBRO_ASSIGN_OR_RETURN(const auto manifest, readManifest(examples / "manifest.json"));
  const json::Node* cases = manifest->root().member("roundtrip");
  if (cases == nullptr) return fail(ErrorCode::kCorrupt, "the manifest has no roundtrip cases");
  for (const json::Node& one : cases->children()) {
    PLANBRO_ASSIGN_OR_RETURN(std::string xml, readFile(examples / textOf(one, "xml")));
    PLANBRO_ASSIGN_OR_RETURN(std::string json, readFile(examples / textOf(one, "json")));
    const std::string fault = faultOf(std::move(xml), std::move(json));
    std::string line = "{\"name\":";
    json::writeString(textOf(one, "xml"), line);
    line += fault.empty() ? ",\"ok\":true" : ",\"ok\":false,\"why\":";
    if (!fault.empty()) json::writeString(fault, line);
    report(line + "}");
  }
  return {};
}

}  // namespace planbro::conformance
