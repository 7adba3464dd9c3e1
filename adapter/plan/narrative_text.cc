#include "plan/narrative_text.h"

#include <charconv>

#include "base/text.h"
#include "plan/code_names.h"
#include "plan/xml_text.h"

namespace planbro::plan {
namespace {

// "22 November 2026", "November 2026".
std::string englishDate(std::string_view date) {
  constexpr std::array<std::string_view, 12> kMonths{
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  constexpr std::size_t kDay = 10;
  constexpr std::size_t kMonth = 7;
  const auto number = [&](std::size_t at) {
    unsigned value = 0;
    std::from_chars(date.data() + at, date.data() + at + 2, value);
    return value;
  };
  std::string out;
  if (date.size() >= kDay) out += std::to_string(number(8)) + " ";
  if (date.size() >= kMonth) {
    const unsigned month = number(5);
    if (month < 1 || month > kMonths.size()) return std::string(date.substr(0, kDay));
    out += std::string(kMonths[month - 1]) + " ";
  }
  return out + std::string(date.substr(0, 4));
}

}  // namespace

using fhir::Element;

std::string escaped(std::string_view text) {
  std::string out;
  std::string_view between;
  for (const std::string_view line : split(text, '\n')) {
    out += between;
    appendXml(line, out);
    between = "<br/>";
  }
  return out;
}

std::string paragraph(std::string_view label, std::string_view text) {
  if (text.empty()) return {};
  std::string out = "<p>";
  if (!label.empty()) out += "<b>" + escaped(label) + ":</b> ";
  return out + escaped(text) + "</p>";
}

std::string list(const std::vector<std::string>& items) {
  if (items.empty()) return {};
  std::string out = "<ul>";
  for (const std::string& item : items) out += "<li>" + item + "</li>";
  return out + "</ul>";
}

bool hasWords(std::string_view html) {
  bool inside = false;  // of a tag
  for (const char one : html) {
    if (one == '<') inside = true;
    if (!inside && one != ' ' && one != '\n' && one != '\t' && one != '\r') return true;
    if (one == '>') inside = false;
  }
  return false;
}

std::string dateText(std::string_view date, fhir::Language language) {
  if (language == fhir::Language::kEnglish) return englishDate(date);
  constexpr std::size_t kDay = 10;
  constexpr std::size_t kMonth = 7;
  std::string out;
  if (date.size() >= kDay) out += std::string(date.substr(8, 2)) + ".";
  if (date.size() >= kMonth) out += std::string(date.substr(5, 2)) + ".";
  return out + std::string(date.substr(0, 4));
}

std::string dateTimeText(std::string_view time, fhir::Language language) {
  std::string out = dateText(time, language);
  constexpr std::size_t kMinutes = 16;
  if (time.size() >= kMinutes && time[10] == 'T') out += " " + std::string(time.substr(11, 5));
  return out;
}

std::string_view textOfConcept(const Element& concept_, fhir::Language language) {
  std::string_view found = concept_.textOf("text");
  concept_.forEachChild("coding", [&](const Element& coding) {
    if (found.empty()) found = codeName(coding, language);
  });
  return found;
}

std::string_view extensionText(const Element& element, std::string_view name) {
  return element.extensionValue(std::string(kExtensionBase) + std::string(name)).text();
}

std::string nameOf(const Element& person) {
  const Element name = person.child("name");
  if (!name) return {};
  if (!name.hasValue() && !name.textOf("text").empty()) return std::string(name.textOf("text"));
  if (name.hasValue()) return std::string(name.text());  // an Organization's
  std::string full;
  name.forEachChild("given",
                    [&](const Element& given) { full += std::string(given.text()) + " "; });
  full += name.textOf("family");
  while (full.ends_with(' ')) full.pop_back();
  return full;
}

std::string nameBehind(const PlanSet& set, const Element& reference) {
  if (const std::string_view shown = reference.textOf("display"); !shown.empty())
    return std::string(shown);
  const Element target = set.resolve(reference);
  if (!target) return {};
  if (target.typeName() != "PractitionerRole") return nameOf(target);
  // A role has the name of who holds it.
  for (const std::string_view holder : {"practitioner", "organization"}) {
    const Element held = target.child(holder);
    if (const std::string_view shown = held.textOf("display"); !shown.empty())
      return std::string(shown);
    if (const Element found = set.resolve(held)) {
      if (std::string name = nameOf(found); !name.empty()) return name;
    }
  }
  return {};
}

std::string whoIs(const PlanSet& set, const Element& reference) {
  std::string name = nameBehind(set, reference);
  if (name.empty()) name = reference.textOf("reference");
  if (name.empty()) name = reference.textOf("type");
  return name;
}

}  // namespace planbro::plan
