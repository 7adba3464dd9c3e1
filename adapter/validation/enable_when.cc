#include "validation/enable_when.h"

#include <algorithm>
#include <compare>
#include <optional>

#include "fhirpath/decimal.h"
#include "fhirpath/temporal.h"
#include "fhirpath/ucum.h"
#include "validation/nested_items.h"

namespace planbro::validation {

using fhir::Element;

namespace {

constexpr std::string_view kExpression =
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression";

std::optional<fhirpath::Temporal> temporalOf(const Element& element) {
  const std::string_view type = element.typeName();
  if (type == "time") return fhirpath::Temporal::parseTime(element.text());
  return type == "date" ? fhirpath::Temporal::parseDate(element.text())
                        : fhirpath::Temporal::parseDateTime(element.text());
}

std::optional<std::strong_ordering> orderOfQuantities(const Element& a, const Element& b) {
  const auto left = fhirpath::Decimal::parse(a.textOf("value"));
  const auto right = fhirpath::Decimal::parse(b.textOf("value"));
  if (!left || !right || a.textOf("system") != b.textOf("system")) return std::nullopt;
  if (a.textOf("code") == b.textOf("code")) return *left <=> *right;
  const auto from = fhirpath::Unit::parse(a.textOf("code"));
  const auto to = fhirpath::Unit::parse(b.textOf("code"));
  if (!from || !to) return std::nullopt;
  const auto converted = fhirpath::convert(*left, *from, *to);
  if (!converted) return std::nullopt;
  return *converted <=> *right;
}

// Nothing if the two do not compare.
std::optional<std::strong_ordering> orderOf(const Element& answer, const Element& wanted) {
  const std::string_view type = wanted.typeName();
  if (type == "integer" || type == "decimal") {
    const auto left = fhirpath::Decimal::parse(answer.text());
    const auto right = fhirpath::Decimal::parse(wanted.text());
    if (!left || !right) return std::nullopt;
    return *left <=> *right;
  }
  if (type == "date" || type == "dateTime" || type == "time") {
    const auto left = temporalOf(answer);
    const auto right = temporalOf(wanted);
    if (!left || !right) return std::nullopt;
    return fhirpath::compare(*left, *right);
  }
  if (type == "Quantity") return orderOfQuantities(answer, wanted);
  if (answer.hasValue() && wanted.hasValue()) return answer.text() <=> wanted.text();
  return std::nullopt;
}

bool equals(const Element& answer, const Element& wanted) {
  const std::string_view type = wanted.typeName();
  if (type == "Coding") {
    if (answer.typeName() != "Coding" || answer.textOf("code") != wanted.textOf("code"))
      return false;
    const std::string_view system = wanted.textOf("system");
    return system.empty() || answer.textOf("system") == system;
  }
  if (type == "Reference") return answer.textOf("reference") == wanted.textOf("reference");
  return orderOf(answer, wanted) == std::strong_ordering::equal;
}

bool satisfies(const Element& answer, const Element& wanted, std::string_view op) {
  if (op == "=") return equals(answer, wanted);
  const auto order = orderOf(answer, wanted);
  if (!order) return false;
  if (op == ">") return *order > 0;
  if (op == "<") return *order < 0;
  if (op == ">=") return *order >= 0;
  return op == "<=" && *order <= 0;
}

// The occurrence of the question that counts: nearest by the ancestor, then the preceding, then
// the following axis; -1 if there is none.
std::int32_t occurrenceOf(std::string_view link_id, const ResponseItems& items, std::int32_t holder,
                          std::uint32_t position) {
  const std::vector<std::uint32_t>& all = items.withLinkId(link_id);
  if (all.empty()) return -1;
  for (std::int32_t around = holder;;
       around = items.at(static_cast<std::uint32_t>(around)).parent) {
    const std::uint32_t first = around < 0 ? 0 : static_cast<std::uint32_t>(around);
    const std::uint32_t end = around < 0 ? items.size() : items.at(first).end;
    if (around >= 0 && items.at(first).link_id == link_id) return around;
    const auto from = std::lower_bound(all.begin(), all.end(), first);
    const auto to = std::lower_bound(from, all.end(), end);
    if (from != to) {
      const auto behind = std::lower_bound(from, to, position);
      return static_cast<std::int32_t>(behind == from ? *from : *(behind - 1));
    }
    if (around < 0) return -1;
  }
}

bool holds(const Element& condition, const ResponseItems& items, std::int32_t holder,
           std::uint32_t position) {
  const std::string_view op = condition.textOf("operator");
  const Element wanted = condition.child("answer");
  const std::int32_t found = occurrenceOf(condition.textOf("question"), items, holder, position);
  bool answered = false;
  bool any = false;
  bool any_equal = false;
  if (found >= 0) {
    const Element& item = items.at(static_cast<std::uint32_t>(found)).item;
    item.forEachChild("answer", [&](const Element& answer) {
      const Element value = answer.child("value");
      if (!value) return;
      answered = true;
      any = any || satisfies(value, wanted, op);
      any_equal = any_equal || (op == "!=" && equals(value, wanted));
    });
  }
  if (op == "exists") return answered == (wanted.text() == "true");
  if (op == "!=") return answered && !any_equal;
  return any;
}

std::optional<bool> expressionHolds(const Element& expression, const ResponseItems& items,
                                    const fhirpath::Environment& environment) {
  const std::string_view language = expression.textOf("language");
  if (language != "text/fhirpath") return std::nullopt;
  const auto program = fhirpath::compile(expression.textOf("expression"));
  if (!program) return std::nullopt;
  const auto holds = fhirpath::test(**program, items.response(), environment);
  return holds ? std::optional(*holds) : std::nullopt;
}

}  // namespace

ResponseItems::ResponseItems(const Element& response) : response_(response) {
  forEachNestedItem(response, [&](const Element& item, std::int32_t parent) {
    const auto index = static_cast<std::uint32_t>(items_.size());
    items_.push_back({item, item.textOf("linkId"), parent, index + 1});
    by_node_.emplace(item.anyNode(), index);
    by_link_id_[items_.back().link_id].push_back(index);
    return static_cast<std::int32_t>(index);
  });
  endBehindNested(items_);
}

std::int32_t ResponseItems::indexOf(const Element& item) const {
  const auto found = by_node_.find(item.anyNode());
  return found == by_node_.end() ? -1 : static_cast<std::int32_t>(found->second);
}

const std::vector<std::uint32_t>& ResponseItems::withLinkId(std::string_view link_id) const {
  static const std::vector<std::uint32_t> kNone;
  const auto found = by_link_id_.find(link_id);
  return found == by_link_id_.end() ? kNone : found->second;
}

bool isEnabled(const QuestionnaireForm& form, std::uint32_t question, const ResponseItems& items,
               std::int32_t holder, std::int32_t present,
               const fhirpath::Environment& environment) {
  const Question& asked = form.at(question);
  if (const Element expression = asked.item.extensionValue(kExpression))
    return expressionHolds(expression, items, environment).value_or(true);
  // One that is not there would stand behind everything in its holder.
  std::uint32_t position = items.size();
  if (present >= 0) {
    position = static_cast<std::uint32_t>(present);
  } else if (holder >= 0) {
    position = items.at(static_cast<std::uint32_t>(holder)).end;
  }
  const bool any_is_enough = asked.item.textOf("enableBehavior") == "any";
  bool conditions = false;
  bool all = true;
  bool any = false;
  asked.item.forEachChild("enableWhen", [&](const Element& condition) {
    conditions = true;
    const bool met = holds(condition, items, holder, position);
    all = all && met;
    any = any || met;
  });
  return !conditions || (any_is_enough ? any : all);
}

}  // namespace planbro::validation
