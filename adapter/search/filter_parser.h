// Filters of a search: plain parameters, chains and _has, as predicates.
//
// Source: FHIR R4, search.html, 3.1.1.4.4 (chains), 3.1.1.4.5 (_has).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "search/parameters.h"
#include "search/value_predicate.h"
#include "store/query.h"

namespace planbro::search {

// One thread; collects the issues of all filters of one search.
class FilterParser {
 public:
  FilterParser(const Parameters& parameters, const ValueContext& context)
      : parameters_(parameters), context_(context) {}

  // `name` with modifier or chain ("subject:Patient.name", "_has:CareTeam:subject:status").
  // Nothing when an issue was found.
  std::optional<store::Predicate> parse(std::string_view type, std::string_view name,
                                        std::string_view value);

  std::vector<fhir::Issue>& issues() { return issues_; }

 private:
  std::optional<store::Predicate> parseAt(std::string_view type, std::string_view name,
                                          std::string_view value, int level);
  std::optional<store::Predicate> has(std::string_view rest, std::string_view value, int level);
  std::optional<store::Predicate> chain(std::string_view type, std::string_view head,
                                        std::string_view rest, std::string_view value, int level);
  std::optional<store::Predicate> plain(std::string_view type, std::string_view name,
                                        std::string_view value);
  std::optional<store::Predicate> ids(std::string_view modifier, std::string_view value);
  void unknown(std::string_view type, std::string_view code);

  const Parameters& parameters_;
  ValueContext context_;
  std::vector<fhir::Issue> issues_;
  std::size_t values_ = 0;
};

}  // namespace planbro::search
