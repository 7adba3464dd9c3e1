// What a profile asks of an element beyond its type.
// Source: FHIR R4, elementdefinition.html; profiling.html, section 5.1.0.12.
#include <algorithm>
#include <array>
#include <utility>

#include "fhirpath/temporal.h"
#include "fhirpath/ucum.h"
#include "validation/values.h"
#include "validation/walk.h"

namespace planbro::validation {

using fhir::Element;

namespace {

constexpr std::string_view kUcum = "http://unitsofmeasure.org";

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

int orderOf(const fhirpath::Decimal& a, const fhirpath::Decimal& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

// By their values, in one unit: the same code, or UCUM codes that convert.
std::optional<int> orderOfQuantities(const json::Node& value, const json::Node& limit) {
  const auto text = [](const json::Node& quantity, std::string_view name) {
    const json::Node* member = quantity.member(name);
    return member == nullptr ? std::string_view() : member->text();
  };
  auto amount = fhirpath::Decimal::parse(text(value, "value"));
  const auto most = fhirpath::Decimal::parse(text(limit, "value"));
  if (!amount || !most) return std::nullopt;
  if (text(value, "code") != text(limit, "code")) {
    const auto from = fhirpath::Unit::parse(text(value, "code"));
    const auto to = fhirpath::Unit::parse(text(limit, "code"));
    if (text(value, "system") != kUcum || text(limit, "system") != kUcum || !from || !to)
      return std::nullopt;
    amount = fhirpath::convert(*amount, *from, *to);
    if (!amount) return std::nullopt;
  }
  return orderOf(*amount, *most);
}

// Less than, equal to or greater than zero as `value` stands to `limit`; nothing if they do not
// compare.
std::optional<int> orderOf(const json::Node& value, const json::Node* limit) {
  if (limit == nullptr || value.isContainer() != limit->isContainer()) return std::nullopt;
  if (value.isContainer()) return orderOfQuantities(value, *limit);
  if (limit->kind == json::Kind::kNumber) {
    const auto a = fhirpath::Decimal::parse(value.text());
    const auto b = fhirpath::Decimal::parse(limit->text());
    if (!a || !b) return std::nullopt;
    return orderOf(*a, *b);
  }
  // Dates of different precision compare as far as both go.
  const std::size_t size = std::min(value.text().size(), limit->text().size());
  return value.text().substr(0, size).compare(limit->text().substr(0, size));
}

std::string limitValue(const json::Node& limit) {
  const json::Node* value = limit.isContainer() ? limit.member("value") : &limit;
  const json::Node* unit = limit.isContainer() ? limit.member("code") : nullptr;
  std::string text = value == nullptr ? std::string() : std::string(value->text());
  if (unit != nullptr && unit->text() != "1") text.append(" ").append(unit->text());
  return text;
}

std::optional<fhirpath::CalendarUnit> calendarUnitOf(std::string_view ucum) {
  using fhirpath::CalendarUnit;
  constexpr std::array<std::pair<std::string_view, CalendarUnit>, 8> kUnits = {
      {{"a", CalendarUnit::kYear},
       {"mo", CalendarUnit::kMonth},
       {"wk", CalendarUnit::kWeek},
       {"d", CalendarUnit::kDay},
       {"h", CalendarUnit::kHour},
       {"min", CalendarUnit::kMinute},
       {"s", CalendarUnit::kSecond},
       {"ms", CalendarUnit::kMillisecond}}};
  for (const auto& [code, unit] : kUnits) {
    if (code == ucum) return unit;
  }
  return std::nullopt;
}

// A date against a duration: for a least value that long before now, for a greatest that long after
// (elementdefinition.html, minValue and maxValue). Nothing if the precision leaves it open.
std::optional<int> orderOfDates(std::string_view date, const json::Node& duration, bool before,
                                Instant now) {
  const json::Node* amount = duration.member("value");
  const json::Node* code = duration.member("code");
  if (amount == nullptr || code == nullptr) return std::nullopt;
  const auto value = fhirpath::Temporal::parseDateTime(date);
  const auto many = fhirpath::Decimal::parse(
      (before ? (amount->text().starts_with('-') ? "" : "-") : "") +
      std::string(before && amount->text().starts_with('-') ? amount->text().substr(1)
                                                            : amount->text()));
  const auto unit = calendarUnitOf(code->text());
  if (!value || !many || !unit) return std::nullopt;
  const auto limit = fhirpath::plus(fhirpath::Temporal::fromMicros(now.micros, 0), *many, *unit);
  if (!limit) return std::nullopt;
  // Any time zone may be meant where none is said: only what is certain counts.
  constexpr std::int64_t kZones = std::int64_t{14} * 3600 * 1'000'000;
  const std::int64_t slack = value->hasOffset() ? 0 : kZones;
  if (value->endMicros() + slack <= limit->firstMicros()) return -1;
  if (value->firstMicros() - slack > limit->firstMicros()) return 1;
  return std::nullopt;
}

bool isDate(std::string_view type) {
  return type == "date" || type == "dateTime" || type == "instant";
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
  // Of a resource inside another the invariants belong to the outer one's profile: %resource is
  // that.
  const bool inner =
      &rule != &profile.root() && spot.scope.outer != nullptr && spot.scope.resource == element;
  checkInvariants(element, rule.invariants, inner ? Spot{spot.link, *spot.scope.outer} : spot);
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
  const auto order = [&](const Node* limit, bool before) {
    if (limit == nullptr || !limit->isContainer() || !isDate(element.typeName()))
      return orderOf(value, limit);
    const Clock* clock = profiles_.options().clock;
    return orderOfDates(value.text(), *limit, before,
                        clock == nullptr ? SystemClock().now() : clock->now());
  };
  if (const auto least = order(rule.min_value, true); least && *least < 0)
    reporter_.add("PB-1204", spot.link, &value, {limitValue(*rule.min_value)}, origin);
  if (const auto most = order(rule.max_value, false); most && *most > 0)
    reporter_.add("PB-1205", spot.link, &value, {limitValue(*rule.max_value)}, origin);
}

void Walk::checkTypeProfiles(const Element& element, const ElementRule& rule, Spot spot) {
  for (const TypeRule& type : rule.types) {
    if (type.profiles.empty() || !definitions_.isA(element.type(), type.type)) continue;
    const CompiledProfile* only = nullptr;
    bool known = true;
    bool fits = false;
    for (std::size_t i = 0; i < type.profiles.size(); ++i) {
      ProfileSlot& slot = *type.profiles[i];
      const CompiledProfile* profile = profiles_.get(slot);
      if (profile == nullptr) {
        known = false;
        reporter_.add("PB-1361", spot.link, element.anyNode(), {slot.key()},
                      {{}, {}, fhir::Severity::kError});
        continue;
      }
      if (!type.profile_elements[i].empty()) {
        const ElementRule* inner = profile->ruleOf(type.profile_elements[i]);
        if (inner != nullptr) checkByProfile(element, *inner, *profile, spot);
        return;
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
