#include "store/postgres/session.h"

#include <fmt/format.h>

#include <utility>

#include "store/postgres/compartment.h"

namespace planbro::store::postgres {
namespace {
constexpr std::size_t kKeptText = 1000;
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

Result<Rows> Session::search(const Fragment& query) {
  if (deadline_ && std::chrono::steady_clock::now() > *deadline_)
    return fail(ErrorCode::kLimitExceeded, "The search took too long: narrow it.");
  // A plan made without the values would think that few versions are current and join from there:
  // only what looks into one table is planned once and kept.
  const bool simple = query.text.size() < kKeptText &&
                      query.text.find("JOIN") == std::string::npos &&
                      query.text.find("EXISTS") == std::string::npos;
  const auto plan = simple ? Connection::Plan::kKept : Connection::Plan::kOnce;
  return connection->ask(query.text, Parameters(query.values), plan);
}

Result<std::optional<std::vector<Value>>> Session::firstRow(const Fragment& query,
                                                            std::size_t columns) {
  PLANBRO_ASSIGN_OR_RETURN(const Rows rows, search(query));
  if (rows.count() == 0) return std::nullopt;
  std::vector<Value> values;
  for (std::size_t i = 0; i < columns; ++i) values.push_back(rows.value(0, static_cast<int>(i)));
  return values;
}

Result<std::vector<std::string>> Session::plan(const Fragment& query) {
  Fragment explaining;
  explaining += "EXPLAIN ";
  explaining += query;
  PLANBRO_ASSIGN_OR_RETURN(const Rows rows, search(explaining));
  std::vector<std::string> lines;
  for (int row = 0; row < rows.count(); ++row) lines.emplace_back(rows.bytes(row, 0));
  return lines;
}

std::string Session::contains(std::string_view whole, std::string_view part) const {
  return fmt::format("strpos({},{})>0", whole, part);
}

std::string Session::belongsTo(std::string_view row, std::string_view version) const {
  std::string out =
      fmt::format("{0}.sequence={1}.sequence AND {0}.compartment={1}.compartment", row, version);
  if (compartment_ && version == sql::kCandidate)
    out += fmt::format(" AND {}.compartment IN ({},{})", row, *compartment_, kNoCompartment);
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
