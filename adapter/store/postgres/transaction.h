// Writing inside one of the writer's transactions.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "store/postgres/pending.h"
#include "store/postgres/view.h"
#include "store/recent_changes.h"
#include "store/store.h"

namespace planbro::store::postgres {

// What the transactions of one group share: they run one after the other under the writers' lock,
// so that what one has learnt holds for the next.
struct Group {
  explicit Group(RecentChanges& of_writer) : changes(of_writer) {}

  RecentChanges& changes;           // know of the newest sequence, and move on with every put
  std::int64_t first_sequence = 0;  // the newest one before the group
  Pending pending;
  std::unordered_map<std::string, Head> heads;  // by "type/id"
  bool wrote_values = false;                    // or index rows: something but versions
};

class PostgresTransaction final : public Transaction {
 public:
  PostgresTransaction(Session& session, const PostgresOptions& options, Group& group)
      : session_(&session),
        options_(&options),
        group_(&group),
        view_(session, options),
        begun_with_(group.pending.size()),
        begun_after_(group.changes.newest()) {}

  Result<Version> read(std::string_view type, std::string_view id) override;
  Result<Version> readVersion(std::string_view type, std::string_view id,
                              std::uint64_t version) override;
  Result<std::vector<Version>> history(const HistoryQuery& query) override;
  Result<SearchPage> search(const Query& query) override;
  Result<std::string> explain(const Query& query) override;
  Result<std::vector<Change>> changesAfter(std::uint64_t cursor, std::uint32_t limit) override;
  Result<LogRange> logRange() override;
  Result<std::string> value(std::string_view name) override;
  Result<std::vector<std::string>> valueNames() override;

  Status put(const Put& put) override;
  bool mayHaveChanged(std::uint64_t moment, std::span<const std::string> addresses) override {
    return group_->changes.mayHaveChanged(moment, addresses);
  }
  Status setValue(std::string_view name, std::string_view value) override;
  Status setIndex(std::string_view type, std::string_view id, std::uint64_t version,
                  const std::vector<IndexRow>& index) override;
  Status forgetChanges(std::uint64_t sequence) override;

  // The failure of a statement: the transaction must not be committed, whatever its work returns.
  const Status& broken() const { return broken_; }
  // Takes back what this one did; false if the whole group has to go.
  bool undo();
  void finish();

 private:
  // Sends what is pending, so that statements see it, behind a savepoint if this one wrote.
  void showPending(bool savepoint);
  // The same result, remembered as broken_ where a statement failed.
  template <typename T>
  Result<T> watched(Result<T> result);
  Result<Head> headOf(const std::string& key, std::int64_t type, std::string_view id);
  Result<PendingVersion> prepare(const Put& put, std::int64_t type);
  Result<PendingRow> rowOf(const IndexRow& row, std::int64_t type);

  Session* session_;
  const PostgresOptions* options_;
  Group* group_;
  View view_;
  std::size_t begun_with_;
  std::int64_t begun_after_;
  bool savepoint_ = false;
  Status broken_;
};

}  // namespace planbro::store::postgres
