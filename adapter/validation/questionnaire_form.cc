#include "validation/questionnaire_form.h"

#include <algorithm>

namespace planbro::validation {

using fhir::Element;

QuestionnaireForm::QuestionnaireForm(const Element& questionnaire) : questionnaire_(questionnaire) {
  struct Waiting {
    Element item;
    std::int32_t parent;
  };
  std::vector<Waiting> waiting;  // the next one last
  const auto push = [&](const Element& holder, std::int32_t parent) {
    const std::size_t first = waiting.size();
    holder.forEachChild("item", [&](const Element& item) { waiting.push_back({item, parent}); });
    std::reverse(waiting.begin() + static_cast<std::ptrdiff_t>(first), waiting.end());
  };
  push(questionnaire, -1);
  while (!waiting.empty()) {
    const Waiting next = waiting.back();
    waiting.pop_back();
    const auto index = static_cast<std::uint32_t>(questions_.size());
    Question question;
    question.item = next.item;
    question.link_id = next.item.textOf("linkId");
    question.type = next.item.textOf("type");
    question.required = next.item.textOf("required") == "true";
    question.repeats = next.item.textOf("repeats") == "true";
    question.parent = next.parent;
    question.end = index + 1;
    questions_.push_back(std::move(question));
    (next.parent < 0 ? top_level_ : questions_[static_cast<std::size_t>(next.parent)].children)
        .push_back(index);
    by_link_id_.try_emplace(questions_.back().link_id, index);
    push(next.item, static_cast<std::int32_t>(index));
  }
  // A nested one comes behind the one it is nested in: from the end on, each hands its end up.
  for (std::size_t i = questions_.size(); i-- > 0;) {
    const std::int32_t parent = questions_[i].parent;
    if (parent < 0) continue;
    Question& holder = questions_[static_cast<std::size_t>(parent)];
    holder.end = std::max(holder.end, questions_[i].end);
  }
}

std::int32_t QuestionnaireForm::find(std::string_view link_id) const {
  const auto found = by_link_id_.find(link_id);
  return found == by_link_id_.end() ? -1 : static_cast<std::int32_t>(found->second);
}

}  // namespace planbro::validation
