// SQLite behind values: a connection with its prepared statements, every failure as an Error.
//
// One thread at a time. sqlite3.h stops in connection.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace planbro::store::sqlite {

using Value = std::variant<std::int64_t, std::string, std::nullptr_t>;

class Connection;

// A statement borrowed from its connection; given back (reset, unbound) when it goes.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Parameters in order. Text and bytes are not copied: they must outlive the statement.
  Statement& bind(std::int64_t number);
  Statement& bind(std::string_view text);
  Statement& bindBytes(std::string_view bytes);
  Statement& bindValue(const Value& value);
  Statement& bindAll(const std::vector<Value>& values);

  // true: there is a row; false: done.
  Result<bool> step();
  // For a statement that gives no rows.
  Status run();

  // Columns of the row, from 0. Views hold until the next step().
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  std::string_view bytes(int column) const;
  Value value(int column) const;

 private:
  friend class Connection;
  Statement(Connection& connection, sqlite3_stmt* statement, bool cached)
      : connection_(&connection), statement_(statement), cached_(cached) {}

  Connection* connection_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
  int bind_failure_ = 0;
  bool cached_;
};

class Connection {
 public:
  struct Options {
    bool create = false;
    bool read_only = false;
    std::uint32_t busy_wait_ms = 10000;
    std::size_t cache_bytes = std::size_t{4} << 20;
  };
  static Result<std::unique_ptr<Connection>> open(const std::filesystem::path& path,
                                                  const Options& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One or more statements without parameters and results.
  Status execute(const char* script);
  // Prepared once, then taken from the cache by its text.
  Result<Statement> prepare(std::string_view sql);
  // The same for one that gives no rows: BEGIN, COMMIT, SAVEPOINT and the like.
  Status run(std::string_view sql);
  // The first column of the first row of a statement without parameters; 0 without a row.
  Result<std::int64_t> number(std::string_view sql);

  // SQLite ends a transaction by itself after some failures.
  bool inTransaction() const;
  // Statements running past it end with kLimitExceeded; nothing: no limit.
  void setDeadline(std::optional<std::chrono::steady_clock::time_point> deadline);

 private:
  friend class Statement;
  struct Cached {
    sqlite3_stmt* statement = nullptr;
    std::uint64_t used = 0;
    bool lent = false;
  };
  explicit Connection(sqlite3* database) : database_(database) {}
  std::unexpected<Error> failure(int code) const;
  void giveBack(sqlite3_stmt* statement, bool cached);
  void forgetOldest();

  sqlite3* database_;
  std::unordered_map<std::string, Cached> statements_;
  std::unordered_map<sqlite3_stmt*, Cached*> lent_;
  std::uint64_t uses_ = 0;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

}  // namespace planbro::store::sqlite
