// Who may see what: a store's view with everything else left out, whatever is asked of it.
//
// Every interaction reads through such a view, so that no path leads round it: reading, versions,
// history, search with its chains, totals, includes and pages, $everything, $document, exports,
// conditions of writes, references in transactions. What cannot be seen is answered as what is not
// there. A resource and all its versions are seen while its current version is; a deleted one is
// seen where everything of its type is.
//
// Rules about plans that are checked at a commit look at the whole store.
// Threads: those of what is wrapped. Both arguments must outlive the view.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "service/request.h"
#include "store/store.h"

namespace planbro::service {

// What one caller sees. Any thread; immutable.
class Visibility {
 public:
  virtual ~Visibility() = default;
  // What of that type is seen. Always true (kAnd without children): everything.
  virtual store::Predicate of(std::string_view type) const = 0;
  // Whose view it is; the pages of one caller are no other's.
  virtual std::string_view caller() const { return {}; }
};

// The visibility of the caller of a request; nullptr: everything is seen.
using VisibilitySource = std::function<std::shared_ptr<const Visibility>(const Request&)>;

// The caller of a view, for what is kept for a later request: that of another caller is not there.
// nullptr: who sees everything.
std::string callerDigest(const Visibility* visibility);

// `query` with the visibility in it: of its own type, and of what its chains pass through.
void limitTo(const Visibility& visibility, store::Query& query);

// A snapshot that shows what is seen; all of it where `visibility` is nullptr.
Result<std::unique_ptr<store::Reader>> visibleSnapshot(
    store::Store& store, const std::shared_ptr<const Visibility>& visibility);

class VisibleReader final : public store::Reader {
 public:
  VisibleReader(store::Reader& whole, const Visibility& visibility)
      : whole_(whole), visibility_(visibility) {}

  Result<store::Version> read(std::string_view type, std::string_view id) override;
  Result<std::vector<store::Version>> readAll(std::string_view type,
                                              std::span<const std::string> ids) override;
  Result<store::Version> readVersion(std::string_view type, std::string_view id,
                                     std::uint64_t version) override;
  Result<std::vector<store::Version>> history(const store::HistoryQuery& query) override;
  Result<store::SearchPage> search(const store::Query& query) override;
  Result<std::string> explain(const store::Query& query) override;
  Result<std::vector<store::Change>> changesAfter(std::uint64_t cursor,
                                                  std::uint32_t limit) override;
  Result<store::LogRange> logRange() override { return whole_.logRange(); }
  Result<std::string> value(std::string_view name) override { return whole_.value(name); }
  Result<std::vector<std::string>> valueNames() override { return whole_.valueNames(); }

 private:
  Result<bool> sees(std::string_view type, std::string_view id);

  store::Reader& whole_;
  const Visibility& visibility_;
};

// What is written is not limited: a write to what is not seen meets the version that is there, and
// is refused as a conflict.
class VisibleTransaction final : public store::Transaction {
 public:
  VisibleTransaction(store::Transaction& whole, const Visibility& visibility)
      : whole_(whole), seen_(whole, visibility), view_(&seen_) {}

  // From now on everything is shown: what follows is the service's own work.
  void showAll() { view_ = &whole_; }

  Result<store::Version> read(std::string_view type, std::string_view id) override {
    return view_->read(type, id);
  }
  Result<std::vector<store::Version>> readAll(std::string_view type,
                                              std::span<const std::string> ids) override {
    return view_->readAll(type, ids);
  }
  Result<store::Version> readVersion(std::string_view type, std::string_view id,
                                     std::uint64_t version) override {
    return view_->readVersion(type, id, version);
  }
  Result<std::vector<store::Version>> history(const store::HistoryQuery& query) override {
    return view_->history(query);
  }
  Result<store::SearchPage> search(const store::Query& query) override {
    return view_->search(query);
  }
  Result<std::string> explain(const store::Query& query) override { return view_->explain(query); }
  Result<std::vector<store::Change>> changesAfter(std::uint64_t cursor,
                                                  std::uint32_t limit) override {
    return view_->changesAfter(cursor, limit);
  }
  Result<store::LogRange> logRange() override { return whole_.logRange(); }
  Result<std::string> value(std::string_view name) override { return whole_.value(name); }
  Result<std::vector<std::string>> valueNames() override { return whole_.valueNames(); }
  Status put(const store::Put& put) override { return whole_.put(put); }
  bool mayHaveChanged(std::uint64_t moment, std::span<const std::string> addresses) override {
    return whole_.mayHaveChanged(moment, addresses);
  }
  Status setValue(std::string_view name, std::string_view value) override {
    return whole_.setValue(name, value);
  }
  Status setIndex(std::string_view type, std::string_view id, std::uint64_t version,
                  const std::vector<store::IndexRow>& index) override {
    return whole_.setIndex(type, id, version, index);
  }
  Status forgetChanges(std::uint64_t sequence) override { return whole_.forgetChanges(sequence); }

 private:
  store::Transaction& whole_;
  VisibleReader seen_;
  store::Reader* view_;
};

}  // namespace planbro::service
