// Source: FHIR R4, questionnaire.html, questionnaire-extensions.html; SDC (min/maxQuantity).
#include "validation/questionnaire_answers.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "fhirpath/decimal.h"
#include "fhirpath/temporal.h"
#include "fhirpath/ucum.h"
#include "terminology/value_set.h"

namespace planbro::validation {

using fhir::Element;
using fhirpath::Decimal;
using terminology::Membership;
using terminology::ValueSet;

namespace {

constexpr std::string_view kExtensions = "http://hl7.org/fhir/StructureDefinition/";
constexpr std::string_view kSdc = "http://hl7.org/fhir/uv/sdc/StructureDefinition/";
constexpr std::string_view kUcum = "http://unitsofmeasure.org";

struct Types {
  std::string_view question;
  std::string_view values;  // between blanks
};
constexpr std::string_view kChoices = " Coding date time integer string Reference ";
constexpr std::array kTypes = {
    Types{"boolean", " boolean "},
    Types{"decimal", " decimal "},
    Types{"integer", " integer "},
    Types{"date", " date "},
    Types{"dateTime", " dateTime "},
    Types{"time", " time "},
    Types{"string", " string "},
    Types{"text", " string "},
    Types{"url", " uri "},
    Types{"attachment", " Attachment "},
    Types{"reference", " Reference "},
    Types{"quantity", " Quantity "},
    Types{"choice", kChoices},
    Types{"open-choice", kChoices},
};

std::string_view typesOf(std::string_view question_type) {
  const auto found = std::find_if(kTypes.begin(), kTypes.end(), [&](const Types& entry) {
    return entry.question == question_type;
  });
  return found == kTypes.end() ? std::string_view{} : found->values;
}

Element extensionOf(const Element& element, std::string_view base, std::string_view name) {
  return element.extensionValue(std::string(base) + std::string(name));
}

template <typename Visit>
void forEachExtension(const Element& element, std::string_view name, Visit&& visit) {
  const std::string url = std::string(kExtensions) + std::string(name);
  element.forEachChild("extension", [&](const Element& extension) {
    if (extension.textOf("url") == url) visit(extension.child("value"));
  });
}

// Characters, not bytes.
std::size_t lengthOf(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// The bytes base64 text stands for.
std::size_t decodedSize(std::string_view base64) {
  const auto characters = static_cast<std::size_t>(
      std::count_if(base64.begin(), base64.end(), [](char c) { return c > ' ' && c != '='; }));
  return characters * 3 / 4;
}

std::string shown(const Element& value) {
  if (value.hasValue()) return std::string(value.text());
  if (value.typeName() == "Quantity") {
    const std::string_view unit = value.textOf("unit");
    return std::string(value.textOf("value")) + " " +
           std::string(unit.empty() ? value.textOf("code") : unit);
  }
  if (value.typeName() == "Reference") return std::string(value.textOf("reference"));
  const std::string_view system = value.textOf("system");
  return (system.empty() ? "" : std::string(system) + "#") + std::string(value.textOf("code"));
}

class AnswerCheck {
 public:
  AnswerCheck(const Element& value, const PathLink& link, const Question& question,
              const QuestionnaireForm& form, const RuleContext& context)
      : value_(value), link_(link), question_(question), form_(form), context_(context) {}

  void run(std::size_t answer_count);

 private:
  void report(std::string_view code, std::vector<std::string> arguments) const {
    context_.report(code, link_, value_, std::move(arguments));
  }
  void checkOptions(std::size_t answer_count);
  void checkValueSet(std::string_view canonical, std::string_view system, std::string_view code);
  void checkText();
  void checkBounds();
  void checkDecimals(std::string_view number);
  void checkQuantity();
  void checkQuantityBound(const Element& bound, bool is_lower);
  void checkUnit();
  void checkAttachment();
  void checkReference();

  const Element& value_;
  const PathLink& link_;
  const Question& question_;
  const QuestionnaireForm& form_;
  const RuleContext& context_;
};

bool sameOption(const Element& option, const Element& value) {
  const std::string_view type = value.typeName();
  if (option.typeName() != type) return false;
  if (type == "Coding")
    return option.textOf("system") == value.textOf("system") &&
           option.textOf("code") == value.textOf("code");
  if (type == "Reference") return option.textOf("reference") == value.textOf("reference");
  return option.text() == value.text();
}

void AnswerCheck::checkOptions(std::size_t answer_count) {
  const std::string_view type = value_.typeName();
  const bool open = question_.type == "open-choice";
  // What somebody typed in, or a code without any, is the open part of an open choice.
  const bool free_text =
      open && (type == "string" || (type == "Coding" && value_.textOf("code").empty()));
  bool any = false;
  bool found = false;
  bool exclusive = false;
  question_.item.forEachChild("answerOption", [&](const Element& option) {
    any = true;
    if (found || !sameOption(option.child("value"), value_)) return;
    found = true;
    exclusive = extensionOf(option, kExtensions, "questionnaire-optionExclusive").text() == "true";
  });
  if (!any) {
    const std::string_view set = question_.item.textOf("answerValueSet");
    if (set.empty() || free_text) return;
    if (type == "Coding") {
      checkValueSet(set, value_.textOf("system"), value_.textOf("code"));
    } else if (question_.type == "string") {
      checkValueSet(set, {}, value_.text());
    }
    return;
  }
  // Only simple values and codes are told apart by an option.
  if (type == "Quantity" || type == "Attachment") return;
  if (!found && !free_text) report("PB-1713", {shown(value_), std::string(question_.link_id)});
  if (exclusive && answer_count > 1) report("PB-1714", {shown(value_)});
}

void AnswerCheck::checkValueSet(std::string_view canonical, std::string_view system,
                                std::string_view code) {
  const auto judge = [&](const ValueSet* set) {
    const std::string url(canonical);
    if (set == nullptr) return report("PB-1605", {url});
    const Membership membership = set->contains(system, code);
    const std::string text = shown(value_);
    if (membership == Membership::kNotMember) return report("PB-1715", {text, url});
    if (membership == Membership::kUnknown)
      report("PB-1604", {text, url, std::string(set->unknownSystem())});
  };
  if (!canonical.starts_with('#')) {
    judge(context_.profiles.terminology().valueSet(canonical));
    return;
  }
  Element contained;
  const auto look = [&](const Element& holder) {
    holder.forEachChild("contained", [&](const Element& resource) {
      if (!contained && resource.typeName() == "ValueSet" &&
          resource.textOf("id") == canonical.substr(1))
        contained = resource;
    });
  };
  // A contained Questionnaire shares its container's.
  look(form_.questionnaire());
  if (!contained) look(context_.root);
  if (!contained) return judge(nullptr);
  const ValueSet set(*contained.value(), context_.profiles.terminology());
  judge(&set);
}

void AnswerCheck::checkText() {
  const std::string_view text = value_.text();
  const std::size_t length = lengthOf(text);
  const auto limit = [](const Element& element) -> std::optional<std::int64_t> {
    const auto number = Decimal::parse(element.text());
    return number ? number->toInteger() : std::nullopt;
  };
  if (const auto least = limit(extensionOf(question_.item, kExtensions, "minLength"));
      least && static_cast<std::int64_t>(length) < *least)
    report("PB-1716", {std::to_string(*least)});
  if (const auto most = limit(question_.item.child("maxLength"));
      most && static_cast<std::int64_t>(length) > *most)
    report("PB-1717", {std::to_string(*most)});
  if (question_.type == "string" && text.find_first_of("\r\n") != std::string_view::npos)
    report("PB-1718", {});
  const std::string_view pattern = extensionOf(question_.item, kExtensions, "regex").text();
  if (pattern.empty()) return;
  const RE2 expression({pattern.data(), pattern.size()}, RE2::Quiet);
  if (!expression.ok() || RE2::FullMatch({text.data(), text.size()}, expression)) return;
  const std::string_view format = extensionOf(question_.item, kExtensions, "entryFormat").text();
  report("PB-1719", {std::string(format.empty() ? pattern : format)});
}

std::optional<int> orderOfSimple(const Element& a, const Element& b) {
  const std::string_view type = a.typeName();
  if (type == "decimal" || type == "integer") {
    const auto left = Decimal::parse(a.text());
    const auto right = Decimal::parse(b.text());
    if (!left || !right) return std::nullopt;
    return *left < *right ? -1 : (*right < *left ? 1 : 0);
  }
  const auto read = [&](std::string_view text) {
    return type == "time" ? fhirpath::Temporal::parseTime(text)
                          : fhirpath::Temporal::parseDateTime(text);
  };
  const auto left = read(a.text());
  const auto right = read(b.text());
  if (!left || !right) return std::nullopt;
  const auto order = fhirpath::compare(*left, *right);
  if (!order) return std::nullopt;
  return *order < 0 ? -1 : (*order > 0 ? 1 : 0);
}

void AnswerCheck::checkBounds() {
  const Element least = extensionOf(question_.item, kExtensions, "minValue");
  if (least && orderOfSimple(value_, least).value_or(0) < 0)
    report("PB-1720", {shown(value_), shown(least)});
  const Element most = extensionOf(question_.item, kExtensions, "maxValue");
  if (most && orderOfSimple(value_, most).value_or(0) > 0)
    report("PB-1721", {shown(value_), shown(most)});
}

void AnswerCheck::checkDecimals(std::string_view number) {
  const Element limit = extensionOf(question_.item, kExtensions, "maxDecimalPlaces");
  const auto most = limit ? Decimal::parse(limit.text()) : std::nullopt;
  const auto written = Decimal::parse(number);
  if (most && written && Decimal(written->scale()) > *most)
    report("PB-1722", {std::string(number), std::string(limit.text())});
}

void AnswerCheck::checkQuantityBound(const Element& bound, bool is_lower) {
  if (!bound || !value_.child("value") || !bound.child("value")) return;
  const std::string_view system = value_.textOf("system");
  const std::string_view code = value_.textOf("code");
  const std::string_view bound_code = bound.textOf("code");
  const auto amount = Decimal::parse(value_.textOf("value"));
  const auto limit = Decimal::parse(bound.textOf("value"));
  if (!amount || !limit) return;
  std::optional<Decimal> comparable;
  if (!system.empty() && !code.empty() && system == bound.textOf("system")) {
    if (code == bound_code) {
      comparable = amount;
    } else if (system == kUcum) {
      const auto from = fhirpath::Unit::parse(code);
      const auto to = fhirpath::Unit::parse(bound_code);
      if (from && to) comparable = fhirpath::convert(*amount, *from, *to);
    }
  }
  if (!comparable) return report("PB-1723", {shown(value_), shown(bound)});
  if (is_lower ? *comparable < *limit : *comparable > *limit)
    report(is_lower ? "PB-1720" : "PB-1721", {shown(value_), shown(bound)});
}

void AnswerCheck::checkUnit() {
  bool limited = false;
  bool matches = false;
  std::string allowed;
  forEachExtension(question_.item, "questionnaire-unitOption", [&](const Element& unit) {
    limited = true;
    if (!allowed.empty()) allowed += ", ";
    allowed += unit.textOf("code");
    const auto same = [&](std::string_view name, std::string_view of_value) {
      const std::string_view wanted = unit.textOf(name);
      return wanted.empty() || wanted == of_value;
    };
    const bool coded = !unit.textOf("code").empty();
    matches = matches ||
              (same("system", value_.textOf("system")) && same("code", value_.textOf("code")) &&
               (coded || same("display", value_.textOf("unit"))));
  });
  if (limited && !matches) report("PB-1724", {shown(value_), allowed});
  const Element set = extensionOf(question_.item, kExtensions, "questionnaire-unitValueSet");
  if (set) checkValueSet(set.text(), value_.textOf("system"), value_.textOf("code"));
}

void AnswerCheck::checkQuantity() {
  for (const std::string_view base : {kSdc, kExtensions}) {
    const std::string_view prefix = base == kSdc ? "sdc-questionnaire-" : "";
    const std::string start(prefix);
    checkQuantityBound(extensionOf(question_.item, base, start + "minQuantity"), true);
    checkQuantityBound(extensionOf(question_.item, base, start + "maxQuantity"), false);
  }
  checkDecimals(value_.textOf("value"));
  checkUnit();
}

void AnswerCheck::checkAttachment() {
  const std::string_view type = value_.textOf("contentType");
  bool limited = false;
  bool matches = false;
  std::string allowed;
  forEachExtension(question_.item, "mimeType", [&](const Element& mime) {
    limited = true;
    if (!allowed.empty()) allowed += ", ";
    allowed += mime.text();
    std::string_view wanted = mime.text();
    if (wanted.ends_with("/*")) wanted.remove_suffix(1);
    matches = matches || (!type.empty() && type.starts_with(wanted));
  });
  if (limited && !matches) report("PB-1725", {std::string(type), allowed});
  const Element limit = extensionOf(question_.item, kExtensions, "maxSize");
  const auto most = limit ? Decimal::parse(limit.text()) : std::nullopt;
  if (!most) return;
  const Element data = value_.child("data");
  std::optional<Decimal> size = Decimal::parse(value_.textOf("size"));
  if (data.hasValue()) size = Decimal(static_cast<std::int64_t>(decodedSize(data.text())));
  if (size && *size > *most) report("PB-1726", {size->toString(), std::string(limit.text())});
}

// The type a literal reference names: "Chicken" in "https://server/Chicken/1", also if FHIR knows
// no such type; "" if it has not the form of one.
std::string_view typeNamedIn(std::string_view reference) {
  reference = reference.substr(0, reference.find("/_history/"));
  if (reference.starts_with('#') || reference.starts_with("urn:")) return {};
  const std::size_t id = reference.rfind('/');
  if (id == std::string_view::npos || id == 0) return {};
  const std::size_t start = reference.rfind('/', id - 1);
  const std::string_view type =
      reference.substr(start == std::string_view::npos ? 0 : start + 1,
                       id - (start == std::string_view::npos ? 0 : start + 1));
  const bool named = !type.empty() && type.front() >= 'A' && type.front() <= 'Z' &&
                     std::all_of(type.begin(), type.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                     });
  return named ? type : std::string_view{};
}

void AnswerCheck::checkReference() {
  const std::string_view text = value_.textOf("reference");
  std::string_view type = value_.textOf("type");
  const Element target =
      text.empty() ? Element() : context_.environment.resolver->resolve(text, value_);
  if (const std::string_view named = typeNamedIn(text); !named.empty()) type = named;
  if (target) type = target.typeName();
  if (type.empty()) return;
  const fhir::Definitions& definitions = context_.profiles.definitions();
  if (definitions.type(definitions.findType(type)).kind != fhir::TypeKind::kResource)
    return report("PB-1727", {std::string(type), std::string(text)});
  bool limited = false;
  bool matches = false;
  std::string allowed;
  forEachExtension(question_.item, "questionnaire-referenceResource", [&](const Element& code) {
    limited = true;
    if (!allowed.empty()) allowed += ", ";
    allowed += code.text();
    matches = matches || code.text() == type;
  });
  if (limited && !matches) report("PB-1341", {std::string(type), allowed});
}

void AnswerCheck::run(std::size_t answer_count) {
  const std::string_view type = value_.typeName();
  if (!isAnswerType(question_.type, type)) {
    std::string wanted(typesOf(question_.type));
    if (wanted.empty()) return;  // a question of no type: the questionnaire's own fault
    wanted = wanted.substr(1, wanted.size() - 2);
    std::replace(wanted.begin(), wanted.end(), ' ', '|');
    return report("PB-1712", {wanted, std::string(type)});
  }
  checkOptions(answer_count);
  if (type == "string" || type == "uri") checkText();
  if (type == "date" || type == "dateTime" || type == "time" || type == "decimal" ||
      type == "integer")
    checkBounds();
  if (type == "decimal") checkDecimals(value_.text());
  if (type == "Quantity") checkQuantity();
  if (type == "Attachment") checkAttachment();
  if (type == "Reference") checkReference();
}

}  // namespace

bool isAnswerType(std::string_view question_type, std::string_view value_type) {
  const std::string_view types = typesOf(question_type);
  return types.find(" " + std::string(value_type) + " ") != std::string_view::npos;
}

void checkAnswer(const Element& value, const PathLink& link, std::size_t answer_count,
                 const Question& question, const QuestionnaireForm& form,
                 const RuleContext& context) {
  AnswerCheck(value, link, question, form, context).run(answer_count);
}

}  // namespace planbro::validation
