// SQLite behind values: a connection with its prepared statements, every failure as an Error.
//
// One thread at a time. sqlite3.h stops in connection.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "store/sql/fragment.h"

struct sqlite3;
struct sqlite3_stmt;

namespace planbro::store::sqlite {

using sql::Value;

inline constexpr std::size_t kPageBytes = 8192;  // of a file made here

class Connection;

// For maps of names that are asked for by views.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};
template <typename T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

// A statement that its connection keeps.
struct KeptStatement {
  sqlite3_stmt* statement = nullptr;
  std::uint64_t used = 0;
  bool lent = false;
};

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
  // `kept`: nullptr for one that ends with its loan.
  Statement(Connection& connection, sqlite3_stmt* statement, KeptStatement* kept)
      : connection_(&connection), statement_(statement), kept_(kept) {}

  Connection* connection_;
  sqlite3_stmt* statement_;
  KeptStatement* kept_;
  int bound_ = 0;
  int bind_failure_ = 0;
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
  // From now on the write-ahead log is folded back by foldLog() alone, not by commits.
  void foldLogByHand();
  // Pages in the log after the last commit of this connection; 0: all of it has been folded back.
  std::size_t logPages() const { return log_pages_; }
  // Writes what no reader looks at from the log back into the file. Waits that long for readers of
  // older moments to leave; if they do, the log begins anew, though others come meanwhile.
  Status foldLog(std::chrono::milliseconds wait);

  // Statements running past it end with kLimitExceeded; nothing: no limit.
  void setDeadline(std::optional<std::chrono::steady_clock::time_point> deadline);

 private:
  friend class Statement;
  Connection(sqlite3* database, std::uint32_t busy_wait_ms)
      : database_(database), busy_wait_ms_(busy_wait_ms) {}
  std::unexpected<Error> failure(int code) const;
  static void giveBack(sqlite3_stmt* statement, KeptStatement* kept);
  void forgetOldest();

  sqlite3* database_;
  const std::uint32_t busy_wait_ms_;
  TextMap<KeptStatement> statements_;  // nodes stay where they are
  std::uint64_t uses_ = 0;
  std::size_t log_pages_ = 0;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

}  // namespace planbro::store::sqlite
