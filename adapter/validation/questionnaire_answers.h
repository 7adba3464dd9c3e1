// One answer against its question: type, options, value set, limits.
#pragma once

#include <cstddef>

#include "validation/questionnaire_form.h"
#include "validation/resource_rules.h"

namespace planbro::validation {

// `value` is the value[x] of the answer, `link` leads to it; `answer_count`: answers of its item.
void checkAnswer(const fhir::Element& value, const PathLink& link, std::size_t answer_count,
                 const Question& question, const QuestionnaireForm& form,
                 const RuleContext& context);

// Whether a value of that type may answer a question of that type.
bool isAnswerType(std::string_view question_type, std::string_view value_type);

}  // namespace planbro::validation
