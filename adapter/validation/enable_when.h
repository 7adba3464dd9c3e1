// Which questions of a form are enabled, given the answers so far.
//
// Source: FHIR R4, questionnaire.html (enableWhen: operators, the nearest occurrence of a
// question), questionnaire-enable-operator; SDC sdc-questionnaire-enableWhenExpression.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/element.h"
#include "fhirpath/program.h"
#include "validation/questionnaire_form.h"

namespace planbro::validation {

// The items of a QuestionnaireResponse, flat in document order.
class ResponseItems {
 public:
  struct Item {
    fhir::Element item;
    std::string_view link_id;
    std::int32_t parent = -1;  // the item it is nested in, directly or in an answer; -1: the top
    std::uint32_t end = 0;     // past the last one nested in it
  };

  explicit ResponseItems(const fhir::Element& response);

  const fhir::Element& response() const { return response_; }
  const Item& at(std::uint32_t index) const { return items_[index]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(items_.size()); }
  // -1 if it is not one of them.
  std::int32_t indexOf(const fhir::Element& item) const;
  // All with that linkId, in document order.
  const std::vector<std::uint32_t>& withLinkId(std::string_view link_id) const;

 private:
  fhir::Element response_;
  std::vector<Item> items_;
  std::unordered_map<const json::Node*, std::uint32_t> by_node_;
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> by_link_id_;
};

// Whether the question is enabled where it stands, or would stand, in the response. `holder` is
// the response item it is nested in (-1: the top), `present` itself (-1: it is not there). What
// cannot be evaluated enables.
bool isEnabled(const QuestionnaireForm& form, std::uint32_t question, const ResponseItems& items,
               std::int32_t holder, std::int32_t present, const fhirpath::Environment& environment);

}  // namespace planbro::validation
