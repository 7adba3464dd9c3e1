// What the items of a Questionnaire say of each other.
// Source: FHIR R4, questionnaire.html (enableWhen, initial, answerOption).
#include <string>
#include <vector>

#include "validation/questionnaire_answers.h"
#include "validation/questionnaire_form.h"
#include "validation/resource_rules.h"

namespace planbro::validation {

using fhir::Element;

namespace {

constexpr std::string_view kDerivationType =
    "http://hl7.org/fhir/StructureDefinition/questionnaire-derivationType";

// The links from the resource to an item; the items nest, so each is kept beside its parent's.
class ItemLinks {
 public:
  ItemLinks(const QuestionnaireForm& form, const PathLink& resource) {
    links_.reserve(form.questions().size());
    std::vector<std::int32_t> next(form.questions().size() + 1, 0);
    for (const Question& question : form.questions()) {
      const bool top = question.parent < 0;
      const auto parent = static_cast<std::size_t>(top ? 0 : question.parent);
      links_.push_back(PathLink{top ? &resource : &links_[parent],
                                "item",
                                next[top ? form.questions().size() : parent]++,
                                {}});
    }
  }
  const PathLink& at(std::uint32_t index) const { return links_[index]; }

 private:
  std::vector<PathLink> links_;  // never grows past its reserve: parents stay where they are
};

void checkEnableWhen(const QuestionnaireForm& form, std::uint32_t index, const PathLink& link,
                     const RuleContext& context) {
  forEachAt(form.at(index).item, link, "enableWhen", [&](const Element& when, const PathLink& at) {
    const Element question = when.child("question");
    if (!question.hasValue()) return;
    const std::string link_id(question.text());
    const PathLink question_link{&at, "question", -1, {}};
    const std::int32_t found = form.find(link_id);
    if (found < 0) return context.report("PB-1731", question_link, question, {link_id});
    const auto target = static_cast<std::uint32_t>(found);
    if (target == index) return context.report("PB-1732", question_link, question, {link_id});
    if (target > index && target < form.at(index).end)
      return context.report("PB-1733", question_link, question, {link_id});
    if (target > index) context.report("PB-1734", question_link, question, {link_id});
  });
}

void checkInitial(const Question& question, const PathLink& link, const RuleContext& context) {
  if (question.type == "group" || question.type == "display") return;  // que-8
  forEachAt(question.item, link, "initial", [&](const Element& initial, const PathLink& at) {
    const Element value = initial.child("value");
    if (!value || isAnswerType(question.type, value.typeName())) return;
    const PathLink value_link{&at, "value", -1, value.typeName()};
    context.report("PB-1735", value_link, value,
                   {std::string(value.typeName()), std::string(question.type)});
  });
}

bool hasOption(const Element& item, const Element& wanted) {
  bool found = false;
  item.forEachChild("answerOption", [&](const Element& option) {
    const Element value = option.child("value");
    if (value.typeName() != wanted.typeName()) return;
    found =
        found || (wanted.hasValue() ? value.text() == wanted.text()
                                    : value.textOf("code") == wanted.textOf("code") &&
                                          value.textOf("system") == wanted.textOf("system") &&
                                          value.textOf("reference") == wanted.textOf("reference"));
  });
  return found;
}

// What may not be loosened where a questionnaire extends or complies with another one.
void checkDerivedItem(const Question& item, const Question& base, const PathLink& link,
                      const RuleContext& context) {
  const std::string link_id(item.link_id);
  const auto report = [&](std::string_view name) {
    const PathLink at{&link, name, -1, {}};
    const Element element = item.item.child(name);
    context.report("PB-1737", element ? at : link, element ? element : item.item,
                   {link_id, std::string(name)});
  };
  if (item.type != base.type) report("type");
  if (item.repeats && !base.repeats) report("repeats");
  if (base.required && item.item.child("required") && !item.required) report("required");
  const auto most = fhirpath::Decimal::parse(base.item.textOf("maxLength"));
  const auto own = fhirpath::Decimal::parse(item.item.textOf("maxLength"));
  if (most && (!own || *own > *most)) report("maxLength");
  if (base.item.child("answerOption")) {
    if (item.item.child("answerValueSet")) return report("answerValueSet");
    if (!item.item.child("answerOption")) return report("answerOption");
    forEachAt(item.item, link, "answerOption", [&](const Element& option, const PathLink& at) {
      if (!hasOption(base.item, option.child("value")))
        context.report("PB-1737", at, option, {link_id, "answerOption"});
    });
  } else if (base.item.child("answerValueSet") && item.item.child("answerOption")) {
    report("answerOption");
  }
}

void checkDerivation(const QuestionnaireForm& form, const ItemLinks& links,
                     const RuleContext& context) {
  context.resource.forEachChild("derivedFrom", [&](const Element& canonical) {
    const Element type = canonical.extensionValue(kDerivationType);
    const std::string_view how = type ? type.textOf("code") : std::string_view{};
    if (how != "extends" && how != "compliesWith") return;
    const Element base = context.find(canonical.text(), "Questionnaire");
    if (!base) return;
    const QuestionnaireForm base_form(base);
    for (std::uint32_t i = 0; i < form.questions().size(); ++i) {
      const std::int32_t found = base_form.find(form.at(i).link_id);
      if (found >= 0) {
        checkDerivedItem(form.at(i), base_form.at(static_cast<std::uint32_t>(found)), links.at(i),
                         context);
      } else if (how == "compliesWith") {
        context.report("PB-1736", links.at(i), form.at(i).item,
                       {std::string(form.at(i).link_id), std::string(canonical.text())});
      }
    }
  });
}

}  // namespace

void checkQuestionnaire(const RuleContext& context) {
  const QuestionnaireForm form(context.resource);
  const ItemLinks links(form, context.link);
  for (std::uint32_t i = 0; i < form.questions().size(); ++i) {
    checkEnableWhen(form, i, links.at(i), context);
    checkInitial(form.at(i), links.at(i), context);
  }
  checkDerivation(form, links, context);
}

}  // namespace planbro::validation
