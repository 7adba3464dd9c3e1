// A Questionnaire laid out flat, in document order: what responses are checked against.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/element.h"

namespace planbro::validation {

struct Question {
  fhir::Element item;
  std::string_view link_id;
  std::string_view type;
  bool required = false;
  bool repeats = false;
  std::int32_t parent = -1;             // index into questions(); -1: the Questionnaire itself
  std::uint32_t end = 0;                // past the last one nested in it
  std::vector<std::uint32_t> children;  // in order
};

// Points into the Questionnaire, which must outlive it. One thread a call; immutable.
class QuestionnaireForm {
 public:
  explicit QuestionnaireForm(const fhir::Element& questionnaire);

  const fhir::Element& questionnaire() const { return questionnaire_; }
  const std::vector<Question>& questions() const { return questions_; }
  const Question& at(std::uint32_t index) const { return questions_[index]; }
  const std::vector<std::uint32_t>& topLevel() const { return top_level_; }
  // The index of the question with that linkId (the first, should there be several); -1 if none.
  std::int32_t find(std::string_view link_id) const;

 private:
  fhir::Element questionnaire_;
  std::vector<Question> questions_;
  std::vector<std::uint32_t> top_level_;
  std::unordered_map<std::string_view, std::uint32_t> by_link_id_;
};

}  // namespace planbro::validation
