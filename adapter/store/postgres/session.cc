#include "store/postgres/session.h"

#include <fmt/format.h>

#include <utility>

#include "store/postgres/compartment.h"

namespace planbro::store::postgres {
namespace {
constexpr std::size_t kKeptText = 4000;  // bytes of SQL: the server keeps a plan of it
// Until the transaction ends, or the other one; see Connection::Plan.
constexpr std::string_view kPlanForMany =
    "SELECT set_config('plan_cache_mode','force_custom_plan',true),"
    "set_config('enable_hashjoin','on',true),set_config('enable_mergejoin','on',true),"
    "set_config('enable_seqscan','on',true)";
constexpr std::string_view kPlanForFew =
    "SELECT set_config('plan_cache_mode','force_generic_plan',true),"
    "set_config('enable_hashjoin','off',true),set_config('enable_mergejoin','off',true),"
    "set_config('enable_seqscan','off',true)";
}  // namespace

Result<std::unique_ptr<Session>> Session::open(const PostgresOptions& options,
                                               const Connection::Options& connecting) {
  Connection::Options named = connecting;
  named.address = options.address;
  named.schema = options.schema;
  PLANBRO_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connection::open(named));
  auto session = std::make_unique<Session>(std::move(connection));
  PLANBRO_RETURN_IF_ERROR(session->names.load());
  return session;
}

void Session::beginSearch(const Query& query, std::chrono::milliseconds time) {
  deadline_ = std::chrono::steady_clock::now() + time;
  compartment_ = compartmentOfMatches(query.where);
}

void Session::endSearch() {
  deadline_.reset();
  compartment_.reset();
}

Result<Rows> Session::search(const Fragment& query, Reach reach) {
  if (deadline_ && std::chrono::steady_clock::now() > *deadline_)
    return fail(ErrorCode::kLimitExceeded, "The search took too long: narrow it.");
  if (reach == Reach::kFew) {
    const bool kept = query.text.size() <= kKeptText;
    return connection->ask(query.text, Parameters(query.values),
                           kept ? Connection::Plan::kKept : Connection::Plan::kOnce);
  }
  connection->queue(kPlanForMany);
  auto rows = connection->ask(query.text, Parameters(query.values), Connection::Plan::kOnce);
  if (rows) connection->queue(kPlanForFew);
  return rows;
}

Result<std::optional<std::vector<Value>>> Session::firstRow(const Fragment& query,
                                                            std::size_t columns) {
  PLANBRO_ASSIGN_OR_RETURN(const Rows rows, search(query, Reach::kFew));
  if (rows.count() == 0) return std::nullopt;
  std::vector<Value> values;
  for (std::size_t i = 0; i < columns; ++i) values.push_back(rows.value(0, static_cast<int>(i)));
  return values;
}

Result<std::vector<std::string>> Session::plan(const Fragment& query) {
  Fragment explaining;
  explaining += "EXPLAIN ";
  explaining += query;
  PLANBRO_ASSIGN_OR_RETURN(const Rows rows, search(explaining, Reach::kMany));
  std::vector<std::string> lines;
  for (int row = 0; row < rows.count(); ++row) lines.emplace_back(rows.bytes(row, 0));
  return lines;
}

// The offset keeps the planner from looking for the version by anything else: without values it
// takes "current, and of this type" for a condition that few fulfil.
std::string Session::versionBy(std::string_view alias, std::string_view equal) const {
  return fmt::format("LATERAL (SELECT * FROM version WHERE {} OFFSET 0) {}", equal, alias);
}

std::string Session::contains(std::string_view whole, std::string_view part) const {
  return fmt::format("strpos({},{})>0", whole, part);
}

std::string Session::endsWith(std::string_view whole, std::string_view part) const {
  return fmt::format("right({0},length({1}::text))={1}", whole, part);
}

Fragment Session::belongsTo(std::string_view row, std::string_view version) const {
  Fragment out{
      fmt::format("{0}.sequence={1}.sequence AND {0}.compartment={1}.compartment", row, version),
      {}};
  if (compartment_ && version == sql::kCandidate) {
    out += fmt::format(" AND {}.compartment IN (?,{})", row, kNoCompartment);
    out.add(std::int64_t{*compartment_});
  }
  return out;
}

Fragment Session::whereReferencesStand(const IndexRow& row) const {
  Fragment out;
  if (!tellsCompartment(row)) return out;
  out += " AND r.compartment IN (?,0)";
  out.add(std::int64_t{compartmentOfPatient(row.value)});
  return out;
}

Connection::Options readingOptions(const PostgresOptions& options) {
  Connection::Options reading;
  reading.read_only = true;
  reading.statement_ms = options.search_ms;
  reading.idle_ms = options.idle_ms;
  return reading;
}

Connection::Options writingOptions(const PostgresOptions& options) {
  Connection::Options writing;
  writing.lock_ms = options.busy_wait_ms;
  writing.idle_ms = options.idle_ms;
  return writing;
}

}  // namespace planbro::store::postgres
