// What belongs together and goes from hand to hand with a connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/compression.h"
#include "store/postgres/connection.h"
#include "store/postgres/names.h"
#include "store/postgres/postgres_store.h"
#include "store/sql/database.h"

namespace planbro::store::postgres {

// One thread at a time.
struct Session final : sql::Database {
  explicit Session(std::unique_ptr<Connection> opened)
      : connection(std::move(opened)), names(*connection) {}

  static Result<std::unique_ptr<Session>> open(const PostgresOptions& options,
                                               const Connection::Options& connecting);

  Result<std::int64_t> typeNumber(std::string_view name) override { return names.type(name); }
  Result<std::int64_t> systemNumber(std::string_view uri) override { return names.system(uri); }
  Result<std::int64_t> parameterNumber(std::int64_t type, std::string_view code) override {
    return names.parameter(type, code);
  }
  Result<std::optional<std::vector<Value>>> firstRow(const Fragment& query,
                                                     std::size_t columns) override;
  Result<std::vector<std::string>> plan(const Fragment& query) override;
  std::string indexedBy(std::string_view /*index*/) const override { return {}; }
  std::string versionBy(std::string_view alias, std::string_view equal) const override;
  std::string contains(std::string_view whole, std::string_view part) const override;
  std::string endsWith(std::string_view whole, std::string_view part) const override;
  bool joinsChains() const override { return false; }
  // The planner does not pull up what has an offset.
  std::string_view keptApart() const override { return " OFFSET 0"; }
  Fragment belongsTo(std::string_view row, std::string_view version) const override;
  Fragment whereReferencesStand(const IndexRow& row) const override;

  // Around the statements of a search, which may take that long together.
  void beginSearch(const Query& query, std::chrono::milliseconds time);
  void endSearch();
  // One statement of a search; kLimitExceeded past the deadline. What looks at few rows is planned
  // once and kept, what may look at many each time, for its values.
  enum class Reach : std::uint8_t { kFew, kMany };
  Result<Rows> search(const Fragment& query, Reach reach);

  std::unique_ptr<Connection> connection;
  Names names;
  Compression compression;

 private:
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  // Where all matches of the search stand, or in none: what the server knows before it begins, it
  // need not look for in eight partitions.
  std::optional<std::int32_t> compartment_;
};

// How connections for reading and for writing differ.
Connection::Options readingOptions(const PostgresOptions& options);
Connection::Options writingOptions(const PostgresOptions& options);

}  // namespace planbro::store::postgres
