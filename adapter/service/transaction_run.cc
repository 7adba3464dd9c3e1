#include "service/transaction_run.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "service/conditions.h"
#include "service/outcome.h"
#include "service/refusals.h"
#include "service/transaction_resolution.h"
#include "service/view.h"
#include "service/write.h"

namespace planbro::service {
namespace {

bool mayNeedId(const BundleEntry& entry) {
  const bool may_create = entry.call.method == "POST" || entry.call.method == "PUT";
  return entry.writes() && entry.route->level == Level::kType && may_create;
}

// The reason why an entry cannot be run whatever the store holds.
std::optional<Answer> refusedEntry(BundleEntry& entry) {
  const Call& call = entry.call;
  if (!entry.writes()) return std::nullopt;
  if (entry.route->level == Level::kInstance || call.method == "POST") {  // else they are criteria
    if (auto refused = refusedParameters(call, {}, false)) return refused;
  }
  if (call.method == "DELETE") {
    if (call.context->settings.never_deleted.contains(call.type))
      return refuse(405, "PB-4006", {call.type});
    return std::nullopt;
  }
  if (call.method == "PATCH") return std::nullopt;  // what it makes is checked
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
  const std::size_t most = call.context->settings.max_entries;
  std::size_t index = 0;
  call.body.root().forEachChild("entry", [&](const fhir::Element& element) {
    const std::size_t here = index++;
    if (here >= most) return;
    auto entry = parseEntry(call, element, here);
    if (!entry.has_value()) return refusals.add(std::move(entry.error()), here);
    if (!entry->full_url.empty() && !full_urls.insert(entry->full_url).second)
      refusals.add(refuse(400, "PB-4035", {entry->full_url}), here);
    if (auto refused = refusedEntry(*entry)) refusals.add(std::move(*refused), here);
    placeInEntry(entry->warnings, here);
    entries.push_back(std::move(*entry));
  });
  if (index > most)
    return std::unexpected(refuse(413, "PB-4031", {std::to_string(index), std::to_string(most)}));
  if (refusals.any()) return std::unexpected(std::move(refusals).answer());
  return entries;
}

bool hasDraft(const BundleEntry& entry) {
  return entry.writes() && entry.call.body && entry.call.method != "PATCH";
}

// Whether there is something to write: what is stored already needs no rows.
bool isNew(const Draft& draft, const Target& target, store::Reader& view) {
  if (target.current.has_value()) return !draft.sameAs(*target.current);
  if (target.fresh) return true;
  const auto current = view.read(draft.type, draft.id);
  return !current.has_value() || !draft.sameAs(*current);
}

// What the checks say of a transaction of new resources alone.
std::optional<AheadChecks> checkedAhead(const Context& context, store::Reader& view,
                                        const TransactionEntries& read,
                                        std::span<const Target> targets) {
  std::vector<AheadWrite> writes;
  for (const std::size_t i : processingOrder(read.entries)) {
    const BundleEntry& entry = read.entries[i];
    if (!entry.writes() || targets[i].isFound()) continue;
    if (!read.ahead[i].has_value()) return std::nullopt;
    const Draft& draft = read.ahead[i]->draft;
    if (!draft.index.has_value()) continue;  // as it is stored already
    if (!targets[i].fresh) return std::nullopt;
    writes.push_back({draft.resource, *draft.index});
  }
  return checkAhead(context, view, writes);
}

// Drafts as they will be written if the store's writer finds what is found now. Nothing is refused
// here: whether something is wrong is decided where it counts.
void workAhead(const Call& call, TransactionEntries& read) {
  const std::span<const BundleEntry> entries = read.entries;
  auto& ahead = read.ahead;
  ahead.resize(entries.size());
  const auto view = call.snapshot();
  if (!view.has_value()) return;
  TransactionResolution resolution(call, entries, read.new_ids, read.asked, read.met, **view);
  if (resolution.resolveTargets().has_value()) return;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (hasDraft(entries[i]) && resolution.resolveReferences(i).has_value()) return;
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Target& target = resolution.targets()[i];
    if (!hasDraft(entries[i]) || target.isFound()) continue;
    AheadDraft& one = ahead[i].emplace();
    one.draft = makeDraft(*call.context, entries[i].call.body, target.id,
                          resolution.replacements(i), DraftIndex::kWhenWritten);
    one.conditional_reference = resolution.hasConditionalReference(i);
    if (isNew(one.draft, target, **view))
      one.draft.index = indexRows(*call.context, one.draft.resource);
  }
  // What somebody may not see is no matter for the checks.
  if (call.visibility == nullptr)
    read.checks = checkedAhead(*call.context, **view, read, resolution.targets());
}

// Runs one transaction's entries inside the store's.
class Run {
 public:
  Run(const Call& call, TransactionEntries& read, WriteSession& session)
      : call_(call),
        read_(read),
        session_(session),
        resolution_(call, read.entries, read.new_ids, read.asked, read.met, session.transaction) {}

  std::expected<std::vector<EntryAnswer>, Answer> run() {
    const std::size_t count = read_.entries.size();
    if (auto refused = resolution_.resolveTargets()) return std::unexpected(std::move(*refused));
    for (std::size_t i = 0; i < count; ++i) {
      if (isReady(i) && !read_.ahead[i]->conditional_reference) continue;
      const bool patches = read_.entries[i].call.method == "PATCH";
      if (auto refused = patches ? applyPatch(i) : resolution_.resolveReferences(i))
        return std::unexpected(std::move(*refused));
    }
    std::vector<EntryAnswer> answers(count);
    for (const std::size_t i : processingOrder(read_.entries)) {
      answers[i].answer = runEntry(i, answers);
      if (!answers[i].answer.refused()) continue;
      placeInEntry(answers[i].answer.issues, i);
      return std::unexpected(std::move(answers[i].answer));
    }
    if (read_.checks.has_value() && stillHolds(*read_.checks, session_))
      session_.checked = &*read_.checks;
    for (std::size_t i = 0; i < count; ++i) answers[i].id = std::move(resolution_.targets()[i].id);
    return answers;
  }

 private:
  // Whether the draft that was made ahead is the one that would be made now.
  bool isReady(std::size_t i) {
    if (read_.ahead.empty() || !read_.ahead[i].has_value()) return false;
    const Draft& draft = read_.ahead[i]->draft;
    if (draft.id != resolution_.targets()[i].id) return false;
    const EntryReplacements now = resolution_.replacements(i);
    return std::all_of(draft.replaced.begin(), draft.replaced.end(),
                       [&](const auto& one) { return now.find(one.first) == one.second; });
  }

  Answer runEntry(std::size_t i, std::span<const EntryAnswer> answers) {
    const BundleEntry& entry = read_.entries[i];
    Target& target = resolution_.targets()[i];
    const Call& call = entry.call;
    if (!entry.writes()) {
      Call reading = call;
      reading.view = &session_.transaction;
      Answer answer = entry.route->run(reading);
      thin(call, answer);
      return answer;
    }
    if (call.method == "DELETE") {
      if (!target.id.empty()) return putDeletion(session_, call.type, target.id, call.conditions);
      if (auto refused = refusedByConditions(call.conditions, nullptr)) return std::move(*refused);
      Answer answer;
      answer.status = 204;
      return answer;
    }
    if (target.matched.has_value()) return found(*target.matched);
    if (target.same_as.has_value()) return found(answers[*target.same_as].answer);
    if (call.method == "PATCH") return runPatch(i);
    if (isReady(i)) return write(entry, target, read_.ahead[i]->draft);
    Draft draft = makeDraft(*call_.context, call.body, target.id, resolution_.replacements(i),
                            DraftIndex::kWhenWritten);
    return write(entry, target, draft);
  }

  Answer write(const BundleEntry& entry, Target& target, Draft& draft) {
    const Call& call = entry.call;
    if (target.current.has_value())
      return putNext(session_, draft, call.conditions, std::move(*target.current));
    if (target.fresh && !call.conditions.if_match.has_value())
      return putNew(session_, draft, call.method);
    return putUpdate(session_, draft, call.conditions, target.fresh);
  }

  // Before anything is written, so that its references lead where those of the other entries do. No
  // other entry writes the same resource.
  std::optional<Answer> applyPatch(std::size_t i) {
    const Call& call = read_.entries[i].call;
    std::optional<Answer> refused;
    const auto current =
        currentVersion(session_.transaction, call.type, resolution_.targets()[i].id);
    if (!current.has_value()) {
      refused = current.error();
    } else if (auto made = patched(call, *current); !made.has_value()) {
      refused = std::move(made.error());
    } else {
      patched_[i] = std::move(*made);
      return resolution_.resolveReferences(i, newReferences(patched_[i]));
    }
    placeInEntry(refused->issues, i);
    return refused;
  }

  Answer runPatch(std::size_t i) {
    const Call& call = read_.entries[i].call;
    const PatchedResource& made = patched_[i];
    Draft draft = makeDraft(*call_.context, made.after, resolution_.targets()[i].id,
                            resolution_.replacements(i), DraftIndex::kWhenWritten);
    Answer answer = putUpdate(session_, draft, call.conditions, false, "PATCH");
    answer.issues.insert(answer.issues.begin(), made.warnings.begin(), made.warnings.end());
    return answer;
  }

  const Call& call_;
  TransactionEntries& read_;
  WriteSession& session_;
  TransactionResolution resolution_;
  std::map<std::size_t, PatchedResource> patched_;  // by entry
};

}  // namespace

std::expected<TransactionEntries, Answer> readTransaction(const Call& call) {
  auto entries = parseEntries(call);
  if (!entries.has_value()) return std::unexpected(std::move(entries.error()));
  TransactionEntries read;
  read.entries = std::move(*entries);
  read.new_ids.resize(read.entries.size());
  for (std::size_t i = 0; i < read.entries.size(); ++i) {
    if (mayNeedId(read.entries[i])) read.new_ids[i] = call.context->parts.ids->next();
  }
  read.asked.resize(read.entries.size());
  read.met = conditionsMet(call, read.entries);
  workAhead(call, read);
  return read;
}

std::expected<std::vector<EntryAnswer>, Answer> runTransaction(const Call& call,
                                                               TransactionEntries& entries,
                                                               WriteSession& session) {
  return Run(call, entries, session).run();
}

}  // namespace planbro::service
