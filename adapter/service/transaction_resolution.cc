#include "service/transaction_resolution.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "service/draft.h"
#include "service/matching.h"
#include "service/outcome.h"
#include "service/refusals.h"
#include "service/view.h"

namespace planbro::service {
namespace {

int rankOf(const Call& call) {
  if (call.method == "DELETE") return 0;
  if (call.method == "POST") return call.conditions.if_none_exist.has_value() ? 2 : 1;
  if (call.method == "PUT" || call.method == "PATCH") return 3;
  return 4;
}

// Whether a resource of this bundle will match "identifier=system|value".
bool hasIdentifier(const fhir::Resource& resource, const Fields& criteria) {
  if (criteria.size() != 1 || criteria[0].first != "identifier") return false;
  bool found = false;
  forEachIdentifier(
      resource, [&](const std::string& token) { found = found || token == criteria[0].second; });
  return found;
}

}  // namespace

std::vector<std::size_t> processingOrder(std::span<const BundleEntry> entries) {
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return rankOf(entries[a].call) < rankOf(entries[b].call);
  });
  return order;
}

std::optional<Answer> TransactionResolution::resolveTargets() {
  targets_.resize(entries_.size());
  for (const std::size_t i : processingOrder(entries_)) {
    if (auto refused = resolve(i)) {
      placeInEntry(refused->issues, i);
      return refused;
    }
  }
  if (auto refused = refusedOverlap()) return refused;
  for (std::size_t i = 0; i < entries_.size(); ++i) nameReplacement(i);
  return std::nullopt;
}

std::expected<std::vector<store::Version>, Answer> TransactionResolution::matches(
    std::size_t entry, const Fields& criteria) {
  const Call& call = entries_[entry].call;
  std::optional<store::Query>& asked = asked_[entry];
  if (!asked.has_value()) {
    auto query = matchingQuery(*call.context, view_, call.type, criteria);
    if (!query.has_value()) return std::unexpected(std::move(query.error()));
    asked = std::move(*query);
  }
  // Deletions come first; what two of them name is named twice.
  const bool after_deletions = call.method != "DELETE" && deleted_.contains(call.type);
  auto found = after_deletions ? matching(view_, withoutDeleted(*asked)) : matching(view_, *asked);
  if (!isAlwaysTheSame(criteria)) asked.reset();
  if (found.has_value() && found->size() > 1)
    return std::unexpected(refuse(412, "PB-4015", {call.type}));
  return found;
}

store::Query TransactionResolution::withoutDeleted(store::Query query) const {
  const auto deleted = deleted_.find(query.type);
  if (deleted == deleted_.end()) return query;
  store::Predicate any;
  any.op = store::Predicate::Op::kId;
  any.ids = deleted->second;
  store::Predicate none;
  none.op = store::Predicate::Op::kNot;
  none.children.push_back(std::move(any));
  store::Predicate both;
  both.children.push_back(std::move(query.where));
  both.children.push_back(std::move(none));
  query.where = std::move(both);
  return query;
}

// The resource that the entry is about.
std::optional<Answer> TransactionResolution::resolve(std::size_t entry) {
  const BundleEntry& one = entries_[entry];
  const Call& call = one.call;
  Target& target = targets_[entry];
  if (!one.writes()) return std::nullopt;
  target.id = call.id;
  if (call.method == "POST") {
    target.id = new_ids_[entry];
    target.fresh = true;
    return resolveCreate(call, entry, target);
  }
  std::optional<Answer> refused;
  if (one.route->level == Level::kType) refused = resolveUpdate(call, entry, target);
  if (call.method == "DELETE" && !target.id.empty()) deleted_[call.type].push_back(target.id);
  return refused;
}

std::optional<Answer> TransactionResolution::resolveCreate(const Call& call, std::size_t entry,
                                                           Target& target) {
  if (!call.conditions.if_none_exist.has_value()) return std::nullopt;
  auto found = matches(entry, noneExistCriteria(call));
  if (!found.has_value()) return std::move(found.error());
  for (const std::size_t other : met_[entry]) {
    // Those behind have no id yet.
    if (!targets_[other].fresh || entries_[other].call.method != "POST") continue;
    if (target.same_as.has_value() || !found->empty()) return refuse(412, "PB-4015", {call.type});
    target.same_as = other;
  }
  if (target.same_as.has_value()) target.id = targets_[*target.same_as].id;
  if (target.same_as.has_value() || !found->empty()) target.fresh = false;
  if (found->empty()) return std::nullopt;
  target.id = found->front().id;
  target.matched = std::move(found->front());
  return std::nullopt;
}

// Also of a deletion or a patch.
std::optional<Answer> TransactionResolution::resolveUpdate(const Call& call, std::size_t entry,
                                                           Target& target) {
  if (auto refused = refusedByOthers(entry)) return refused;
  auto found = matches(entry, criteriaOf(call));
  if (!found.has_value()) return std::move(found.error());
  if (call.method == "DELETE") {
    if (!found->empty()) target.id = found->front().id;
    return std::nullopt;
  }
  if (call.method == "PATCH") {
    if (found->empty()) return refuse(404, "PB-4053", {call.type});
    target.id = found->front().id;
    return std::nullopt;
  }
  const std::string own_id(call.body.id());
  if (!found->empty()) {
    target.id = found->front().id;
    if (!own_id.empty() && own_id != target.id)
      return refuse(400, "PB-4009", {own_id, target.id}, {call.type + ".id", "", {}});
    target.current = std::move(found->front());
    return std::nullopt;
  }
  target.id = own_id.empty() ? new_ids_[entry] : own_id;
  target.fresh = own_id.empty();
  if (own_id.empty()) return std::nullopt;
  const auto other = view_.read(call.type, own_id);
  if (other.has_value() && !other->deleted) return refuse(409, "PB-4022", {call.type, own_id});
  return std::nullopt;
}

std::optional<Answer> TransactionResolution::refusedByOthers(std::size_t entry) const {
  for (const std::size_t other : met_[entry]) {
    if (!targets_[other].isFound())
      return refuse(400, "PB-4038", {placeOfEntry(entry), placeOfEntry(other)});
  }
  return std::nullopt;
}

// "If any resource identities (including resolved identities from conditional update/delete)
// overlap, then the transaction SHALL fail."
std::optional<Answer> TransactionResolution::refusedOverlap() const {
  std::map<std::string, std::size_t> touched;
  Refusals refusals;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].writes() || targets_[i].id.empty() || targets_[i].isFound()) continue;
    const std::string address = entries_[i].call.type + "/" + targets_[i].id;
    const auto [first, is_first] = touched.emplace(address, i);
    if (is_first) continue;
    refusals.add(refuse(400, "PB-4034", {address, placeOfEntry(first->second), placeOfEntry(i)}),
                 i);
  }
  if (!refusals.any()) return std::nullopt;
  return std::move(refusals).answer();
}

void TransactionResolution::nameReplacement(std::size_t entry) {
  const BundleEntry& one = entries_[entry];
  if (one.full_url.empty() || !one.writes() || one.call.method == "DELETE") return;
  Replacement& instead = replacements_[one.full_url];
  const Target& target = targets_[entry];
  instead.address = one.call.type + "/" + target.id;
  instead.created = target.fresh || target.same_as.has_value();
  if (one.call.body) instead.version_id = one.call.body.root().child("meta").textOf("versionId");
}

bool TransactionResolution::hasConditionalReference(std::size_t entry) const {
  const fhir::Resource& body = entries_[entry].call.body;
  if (!body) return false;
  const auto references = referencesIn(body);
  return std::any_of(references.begin(), references.end(), [](const std::string& reference) {
    return questionIn(reference) != std::string_view::npos;
  });
}

std::optional<Answer> TransactionResolution::resolveReferences(std::size_t entry) {
  const BundleEntry& one = entries_[entry];
  if (!one.call.body || !one.writes() || targets_[entry].isFound()) return std::nullopt;
  return resolveReferences(entry, referencesIn(one.call.body));
}

std::optional<Answer> TransactionResolution::resolveReferences(
    std::size_t entry, std::span<const std::string> references) {
  std::optional<Answer> refused;
  for (const std::string& reference : references) {
    if (replacements(entry).find(reference).has_value()) continue;
    if (reference.starts_with("urn:uuid:")) refused = refuse(400, "PB-4036", {reference});
    const std::size_t question = questionIn(reference);
    if (question != std::string::npos) refused = resolveConditional(reference, question);
    if (!refused.has_value()) continue;
    placeInEntry(refused->issues, entry);
    return refused;
  }
  return std::nullopt;
}

std::optional<Answer> TransactionResolution::resolveConditional(const std::string& reference,
                                                                std::size_t question) {
  const std::string type = reference.substr(0, question);
  if (!isResourceType(call_.definitions(), type)) return refuse(400, "PB-4003", {type, "-"});
  const std::string_view text = std::string_view(reference).substr(question + 1);
  if (auto refused = refusedEncoding(text)) return refused;
  const Fields criteria = parseQuery(text);
  auto query = matchingQuery(*call_.context, view_, type, criteria);
  if (!query.has_value()) return std::move(query.error());
  auto found = matching(view_, withoutDeleted(std::move(*query)));
  if (!found.has_value()) return std::move(found.error());
  std::set<std::string> ids;
  for (const store::Version& version : *found) ids.insert(version.id);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].call.type == type && entries_[i].call.body &&
        hasIdentifier(entries_[i].call.body, criteria))
      ids.insert(targets_[i].id);
  }
  if (ids.size() != 1) return refuse(412, "PB-4037", {type, std::to_string(ids.size())});
  replacements_[reference].address = type + "/" + *ids.begin();
  return std::nullopt;
}

}  // namespace planbro::service
