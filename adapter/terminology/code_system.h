// A code system made quick to ask: codes hashed, hierarchy and properties as numbers.
//
// Source: FHIR R4, codesystem.html.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/resource.h"
#include "json/document.h"

namespace planbro::terminology {

// The system's URL as it is compared: Volven lists have several names (urn:oid:…1.1.N,
// http://helsedir.no/fhir/CodeSystem/no-kodeverk-N, and urn:uid: by mistake), all become urn:oid:.
std::string canonicalSystem(std::string_view system);
// The same without a copy where the name is canonical already; else it is made in `room`.
std::string_view canonicalSystem(std::string_view system, std::string& room);

// Whether a text in `language` serves whoever asks for `wanted`: nb-NO serves nb, nb serves nb-NO,
// no and nb serve each other. Tags as in BCP 47, case put aside.
bool servesLanguage(std::string_view language, std::string_view wanted);

// Immutable; any thread. Views point into the resource, which it keeps.
class CodeSystem {
 public:
  enum class Content : std::uint8_t { kComplete, kFragment, kSupplement, kOther };

  struct Concept {
    std::string_view code;
    std::string_view display;
    const json::Node* node = nullptr;
    std::vector<std::uint32_t> parents;  // indices into concepts()
  };

  // One filter of ValueSet.compose.include.
  struct Filter {
    std::string_view property, op, value;
  };

  explicit CodeSystem(const fhir::Resource& resource);

  std::string_view url() const { return url_; }
  std::string_view version() const { return version_; }
  std::string_view name() const { return name_; }
  std::string_view language() const { return language_; }
  Content content() const { return content_; }
  bool caseSensitive() const { return case_sensitive_; }
  const std::vector<Concept>& concepts() const { return concepts_; }
  const json::DocumentPtr& document() const { return resource_.document(); }
  const json::Node& root() const { return resource_.document()->root(); }
  std::uint32_t indexOf(const Concept& known) const {
    return static_cast<std::uint32_t>(&known - concepts_.data());
  }
  // nullptr if there is no such code.
  const Concept* find(std::string_view code) const;

  // Whether `special` is `general` or lies below it. nothing = one of them is unknown.
  std::optional<bool> subsumes(std::string_view general, std::string_view special) const;

  // The concepts that pass all of the filters, ascending; or the first filter that cannot be
  // applied: an unknown operator, property or starting code, a pattern that is none.
  // (concept_filter.cc)
  std::expected<std::vector<std::uint32_t>, Filter> select(std::span<const Filter> filters) const;

  // Not to be used any more, or not to be chosen itself, as the concept's properties say.
  bool isInactive(const Concept& tested) const;
  bool isAbstract(const Concept& tested) const;

  // Whether `display` is the code's name in some language, white space and case put aside. True
  // where the code system has no names for it.
  bool isDisplay(const Concept& named, std::string_view display) const;
  // The same, but false where there are no names.
  bool names(const Concept& named, std::string_view display) const;
  // The name for a reader of that language, else the plain one.
  std::string_view displayFor(const Concept& named, std::string_view language) const;

 private:
  void readProperties();
  void add(const json::Node& list, std::optional<std::uint32_t> parent);
  void linkParents();
  bool isBelow(std::uint32_t index, std::uint32_t ancestor) const;
  bool knowsProperty(std::string_view property) const;
  std::vector<std::string_view> valuesOf(const Concept& concept_, std::string_view property) const;
  std::vector<std::vector<std::uint32_t>> childLists() const;
  std::vector<bool> markedBelow(std::uint32_t root) const;
  std::vector<bool> markedAbove(std::uint32_t bottom) const;
  std::optional<std::vector<bool>> passing(const Filter& filter) const;
  bool sameCode(std::string_view a, std::string_view b) const;

  fhir::Resource resource_;
  std::string_view url_, version_, name_, language_;
  // The codes of the properties that say so.
  std::string_view inactive_ = "inactive", not_selectable_ = "notSelectable", status_ = "status";
  Content content_ = Content::kOther;
  bool case_sensitive_ = true;
  std::vector<Concept> concepts_;
  std::unordered_map<std::string, std::uint32_t> folded_;  // only if case does not count
  std::unordered_map<std::string_view, std::uint32_t> by_code_;
};

}  // namespace planbro::terminology
