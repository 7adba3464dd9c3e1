// What the entries of a transaction are about: conditions lead to ids, references to addresses.
// FHIR R4, http.html, sections 3.1.0.11.1 and 3.1.0.11.2. Internal to service/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "service/bundle_entry.h"
#include "service/call.h"
#include "service/entry_conditions.h"
#include "service/replacements.h"
#include "store/store.h"

namespace planbro::service {

// What an entry's conditions came to.
struct Target {
  std::string id;                         // empty: nothing is written or deleted
  std::optional<store::Version> matched;  // of a conditional create that has its match
  std::optional<store::Version> current;  // what the condition of an update found
  bool fresh = false;                     // the id has just been made up
  // The entry that creates what the condition of this create asks for.
  std::optional<std::size_t> same_as;

  bool isFound() const { return matched.has_value() || same_as.has_value(); }
};

// Entries in the order they are processed in: DELETE, POST, PUT and PATCH, GET. A create without a
// condition comes before those that may find what it makes.
std::vector<std::size_t> processingOrder(std::span<const BundleEntry> entries);

// The resolution of one transaction as seen in one view of the store. What it was made with must
// outlive it; one thread.
class TransactionResolution {
 public:
  // `new_ids`: by entry, where one may be needed. `asked`: by entry, what its condition asks of the
  // store, where that is always the same; filled in, and used where it is there. `met`: by entry,
  // see service/entry_conditions.h.
  TransactionResolution(const Call& call, std::span<const BundleEntry> entries,
                        std::span<const std::string> new_ids,
                        std::span<std::optional<store::Query>> asked, const ConditionsMet& met,
                        store::Reader& view)
      : call_(call), entries_(entries), new_ids_(new_ids), asked_(asked), met_(met), view_(view) {}

  // The refusal of the whole, or nothing: then every entry has its target.
  std::optional<Answer> resolveTargets();
  // Then: that every reference which names another entry or a condition leads somewhere. The
  // refusal, or nothing.
  std::optional<Answer> resolveReferences(std::size_t entry);
  // The same of these, which that entry writes.
  std::optional<Answer> resolveReferences(std::size_t entry,
                                          std::span<const std::string> references);
  // Whether a reference of that entry is a condition, whose result depends on the store.
  bool hasConditionalReference(std::size_t entry) const;

  std::vector<Target>& targets() { return targets_; }
  EntryReplacements replacements(std::size_t entry) const {
    return {replacements_, entries_[entry].root};
  }

 private:
  std::expected<std::vector<store::Version>, Answer> matches(std::size_t entry,
                                                             const Fields& criteria);
  std::optional<Answer> resolve(std::size_t entry);
  std::optional<Answer> resolveCreate(const Call& call, std::size_t entry, Target& target);
  std::optional<Answer> resolveUpdate(const Call& call, std::size_t entry, Target& target);
  std::optional<Answer> refusedByOthers(std::size_t entry) const;
  std::optional<Answer> refusedOverlap() const;
  store::Query withoutDeleted(store::Query query) const;
  void nameReplacement(std::size_t entry);
  std::optional<Answer> resolveConditional(const std::string& reference, std::size_t question);

  const Call& call_;
  std::span<const BundleEntry> entries_;
  std::span<const std::string> new_ids_;
  std::span<std::optional<store::Query>> asked_;
  const ConditionsMet& met_;
  store::Reader& view_;
  std::vector<Target> targets_;
  std::map<std::string, std::vector<std::string>, std::less<>> deleted_;  // ids by type
  Replacements replacements_;
};

}  // namespace planbro::service
