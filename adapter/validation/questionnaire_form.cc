#include "validation/questionnaire_form.h"

#include "validation/nested_items.h"

namespace planbro::validation {

using fhir::Element;

QuestionnaireForm::QuestionnaireForm(const Element& questionnaire) : questionnaire_(questionnaire) {
  forEachNestedItem(questionnaire, [&](const Element& item, std::int32_t parent) {
    const auto index = static_cast<std::uint32_t>(questions_.size());
    Question question;
    question.item = item;
    question.link_id = item.textOf("linkId");
    question.type = item.textOf("type");
    question.required = item.textOf("required") == "true";
    question.repeats = item.textOf("repeats") == "true";
    question.parent = parent;
    question.end = index + 1;
    questions_.push_back(std::move(question));
    (parent < 0 ? top_level_ : questions_[static_cast<std::size_t>(parent)].children)
        .push_back(index);
    by_link_id_.try_emplace(questions_.back().link_id, index);
    return static_cast<std::int32_t>(index);
  });
  endBehindNested(questions_);
}

std::int32_t QuestionnaireForm::find(std::string_view link_id) const {
  const auto found = by_link_id_.find(link_id);
  return found == by_link_id_.end() ? -1 : static_cast<std::int32_t>(found->second);
}

}  // namespace planbro::validation
