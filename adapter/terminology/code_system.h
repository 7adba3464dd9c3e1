// A code system made quick to ask: codes hashed, hierarchy and properties as numbers.
//
// Source: FHIR R4, codesystem.html.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
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
  Content content() const { return content_; }
  bool caseSensitive() const { return case_sensitive_; }
  const std::vector<Concept>& concepts() const { return concepts_; }
  // nullptr if there is no such code.
  const Concept* find(std::string_view code) const;

  // Whether `special` is `general` or lies below it. nothing = one of them is unknown.
  std::optional<bool> subsumes(std::string_view general, std::string_view special) const;

  // Whether the concept passes; nothing if the filter is not understood.
  std::optional<bool> passes(const Concept& tested, const Filter& filter) const;

  // Whether `display` is the code's name in some language, white space and case put aside. True
  // where the code system has no names for it.
  bool isDisplay(const Concept& named, std::string_view display) const;

 private:
  void add(const json::Node& list, std::optional<std::uint32_t> parent);
  void linkParents();
  bool isBelow(std::uint32_t index, std::uint32_t ancestor) const;

  fhir::Resource resource_;
  std::string_view url_;
  Content content_ = Content::kOther;
  bool case_sensitive_ = true;
  std::vector<Concept> concepts_;
  std::unordered_map<std::string, std::uint32_t> folded_;  // only if case does not count
  std::unordered_map<std::string_view, std::uint32_t> by_code_;
};

}  // namespace planbro::terminology
