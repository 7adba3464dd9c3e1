#include "mapping/type_table.h"

#include <algorithm>

namespace planbro::mapping {

using fhir::Member;
using fhir::TypeId;
using fhirpath::ValueKind;

namespace {

enum Alternatives : std::uint8_t { kNone, kTexts, kNumbers, kDecimals, kTimes, kDates };

Alternatives alternativesOf(std::string_view type) {  // a primitive
  if (type == "integer" || type == "positiveInt" || type == "unsignedInt") return kNumbers;
  if (type == "decimal") return kDecimals;
  if (type == "dateTime" || type == "instant") return kTimes;
  if (type == "date") return kDates;
  if (type == "boolean" || type == "time" || type == "base64Binary") return kNone;
  return kTexts;
}

}  // namespace

TypeTable::TypeTable(const fhir::Definitions& definitions) : definitions_(definitions) {
  const auto named = [&](std::string_view name) { return definitions.findType(name); };
  const auto all = [&](std::initializer_list<std::string_view> names) {
    std::vector<TypeId> types;
    for (const std::string_view name : names) types.push_back(named(name));
    return types;
  };
  alternatives_ = {{},
                   all({"string", "code", "markdown", "uri", "url", "canonical", "id"}),
                   all({"integer", "positiveInt", "unsignedInt", "decimal"}),
                   all({"decimal"}),
                   all({"dateTime", "date", "instant"}),
                   all({"date", "dateTime"})};
  for (const fhir::Type& one : definitions.types()) {
    Entry& entry = types_.emplace_back();
    entry.primitive = one.kind == fhir::TypeKind::kPrimitive;
    entry.form = primitiveForm(one.name);
    entry.alternatives = entry.primitive ? alternativesOf(one.name) : kNone;
  }
  for (const Member& member : definitions.members()) {
    if (member.element == nullptr || !member.is(Member::kChoice)) continue;
    std::vector<ChoiceName>& choices = choices_[member.element->id];
    const bool known = std::any_of(choices.begin(), choices.end(), [&](const ChoiceName& one) {
      return one.property_id == member.property->id && one.type == member.type;
    });
    if (!known) choices.push_back({member.type, member.property->id});
  }
  string = named("string");
  boolean = named("boolean");
  integer = named("integer");
  decimal = named("decimal");
  date = named("date");
  date_time = named("dateTime");
  time = named("time");
  code = named("code");
  uri = named("uri");
  quantity = named("Quantity");
  coding = named("Coding");
  codeable_concept = named("CodeableConcept");
  identifier = named("Identifier");
  contact_point = named("ContactPoint");
  system = element("system");
  code_element = element("code");
  display = element("display");
  coding_element = element("coding");
  text = element("text");
  value = element("value");
  unit = element("unit");
  comparator = element("comparator");
  type_element = element("type");
  id = element("id");
  full_url = element("fullUrl");
}

TypeId TypeTable::typeOf(const fhirpath::Value& one) const {
  switch (one.kind()) {
    case ValueKind::kBoolean:
      return boolean;
    case ValueKind::kInteger:
      return integer;
    case ValueKind::kDecimal:
      return decimal;
    case ValueKind::kDate:
      return date;
    case ValueKind::kDateTime:
      return date_time;
    case ValueKind::kTime:
      return time;
    case ValueKind::kQuantity:
      return quantity;
    default:
      return string;
  }
}

TargetElement TypeTable::element(std::string_view name) const {
  TargetElement element;
  element.text = name.ends_with("[x]") ? name.substr(0, name.size() - 3) : name;
  element.id = definitions_.nameId(element.text);
  element.is_value = element.text == "value";
  if (const auto found = choices_.find(element.id); found != choices_.end())
    element.choices = found->second;
  return element;
}

}  // namespace planbro::mapping
