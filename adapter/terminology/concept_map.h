// Codes from one system as codes of another.
// Source: FHIR R4, conceptmap.html, conceptmap-operation-translate.html.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "json/document.h"

namespace planbro::terminology {

// What else must be so for a target to count, or what else comes with it.
struct ConceptDependency {
  std::string property, system, value, display;
};

struct TranslatedCode {
  std::string system, code, display;
  std::string equivalence = "equivalent";  // of the target to the source: "wider" is a wider target
  std::vector<ConceptDependency> depends_on, products;
};

// Whether a target of that equivalence is a translation at all.
bool isTranslation(std::string_view equivalence);

// Lets a map be asked with a view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

struct ConceptMapGroup {
  enum class Unmapped : std::uint8_t { kError, kProvided, kFixed, kOtherMap };
  std::string source, target;  // code systems; may be empty
  // All targets in order, by source code. Codes that have a target which says that there is none
  // (unmatched, disjoint) stand here as well.
  std::unordered_map<std::string, std::vector<TranslatedCode>, TextHash, std::equal_to<>> codes;
  Unmapped unmapped = Unmapped::kError;
  TranslatedCode fixed;
  std::string other_map;
};

struct ConceptMap {
  std::string url;
  std::string source_set, target_set;  // value sets it is between; may be empty
  std::vector<ConceptMapGroup> groups;
};

// From a ConceptMap resource. Without url its name is "#" and its id, else "#" and `otherwise`.
Result<ConceptMap> readConceptMap(const json::Node& resource, std::string_view otherwise = {});

// What is asked of a map. A system left empty means every group.
struct TranslationRequest {
  std::string_view system, code;
  std::string_view target_system;
  std::span<const ConceptDependency> dependencies;  // what is known beside the code
};

// A set of concept maps. Immutable once made; any thread.
class ConceptMaps {
 public:
  // The first of a url wins.
  void add(ConceptMap map) { maps_.emplace(map.url, std::move(map)); }
  const ConceptMap* find(std::string_view url) const;  // |version and #fragment are dropped
  const std::map<std::string, ConceptMap, std::less<>>& all() const { return maps_; }

  enum class Failure : std::uint8_t { kNoMap, kNoCode, kLoop };
  // The first translation that depends on nothing else.
  std::expected<TranslatedCode, Failure> translate(const ConceptMap& map, std::string_view system,
                                                   std::string_view code) const;
  // The same where it stands; `room` holds what no map holds (a code that stands for itself).
  std::expected<const TranslatedCode*, Failure> translation(const ConceptMap& map,
                                                            std::string_view system,
                                                            std::string_view code,
                                                            TranslatedCode& room) const;
  // All targets, those that say there is none (unmatched, disjoint) included; at least one.
  std::expected<std::vector<TranslatedCode>, Failure> translations(
      const ConceptMap& map, const TranslationRequest& request) const;

 private:
  std::map<std::string, ConceptMap, std::less<>> maps_;
};

// The codes whose translation is `request.code` of `request.system`; equivalences are turned round.
std::vector<TranslatedCode> reverseTranslations(const ConceptMap& map,
                                                const TranslationRequest& request);

}  // namespace planbro::terminology
