#include "service/matching.h"

#include "search/search_request.h"
#include "service/outcome.h"

namespace planbro::service {

std::expected<std::vector<store::Version>, Answer> matching(const Context& context,
                                                            store::Reader& view,
                                                            std::string_view type,
                                                            const Fields& criteria) {
  search::SearchContext search;
  search.type = type;
  search.base = context.settings.base_url;
  search.now = context.now();
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
  auto page = view.search(asked->query);
  if (!page.has_value()) return std::unexpected(refuse(page.error()));
  return std::move(page->matches);
}

Fields criteriaOf(const Call& call) {
  Fields criteria;
  for (const auto& field : call.parameters) {
    if (field.first != "_format" && field.first != "_pretty") criteria.push_back(field);
  }
  return criteria;
}

}  // namespace planbro::service
