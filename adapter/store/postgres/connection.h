// PostgreSQL behind values: a connection that sends statements in pipelines, every failure as an
// Error.
//
// One thread at a time. libpq-fe.h stops in connection.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "store/postgres/parameters.h"

struct pg_conn;
struct pg_result;

namespace planbro::store::postgres {

using sql::Fragment;
using sql::Value;

// What one statement gave. Rows and columns from 0; views hold as long as the object.
class Rows {
 public:
  Rows() = default;
  explicit Rows(pg_result* result) : result_(result, &free) {}

  int count() const;
  std::int64_t integer(int row, int column) const;
  std::string_view bytes(int row, int column) const;  // also of a text
  Value value(int row, int column) const;

 private:
  static void free(pg_result* result);
  std::unique_ptr<pg_result, void (*)(pg_result*)> result_{nullptr, &free};
};

class Connection {
 public:
  struct Options {
    std::string address;             // a connection URI or "key=value …", as libpq reads it
    std::string schema;              // where the tables stand
    std::uint32_t statement_ms = 0;  // longer statements end with kLimitExceeded; 0: no limit
    std::uint32_t lock_ms = 0;       // waiting for a lock longer is kUnavailable; 0: no limit
    std::uint32_t idle_ms = 0;       // the server ends a transaction left idle that long; 0: never
    bool read_only = false;
  };
  // Statements that are asked again and again are prepared once. The server is told to plan without
  // their values, with nested loops over indexes: what is asked here is about few rows, and
  // planning takes longer than running.
  enum class Plan : std::uint8_t { kKept, kOnce };

  // kUnavailable: no server there; kUnsupported: it is too old or does not keep UTF-8.
  static Result<std::unique_ptr<Connection>> open(const Options& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Statements without parameters, one round trip, outside of pipelines.
  Status execute(const std::string& script);

  // Queues a statement whose rows nobody asks for; sent with the next ask(), settle() or
  // dispatch().
  void queue(std::string_view sql, Parameters parameters = {});
  // Sends what is queued, then this; the first failure of all is the result, and what comes after a
  // failed statement is not run.
  Result<Rows> ask(std::string_view sql, Parameters parameters = {}, Plan plan = Plan::kKept);
  // Sends what is queued and waits for it.
  Status settle();
  // Sends what is queued and does not wait: a failure shows with the next call that does.
  void dispatch();
  // Forgets what is queued and not yet sent.
  void forget() { queue_.clear(); }

  // False after the connection was lost: for this object for ever.
  bool usable() const { return usable_; }

 private:
  struct Command {
    std::string sql;
    Parameters parameters;
    Plan plan = Plan::kKept;
  };
  struct Prepared {
    std::string name;
    std::string text;  // with $1 for ?
  };

  explicit Connection(pg_conn* connection) : connection_(connection) {}
  Status setUp(const Options& options);
  bool send(const Command& command);
  void sendAll();
  Result<Rows> collect();
  Error lost();

  pg_conn* connection_;
  std::vector<Command> queue_;
  std::size_t sent_ = 0;  // results to come before the pipeline's end
  bool under_way_ = false;
  bool usable_ = true;
  std::unordered_map<std::string, Prepared> prepared_;
  bool forgotten_ = false;  // the server keeps statements that are no longer in prepared_
  std::uint64_t names_ = 0;
};

// "postgres://…" and "postgresql://…" say PostgreSQL, everything else is a file.
bool isAddress(std::string_view text);

// kInvalidArgument: libpq does not understand it, or a password stands in it.
Status checkAddress(const std::string& address);

// The address without what is secret, for messages.
std::string shownAddress(const std::string& address);

}  // namespace planbro::store::postgres
