// Texts of the narrative: phrases in three languages, XHTML, names and dates as people write them.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/element.h"
#include "fhir/issue.h"
#include "plan/plan_set.h"

namespace planbro::plan {

// What stands in the narrative besides the plan's own words: English, bokmål, nynorsk.
struct Phrase {
  std::array<std::string_view, 3> texts;
  std::string_view in(fhir::Language language) const {
    return texts[static_cast<std::size_t>(language)];
  }
};

// As XML text; line feeds become <br/>.
std::string escaped(std::string_view text);
// "<p><b>label:</b> text</p>"; nothing without a text.
std::string paragraph(std::string_view label, std::string_view text);
// "<ul><li>…"; the items are XHTML already.
std::string list(const std::vector<std::string>& items);

// Whether XHTML says anything besides its tags.
bool hasWords(std::string_view html);

// "22.11.2026", in English "22 November 2026", of a date or of the day of a dateTime; partial dates
// as they can be.
std::string dateText(std::string_view date, fhir::Language language);
// With the time of day, if there is one: "22.11.2026 13:00".
std::string dateTimeText(std::string_view time, fhir::Language language);

// CodeableConcept.text, else the first coding's name in that language.
std::string_view textOfConcept(const fhir::Element& concept_, fhir::Language language);
// The value of one of our own extensions (profiles/ip): extensionText(plan, "ip-own-words").
std::string_view extensionText(const fhir::Element& element, std::string_view name);

// The name of a person or an organisation.
std::string nameOf(const fhir::Element& person);
// The name of what a Reference points to.
std::string nameBehind(const PlanSet& set, const fhir::Element& reference);
// Who a message is about: the name, else what the Reference says, never an identifier. "" if it
// says nothing.
std::string whoIs(const PlanSet& set, const fhir::Element& reference);

}  // namespace planbro::plan
