// transaction: all entries or none, in one transaction of the store. FHIR R4, http.html, section
// 3.1.0.11; docs/api/transaction.md. The entries are parsed and checked first, with every fault
// reported; then, alone among writers: conditions are resolved to ids, references rewritten, and
// the entries run in the order DELETE, POST, PUT, GET.
#include <algorithm>
#include <set>

#include "base/limits.h"
#include "service/batch.h"
#include "service/bundle_entry.h"
#include "service/interactions.h"
#include "service/matching.h"
#include "service/outcome.h"
#include "service/write.h"

namespace planbro::service {
namespace {

// What an entry's conditions came to.
struct Target {
  std::string id;                         // empty: nothing is written or deleted
  std::optional<store::Version> matched;  // of a conditional create that has its match
};

int rankOf(std::string_view method) {
  if (method == "DELETE") return 0;
  if (method == "POST") return 1;
  if (method == "PUT") return 2;
  return 3;
}

bool mayNeedId(const BundleEntry& entry) {
  return entry.writes() && entry.route->level == Level::kType && entry.call.method != "DELETE";
}

// Collects refusals: the status of the first, the issues of all.
class Refusals {
 public:
  void add(Answer answer, std::size_t index) {
    placeInEntry(answer.issues, index);
    if (status_ == 0) status_ = answer.status;
    std::move(answer.issues.begin(), answer.issues.end(), std::back_inserter(issues_));
  }
  bool any() const { return status_ != 0; }
  Answer answer() && { return refuse(status_, std::move(issues_)); }

 private:
  int status_ = 0;
  std::vector<fhir::Issue> issues_;
};

// The reason why an entry cannot be run whatever the store holds.
std::optional<Answer> refusedEntry(BundleEntry& entry) {
  const Call& call = entry.call;
  if (!entry.writes()) return std::nullopt;
  if (call.method == "DELETE") {
    if (call.context->settings.never_deleted.contains(call.type))
      return refuse(405, "PB-4006", {call.type});
    return std::nullopt;
  }
  if (call.method == "PUT" && entry.route->level == Level::kInstance &&
      call.body.type() == call.type && call.body.id() != call.id)
    return refuse(400, "PB-4009", {std::string(call.body.id()), call.id},
                  {call.type + ".id", "", {}});
  return refusedBody(call, entry.warnings);
}

std::expected<std::vector<BundleEntry>, Answer> parseEntries(const Call& call) {
  std::vector<BundleEntry> entries;
  Refusals refusals;
  std::set<std::string, std::less<>> full_urls;
  std::size_t index = 0;
  call.body.root().forEachChild("entry", [&](const fhir::Element& element) {
    const std::size_t here = index++;
    if (here >= kMaxTransactionEntries) return;
    auto entry = parseEntry(call, element, here);
    if (!entry.has_value()) return refusals.add(std::move(entry.error()), here);
    if (!entry->full_url.empty() && !full_urls.insert(entry->full_url).second)
      refusals.add(refuse(400, "PB-4035", {entry->full_url}), here);
    if (auto refused = refusedEntry(*entry)) refusals.add(std::move(*refused), here);
    placeInEntry(entry->warnings, here);
    entries.push_back(std::move(*entry));
  });
  if (index > kMaxTransactionEntries)
    return std::unexpected(
        refuse(413, "PB-4031", {std::to_string(index), std::to_string(kMaxTransactionEntries)}));
  if (refusals.any()) return std::unexpected(std::move(refusals).answer());
  return entries;
}

// Runs one transaction's entries inside the store's.
class Run {
 public:
  Run(const Call& call, const std::vector<BundleEntry>& entries,
      const std::vector<std::string>& new_ids, WriteSession& session)
      : call_(call), entries_(entries), new_ids_(new_ids), session_(session) {}

  Answer run() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (auto refused = resolve(i)) return placed(std::move(*refused), i);
    }
    if (auto refused = refusedOverlap()) return std::move(*refused);
    for (std::size_t i = 0; i < entries_.size(); ++i) nameReplacement(i);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (auto refused = resolveReferences(i)) return placed(std::move(*refused), i);
    }
    std::vector<std::size_t> order(entries_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return rankOf(entries_[a].call.method) < rankOf(entries_[b].call.method);
    });
    std::vector<Answer> answers(entries_.size());
    for (const std::size_t i : order) {
      answers[i] = runEntry(i);
      if (answers[i].refused()) return placed(std::move(answers[i]), i);
    }
    BundleText bundle("transaction-response");
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      Call shown = entries_[i].call;
      if (shown.id.empty()) shown.id = targets_[i].id;
      answers[i].issues.insert(answers[i].issues.begin(), entries_[i].warnings.begin(),
                               entries_[i].warnings.end());
      addResponse(bundle, call_, shown, answers[i]);
    }
    Answer answer;
    answer.resource = std::move(bundle).finish();
    return answer;
  }

 private:
  static Answer placed(Answer answer, std::size_t index) {
    placeInEntry(answer.issues, index);
    return answer;
  }

  std::expected<std::vector<store::Version>, Answer> matches(const Call& call,
                                                             const Fields& criteria) {
    auto found = matching(*call_.context, session_.transaction, call.type, criteria);
    if (found.has_value() && found->size() > 1)
      return std::unexpected(refuse(412, "PB-4015", {call.type}));
    return found;
  }

  // The resource that entry is about.
  std::optional<Answer> resolve(std::size_t i) {
    const BundleEntry& entry = entries_[i];
    const Call& call = entry.call;
    Target& target = targets_.emplace_back();
    if (!entry.writes()) return std::nullopt;
    target.id = call.id;
    if (call.method == "POST") {
      target.id = new_ids_[i];
      if (!call.conditions.if_none_exist.has_value()) return std::nullopt;
      auto found = matches(call, parseQuery(*call.conditions.if_none_exist));
      if (!found.has_value()) return std::move(found.error());
      if (found->empty()) return std::nullopt;
      target.id = found->front().id;
      target.matched = std::move(found->front());
      return std::nullopt;
    }
    if (entry.route->level != Level::kType) return std::nullopt;
    auto found = matches(call, criteriaOf(call));
    if (!found.has_value()) return std::move(found.error());
    if (call.method == "DELETE") {
      if (!found->empty()) target.id = found->front().id;
      return std::nullopt;
    }
    const std::string own_id(call.body.id());
    if (!found->empty()) {
      target.id = found->front().id;
      if (!own_id.empty() && own_id != target.id)
        return refuse(400, "PB-4009", {own_id, target.id}, {call.type + ".id", "", {}});
      return std::nullopt;
    }
    target.id = own_id.empty() ? new_ids_[i] : own_id;
    if (own_id.empty()) return std::nullopt;
    const auto other = session_.transaction.read(call.type, own_id);
    if (other.has_value() && !other->deleted) return refuse(409, "PB-4022", {call.type, own_id});
    return std::nullopt;
  }

  // "If any resource identities (including resolved identities from conditional update/delete)
  // overlap, then the transaction SHALL fail."
  std::optional<Answer> refusedOverlap() {
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

  void nameReplacement(std::size_t i) {
    const BundleEntry& entry = entries_[i];
    if (entry.full_url.empty() || !entry.writes() || entry.call.method == "DELETE") return;
    replacements_[entry.full_url] = entry.call.type + "/" + targets_[i].id;
  }

  // Every reference of an entry that names another entry or a condition leads somewhere.
  std::optional<Answer> resolveReferences(std::size_t i) {
    const BundleEntry& entry = entries_[i];
    if (!entry.call.body || !entry.writes() || targets_[i].matched.has_value()) return std::nullopt;
    for (const std::string& reference : referencesIn(entry.call.body)) {
      if (replacements_.contains(reference)) continue;
      if (reference.starts_with("urn:uuid:")) return refuse(400, "PB-4036", {reference});
      const auto question = reference.find('?');
      if (question == std::string::npos || reference.find(':') < question) continue;
      if (auto refused = resolveConditional(reference, question)) return refused;
    }
    return std::nullopt;
  }

  std::optional<Answer> resolveConditional(const std::string& reference, std::size_t question) {
    const std::string type = reference.substr(0, question);
    if (!isResourceType(call_.definitions(), type)) return refuse(400, "PB-4003", {type, "-"});
    const Fields criteria = parseQuery(std::string_view(reference).substr(question + 1));
    auto found = matching(*call_.context, session_.transaction, type, criteria);
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

  // Whether a resource of this bundle will match "identifier=system|value".
  static bool hasIdentifier(const fhir::Resource& resource, const Fields& criteria) {
    if (criteria.size() != 1 || criteria[0].first != "identifier") return false;
    bool found = false;
    resource.root().forEachChild("identifier", [&](const fhir::Element& identifier) {
      const std::string token =
          std::string(identifier.textOf("system")) + "|" + std::string(identifier.textOf("value"));
      found = found || token == criteria[0].second;
    });
    return found;
  }

  Answer runEntry(std::size_t i) {
    const BundleEntry& entry = entries_[i];
    const Target& target = targets_[i];
    const Call& call = entry.call;
    if (!entry.writes()) {
      Call reading = call;
      reading.view = &session_.transaction;
      return entry.route->run(reading);
    }
    if (call.method == "DELETE") {
      if (!target.id.empty()) return putDeletion(session_, call.type, target.id, call.conditions);
      Answer answer;
      answer.status = 204;
      return answer;
    }
    if (target.matched.has_value()) return found(*target.matched);
    const Draft draft = makeDraft(*call_.context, call.body, target.id, replacements_);
    if (call.method == "POST") return putNew(session_, draft);
    const bool server_id = entry.route->level == Level::kType && call.body.id().empty();
    return putUpdate(session_, draft, call.conditions, server_id);
  }

  const Call& call_;
  const std::vector<BundleEntry>& entries_;
  const std::vector<std::string>& new_ids_;
  WriteSession& session_;
  std::vector<Target> targets_;
  Replacements replacements_;
};

}  // namespace

Answer transaction(const Call& call) {
  if (!call.body) return refuse(400, "PB-4007");
  if (call.body.type() != "Bundle")
    return refuse(400, "PB-4008", {std::string(call.body.type()), "Bundle"});
  const std::string_view kind = call.body.root().textOf("type");
  if (kind == "batch") return batch(call);
  if (kind != "transaction")
    return refuse(400, "PB-4030", {std::string(kind)}, {"Bundle.type", "", {}});
  const auto entries = parseEntries(call);
  if (!entries.has_value()) return entries.error();
  // Ids are given before the store's transaction begins, so that a second run gives the same.
  std::vector<std::string> new_ids(entries->size());
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const BundleEntry& entry = (*entries)[i];
    if (mayNeedId(entry)) new_ids[i] = call.context->parts.ids->next();
  }
  return inTransaction(
      call, [&](WriteSession& session) { return Run(call, *entries, new_ids, session).run(); });
}

}  // namespace planbro::service
