#include "service/matching.h"

#include <algorithm>
#include <utility>

#include "search/search_request.h"
#include "service/outcome.h"
#include "service/search_codes.h"

namespace planbro::service {
namespace {

bool saysHowToAnswer(std::string_view parameter) {
  return parameter == "_format" || parameter == "_pretty";
}

}  // namespace

std::expected<store::Query, Answer> matchingQuery(const Context& context, store::Reader& view,
                                                  std::string_view type, const Fields& criteria) {
  search::SearchContext search;
  search.type = type;
  search.base = context.settings.base_url;
  search.now = context.now();
  const SearchCodes codes(context, view);
  search.codes = &codes;
  for (const auto& [name, value] : criteria) {
    // Result parameters choose nothing; and a criterion without a value would match everything.
    const bool result_parameter = name.starts_with('_') && !name.starts_with("_id") &&
                                  !name.starts_with("_tag") && !name.starts_with("_profile") &&
                                  !name.starts_with("_security") && !name.starts_with("_source") &&
                                  !name.starts_with("_has") && !name.starts_with("_lastUpdated");
    if (result_parameter || value.empty())
      return std::unexpected(refuse(400, "PB-4020", {name.empty() ? value : name}));
  }
  if (criteria.empty()) return std::unexpected(refuse(400, "PB-4020", {""}));
  auto asked = search::parseQuery(*context.parts.parameters, search, criteria);
  if (!asked.has_value()) return std::unexpected(refuse(400, std::move(asked.error())));
  asked->query.count = 2;
  asked->query.total = false;
  return std::move(asked->query);
}

bool isAlwaysTheSame(const Fields& criteria) {
  return std::all_of(criteria.begin(), criteria.end(), [](const auto& field) {
    return field.first == "identifier" || field.first == "_tag";
  });
}

std::expected<std::vector<store::Version>, Answer> matching(const Context& context,
                                                            store::Reader& view,
                                                            std::string_view type,
                                                            const Fields& criteria) {
  auto query = matchingQuery(context, view, type, criteria);
  if (!query.has_value()) return std::unexpected(std::move(query.error()));
  return matching(view, *query);
}

std::expected<std::vector<store::Version>, Answer> matching(store::Reader& view,
                                                            const store::Query& query) {
  auto page = view.search(query);
  if (!page.has_value()) return std::unexpected(refuse(page.error()));
  return std::move(page->matches);
}

Fields noneExistCriteria(const Call& call) {
  if (!call.conditions.if_none_exist.has_value()) return {};
  std::string_view text = *call.conditions.if_none_exist;
  const auto question = text.find('?');
  if (question != std::string_view::npos) {
    std::string_view before = text.substr(0, question);
    const std::string base = call.context->settings.base_url + "/";
    if (before.starts_with(base)) before.remove_prefix(base.size());
    if (before.empty() || before == call.type) text.remove_prefix(question + 1);
  }
  Fields criteria = parseQuery(text);
  std::erase_if(criteria, [](const auto& field) { return saysHowToAnswer(field.first); });
  return criteria;
}

Fields criteriaOf(const Call& call) {
  Fields criteria;
  for (const auto& field : call.parameters) {
    if (!saysHowToAnswer(field.first)) criteria.push_back(field);
  }
  return criteria;
}

}  // namespace planbro::service
