// What can be read through one connection inside one transaction; under both Reader and
// Transaction.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/sqlite/compression.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/names.h"
#include "store/sqlite/sqlite_store.h"
#include "store/store.h"

namespace planbro::store::sqlite {

// What belongs together and goes from hand to hand with a connection.
struct Session {
  explicit Session(std::unique_ptr<Connection> opened)
      : connection(std::move(opened)), names(*connection) {}
  std::unique_ptr<Connection> connection;
  Names names;
  Compression compression;
};

// Values of index rows are kept to this length.
inline constexpr std::size_t kKeptBytes = 1000;
// At most that many bytes of `text`, ending with a whole character.
std::string_view keptPart(std::string_view text);

// Borrows the session; one thread.
class View {
 public:
  View(Session& session, const SqliteOptions& options) : session_(&session), options_(&options) {}

  Result<Version> read(std::string_view type, std::string_view id);
  Result<Version> readVersion(std::string_view type, std::string_view id, std::uint64_t version);
  Result<std::vector<Version>> history(const HistoryQuery& query);
  Result<SearchPage> search(const Query& query);
  Result<std::vector<Change>> changesAfter(std::uint64_t cursor, std::uint32_t limit);
  Result<std::string> value(std::string_view name);
  // The last entry of the change log.
  Result<std::int64_t> lastSequence();

 private:
  Result<Version> versionOf(Statement& row);
  Result<SearchPage> searchUntil(const Query& query);

  Session* session_;
  const SqliteOptions* options_;
};

}  // namespace planbro::store::sqlite
