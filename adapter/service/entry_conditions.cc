#include "service/entry_conditions.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "service/matching.h"

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

std::string keyOf(std::string_view type, std::string_view name, std::string_view value) {
  std::string key(type);
  key.append("?").append(name).append("=").append(value);
  return key;
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

void addIdentifiers(const BundleEntry& entry, std::size_t index, Keys& keys) {
  if (!entry.call.body) return;
  entry.call.body.root().forEachChild("identifier", [&](const fhir::Element& identifier) {
    std::string token(identifier.textOf("system"));
    token.append("|").append(identifier.textOf("value"));
    keys.add(keyOf(entry.call.type, "identifier", token), index);
  });
}

}  // namespace

ConditionsMet conditionsMet(std::span<const BundleEntry> entries) {
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
    addIdentifiers(entries[i], i, keys);
    if (conditions[i].has_value()) keys.add(keyOf(entries[i].call.type, *conditions[i]), i);
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (conditions[i].has_value())
      met[i] = keys.othersWith(keyOf(entries[i].call.type, *conditions[i]), i);
  }
  return met;
}

}  // namespace planbro::service
