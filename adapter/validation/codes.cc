// Bindings to value sets, and codes in their own systems.
// Source: FHIR R4, terminologies.html, section 4.1.5 (binding strengths).
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

}  // namespace

void Walk::checkBinding(const Element& element, const Binding& binding, std::string_view profile,
                        Spot spot) {
  if (binding.set == nullptr || !isCodedType(element.typeName()) || isEmptyButExtensions(element))
    return;
  const Reporter::Origin origin{{}, profile, std::nullopt};
  const std::string url(binding.url);
  const ValueSet* set = profiles_.terminology().valueSet(*binding.set);
  if (set == nullptr) {
    reporter_.add("PB-1605", spot.link, element.anyNode(), {url}, origin);
    return;
  }
  const bool required = binding.strength == Strength::kRequired;
  const Coded coded = codedOf(element, *set);
  if (!coded.any) {
    if (required && element.typeName() == "CodeableConcept")
      reporter_.add("PB-1609", spot.link, element.anyNode(), {url}, origin);
    return;
  }
  if (coded.membership == Membership::kUnknown) {
    const std::string unknown(coded.system.empty() ? set->unknownSystem() : coded.system);
    reporter_.add("PB-1604", spot.link, element.anyNode(), {coded.shown, url, unknown}, origin);
  } else if (coded.membership == Membership::kNotMember) {
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
    if (grammar != nullptr && !grammar(code))
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
