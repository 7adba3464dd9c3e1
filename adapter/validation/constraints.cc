// What a profile asks of an element beyond its type.
// Source: FHIR R4, elementdefinition.html; profiling.html, section 5.1.0.12.
#include <algorithm>

#include "validation/values.h"
#include "validation/walk.h"

namespace planbro::validation {

using fhir::Element;

namespace {

std::string limitText(std::uint32_t count) {
  return count == kUnbounded ? std::string("*") : std::to_string(count);
}

// Characters, not bytes.
std::size_t lengthOf(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string shortText(const json::Node& node) {
  if (!node.isContainer()) return std::string(node.text());
  const json::Node* code = node.member("code");
  if (code == nullptr) {
    const json::Node* coding = node.member("coding");
    if (coding != nullptr && coding->size > 0) code = coding->children()[0].member("code");
  }
  return code == nullptr || code->isContainer() ? std::string(node.name->text)
                                                : std::string(code->text());
}

// Less than, equal to or greater than zero as `value` stands to `limit`; nothing if they do not
// compare.
std::optional<int> orderOf(const json::Node& value, const json::Node* limit) {
  if (limit == nullptr || value.isContainer() != limit->isContainer()) return std::nullopt;
  if (value.isContainer()) {
    const json::Node* code = value.member("code");
    const json::Node* limit_code = limit->member("code");
    const json::Node* amount = value.member("value");
    if (amount == nullptr || (code == nullptr) != (limit_code == nullptr) ||
        (code != nullptr && code->text() != limit_code->text()))
      return std::nullopt;
    return orderOf(*amount, limit->member("value"));
  }
  if (limit->kind == json::Kind::kNumber) {
    const auto a = fhirpath::Decimal::parse(value.text());
    const auto b = fhirpath::Decimal::parse(limit->text());
    if (!a || !b) return std::nullopt;
    return *a < *b ? -1 : (*b < *a ? 1 : 0);
  }
  // Dates of different precision compare as far as both go.
  const std::size_t size = std::min(value.text().size(), limit->text().size());
  return value.text().substr(0, size).compare(limit->text().substr(0, size));
}

std::string limitValue(const json::Node& limit) {
  const json::Node* value = limit.isContainer() ? limit.member("value") : &limit;
  return value == nullptr ? std::string() : std::string(value->text());
}

std::string typeList(const std::vector<TypeRule>& types) {
  std::string text;
  for (const TypeRule& type : types) {
    if (!text.empty()) text += ", ";
    text += type.code;
  }
  return text;
}

}  // namespace

void Walk::checkByProfile(const Element& element, const ElementRule& rule,
                          const CompiledProfile& profile, Spot spot) {
  if (reporter_.full()) return;
  if (rule.checks_types && !rule.types.empty()) {
    const bool allowed =
        std::any_of(rule.types.begin(), rule.types.end(), [&](const TypeRule& type) {
          return type.type == 0 || definitions_.isA(element.type(), type.type);
        });
    if (!allowed && element.type() != 0) {
      reporter_.add("PB-1202", spot.link, element.anyNode(),
                    {std::string(element.typeName()), typeList(rule.types)},
                    {{}, profile.url(), std::nullopt});
      return;
    }
  }
  checkValue(element, rule, profile, spot);
  if (rule.checks_binding) checkBinding(element, rule.binding, profile.url(), spot);
  checkInvariants(element, rule.invariants, spot);
  if (rule.checks_profiles) checkTypeProfiles(element, rule, spot);
  if (rule.checks_targets && element.typeName() == "Reference")
    checkReference(element, rule, profile.url(), spot);
  checkChildrenByProfile(element, rule, profile, spot);
}

void Walk::checkValue(const Element& element, const ElementRule& rule,
                      const CompiledProfile& profile, Spot spot) {
  const Node* value = element.value();
  const Reporter::Origin origin{{}, profile.url(), std::nullopt};
  if (rule.fixed != nullptr && (value == nullptr || !equalsFixed(*value, *rule.fixed)))
    reporter_.add("PB-1206", spot.link, element.anyNode(), {shortText(*rule.fixed)}, origin);
  if (rule.pattern != nullptr && (value == nullptr || !matchesPattern(*value, *rule.pattern)))
    reporter_.add("PB-1207", spot.link, element.anyNode(), {shortText(*rule.pattern)}, origin);
  if (value == nullptr) return;
  checkRange(element, rule, profile, spot);
  if (value->isContainer()) return;
  if (rule.max_length != 0 && lengthOf(value->text()) > rule.max_length)
    reporter_.add("PB-1203", spot.link, value, {std::to_string(rule.max_length)}, origin);
}

// Numbers, dates and texts by their own order; quantities in the same unit by their values.
void Walk::checkRange(const Element& element, const ElementRule& rule,
                      const CompiledProfile& profile, Spot spot) {
  const Reporter::Origin origin{{}, profile.url(), std::nullopt};
  const Node& value = *element.value();
  if (const auto least = orderOf(value, rule.min_value); least && *least < 0)
    reporter_.add("PB-1204", spot.link, &value, {limitValue(*rule.min_value)}, origin);
  if (const auto most = orderOf(value, rule.max_value); most && *most > 0)
    reporter_.add("PB-1205", spot.link, &value, {limitValue(*rule.max_value)}, origin);
}

void Walk::checkTypeProfiles(const Element& element, const ElementRule& rule, Spot spot) {
  for (const TypeRule& type : rule.types) {
    if (type.profiles.empty() || !definitions_.isA(element.type(), type.type)) continue;
    const CompiledProfile* only = nullptr;
    bool known = true;
    bool fits = false;
    for (ProfileSlot* slot : type.profiles) {
      const CompiledProfile* profile = profiles_.get(*slot);
      if (profile == nullptr) {
        known = false;
        reporter_.add("PB-1361", spot.link, element.anyNode(), {slot->key()});
        continue;
      }
      const bool right_type = definitions_.isA(element.type(), profile->type());
      if (type.profiles.size() == 1 && right_type) only = profile;
      if (only == nullptr && right_type && conforms(element, *profile)) fits = true;
    }
    if (only != nullptr) {
      if (!only->isBaseType()) checkByProfile(element, only->root(), *only, spot);
    } else if (known && !fits) {
      reporter_.add("PB-1367", spot.link, element.anyNode(), {});
    }
    return;
  }
}

void Walk::checkChildrenByProfile(const Element& element, const ElementRule& rule,
                                  const CompiledProfile& profile, Spot spot) {
  std::vector<std::pair<Element, std::int32_t>> items;
  for (const ElementRule* child : rule.checked_children) {
    items.clear();
    std::int32_t index = 0;
    element.forEachChild(child->name_id, [&](const Element& item) {
      if (child->only_type == 0 || item.type() == child->only_type) items.emplace_back(item, index);
      ++index;
    });
    const Reporter::Origin origin{{}, profile.url(), std::nullopt};
    if (child->checks_cardinality && items.size() < child->min) {
      reporter_.add("PB-1101", spot.link, element.anyNode(),
                    {child->name, std::to_string(child->min), std::to_string(items.size())},
                    origin);
    }
    if (child->checks_cardinality && items.size() > child->max) {
      reporter_.add(child->max == 0 ? "PB-1103" : "PB-1102", spot.link, items[0].first.anyNode(),
                    {child->name, limitText(child->max), std::to_string(items.size())}, origin);
    }
    for (const auto& [item, at] : items) {
      const fhir::Member* member = item.member();
      if (member == nullptr) continue;
      const PathLink link{&spot.link, item.name(), member->is(fhir::Member::kList) ? at : -1,
                          member->is(fhir::Member::kChoice) ? item.typeName() : std::string_view{}};
      hosts_.push_back(&element);
      if (member->is(fhir::Member::kAnyResource)) {
        const PathLink inside{&link, {}, -1, item.typeName()};
        Scope scope = spot.scope;
        scope.outer = &spot.scope;
        scope.resource = item;
        scope.root = item.name() == "contained" ? spot.scope.root : item;
        scope.link = &inside;
        scope.full_url = element.textOf("fullUrl");
        scopes_.push_back(&scope);
        checkByProfile(item, *child, profile, {inside, scope});
        scopes_.pop_back();
      } else {
        checkByProfile(item, *child, profile, {link, spot.scope});
      }
      hosts_.pop_back();
    }
    if (child->checks_slices) checkSlices(items, *child, profile, element, spot);
  }
}

void Walk::checkSlices(std::span<const std::pair<Element, std::int32_t>> items,
                       const ElementRule& rule, const CompiledProfile& profile,
                       const Element& parent, Spot spot) {
  const Slicing& slicing = *rule.slicing;
  const Reporter::Origin origin{{}, profile.url(), std::nullopt};
  std::vector<std::uint32_t> counts(rule.slices.size());
  std::size_t latest = 0;
  bool unmatched = false;
  for (const auto& [item, index] : items) {
    const fhir::Member* member = item.member();
    if (member == nullptr) continue;
    const PathLink link{&spot.link, item.name(), member->is(fhir::Member::kList) ? index : -1,
                        member->is(fhir::Member::kChoice) ? item.typeName() : std::string_view{}};
    bool matched = false;
    for (std::size_t i = 0; i < rule.slices.size(); ++i) {
      const ElementRule& slice = *rule.slices[i];
      if (!isInSlice(item, slicing, slice, profiles_, *this)) continue;
      matched = true;
      ++counts[i];
      if (slicing.ordered && i < latest)
        reporter_.add("PB-1252", link, item.anyNode(), {slice.slice_name}, origin);
      if (unmatched && slicing.rules == Slicing::kOpenAtEnd)
        reporter_.add("PB-1254", link, item.anyNode(), {slice.slice_name}, origin);
      latest = std::max(latest, i);
      hosts_.push_back(&parent);
      checkByProfile(item, slice, profile, {link, spot.scope});
      hosts_.pop_back();
      // A re-slice "a/b" comes after its slice "a" and refines it; other slices exclude each other.
      if (slice.slice_name.find('/') == std::string::npos &&
          std::none_of(rule.slices.begin(), rule.slices.end(), [&slice](const ElementRule* other) {
            return other->slice_name.starts_with(slice.slice_name + "/");
          }))
        break;
    }
    unmatched = unmatched || !matched;
    if (!matched && slicing.rules == Slicing::kClosed)
      reporter_.add("PB-1251", link, item.anyNode(), {rule.path}, origin);
  }
  for (std::size_t i = 0; i < rule.slices.size(); ++i) {
    const ElementRule& slice = *rule.slices[i];
    const std::string name = rule.name + ":" + slice.slice_name;
    if (counts[i] < slice.min)
      reporter_.add("PB-1101", spot.link, parent.anyNode(),
                    {name, std::to_string(slice.min), std::to_string(counts[i])}, origin);
    if (counts[i] > slice.max)
      reporter_.add(slice.max == 0 ? "PB-1103" : "PB-1102", spot.link, parent.anyNode(),
                    {name, limitText(slice.max), std::to_string(counts[i])}, origin);
  }
}

}  // namespace planbro::validation
