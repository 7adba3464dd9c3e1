// $translate. FHIR R4, conceptmap-operation-translate.html; docs/api/translate.md.
#include "service/asked_value_set.h"
#include "service/call_terminology.h"
#include "service/interactions.h"
#include "service/operation_input.h"
#include "service/outcome.h"
#include "service/parameters_text.h"
#include "terminology/concept_map.h"
#include "terminology/terminology.h"

namespace planbro::service {
namespace {

using terminology::ConceptDependency;
using terminology::ConceptMap;
using terminology::ConceptMaps;
using terminology::TranslatedCode;

struct Match {
  TranslatedCode target;
  std::string map;
};

// The maps that are asked: one by its address, in the request, or by url; else every loaded one
// that fits source and target.
struct AskedMaps {
  ConceptMaps own;  // of what came with the request, or is stored
  struct Chosen {
    const ConceptMap* map = nullptr;
    const ConceptMaps* among = nullptr;  // where other maps that it names are looked for
  };
  std::vector<Chosen> chosen;
  std::string named;  // for issues
};

bool sameSet(std::string_view asked, std::string_view set) {
  return asked.empty() || asked.substr(0, asked.find('|')) == set.substr(0, set.find('|'));
}

std::optional<Answer> useResource(const fhir::Resource& resource, AskedMaps& asked) {
  if (resource.type() != "ConceptMap")
    return refuse(400, "PB-4008", {std::string(resource.type()), "ConceptMap"});
  auto map = terminology::readConceptMap(resource.document()->root(), "conceptMap");
  if (!map.has_value()) return refuse(map.error());
  asked.named = map->url;
  asked.own.add(std::move(*map));
  asked.chosen = {{asked.own.find(asked.named), &asked.own}};
  return std::nullopt;
}

// By its url: loaded, or else stored.
std::optional<Answer> useCanonical(const Call& call, const std::string& canonical,
                                   AskedMaps& asked) {
  const terminology::Terminology& loaded = *call.context->parts.terminology;
  const ConceptMaps& maps = loaded.conceptMaps();
  const fhir::Resource* resource = loaded.registry().find(canonical, "ConceptMap");
  const ConceptMap* map = maps.find(canonical);
  // Of several versions one is among the loaded maps.
  const bool is_other = canonical.find('|') != std::string::npos && map != nullptr &&
                        loaded.registry().find(map->url, "ConceptMap") != resource;
  if (map != nullptr && !is_other) {
    asked.named = canonical;
    asked.chosen = {{map, &maps}};
    return std::nullopt;
  }
  if (resource != nullptr) return useResource(*resource, asked);
  CallTerminology stored(call);
  const fhir::Resource found = stored.find("ConceptMap", canonical);
  if (!stored.status().has_value()) return refuse(stored.status().error());
  return found ? useResource(found, asked) : refuse(404, "PB-1632", {canonical});
}

// Every map between those value sets.
std::optional<Answer> useBetween(const Call& call, const OperationInput& input, AskedMaps& asked) {
  const std::string_view source = input.text("source"), target = input.text("target");
  if (source.empty() && target.empty() && !input.has("targetsystem")) return input.missing("url");
  asked.named = target.empty() ? input.text("targetsystem") : target;
  const ConceptMaps& loaded = call.context->parts.terminology->conceptMaps();
  for (const auto& [url, map] : loaded.all()) {
    if (sameSet(source, map.source_set) && sameSet(target, map.target_set))
      asked.chosen.push_back({&map, &loaded});
  }
  CallTerminology stored(call);
  for (const fhir::Resource& resource :
       stored.conceptMaps(source, target, input.text("targetsystem"))) {
    auto map = terminology::readConceptMap(resource.document()->root());
    if (!map.has_value() || loaded.find(map->url) != nullptr) continue;
    const std::string url = map->url;
    if (asked.own.find(url) != nullptr) continue;
    asked.own.add(std::move(*map));
    asked.chosen.push_back({asked.own.find(url), &asked.own});
  }
  if (!stored.status().has_value()) return refuse(stored.status().error());
  return std::nullopt;
}

std::optional<Answer> chooseMaps(const Call& call, const OperationInput& input, AskedMaps& asked) {
  if (!call.id.empty()) {
    const auto stored = storedResource(call);
    return stored.has_value() ? useResource(*stored, asked) : std::optional(stored.error());
  }
  if (input.has("conceptMap")) {
    const fhir::Resource resource = input.resource("conceptMap");
    return resource ? useResource(resource, asked) : std::optional(input.missing("conceptMap"));
  }
  if (!input.has("url")) return useBetween(call, input, asked);
  std::string canonical(input.text("url"));
  if (const std::string_view version = input.text("conceptMapVersion"); !version.empty())
    canonical += "|" + std::string(version);
  return useCanonical(call, canonical, asked);
}

std::vector<AskedCode> askedCodes(const OperationInput& input) {
  std::vector<AskedCode> codes;
  if (input.has("code"))
    codes.push_back({std::string(input.text("system")),
                     std::string(input.text("version")),
                     std::string(input.text("code")),
                     {}});
  if (input.has("coding")) {
    const fhir::Element coding = input.value("coding");
    codes.push_back(coding ? askedCode(coding) : askedCode(input.text("coding")));
  }
  if (input.has("codeableConcept")) {
    input.value("codeableConcept").forEachChild("coding", [&](const fhir::Element& coding) {
      codes.push_back(askedCode(coding));
    });
  }
  std::erase_if(codes, [](const AskedCode& one) { return one.code.empty(); });
  return codes;
}

// dependency.element and dependency.concept, as far as the latter is a code or a coding.
std::vector<ConceptDependency> dependenciesOf(const OperationInput& input) {
  std::vector<ConceptDependency> dependencies;
  for (const fhir::Element& parameter : input.parameters("dependency")) {
    ConceptDependency one;
    parameter.forEachChild("part", [&](const fhir::Element& part) {
      const fhir::Element value = part.child("value");
      if (!value) return;
      if (part.textOf("name") == "element") one.property = value.text();
      if (part.textOf("name") != "concept") return;
      const fhir::Element coding = value.child("coding");
      const fhir::Element& code = coding ? coding : value;
      one.system = code.textOf("system");
      one.value = value.hasValue() ? value.text() : code.textOf("code");
    });
    dependencies.push_back(std::move(one));
  }
  return dependencies;
}

std::string written(const std::vector<Match>& matches, const std::string& message) {
  ParametersText out;
  const bool result = std::any_of(matches.begin(), matches.end(), [](const Match& match) {
    return terminology::isTranslation(match.target.equivalence);
  });
  out.add("result", result);
  if (!result) out.add("message", "String", message);
  for (const Match& match : matches) {
    const TranslatedCode& target = match.target;
    out.begin("match");
    out.add("equivalence", "Code", target.equivalence);
    if (!target.code.empty()) out.addCoding("concept", target.system, target.code, target.display);
    for (const ConceptDependency& product : target.products) {
      out.begin("product");
      out.add("element", "Uri", product.property);
      out.addCoding("concept", product.system, product.value, product.display);
      out.end();
    }
    if (!match.map.starts_with('#')) out.add("source", "Uri", match.map);
    out.end();
  }
  return std::move(out).finish();
}

}  // namespace

Answer translate(const Call& call) {
  if (call.context->parts.terminology == nullptr) return refuse(501, "PB-4055", {"$translate"});
  const auto input = OperationInput::read(
      call, "$translate",
      {"url", "conceptMap", "conceptMapVersion", "code", "system", "version", "source", "coding",
       "codeableConcept", "target", "targetsystem", "dependency", "reverse"});
  if (!input.has_value()) return input.error();
  AskedMaps asked;
  if (auto refused = chooseMaps(call, *input, asked)) return std::move(*refused);
  const auto reverse = input->flag("reverse");
  if (!reverse.has_value()) return reverse.error();
  const std::vector<AskedCode> codes = askedCodes(*input);
  if (codes.empty()) return input->missing("code");
  const std::vector<ConceptDependency> dependencies = dependenciesOf(*input);
  std::vector<Match> matches;
  for (const AskedCode& code : codes) {
    for (const auto& [map, among] : asked.chosen) {
      const terminology::TranslationRequest request{.system = code.system,
                                                    .code = code.code,
                                                    .target_system = input->text("targetsystem"),
                                                    .dependencies = dependencies};
      if (reverse->value_or(false)) {
        for (TranslatedCode& found : terminology::reverseTranslations(*map, request))
          matches.push_back({std::move(found), map->url});
      } else if (auto found = among->translations(*map, request)) {
        for (TranslatedCode& target : *found) matches.push_back({std::move(target), map->url});
      }
    }
  }
  const fhir::Issue none =
      fhir::makeIssue("PB-1637", {}, {codes.front().code, codes.front().system, asked.named});
  Answer answer;
  answer.resource = written(matches, none.text(call.preferences.language));
  return answer;
}

}  // namespace planbro::service
