#include "terminology/terminology.h"

namespace planbro::terminology {
namespace {

constexpr std::string_view kVolven = "urn:oid:2.16.578.1.12.4.1.1.";

Membership bestOf(Membership a, Membership b) {
  if (a == Membership::kMember || b == Membership::kMember) return Membership::kMember;
  return a == Membership::kUnknown || b == Membership::kUnknown ? Membership::kUnknown
                                                                : Membership::kNotMember;
}

Membership membershipOf(const ValueSet& set, const fhir::Element& element) {
  const std::string_view type = element.typeName();
  if (type == "CodeableConcept") {
    Membership answer = Membership::kNotMember;
    element.forEachChild("coding", [&](const fhir::Element& coding) {
      answer = bestOf(answer, set.contains(coding.textOf("system"), coding.textOf("code")));
    });
    return answer;
  }
  if (element.value() != nullptr && element.value()->isContainer())
    return set.contains(element.textOf("system"), element.textOf("code"));
  return set.contains({}, element.text());
}

}  // namespace

Terminology::Terminology(std::shared_ptr<const fhir::Registry> registry)
    : registry_(std::move(registry)),
      value_sets_(lock_, [this](std::string_view url) { return makeValueSet(url); }),
      code_systems_(lock_, [this](std::string_view url) { return makeCodeSystem(url); }) {}

std::unique_ptr<const ValueSet> Terminology::makeValueSet(std::string_view url) {
  if (const fhir::Resource* resource = registry_->find(url, "ValueSet"))
    return std::make_unique<const ValueSet>(*resource, *this);
  const std::string system = canonicalSystem(url.substr(0, url.find('|')));
  if (grammarOf(system) != nullptr || codeSystem(system) != nullptr || system.starts_with(kVolven))
    return std::make_unique<const ValueSet>(system, *this);
  return nullptr;
}

std::unique_ptr<const CodeSystem> Terminology::makeCodeSystem(std::string_view url) {
  const fhir::Resource* resource = registry_->find(url, "CodeSystem");
  if (resource == nullptr && url.starts_with(kVolven)) {
    const std::string alias =
        "http://helsedir.no/fhir/CodeSystem/no-kodeverk-" + std::string(url.substr(kVolven.size()));
    resource = registry_->find(alias, "CodeSystem");
  }
  if (resource == nullptr) return nullptr;
  return std::make_unique<const CodeSystem>(*resource);
}

std::optional<bool> Terminology::memberOf(const fhirpath::Value& coded,
                                          std::string_view value_set_url) const {
  const ValueSet* set = value_sets_.get(value_set_url);
  if (set == nullptr) return std::nullopt;
  const Membership answer =
      coded.isElement() ? membershipOf(*set, coded.element()) : set->contains({}, coded.text());
  if (answer == Membership::kUnknown) return std::nullopt;
  return answer == Membership::kMember;
}

std::optional<bool> Terminology::subsumes(std::string_view system, std::string_view general,
                                          std::string_view special) const {
  const CodeSystem* found = codeSystem(system);
  return found == nullptr ? std::nullopt : found->subsumes(general, special);
}

}  // namespace planbro::terminology
