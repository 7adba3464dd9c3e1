// Filters of a search: plain parameters, chains and _has, as predicates.
//
// Source: FHIR R4, search.html, 3.1.1.4.4 (chains), 3.1.1.4.5 (_has).
#pragma once

#include <array>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "search/parameters.h"
#include "search/value_predicate.h"
#include "store/query.h"

namespace planbro::search {

// What is asked for beside the parameters of a type, but for `_has` with what stands behind it.
inline constexpr std::array<std::string_view, 17> kControls{
    "_count",       "_sort",   "_total",  "_include", "_revinclude", "_summary",
    "_elements",    "_format", "_pretty", "_cursor",  "_has",        "_id",
    "_lastUpdated", "_list",   "_text",   "_content", "_filter"};

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
  const ValueContext& context() const { return context_; }

  // That `head` ("subject", "subject:Patient") of `type` refers to what `inner` makes a predicate
  // of. It is asked for each type that may stand there, and those for which it finds issues are
  // left out; when none is left, the issues of the last stand.
  std::optional<store::Predicate> follow(
      std::string_view type, std::string_view head,
      const std::function<std::optional<store::Predicate>(std::string_view target)>& inner);
  // One comparison of _filter with a parameter of the type; `op` is its operator, for messages.
  std::optional<store::Predicate> leaf(
      std::string_view type, std::string_view code, std::string_view op,
      const std::function<std::expected<store::Predicate, ValueFault>(const Parameter&)>& compile);

 private:
  std::optional<store::Predicate> parseAt(std::string_view type, std::string_view name,
                                          std::string_view value, int level);
  std::optional<store::Predicate> has(std::string_view rest, std::string_view value, int level);
  std::optional<store::Predicate> plain(std::string_view type, std::string_view name,
                                        std::string_view value);
  std::optional<store::Predicate> missing(const Parameter& parameter, std::string_view name,
                                          std::string_view value);
  std::optional<store::Predicate> ids(const Parameter& parameter, std::string_view modifier,
                                      std::string_view value);
  std::optional<store::Predicate> words(std::string_view name, std::string_view value);
  std::optional<store::Predicate> listed(std::string_view name, std::string_view value);
  bool countValue(std::string_view name);
  // What the store has to do for it; false, with an issue, where that is too much.
  bool count(const store::Predicate& predicate, std::string_view name);
  bool isTooLarge() const;
  void refuse(ValueFault fault, const Parameter& parameter, std::string_view modifier,
              std::string_view name);
  void notOffered(std::string_view type, std::string_view code, std::string_view modifier);
  void unknown(std::string_view type, std::string_view code);
  void wrongModifier(const Parameter& parameter, std::string_view modifier);

  const Parameters& parameters_;
  ValueContext context_;
  std::vector<fhir::Issue> issues_;
  std::size_t values_ = 0;
  std::size_t codes_ = 0;
  std::size_t predicates_ = 0;
};

// "CarePlan:subject", where "CarePlan:subjct" or "CarePln:subject" names no reference parameter;
// for messages.
std::optional<std::string> nearestReference(const Parameters& parameters, std::string_view type,
                                            std::string_view code);

}  // namespace planbro::search
