// Writing inside one of the writer's transactions.
#pragma once

#include "store/recent_changes.h"
#include "store/sqlite/pending_index.h"
#include "store/sqlite/view.h"
#include "store/store.h"
#include "store/view_reader.h"

namespace planbro::store::sqlite {

class SqliteTransaction final : public ViewReader<Transaction, View> {
 public:
  // `changes` know of the newest sequence, and move on with every put.
  SqliteTransaction(Session& session, const SqliteOptions& options, RecentChanges& changes)
      : ViewReader(session, options), session_(&session), index_(session), changes_(&changes) {}

  Result<SearchPage> search(const Query& query) override;
  Result<std::string> explain(const Query& query) override;

  Status put(const Put& put) override;
  bool mayHaveChanged(std::uint64_t moment, std::span<const std::string> addresses) override {
    return changes_->mayHaveChanged(moment, addresses);
  }
  Status setValue(std::string_view name, std::string_view value) override;
  Status setIndex(std::string_view type, std::string_view id, std::uint64_t version,
                  const std::vector<IndexRow>& index) override;
  Status forgetChanges(std::uint64_t sequence) override;

  // Writes what has been held back. Afterwards all of the transaction is in the tables.
  Status finish();

  // The failure of a write that may have been half done: the transaction must not be committed,
  // whatever its work returns.
  const Status& broken() const { return broken_; }
  // Whether anything may have been written, also by what failed.
  bool hasWritten() const { return written_; }

 private:
  Status replace(const Put& put, std::int64_t type);
  Status writeContent(const Put& put, std::int64_t type, std::int64_t sequence);

  Session* session_;
  PendingIndex index_;
  RecentChanges* changes_;
  Status broken_;
  bool written_ = false;
};

}  // namespace planbro::store::sqlite
