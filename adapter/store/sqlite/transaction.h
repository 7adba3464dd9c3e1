// Writing inside one of the writer's transactions.
#pragma once

#include "store/sqlite/view.h"
#include "store/store.h"

namespace planbro::store::sqlite {

class SqliteTransaction final : public Transaction {
 public:
  // `last_sequence` is the newest one and moves on with every put.
  SqliteTransaction(Session& session, const SqliteOptions& options, std::int64_t& last_sequence)
      : session_(&session), view_(session, options), last_sequence_(&last_sequence) {}

  Result<Version> read(std::string_view type, std::string_view id) override {
    return view_.read(type, id);
  }
  Result<Version> readVersion(std::string_view type, std::string_view id,
                              std::uint64_t version) override {
    return view_.readVersion(type, id, version);
  }
  Result<std::vector<Version>> history(const HistoryQuery& query) override {
    return view_.history(query);
  }
  Result<SearchPage> search(const Query& query) override { return view_.search(query); }
  Result<std::vector<Change>> changesAfter(std::uint64_t cursor, std::uint32_t limit) override {
    return view_.changesAfter(cursor, limit);
  }
  Result<std::string> value(std::string_view name) override { return view_.value(name); }

  Status put(const Put& put) override;
  Status setValue(std::string_view name, std::string_view value) override;

  // The failure of a write that may have been half done: the transaction must not be committed,
  // whatever its work returns.
  const Status& broken() const { return broken_; }

 private:
  Status write(const Put& put, std::int64_t type);
  Status writeIndex(const Put& put, std::int64_t type, std::int64_t sequence);

  Session* session_;
  View view_;
  std::int64_t* last_sequence_;
  Status broken_;
};

}  // namespace planbro::store::sqlite
