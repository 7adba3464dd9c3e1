// A FHIR search as it was asked, made into the store's neutral query.
//
// Source: FHIR R4, search.html. Strict: an unknown parameter, modifier or value is an issue that
// names it and the nearest known one; under Prefer: handling=lenient it is a warning and ignored.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "fhir/issue.h"
#include "search/code_sets.h"
#include "search/parameters.h"
#include "store/query.h"
#include "store/store.h"

namespace planbro::search {

// One _include or _revinclude. A match is put into the result's bundle with search.mode "include".
struct Include {
  bool reverse = false;
  bool iterate = false;     // _include:iterate: also from included resources
  std::string source_type;  // type whose parameter it is
  std::string parameter;    // "*" for all references
  std::string target_type;  // may be empty: any
};

enum class Summary : std::uint8_t { kNone, kTrue, kText, kData, kCount };

struct SearchRequest {
  store::Query query;  // `visible` and `cursor` are the caller's to set
  std::vector<Include> includes;
  Summary summary = Summary::kNone;
  std::vector<std::string> elements;  // of _elements; mandatory ones are the writer's to add
  std::string format;                 // of _format, as written
  bool pretty = false;
  bool explain = false;               // of _explain: how the search runs goes into the outcome
  std::vector<fhir::Issue> warnings;  // what lenient handling passed over
  // What was understood, names and values in the order asked, without the paging cursor: for the
  // bundle's self link and, with `_cursor` behind them, for the next one.
  std::vector<std::pair<std::string, std::string>> applied;
};

struct SearchContext {
  std::string_view type;
  std::string_view base;  // the server's own address without slash at the end; may be empty
  bool lenient = false;
  Instant now;                      // for the prefix ap
  bool explain = false;             // whether _explain is offered
  const CodeSets* codes = nullptr;  // optional
  std::uint32_t default_count = 20;
  std::uint32_t max_count = 1000;
};

// `asked`: names and values, percent-decoded, in order (service::parseQuery). The parameter
// `_cursor` is the next page's and goes to query.cursor.
std::expected<SearchRequest, std::vector<fhir::Issue>> parseQuery(
    const Parameters& parameters, const SearchContext& context,
    std::span<const std::pair<std::string, std::string>> asked);

// Whether a search value is or holds a Norwegian national identity number (fødselsnummer,
// D-number, H- and FH-number): an identifier system of these, or eleven digits with valid check
// digits. Such values belong in the body of POST …/_search, never in a URL.
bool mentionsNationalIdentityNumber(std::string_view value);

// What an include follows: a local reference.
struct Included {
  std::string type;
  std::string id;
  std::string version;  // where the reference names one
  friend bool operator==(const Included&, const Included&) = default;
};

// The references that `include` (not reverse) follows from `resource`, in order, each once.
std::vector<Included> followedBy(const Parameters& parameters, const Include& include,
                                 const fhir::Element& resource, std::string_view base = {});

// The resources that they name, whatever the version: type and id.
std::vector<std::pair<std::string, std::string>> includedBy(const Parameters& parameters,
                                                            const Include& include,
                                                            const fhir::Element& resource,
                                                            std::string_view base = {});

// The queries for what the resources of include.source_type with those ids name by canonical; each
// asks for few of the ids.
std::vector<store::Query> canonicalIncludeQueries(const Parameters& parameters,
                                                  const Include& include,
                                                  std::span<const std::string> ids);

// The query for the resources that refer to the `matches` (type and id) by a reverse include. Some
// hundred matches at a time.
store::Query reverseIncludeQuery(const Parameters& parameters, const Include& include,
                                 std::span<const std::pair<std::string, std::string>> matches);

}  // namespace planbro::search
