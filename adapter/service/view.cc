#include "service/view.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "service/outcome.h"

namespace planbro::service {

Answer withView(const Call& call, const std::function<Answer(store::Reader&)>& use) {
  if (call.view != nullptr) return use(*call.view);
  auto snapshot = call.snapshot();
  if (!snapshot.has_value()) return refuse(snapshot.error());
  return use(**snapshot);
}

std::expected<store::Version, Answer> currentVersion(store::Reader& view, const std::string& type,
                                                     const std::string& id) {
  auto current = view.read(type, id);
  if (!current.has_value()) {
    if (current.error().code != ErrorCode::kNotFound)
      return std::unexpected(refuse(current.error()));
    return std::unexpected(refuse(404, "PB-4001", {type, id}));
  }
  if (current->deleted) return std::unexpected(refuse(410, "PB-4002", {type, id}));
  return std::move(*current);
}

Result<std::vector<store::Version>> readEach(store::Reader& view,
                                             std::span<const ResourceKey> keys) {
  std::map<ResourceKey, std::optional<store::Version>> found;
  std::map<std::string_view, std::vector<std::string>> ids;  // by type
  for (const ResourceKey& key : keys) {
    if (found.try_emplace(key).second) ids[key.first].push_back(key.second);
  }
  for (const auto& [type, some] : ids) {
    PLANBRO_ASSIGN_OR_RETURN(std::vector<store::Version> versions, view.readAll(type, some));
    for (store::Version& version : versions) found[{version.type, version.id}] = std::move(version);
  }
  std::vector<store::Version> out;
  for (const ResourceKey& key : keys) {
    std::optional<store::Version>& version = found[key];
    if (!version.has_value()) continue;
    out.push_back(std::move(*version));
    version.reset();
  }
  return out;
}

Status eachFound(store::Reader& view, store::Query query, std::uint32_t at_once,
                 const std::function<bool(store::Version)>& take) {
  query.count = at_once;
  do {
    PLANBRO_ASSIGN_OR_RETURN(store::SearchPage page, view.search(query));
    for (store::Version& version : page.matches) {
      if (!take(std::move(version))) return {};
    }
    query.cursor = std::move(page.next);
  } while (query.cursor.has_value());
  return {};
}

std::optional<Answer> refusedParameters(const Call& call,
                                        const std::vector<std::string_view>& known, bool subset) {
  if (call.parameters.empty() || call.preferences.lenient) return std::nullopt;
  std::vector<std::string_view> allowed = known;
  allowed.insert(allowed.end(), {"_format", "_pretty"});
  if (subset) allowed.insert(allowed.end(), {"_summary", "_elements"});
  std::vector<fhir::Issue> issues;
  for (const auto& [name, value] : call.parameters) {
    if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) continue;
    const auto nearest = nearestName(name, allowed);
    issues.push_back(fhir::makeIssue("PB-4021", {}, {name, nearest ? std::string(*nearest) : "-"}));
  }
  if (issues.empty()) return std::nullopt;
  return refuse(400, std::move(issues));
}

std::optional<Answer> refusedEncoding(std::string_view query) {
  constexpr std::size_t kShown = 80;
  const auto name = malformedParameter(query);
  if (!name.has_value()) return std::nullopt;
  return refuse(400, "PB-4027", {std::string(name->substr(0, kShown))});
}

}  // namespace planbro::service
