// Bindings to value sets, and codes in their own systems.
// Source: FHIR R4, terminologies.html, section 4.1.5 (binding strengths).
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "terminology/grammars.h"
#include "validation/walk.h"

namespace planbro::validation {

using fhir::Element;
using terminology::CodeSystem;
using terminology::Membership;
using terminology::ValueSet;

namespace {

constexpr std::string_view kUcum = "http://unitsofmeasure.org";

struct Coded {
  Membership membership = Membership::kNotMember;
  bool any = false;   // there is a code at all
  std::string shown;  // the codes, for the report
  std::string_view system;
};

void tryCode(const ValueSet& set, std::string_view system, std::string_view code, bool needs_system,
             Coded& coded) {
  if (code.empty()) return;
  coded.any = true;
  if (!coded.shown.empty()) coded.shown += ", ";
  coded.shown += system.empty() ? std::string(code) : std::string(system) + "#" + std::string(code);
  coded.system = system;
  if (coded.membership == Membership::kMember) return;
  if (needs_system && system.empty()) return;
  const Membership here = set.contains(system, code);
  if (here != Membership::kNotMember) coded.membership = here;
}

Coded codedOf(const Element& element, const ValueSet& set) {
  Coded coded;
  if (element.hasValue()) {
    tryCode(set, {}, element.text(), false, coded);
  } else if (element.typeName() == "CodeableConcept") {
    element.forEachChild("coding", [&](const Element& coding) {
      tryCode(set, coding.textOf("system"), coding.textOf("code"), true, coded);
    });
  } else {
    tryCode(set, element.textOf("system"), element.textOf("code"), true, coded);
  }
  return coded;
}

bool isCodedType(std::string_view type) {
  return type == "code" || type == "Coding" || type == "CodeableConcept" || type == "string" ||
         type == "uri" || type == "Quantity" || type == "Age" || type == "Duration" ||
         type == "Count" || type == "Distance";
}

// Nothing but extensions, such as a reason why the data are absent.
bool isEmptyButExtensions(const Element& element) {
  return element.value() == nullptr ||
         (element.value()->isContainer() && element.child("extension") &&
          !element.child("coding") && !element.child("code"));
}

// A value set of units that is bound to a choice (value[x]) speaks of its quantities, and says
// nothing of what else the choice may hold.
bool isForQuantitiesOnly(const Element& element, const ValueSet& set) {
  const std::string_view type = element.typeName();
  const fhir::Member* member = element.member();
  if (member == nullptr || !member->is(fhir::Member::kChoice) ||
      (type != "CodeableConcept" && type != "Coding"))
    return false;
  const auto systems = set.usedCodeSystems();
  return !systems.empty() &&
         std::all_of(systems.begin(), systems.end(), [](const std::string& system) {
           return system == kUcum || system.starts_with(std::string(kUcum) + "|");
         });
}

// Every coding of a Coding, CodeableConcept or Quantity.
void forEachCoding(const Element& element, const std::function<void(const Element&)>& visit) {
  if (element.typeName() == "CodeableConcept") {
    element.forEachChild("coding", visit);
  } else if (!element.hasValue()) {
    visit(element);
  }
}

std::string shownCodes(const Element& element) {
  std::string shown;
  forEachCoding(element, [&shown](const Element& coding) {
    if (!shown.empty()) shown += ", ";
    shown.append(coding.textOf("system")).append("#").append(coding.textOf("code"));
  });
  return shown;
}

}  // namespace

// Asks the terminology server, if there is one. That it gives no answer is told once a resource, at
// its root.
Membership Walk::askElsewhere(std::string_view value_set, std::string_view system,
                              std::string_view code, Spot spot) {
  const terminology::Terminology& terminology = profiles_.terminology();
  if (!terminology.hasServer() || system.empty() || code.empty()) return Membership::kUnknown;
  const auto tell = [&](const std::string& why) {
    const PathLink* root = &spot.link;
    while (root->parent != nullptr) root = root->parent;
    reporter_.add("PB-2030", *root, nullptr, {why});
    return Membership::kUnknown;
  };
  if (questions_ == profiles_.options().max_questions)
    return tell(fmt::format("more than {} questions about one resource", questions_));
  const terminology::Verdict verdict = terminology.askElsewhere(
      {std::string(value_set), std::string(system), std::string(code), {}});
  if (!verdict.kept) ++questions_;
  return verdict.failure.empty() ? verdict.membership : tell(verdict.failure);
}

// One code that is in the value set is enough; one that nobody knows leaves it open.
Membership Walk::askAbout(const Element& element, std::string_view value_set, Spot spot) {
  bool any = false;
  bool unknown = false;
  bool member = false;
  forEachCoding(element, [&](const Element& coding) {
    if (member) return;
    const Membership there =
        askElsewhere(value_set, coding.textOf("system"), coding.textOf("code"), spot);
    any = true;
    member = there == Membership::kMember;
    unknown = unknown || there == Membership::kUnknown;
  });
  if (member) return Membership::kMember;
  return unknown || !any ? Membership::kUnknown : Membership::kNotMember;
}

void Walk::checkBinding(const Element& element, const Binding& binding, std::string_view profile,
                        Spot spot) {
  if (binding.set == nullptr || !isCodedType(element.typeName()) || isEmptyButExtensions(element))
    return;
  const Reporter::Origin origin{{}, profile, std::nullopt};
  const std::string url(binding.url);
  const ValueSet* set = profiles_.terminology().valueSet(*binding.set);
  const bool required = binding.strength == Strength::kRequired;
  if (set == nullptr) {
    const Membership there = askAbout(element, url, spot);
    if (there == Membership::kUnknown)
      reporter_.add("PB-1605", spot.link, element.anyNode(), {url}, origin);
    if (there == Membership::kNotMember)
      reporter_.add(required ? "PB-1601" : "PB-1602", spot.link, element.anyNode(),
                    {shownCodes(element), url}, origin);
    return;
  }
  Coded coded = codedOf(element, *set);
  if (!coded.any) {
    if (required && element.typeName() == "CodeableConcept")
      reporter_.add("PB-1609", spot.link, element.anyNode(), {url}, origin);
    return;
  }
  if (coded.membership == Membership::kUnknown) coded.membership = askAbout(element, url, spot);
  if (coded.membership == Membership::kUnknown) {
    const std::string unknown(coded.system.empty() ? set->unknownSystem() : coded.system);
    reporter_.add("PB-1604", spot.link, element.anyNode(), {coded.shown, url, unknown}, origin);
  } else if (coded.membership == Membership::kNotMember && !isForQuantitiesOnly(element, *set)) {
    reporter_.add(required ? "PB-1601" : "PB-1602", spot.link, element.anyNode(),
                  {coded.shown, url}, origin);
  }
  if (binding.largest == nullptr || required) return;
  const ValueSet* largest = profiles_.terminology().valueSet(*binding.largest);
  if (largest != nullptr && codedOf(element, *largest).membership == Membership::kNotMember)
    reporter_.add("PB-1601", spot.link, element.anyNode(),
                  {coded.shown, std::string(binding.largest->key())}, origin);
}

void Walk::checkCoding(const Element& coding, const Binding&, Spot spot) {
  const std::string_view system = coding.textOf("system");
  const std::string_view code = coding.textOf("code");
  if (system.empty()) return;
  if (system.find(':') == std::string_view::npos) {
    const PathLink link{&spot.link, "system", -1, {}};
    reporter_.add("PB-1606", link, coding.child("system").value(), {std::string(system)});
    return;
  }
  if (code.empty()) return;
  const CodeSystem* known = profiles_.terminology().codeSystem(system);
  if (known != nullptr && known->content() == CodeSystem::Content::kSupplement) {
    const PathLink link{&spot.link, "system", -1, {}};
    reporter_.add("PB-1610", link, coding.child("system").value(), {std::string(system)});
    return;
  }
  if (known == nullptr || known->concepts().empty()) {
    const terminology::Grammar grammar = terminology::grammarOf(system);
    const bool wrong = grammar != nullptr
                           ? !grammar(code)
                           : askElsewhere({}, system, code, spot) == Membership::kNotMember;
    if (wrong)
      reporter_.add("PB-1603", spot.link, coding.anyNode(),
                    {std::string(code), std::string(system)});
    return;
  }
  const CodeSystem::Concept* found = known->find(code);
  if (found == nullptr) {
    if (known->content() == CodeSystem::Content::kComplete)
      reporter_.add("PB-1603", spot.link, coding.anyNode(),
                    {std::string(code), std::string(system)});
    return;
  }
  const std::string_view display = coding.textOf("display");
  if (!display.empty() && !known->isDisplay(*found, display)) {
    const PathLink link{&spot.link, "display", -1, {}};
    reporter_.add("PB-1607", link, coding.child("display").value(),
                  {std::string(display), std::string(code), std::string(found->display)});
  }
}

void Walk::checkQuantity(const Element& quantity, Spot spot) {
  const std::string_view code = quantity.textOf("code");
  if (code.empty() || quantity.textOf("system") != kUcum || terminology::isUcumSyntax(code)) return;
  const PathLink link{&spot.link, "code", -1, {}};
  reporter_.add("PB-1608", link, quantity.child("code").value(), {std::string(code)});
}

}  // namespace planbro::validation
