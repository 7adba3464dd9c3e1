// What can be read through one connection inside one transaction; under both Reader and
// Transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres/session.h"
#include "store/store.h"

namespace planbro::store::postgres {

// The newest version of a resource, as a writer needs it.
struct Head {
  std::int64_t sequence = 0;
  std::uint64_t version = 0;  // 0: the id was never used
  std::int32_t compartment = 0;
};

// Borrows the session; one thread.
class View {
 public:
  View(Session& session, const PostgresOptions& options) : session_(&session), options_(&options) {}

  // `head`, where given, is set if there is a version.
  Result<Version> read(std::string_view type, std::string_view id, Head* head = nullptr);
  Result<std::vector<Version>> readAll(std::string_view type, std::span<const std::string> ids);
  Result<Version> readVersion(std::string_view type, std::string_view id, std::uint64_t version);
  Result<std::vector<Version>> history(const HistoryQuery& query);
  // `last`: the newest sequence.
  Result<SearchPage> search(const Query& query, std::int64_t last);
  Result<std::string> explain(const Query& query, std::int64_t last);
  Result<std::vector<Change>> changesAfter(std::uint64_t cursor, std::uint32_t limit);
  Result<LogRange> logRange();
  Result<std::string> value(std::string_view name);
  Result<std::vector<std::string>> valueNames();

 private:
  Result<Version> versionOf(const Rows& rows, int row);
  Result<SearchPage> searchUntil(const Query& query, std::int64_t last);
  // What one token finds; nothing where that is not all that is asked, or more than a few.
  Result<std::optional<SearchPage>> lookUp(const Query& query, std::int64_t last);
  Result<std::vector<Version>> versionsOf(const std::vector<std::int64_t>& sequences);

  Session* session_;
  const PostgresOptions* options_;
};

}  // namespace planbro::store::postgres
