// A QuestionnaireResponse against its Questionnaire.
//
// Source: FHIR R4, questionnaireresponse.html (structure, required, enabled, repeats), with the
// rules the extensions minOccurs and maxOccurs add. While it is not completed, what is still
// missing is a warning. The recursion follows the items of the response; the parser has bounded
// their depth.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "fhirpath/temporal.h"
#include "validation/enable_when.h"
#include "validation/questionnaire_answers.h"
#include "validation/questionnaire_form.h"
#include "validation/resource_rules.h"

namespace planbro::validation {

using fhir::Element;
using fhir::Severity;

namespace {

constexpr std::string_view kMinOccurs =
    "http://hl7.org/fhir/StructureDefinition/questionnaire-minOccurs";
constexpr std::string_view kMaxOccurs =
    "http://hl7.org/fhir/StructureDefinition/questionnaire-maxOccurs";
constexpr std::string_view kTranslation = "http://hl7.org/fhir/StructureDefinition/translation";

bool isExampleUrl(std::string_view url) {
  return url.starts_with("http://example.org") || url.starts_with("https://example.org");
}

class ResponseCheck {
 public:
  ResponseCheck(const Element& questionnaire, const RuleContext& context)
      : context_(context), form_(questionnaire), items_(context.resource) {
    const std::string_view status = context.resource.textOf("status");
    missing_ = status == "completed" || status == "amended" ? Severity::kError : Severity::kWarning;
  }

  void run() {
    checkAuthored();
    checkItems(context_.resource, context_.link, form_.topLevel(), -1);
  }

 private:
  struct Present {
    Element item;
    std::int32_t index;  // among its siblings
  };

  void checkAuthored();
  void checkItems(const Element& holder, const PathLink& link,
                  const std::vector<std::uint32_t>& questions, std::int32_t holder_index);
  void checkQuestion(std::uint32_t question, const std::vector<Present>& present,
                     const Element& holder, const PathLink& link, std::int32_t holder_index);
  void checkItem(std::uint32_t question, const Element& item, const PathLink& link, bool enabled);
  void checkText(const Question& question, const Element& item, const PathLink& link);
  void checkOccurrences(const Question& question, std::size_t count, const Element& at,
                        const PathLink& link);

  bool enabled(std::uint32_t question, std::int32_t holder, std::int32_t present) const {
    return isEnabled(form_, question, items_, holder, present, context_.environment);
  }

  const RuleContext& context_;
  QuestionnaireForm form_;
  ResponseItems items_;
  Severity missing_ = Severity::kError;
};

void ResponseCheck::checkAuthored() {
  const Element authored = context_.resource.child("authored");
  const Element period = form_.questionnaire().child("effectivePeriod");
  if (!authored.hasValue() || !period) return;
  const auto when = fhirpath::Temporal::parseDateTime(authored.text());
  if (!when) return;
  const PathLink link{&context_.link, "authored", -1, {}};
  const auto outside = [&](std::string_view bound, bool is_start) {
    const auto limit = fhirpath::Temporal::parseDateTime(bound);
    if (!limit) return;
    const bool wrong = is_start ? when->endMicros() <= limit->firstMicros()
                                : when->firstMicros() >= limit->endMicros();
    if (wrong)
      context_.report("PB-1729", link, authored,
                      {std::string(authored.text()), std::string(period.textOf("start")),
                       std::string(period.textOf("end"))});
  };
  outside(period.textOf("start"), true);
  outside(period.textOf("end"), false);
}

void ResponseCheck::checkItems(const Element& holder, const PathLink& link,
                               const std::vector<std::uint32_t>& questions,
                               std::int32_t holder_index) {
  std::vector<std::vector<Present>> present(questions.size());
  std::size_t last = 0;
  forEachAt(holder, link, "item", [&](const Element& item, const PathLink& at) {
    const std::string_view link_id = item.textOf("linkId");
    if (link_id.empty()) return;
    const auto here = std::find_if(questions.begin(), questions.end(), [&](std::uint32_t index) {
      return form_.at(index).link_id == link_id;
    });
    if (here != questions.end()) {
      const auto place = static_cast<std::size_t>(here - questions.begin());
      if (place < last) context_.report("PB-1703", at, item, {std::string(link_id)});
      last = place;
      present[place].push_back({item, at.index});
      return;
    }
    const std::int32_t elsewhere = form_.find(link_id);
    if (elsewhere < 0) {
      context_.report("PB-1701", at, item, {std::string(link_id)});
    } else {
      context_.report("PB-1702", at, item, {std::string(link_id)});
      const auto question = static_cast<std::uint32_t>(elsewhere);
      checkItem(question, item, at, enabled(question, holder_index, items_.indexOf(item)));
    }
  });
  for (std::size_t i = 0; i < questions.size(); ++i)
    checkQuestion(questions[i], present[i], holder, link, holder_index);
}

void ResponseCheck::checkQuestion(std::uint32_t question, const std::vector<Present>& present,
                                  const Element& holder, const PathLink& link,
                                  std::int32_t holder_index) {
  const Question& asked = form_.at(question);
  const std::string link_id(asked.link_id);
  if (present.empty()) {
    if (asked.required && asked.type != "display" && enabled(question, holder_index, -1))
      context_.report(missing_, "PB-1704", link, holder, {link_id});
    return;
  }
  if (present.size() > 1 && !asked.repeats) {
    const PathLink at{&link, "item", present[1].index, {}};
    context_.report("PB-1706", at, present[1].item, {link_id});
  }
  if (asked.type == "group") checkOccurrences(asked, present.size(), present[0].item, link);
  for (const Present& one : present) {
    const PathLink at{&link, "item", one.index, {}};
    const bool is_enabled = enabled(question, holder_index, items_.indexOf(one.item));
    // One with nothing in it says as much as one that is not there.
    if (!is_enabled && (one.item.child("answer") || one.item.child("item")))
      context_.report("PB-1705", at, one.item, {link_id});
    checkItem(question, one.item, at, is_enabled);
  }
}

void ResponseCheck::checkText(const Question& question, const Element& item, const PathLink& link) {
  const std::string_view said = item.textOf("text");
  const Element wanted = question.item.child("text");
  if (said.empty() || said == wanted.text()) return;
  bool translated = false;
  if (wanted) {
    wanted.forEachChild("extension", [&](const Element& extension) {
      if (extension.textOf("url") != kTranslation) return;
      extension.forEachChild("extension", [&](const Element& part) {
        translated =
            translated || (part.textOf("url") == "content" && part.child("value").text() == said);
      });
    });
  }
  if (translated) return;
  const PathLink at{&link, "text", -1, {}};
  context_.report("PB-1711", at, item.child("text"), {std::string(question.link_id)});
}

void ResponseCheck::checkOccurrences(const Question& question, std::size_t count, const Element& at,
                                     const PathLink& link) {
  const auto limitOf = [&](std::string_view url) -> std::optional<std::int64_t> {
    const Element value = question.item.extensionValue(url);
    const auto number = value ? fhirpath::Decimal::parse(value.text()) : std::nullopt;
    return number ? number->toInteger() : std::nullopt;
  };
  const auto found = static_cast<std::int64_t>(count);
  const std::string link_id(question.link_id);
  if (const auto least = limitOf(kMinOccurs); least && found < *least)
    context_.report(missing_, "PB-1709", link, at,
                    {link_id, std::to_string(*least), std::to_string(count)});
  if (const auto most = limitOf(kMaxOccurs); most && found > *most)
    context_.report("PB-1710", link, at, {link_id, std::to_string(*most), std::to_string(count)});
}

void ResponseCheck::checkItem(std::uint32_t question, const Element& item, const PathLink& link,
                              bool enabled) {
  const Question& asked = form_.at(question);
  const std::string link_id(asked.link_id);
  const std::int32_t index = items_.indexOf(item);
  checkText(asked, item, link);
  std::size_t answers = 0;
  item.forEachChild("answer", [&](const Element&) { ++answers; });
  const bool is_group = asked.type == "group";
  const bool is_display = asked.type == "display";
  if (is_group || is_display) {
    if (answers > 0)
      context_.report("PB-1707", link, item.child("answer"), {link_id, std::string(asked.type)});
  } else {
    if (answers == 0 && asked.required && enabled)
      context_.report(missing_, "PB-1704", link, item, {link_id});
    if (answers > 1 && !asked.repeats) context_.report("PB-1706", link, item, {link_id});
    if (enabled) checkOccurrences(asked, answers, item, link);
    forEachAt(item, link, "answer", [&](const Element& answer, const PathLink& at) {
      if (const Element value = answer.child("value")) {
        const PathLink value_link{&at, "value", -1, value.typeName()};
        checkAnswer(value, value_link, answers, asked, form_, context_);
      }
      checkItems(answer, at, asked.children, index);
    });
  }
  const Element nested = item.child("item");
  if (is_group) {
    if (!nested && asked.required && enabled)
      context_.report(missing_, "PB-1704", link, item, {link_id});
    checkItems(item, link, asked.children, index);
  } else if (nested) {
    const PathLink at{&link, "item", 0, {}};
    context_.report("PB-1708", at, nested, {link_id, std::string(asked.type)});
  }
}

}  // namespace

void checkQuestionnaireResponse(const RuleContext& context) {
  const Element canonical = context.resource.child("questionnaire");
  if (!canonical.hasValue()) return;
  const std::string_view url = canonical.text();
  const Element questionnaire = context.find(url, "Questionnaire");
  if (!questionnaire) {
    const PathLink at{&context.link, "questionnaire", -1, {}};
    if (const fhir::Resource* other = context.profiles.registry().find(url)) {
      context.report("PB-1730", at, canonical, {std::string(url), std::string(other->type())});
      return;
    }
    const Severity severity = isExampleUrl(url) && context.profiles.options().example_urls
                                  ? Severity::kInformation
                                  : Severity::kWarning;
    context.report(severity, "PB-1728", at, canonical, {std::string(url)});
    return;
  }
  ResponseCheck(questionnaire, context).run();
}

}  // namespace planbro::validation
