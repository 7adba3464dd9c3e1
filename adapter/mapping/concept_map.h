// Codes from one system as codes of another.
// Source: FHIR R4, conceptmap.html.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "json/document.h"

namespace planbro::mapping {

struct TranslatedCode {
  std::string system, code, display;
};

struct ConceptMapGroup {
  enum class Unmapped : std::uint8_t { kError, kProvided, kFixed, kOtherMap };
  std::string source, target;  // code systems; may be empty
  // The first target that is neither unmatched nor disjoint, by source code.
  std::unordered_map<std::string, TranslatedCode> codes;
  Unmapped unmapped = Unmapped::kError;
  TranslatedCode fixed;
  std::string other_map;
};

struct ConceptMap {
  std::string url;
  std::vector<ConceptMapGroup> groups;
};

// From a ConceptMap resource.
Result<ConceptMap> readConceptMap(const json::Node& resource);

// A set of concept maps. Immutable once made; any thread.
class ConceptMaps {
 public:
  // The first of a url wins.
  void add(ConceptMap map) { maps_.emplace(map.url, std::move(map)); }
  const ConceptMap* find(std::string_view url) const;  // |version and #fragment are dropped

  enum class Failure : std::uint8_t { kNoMap, kNoCode, kLoop };
  // `system` may be empty: then every group counts.
  std::expected<TranslatedCode, Failure> translate(const ConceptMap& map, std::string_view system,
                                                   std::string_view code) const;

 private:
  std::map<std::string, ConceptMap, std::less<>> maps_;
};

}  // namespace planbro::mapping
