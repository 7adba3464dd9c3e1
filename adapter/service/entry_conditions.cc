#include "service/entry_conditions.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "service/draft.h"
#include "service/matching.h"
#include "store/own_rows.h"
#include "store/store.h"

namespace planbro::service {
namespace {

bool brings(const BundleEntry& entry) { return entry.writes() && entry.call.method != "DELETE"; }

std::optional<Fields> conditionOf(const BundleEntry& entry) {
  const Call& call = entry.call;
  if (!brings(entry) || entry.route->level != Level::kType) return std::nullopt;
  if (call.method != "POST") return criteriaOf(call);
  if (!call.conditions.if_none_exist.has_value()) return std::nullopt;
  return noneExistCriteria(call);
}

// What two entries have in common that are about one resource.
std::string keyOf(std::string_view type, const Fields& criteria) {
  std::string key(type);
  for (const auto& [name, value] : criteria)
    key.append(key.size() == type.size() ? "?" : "&").append(name).append("=").append(value);
  return key;
}

// Of the types that conditions ask for, how many entries bring one.
using Types = std::map<std::string_view, std::size_t>;

class Keys {
 public:
  void add(std::string key, std::size_t entry) {
    std::vector<std::size_t>& with_key = entries_[std::move(key)];
    if (with_key.empty() || with_key.back() != entry) with_key.push_back(entry);
  }

  std::vector<std::size_t> othersWith(const std::string& key, std::size_t entry) const {
    std::vector<std::size_t> others;
    const auto found = entries_.find(key);
    if (found == entries_.end()) return others;
    for (const std::size_t other : found->second) {
      if (other != entry) others.push_back(other);
    }
    return others;
  }

 private:
  std::unordered_map<std::string, std::vector<std::size_t>> entries_;
};

// Whether the condition is one identifier, "urn:x|1": then keys tell all there is to know.
bool isOneIdentifier(const Fields& criteria) {
  if (criteria.size() != 1 || criteria[0].first != "identifier") return false;
  const std::string& value = criteria[0].second;
  const auto bar = value.find('|');
  return bar != std::string::npos && bar != 0 && bar + 1 != value.size() &&
         value.find('|', bar + 1) == std::string::npos &&
         value.find_first_of(",\\") == std::string::npos;
}

// Compares conditions of any kind with what the entries bring, by index rows that are taken once.
class RowComparison {
 public:
  RowComparison(const Call& call, std::span<const BundleEntry> entries)
      : call_(call), entries_(entries), rows_(entries.size()) {}

  // Adds to `met`, which is in order and stays so.
  void addMet(std::size_t entry, const Fields& criteria, std::vector<std::size_t>& met) {
    const std::string& type = entries_[entry].call.type;
    const auto query = queryOf(type, criteria);
    if (!query.has_value()) return;  // refused where it counts
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const BundleEntry& other = entries_[i];
      if (i == entry || !brings(other) || other.call.type != type) continue;
      const bool same = std::binary_search(met.begin(), met.end(), i);
      if (same || (other.call.body && fulfils(query->where, i))) others.push_back(i);
    }
    met = std::move(others);
  }

 private:
  std::optional<store::Query> queryOf(const std::string& type, const Fields& criteria) {
    if (view_ == nullptr) {
      auto view = call_.snapshot();
      if (!view.has_value()) return std::nullopt;
      view_ = std::move(*view);
    }
    auto query = matchingQuery(*call_.context, *view_, type, criteria);
    if (!query.has_value()) return std::nullopt;
    return std::move(*query);
  }

  bool fulfils(const store::Predicate& condition, std::size_t i) {
    const fhir::Resource& body = entries_[i].call.body;
    if (!rows_[i].has_value()) rows_[i] = indexRows(*call_.context, body);
    const std::string_view id = entries_[i].call.method == "PUT" ? body.id() : std::string_view();
    return store::fulfils(condition, id, *rows_[i]).value_or(false);
  }

  const Call& call_;
  std::span<const BundleEntry> entries_;
  std::vector<std::optional<std::vector<store::IndexRow>>> rows_;  // by entry
  std::unique_ptr<store::Reader> view_;
};

}  // namespace

void forEachIdentifier(const fhir::Resource& resource,
                       const std::function<void(std::string token)>& visit) {
  resource.root().forEachChild("identifier", [&](const fhir::Element& identifier) {
    std::string token(identifier.textOf("system"));
    token.append("|").append(identifier.textOf("value"));
    visit(std::move(token));
  });
}

ConditionsMet conditionsMet(const Call& call, std::span<const BundleEntry> entries) {
  ConditionsMet met(entries.size());
  std::vector<std::optional<Fields>> conditions;
  conditions.reserve(entries.size());
  Types types;
  for (const BundleEntry& entry : entries) {
    if (conditions.emplace_back(conditionOf(entry)).has_value()) types[entry.call.type] = 0;
  }
  for (const BundleEntry& entry : entries) {
    const auto type = types.find(entry.call.type);
    if (type != types.end() && brings(entry)) ++type->second;
  }
  std::erase_if(types, [](const auto& type) { return type.second < 2; });
  if (types.empty()) return met;
  Keys keys;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!brings(entries[i]) || !types.contains(entries[i].call.type)) continue;
    const Call& own = entries[i].call;
    if (own.body)
      forEachIdentifier(own.body, [&](const std::string& token) {
        keys.add(keyOf(own.type, {{"identifier", token}}), i);
      });
    if (conditions[i].has_value()) keys.add(keyOf(own.type, *conditions[i]), i);
  }
  RowComparison rows(call, entries);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!conditions[i].has_value() || !types.contains(entries[i].call.type)) continue;
    met[i] = keys.othersWith(keyOf(entries[i].call.type, *conditions[i]), i);
    if (!isOneIdentifier(*conditions[i])) rows.addMet(i, *conditions[i], met[i]);
  }
  return met;
}

}  // namespace planbro::service
