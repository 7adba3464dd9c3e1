#include "store/postgres/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <array>
#include <optional>
#include <utility>

#include "base/text.h"

namespace planbro::store::postgres {
namespace {

constexpr int kOldestServer = 150000;
constexpr std::size_t kPreparedStatements = 100;
constexpr int kBinary = 1;

// SQLSTATE (PostgreSQL, appendix A). Texts name the failure, never a value of the data.
Error errorOf(std::string_view state) {
  const std::string_view kind = state.substr(0, 2);
  if (state == "57014") return {ErrorCode::kLimitExceeded, "The search took too long: narrow it."};
  if (state == "53100" || state == "53200")
    return {ErrorCode::kIo,
            "PostgreSQL's disk or memory is full: free space and try again. Nothing of this write "
            "was kept."};
  if (state == "54000" || state == "54001" || state == "54011" || state == "54023")
    return {ErrorCode::kLimitExceeded, "The query is too large."};
  if (kind == "40" || kind == "53" || kind == "55" || kind == "57" || kind == "08" ||
      state == "25006")
    return {ErrorCode::kUnavailable,
            fmt::format("PostgreSQL is busy or was restarted ({}): try again.", state)};
  if (kind == "XX" && state != "XX000")
    return {ErrorCode::kCorrupt,
            fmt::format("PostgreSQL's files are damaged ({}). Restore a backup.", state)};
  if (kind == "58")
    return {ErrorCode::kIo, fmt::format("PostgreSQL cannot read or write ({}).", state)};
  if (kind == "28" || state == "42501")
    return {ErrorCode::kUnavailable,
            fmt::format("PostgreSQL refuses this user ({}): look at its rights.", state)};
  return {ErrorCode::kInternal, fmt::format("PostgreSQL refused a statement ({}).", state)};
}

Error errorOf(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return errorOf(state == nullptr ? "08006" : state);
}

std::string numbered(std::string_view sql) {
  std::string out;
  int number = 0;
  for (const char c : sql) {
    if (c == '?') {
      out += '$';
      out += std::to_string(++number);
    } else {
      out += c;
    }
  }
  return out;
}

std::int64_t readBigEndian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = (number << 8U) | static_cast<unsigned char>(byte);
  switch (bytes.size()) {
    case 2:
      return static_cast<std::int16_t>(number);
    case 4:
      return static_cast<std::int32_t>(number);
    default:
      return static_cast<std::int64_t>(number);
  }
}

// Types of columns, as in pg_type.dat.
bool isInteger(Oid type) { return type == 20 || type == 21 || type == 23; }

// The pointers that libpq wants.
struct Arguments {
  explicit Arguments(const Parameters& parameters) {
    for (const Parameters::One& one : parameters.all()) {
      values.push_back(one.null ? nullptr : one.data.c_str());
      lengths.push_back(static_cast<int>(one.data.size()));
      formats.push_back(one.binary ? kBinary : 0);
    }
  }
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
};

}  // namespace

void Rows::free(pg_result* result) { PQclear(result); }

int Rows::count() const { return result_ ? PQntuples(result_.get()) : 0; }

std::string_view Rows::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Rows::integer(int row, int column) const { return readBigEndian(bytes(row, column)); }

Value Rows::value(int row, int column) const {
  if (PQgetisnull(result_.get(), row, column) != 0) return nullptr;
  if (isInteger(PQftype(result_.get(), column))) return integer(row, column);
  return std::string(bytes(row, column));
}

Connection::~Connection() { PQfinish(connection_); }

Result<std::unique_ptr<Connection>> Connection::open(const Options& options) {
  PLANBRO_RETURN_IF_ERROR(checkAddress(options.address));
  // What stands in the address wins over what stands before it.
  constexpr std::array<const char*, 8> kKeys{
      "application_name", "connect_timeout", "keepalives_idle", "keepalives_interval",
      "tcp_user_timeout", "dbname",          "client_encoding", nullptr};
  const std::array<const char*, kKeys.size()> values{
      "planbro", "5", "10", "5", "20000", options.address.c_str(), "UTF8", nullptr};
  std::unique_ptr<Connection> connection(
      new Connection(PQconnectdbParams(kKeys.data(), values.data(), 1)));
  if (PQstatus(connection->connection_) != CONNECTION_OK)
    return fail(ErrorCode::kUnavailable,
                fmt::format("PostgreSQL does not answer at {}: {}", shownAddress(options.address),
                            trim(split(PQerrorMessage(connection->connection_), '\n').front())));
  if (PQserverVersion(connection->connection_) < kOldestServer)
    return fail(ErrorCode::kUnsupported, "PostgreSQL 15 or later is needed.");
  PLANBRO_RETURN_IF_ERROR(connection->setUp(options));
  return connection;
}

Status Connection::setUp(const Options& options) {
  PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
  const char* encoding = PQparameterStatus(connection_, "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8")
    return fail(ErrorCode::kUnsupported, "The database must keep its texts in UTF8.");
  std::string script = fmt::format(
      "SET search_path={},pg_catalog;SET jit=off;SET statement_timeout={};SET lock_timeout={};"
      "SET idle_in_transaction_session_timeout={};SET default_transaction_read_only={};"
      "SET default_transaction_isolation='read committed';SET bytea_output='hex';"
      "SET plan_cache_mode=force_generic_plan;SET enable_hashjoin=off;SET enable_mergejoin=off;"
      "SET enable_seqscan=off;"
      // Acknowledged is durable, whatever is set for the database.
      "SELECT set_config('synchronous_commit','on',false) "
      "WHERE current_setting('synchronous_commit')='off'",
      options.schema, options.statement_ms, options.lock_ms, options.idle_ms,
      options.read_only ? "on" : "off");
  PLANBRO_RETURN_IF_ERROR(execute(script));
  if (PQenterPipelineMode(connection_) != 1)
    return fail(ErrorCode::kInternal, "libpq has no pipelines.");
  return {};
}

Error Connection::lost() {
  usable_ = false;
  queue_.clear();
  return {ErrorCode::kUnavailable, "The connection to PostgreSQL was lost: try again."};
}

Status Connection::execute(const std::string& script) {
  PLANBRO_RETURN_IF_ERROR(settle());
  const bool pipelines = PQpipelineStatus(connection_) != PQ_PIPELINE_OFF;
  if (pipelines && PQexitPipelineMode(connection_) != 1) return std::unexpected(lost());
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_, script.c_str()),
                                                             &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (PQstatus(connection_) == CONNECTION_BAD) return std::unexpected(lost());
  if (pipelines && PQenterPipelineMode(connection_) != 1) return std::unexpected(lost());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return {};
  return std::unexpected(errorOf(result.get()));
}

void Connection::queue(std::string_view sql, Parameters parameters) {
  queue_.push_back({std::string(sql), std::move(parameters), Plan::kKept});
}

bool Connection::send(const Command& command) {
  const Arguments arguments(command.parameters);
  const int count = static_cast<int>(arguments.values.size());
  if (command.plan == Plan::kOnce) {
    ++sent_;
    return PQsendQueryParams(connection_, numbered(command.sql).c_str(), count, nullptr,
                             arguments.values.data(), arguments.lengths.data(),
                             arguments.formats.data(), kBinary) == 1;
  }
  auto found = prepared_.find(command.sql);
  if (found == prepared_.end()) {
    Prepared made{fmt::format("s{}", ++names_), numbered(command.sql)};
    ++sent_;
    if (PQsendPrepare(connection_, made.name.c_str(), made.text.c_str(), 0, nullptr) != 1)
      return false;
    found = prepared_.emplace(command.sql, std::move(made)).first;
  }
  ++sent_;
  return PQsendQueryPrepared(connection_, found->second.name.c_str(), count,
                             arguments.values.data(), arguments.lengths.data(),
                             arguments.formats.data(), kBinary) == 1;
}

void Connection::sendAll() {
  if (!usable_ || queue_.empty()) return;
  // Where a transaction begins: in one that has failed nothing runs, and before BEGIN nothing may.
  if ((forgotten_ || prepared_.size() > kPreparedStatements) &&
      queue_.front().sql.starts_with("BEGIN")) {
    prepared_.clear();
    forgotten_ = false;
    queue_.insert(queue_.begin() + 1, Command{"DEALLOCATE ALL", {}, Plan::kOnce});
    queue_.front().plan = Plan::kOnce;  // it would be given back with the others
  }
  bool sent = true;
  for (const Command& command : queue_) sent = sent && send(command);
  queue_.clear();
  if (!sent || PQpipelineSync(connection_) != 1) {
    (void)lost();
    return;
  }
  under_way_ = true;
}

// The results of everything sent: the last one's rows, or the first failure.
Result<Rows> Connection::collect() {
  if (!usable_) return std::unexpected(lost());
  Rows last;
  std::optional<Error> failure;
  std::size_t ends = 0;
  while (under_way_) {
    PGresult* result = PQgetResult(connection_);
    if (result == nullptr) {
      // The end of one statement's results.
      if (PQstatus(connection_) == CONNECTION_BAD || ++ends > sent_) return std::unexpected(lost());
      continue;
    }
    Rows rows(result);
    switch (PQresultStatus(result)) {
      case PGRES_PIPELINE_SYNC:
        under_way_ = false;
        break;
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
        last = std::move(rows);
        break;
      case PGRES_PIPELINE_ABORTED:
        break;
      default:
        if (PQstatus(connection_) == CONNECTION_BAD) return std::unexpected(lost());
        if (!failure) failure = errorOf(result);
    }
  }
  sent_ = 0;
  if (failure) {
    // Which statements of the pipeline were prepared is not known: names are never used twice.
    forgotten_ = forgotten_ || !prepared_.empty();
    prepared_.clear();
    return std::unexpected(std::move(*failure));
  }
  return last;
}

Result<Rows> Connection::ask(std::string_view sql, Parameters parameters, Plan plan) {
  if (under_way_) PLANBRO_RETURN_IF_ERROR(collect());
  queue_.push_back({std::string(sql), std::move(parameters), plan});
  sendAll();
  return collect();
}

Status Connection::settle() {
  if (under_way_) PLANBRO_RETURN_IF_ERROR(collect());
  sendAll();
  PLANBRO_RETURN_IF_ERROR(collect());
  return {};
}

void Connection::dispatch() {
  if (under_way_ && !collect()) return;
  sendAll();
}

bool isAddress(std::string_view text) {
  return text.starts_with("postgres://") || text.starts_with("postgresql://");
}

Status checkAddress(const std::string& address) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(address.c_str(), &message), &PQconninfoFree);
  PQfreemem(message);
  if (!options || !isAddress(address))
    return fail(ErrorCode::kInvalidArgument,
                "The store's address is none: postgres://user@host:5432/database is wanted.");
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (std::string_view(option->keyword) == "password" && option->val != nullptr)
      return fail(ErrorCode::kInvalidArgument,
                  "A password stands in the store's address: name a file with passfile=.");
  }
  return {};
}

std::string shownAddress(const std::string& address) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(address.c_str(), nullptr), &PQconninfoFree);
  std::string out;
  if (!options) return out;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const std::string_view key = option->keyword;
    if (option->val == nullptr || (key != "host" && key != "port" && key != "dbname")) continue;
    if (!out.empty()) out += ' ';
    out += fmt::format("{}={}", key, option->val);
  }
  return out;
}

}  // namespace planbro::store::postgres
