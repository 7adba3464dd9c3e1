#include "service/transaction_resolution.h"

#include <algorithm>
#include <set>
#include <utility>

#include "service/matching.h"
#include "service/outcome.h"
#include "service/refusals.h"
#include "service/view.h"

namespace planbro::service {
namespace {

// Where the question mark of a conditional reference stands ("Patient?identifier=1"); npos: it is
// none.
std::size_t questionIn(std::string_view reference) {
  const auto question = reference.find('?');
  if (question == std::string_view::npos || reference.find(':') < question)
    return std::string_view::npos;
  return question;
}

// Whether a resource of this bundle will match "identifier=system|value".
bool hasIdentifier(const fhir::Resource& resource, const Fields& criteria) {
  if (criteria.size() != 1 || criteria[0].first != "identifier") return false;
  bool found = false;
  resource.root().forEachChild("identifier", [&](const fhir::Element& identifier) {
    const std::string token =
        std::string(identifier.textOf("system")) + "|" + std::string(identifier.textOf("value"));
    found = found || token == criteria[0].second;
  });
  return found;
}

}  // namespace

std::optional<Answer> TransactionResolution::resolveTargets() {
  targets_.reserve(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
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
  auto found = matching(view_, *asked);
  if (!isAlwaysTheSame(criteria)) asked.reset();
  if (found.has_value() && found->size() > 1)
    return std::unexpected(refuse(412, "PB-4015", {call.type}));
  return found;
}

// The resource that the entry is about.
std::optional<Answer> TransactionResolution::resolve(std::size_t entry) {
  const BundleEntry& one = entries_[entry];
  const Call& call = one.call;
  Target& target = targets_.emplace_back();
  if (!one.writes()) return std::nullopt;
  target.id = call.id;
  if (call.method == "POST") {
    target.id = new_ids_[entry];
    target.fresh = true;
    return resolveCreate(call, entry, target);
  }
  if (one.route->level != Level::kType) return std::nullopt;
  return resolveUpdate(call, entry, target);
}

std::optional<Answer> TransactionResolution::resolveCreate(const Call& call, std::size_t entry,
                                                           Target& target) {
  if (!call.conditions.if_none_exist.has_value()) return std::nullopt;
  auto found = matches(entry, noneExistCriteria(call));
  if (!found.has_value()) return std::move(found.error());
  if (found->empty()) return std::nullopt;
  target.id = found->front().id;
  target.fresh = false;
  target.version = found->front().version;
  target.matched = std::move(found->front());
  return std::nullopt;
}

// Also of a deletion or a patch.
std::optional<Answer> TransactionResolution::resolveUpdate(const Call& call, std::size_t entry,
                                                           Target& target) {
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
    target.version = found->front().version;
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

// "If any resource identities (including resolved identities from conditional update/delete)
// overlap, then the transaction SHALL fail."
std::optional<Answer> TransactionResolution::refusedOverlap() const {
  std::set<std::string> touched;
  Refusals refusals;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].writes() || targets_[i].id.empty() || targets_[i].matched.has_value())
      continue;
    const std::string address = entries_[i].call.type + "/" + targets_[i].id;
    if (!touched.insert(address).second) refusals.add(refuse(400, "PB-4034", {address}), i);
  }
  if (!refusals.any()) return std::nullopt;
  return std::move(refusals).answer();
}

void TransactionResolution::nameReplacement(std::size_t entry) {
  const BundleEntry& one = entries_[entry];
  if (one.full_url.empty() || !one.writes() || one.call.method == "DELETE") return;
  replacements_[one.full_url] = one.call.type + "/" + targets_[entry].id;
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
  if (!one.call.body || !one.writes() || targets_[entry].matched.has_value()) return std::nullopt;
  std::optional<Answer> refused;
  for (const std::string& reference : referencesIn(one.call.body)) {
    if (replacements_.contains(reference)) continue;
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
  const Fields criteria = parseQuery(std::string_view(reference).substr(question + 1));
  auto found = matching(*call_.context, view_, type, criteria);
  if (!found.has_value()) return std::move(found.error());
  std::set<std::string> ids;
  for (const store::Version& version : *found) ids.insert(version.id);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].call.type == type && entries_[i].call.body &&
        hasIdentifier(entries_[i].call.body, criteria))
      ids.insert(targets_[i].id);
  }
  if (ids.size() != 1) return refuse(412, "PB-4037", {type, std::to_string(ids.size())});
  replacements_[reference] = type + "/" + *ids.begin();
  return std::nullopt;
}

}  // namespace planbro::service
