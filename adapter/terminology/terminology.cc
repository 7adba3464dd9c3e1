#include "terminology/terminology.h"

namespace planbro::terminology {
namespace {

// Value sets that import each other are followed so far: chains of published ones have three.
constexpr int kMaxImportDepth = 64;

class Deeper {
 public:
  explicit Deeper(int& depth) : depth_(++depth) {}
  ~Deeper() { --depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  int& depth_;
};

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

Terminology::Terminology(const Terminology& loaded, DefinitionSource& more)
    : Terminology(loaded.registry_) {
  loaded_ = &loaded;
  more_ = &more;
  server_ = loaded.server_;
}

// What does not exist gets no slot: names come from requests and data, and are without number.
const ValueSet* Terminology::valueSet(std::string_view url) const {
  if (loaded_ != nullptr) return wider(url);
  if (auto* slot = value_sets_.find(url)) return value_sets_.get(*slot);
  if (registry_->find(url, "ValueSet") != nullptr) return value_sets_.get(url);
  const std::string system = canonicalSystem(url.substr(0, url.find('|')));
  if (grammarOf(system) == nullptr && codeSystem(system) == nullptr) return nullptr;
  return value_sets_.get(system);
}

const CodeSystem* Terminology::codeSystem(std::string_view url) const {
  std::string room;
  const std::string_view system = canonicalSystem(url, room);
  if (loaded_ != nullptr) return wider(system, loaded_->codeSystem(system));
  if (auto* slot = code_systems_.find(system)) return code_systems_.get(*slot);
  return resourceOf(system) ? code_systems_.get(system) : nullptr;
}

// What has gaps may have fewer with what lies elsewhere.
const ValueSet* Terminology::wider(std::string_view url) const {
  const ValueSet* known = loaded_->valueSet(url);
  if (known != nullptr && known->gaps().empty()) return known;
  const ValueSet* made = value_sets_.get(url);
  return made == nullptr ? known : made;
}

const CodeSystem* Terminology::wider(std::string_view system, const CodeSystem* known) const {
  const auto isWhole = [](const CodeSystem& one) {
    return one.content() == CodeSystem::Content::kComplete;
  };
  if (known != nullptr && isWhole(*known)) return known;
  const CodeSystem* made = code_systems_.get(system);
  return made != nullptr && (known == nullptr || isWhole(*made)) ? made : known;
}

std::unique_ptr<const ValueSet> Terminology::makeValueSet(std::string_view url) {
  if (depth_ >= kMaxImportDepth) return nullptr;
  const Deeper deeper(depth_);
  if (const fhir::Resource* resource = registry_->find(url, "ValueSet"))
    return std::make_unique<const ValueSet>(*resource, *this);
  if (more_ != nullptr) {
    if (const fhir::Resource resource = more_->find("ValueSet", url))
      return std::make_unique<const ValueSet>(resource, *this);
  }
  const std::string system = canonicalSystem(url.substr(0, url.find('|')));
  const bool is_volven = loaded_ == nullptr && system.starts_with(kVolven);
  if (grammarOf(system) != nullptr || codeSystem(system) != nullptr || is_volven)
    return std::make_unique<const ValueSet>(system, *this);
  return nullptr;
}

// `system` is canonical.
fhir::Resource Terminology::resourceOf(std::string_view system) const {
  const auto find = [this](std::string_view url) {
    if (more_ != nullptr) return more_->find("CodeSystem", url);
    const fhir::Resource* resource = registry_->find(url, "CodeSystem");
    return resource == nullptr ? fhir::Resource() : *resource;
  };
  fhir::Resource resource = find(system);
  if (resource || !system.starts_with(kVolven)) return resource;
  return find("http://helsedir.no/fhir/CodeSystem/no-kodeverk-" +
              std::string(system.substr(kVolven.size())));
}

std::unique_ptr<const CodeSystem> Terminology::makeCodeSystem(std::string_view url) {
  const fhir::Resource resource = resourceOf(url);
  return resource ? std::make_unique<const CodeSystem>(resource) : nullptr;
}

Membership Terminology::exists(std::string_view system, std::string_view code) const {
  const CodeSystem* known = codeSystem(system);
  if (known != nullptr && known->find(code) != nullptr) return Membership::kMember;
  if (known != nullptr && known->content() == CodeSystem::Content::kComplete)
    return Membership::kNotMember;
  const Grammar grammar = grammarOf(canonicalSystem(system));
  if (grammar == nullptr) return Membership::kUnknown;
  return grammar(code) ? Membership::kMember : Membership::kNotMember;
}

const std::vector<const CodeSystem*>& Terminology::supplementsOf(std::string_view system) const {
  if (loaded_ != nullptr) return loaded_->supplementsOf(system);
  std::call_once(supplements_found_, [this] {
    registry_->forEach("CodeSystem", [this](const fhir::Registry::Entry& entry) {
      if (entry.supplements.empty()) return;
      const fhir::Resource* resource = registry_->get(entry);
      if (resource == nullptr) return;
      supplement_systems_.push_back(std::make_unique<const CodeSystem>(*resource));
      const std::string_view whole = entry.supplements.substr(0, entry.supplements.find('|'));
      supplements_[canonicalSystem(whole)].push_back(supplement_systems_.back().get());
    });
  });
  static const std::vector<const CodeSystem*> kNone;
  const auto found = supplements_.find(canonicalSystem(system));
  return found == supplements_.end() ? kNone : found->second;
}

bool Terminology::isDisplay(const CodeSystem& system, const CodeSystem::Concept& named,
                            std::string_view display) const {
  if (system.isDisplay(named, display)) return true;
  for (const CodeSystem* supplement : supplementsOf(system.url())) {
    const CodeSystem::Concept* more = supplement->find(named.code);
    // A supplement's concept without a display of its own names nothing but its designations.
    if (more != nullptr && supplement->names(*more, display)) return true;
  }
  return false;
}

const ConceptMaps& Terminology::conceptMaps() const {
  if (loaded_ != nullptr) return loaded_->conceptMaps();
  std::call_once(concept_maps_read_, [this] {
    registry_->forEach("ConceptMap", [this](const fhir::Registry::Entry& entry) {
      const fhir::Resource* resource = registry_->get(entry);
      if (resource == nullptr) return;
      if (auto map = readConceptMap(resource->document()->root()))
        concept_maps_.add(std::move(*map));
    });
  });
  return concept_maps_;
}

Verdict Terminology::askElsewhere(const CodeQuestion& question) const {
  return server_ == nullptr ? Verdict{} : server_->ask(question);
}

std::optional<bool> Terminology::memberOf(const fhirpath::Value& coded,
                                          std::string_view value_set_url) const {
  const ValueSet* set = valueSet(value_set_url);
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
