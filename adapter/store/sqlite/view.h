// What can be read through one connection inside one transaction; under both Reader and
// Transaction.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/compression.h"
#include "store/sql/database.h"
#include "store/sqlite/body_cache.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/names.h"
#include "store/sqlite/sqlite_store.h"
#include "store/store.h"

namespace planbro::store::sqlite {

// What belongs together and goes from hand to hand with a connection.
struct Session final : sql::Database {
  // `kept`: only for a session that sees nothing but what is committed.
  Session(std::unique_ptr<Connection> opened, std::shared_ptr<const Dictionaries> dictionaries,
          BodyCache* kept = nullptr)
      : connection(std::move(opened)),
        names(*connection),
        compression(std::move(dictionaries)),
        bodies(kept) {}

  Result<std::int64_t> typeNumber(std::string_view name) override { return names.type(name); }
  Result<std::int64_t> systemNumber(std::string_view uri) override { return names.system(uri); }
  Result<std::int64_t> parameterNumber(std::int64_t type, std::string_view code) override {
    return names.parameter(type, code);
  }
  Result<std::optional<std::vector<Value>>> firstRow(const sql::Fragment& query,
                                                     std::size_t columns) override;
  Result<std::vector<std::string>> plan(const sql::Fragment& query) override;
  std::string indexedBy(std::string_view index) const override;
  std::string versionBy(std::string_view alias, std::string_view equal) const override;
  std::string contains(std::string_view whole, std::string_view part) const override;
  std::string endsWith(std::string_view whole, std::string_view part) const override;
  bool joinsChains() const override { return true; }
  std::string_view keptApart() const override { return {}; }
  sql::Fragment belongsTo(std::string_view row, std::string_view version) const override;
  sql::Fragment whereReferencesStand(const IndexRow& /*row*/) const override { return {}; }

  std::unique_ptr<Connection> connection;
  Names names;
  Compression compression;
  BodyCache* bodies;  // nullptr: none
};

// Borrows the session; one thread.
class View {
 public:
  View(Session& session, const SqliteOptions& options) : session_(&session), options_(&options) {}

  Result<Version> read(std::string_view type, std::string_view id);
  Result<Version> readVersion(std::string_view type, std::string_view id, std::uint64_t version);
  Result<std::vector<Version>> history(const HistoryQuery& query);
  Result<SearchPage> search(const Query& query);
  Result<std::string> explain(const Query& query);
  Result<std::vector<Change>> changesAfter(std::uint64_t cursor, std::uint32_t limit);
  Result<LogRange> logRange();
  Result<std::string> value(std::string_view name);
  Result<std::vector<std::string>> valueNames();
  // The last entry of the change log.
  Result<std::int64_t> lastSequence();

 private:
  Result<Version> headOf(Statement& row);  // all but the body
  Result<Version> versionOf(Statement& row);
  // The one that is found, its body kept for the next time.
  Result<Version> one(Statement& row);
  Result<std::string> bodyOf(std::int64_t sequence);
  Result<SearchPage> searchUntil(const Query& query);
  // The page of a query that is answered by one step in the index of tokens; nothing: it is none.
  Result<std::optional<SearchPage>> lookUp(const Query& query);
  // The version with that sequence, if it is the newest of its resource and no deletion.
  Result<std::optional<Version>> current(std::int64_t sequence);

  Session* session_;
  const SqliteOptions* options_;
};

}  // namespace planbro::store::sqlite
