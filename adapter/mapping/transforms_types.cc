#include <algorithm>
#include <tuple>
#include <vector>

#include "base/text.h"
#include "mapping/code_bindings.h"
#include "mapping/primitive_text.h"
#include "mapping/transforms.h"

namespace planbro::mapping {

using fhir::Element;
using fhir::Member;

namespace {

std::string_view contactSystem(std::string_view value) {
  if (value.find('@') != std::string_view::npos) return "email";
  if (value.starts_with("http:") || value.starts_with("https:")) return "url";
  return "phone";
}

// The nearest code that the map knows, if near enough to be meant.
std::string_view nearestCode(const ConceptMap& map, std::string_view code) {
  std::vector<std::string_view> known;
  for (const ConceptMapGroup& group : map.groups) {
    for (const auto& [one, targets] : group.codes) known.push_back(one);
  }
  std::ranges::sort(known);  // the same answer whatever the table's order
  return nearestName(code, known).value_or(std::string_view());
}

}  // namespace

TargetNode* Transforms::codingOf(std::string_view system, std::string_view code,
                                 std::string_view display) {
  TargetNode* node = element(types().coding);
  set(node, types().system, system);
  set(node, types().code_element, code);
  set(node, types().display, display);
  return node;
}

bool Transforms::codeableConcept(std::vector<BoundValue>& out) {
  const std::size_t count = target_.params.size();
  if (count == 0 || count > 3) return wrongCount("1–3");
  std::string_view first, second, third;
  if (!text(0, first) || !text(1, second) || !text(2, third)) return false;
  if (first.empty() || (count > 1 && second.empty())) return true;
  TargetNode* node = element(types().codeable_concept);
  if (count == 1) {
    set(node, types().text, first);
  } else {
    const Member* member = executor_.tree_.memberOf(*node, types().coding_element, 0);
    executor_.tree_.attach(node, *member, codingOf(first, second, third));
  }
  push(out, node);
  return true;
}

bool Transforms::coding(std::vector<BoundValue>& out) {
  const std::size_t count = target_.params.size();
  if (count < 2 || count > 3) return wrongCount("2–3");
  std::string_view system, code, display;
  if (!text(0, system) || !text(1, code) || !text(2, display)) return false;
  if (!code.empty()) push(out, codingOf(system, code, display));
  return true;
}

bool Transforms::quantity(std::vector<BoundValue>& out) {
  const std::size_t count = target_.params.size();
  if (count == 0 || count > 4) return wrongCount("1–4");
  std::string_view amount, unit, system, code;
  if (!text(0, amount) || !text(1, unit) || !text(2, system) || !text(3, code)) return false;
  if (amount.empty()) return true;
  TargetNode* node = element(types().quantity);
  if (count == 1) {
    const std::string_view whole = trim(amount);
    std::size_t begin = whole.find_first_of("<>=") == 0 ? whole.find_first_not_of("<>=") : 0;
    if (begin == std::string_view::npos) begin = whole.size();
    set(node, types().comparator, whole.substr(0, begin));
    const std::size_t end = whole.find_first_not_of("0123456789.,-+ ", begin);
    amount = trim(whole.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end != std::string_view::npos) unit = trim(whole.substr(end));
  }
  std::string value(amount);
  std::replace(value.begin(), value.end(), ',', '.');
  if (!isPrimitiveText(PrimitiveForm::kDecimal, value))
    return executor_.fault("PB-2212", rule_, {rule_.path, "qty", "decimal"});
  set(node, types().value, executor_.tree_.keep(value));
  set(node, types().unit, unit);
  set(node, types().system, system);
  set(node, types().code_element, code);
  push(out, node);
  return true;
}

bool Transforms::identifier(std::vector<BoundValue>& out) {
  const std::size_t count = target_.params.size();
  if (count < 2 || count > 3) return wrongCount("2–3");
  std::string_view system, value, type;
  if (!text(0, system) || !text(1, value) || !text(2, type)) return false;
  if (value.empty()) return true;
  TargetNode* node = element(types().identifier);
  set(node, types().system, system);
  set(node, types().value, value);
  if (!type.empty()) {
    TargetNode* concept_node = element(types().codeable_concept);
    const Member* coding = executor_.tree_.memberOf(*concept_node, types().coding_element, 0);
    executor_.tree_.attach(concept_node, *coding,
                           codingOf("http://terminology.hl7.org/CodeSystem/v2-0203", type, {}));
    const Member* member = executor_.tree_.memberOf(*node, types().type_element, 0);
    executor_.tree_.attach(node, *member, concept_node);
  }
  push(out, node);
  return true;
}

bool Transforms::contactPoint(std::vector<BoundValue>& out) {
  const std::size_t count = target_.params.size();
  if (count == 0 || count > 2) return wrongCount("1–2");
  std::string_view first, second;
  if (!text(0, first) || !text(1, second)) return false;
  const std::string_view value = count == 2 ? second : first;
  if (value.empty()) return true;
  TargetNode* node = element(types().contact_point);
  set(node, types().system, count == 2 ? first : contactSystem(value));
  set(node, types().value, value);
  push(out, node);
  return true;
}

bool Transforms::firstTranslation(const ConceptMap& map, const ConceptMaps& maps,
                                  const BoundValue& source, TranslatedCode& room,
                                  const TranslatedCode*& found) {
  const Element element =
      source.node == nullptr ? source.value.element() : executor_.asValue(source).element();
  std::string_view first;
  const auto take = [&](std::string_view system, std::string_view code) {
    if (code.empty() || found != nullptr) return;
    if (first.empty()) first = code;
    if (const auto result = maps.translation(map, system, code, room)) found = *result;
  };
  if (element && element.type() != 0 && element.type() == types().codeable_concept) {
    element.forEachChild(
        "coding", [&](const Element& one) { take(one.textOf("system"), one.textOf("code")); });
  } else if (element && !element.hasValue() && element.child("code")) {
    take(element.textOf("system"), element.textOf("code"));
  } else if (!element || element.type() == 0 || element.type() != types().coding) {
    std::string_view code;
    if (!textOf(source, "code, Coding, CodeableConcept", code)) return false;
    take("", trim(code));
  }
  if (first.empty() || found != nullptr) return true;
  const json::Node* outer = executor_.where_;
  if (element) executor_.where_ = element.anyNode();
  executor_.fault("PB-2219", rule_,
                  {rule_.path, withNearest(first, nearestCode(map, first)), map.url});
  executor_.where_ = outer;
  return false;
}

bool Transforms::translate(std::vector<BoundValue>& out) {
  const std::size_t count = target_.params.size();
  if (count < 2 || count > 3) return wrongCount("2–3");
  BoundValue source;
  std::string_view url, kind;
  if (!parameter(0, source) || !text(1, url) || !text(2, kind)) return false;
  if (!source) return true;
  const ConceptMap* map = target_.concept_map;
  const ConceptMaps* maps = target_.concept_maps;
  if (map == nullptr)
    std::tie(map, maps) = executor_.map_.findConceptMap(url, *executor_.parts_.concept_maps);
  if (map == nullptr) return executor_.fault("PB-2218", rule_, {rule_.path, std::string(url)});
  TranslatedCode room;
  const TranslatedCode* found = nullptr;
  if (!firstTranslation(*map, *maps, source, room, found)) return false;
  if (found == nullptr) return true;
  // What stands in a map lives with it; what was made up here does not.
  const auto lasting = [&](const std::string& text) {
    return found == &room ? executor_.tree_.keep(text) : std::string_view(text);
  };
  if (kind.empty()) kind = "Coding";
  if (kind == "code") {
    out.push_back(string(lasting(found->code), types().code));
  } else if (kind == "system") {
    out.push_back(string(lasting(found->system), types().uri));
  } else if (kind == "display") {
    if (!found->display.empty()) out.push_back(string(lasting(found->display), types().string));
  } else if (kind == "Coding" || kind == "CodeableConcept") {
    TargetNode* node =
        codingOf(lasting(found->system), lasting(found->code), lasting(found->display));
    if (kind == "CodeableConcept") {
      TargetNode* outer = element(types().codeable_concept);
      const Member* member = executor_.tree_.memberOf(*outer, types().coding_element, 0);
      executor_.tree_.attach(outer, *member, node);
      node = outer;
    }
    push(out, node);
  } else {
    return executor_.fault("PB-2212", rule_, {rule_.path, "translate", std::string(kind)});
  }
  return true;
}

}  // namespace planbro::mapping
