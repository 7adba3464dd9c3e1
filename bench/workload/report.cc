#include "report.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/writer.h"

namespace planbro::bench {
namespace {

struct Row {
  std::string name;
  std::size_t requests = 0;
  double per_second = 0;
  double p50 = 0, p95 = 0, p99 = 0, most = 0;  // milliseconds
};

// Nearest rank.
double part(const Times& sorted, double share) {
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5);
  return sorted[at] / 1000.0;
}

Row rowOf(std::string name, Times times, double seconds) {
  Row row;
  row.name = std::move(name);
  row.requests = times.size();
  if (times.empty()) return row;
  std::sort(times.begin(), times.end());
  row.per_second = static_cast<double>(times.size()) / seconds;
  row.p50 = part(times, 0.50);
  row.p95 = part(times, 0.95);
  row.p99 = part(times, 0.99);
  row.most = times.back() / 1000.0;
  return row;
}

std::vector<Row> verbRows(const Measured& measured) {
  std::vector<Row> rows;
  Times all;
  for (std::size_t verb = 0; verb < kVerbs; ++verb) {
    const Times& times = measured.times[verb];
    if (times.empty()) continue;
    all.insert(all.end(), times.begin(), times.end());
    rows.push_back(rowOf(std::string(nameOf(static_cast<Verb>(verb))), times, measured.seconds));
  }
  rows.push_back(rowOf("all", std::move(all), measured.seconds));
  return rows;
}

std::vector<Row> queryRows(const Measured& measured, const std::vector<const Query*>& queries) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (!measured.queries[i].empty())
      rows.push_back(rowOf(queries[i]->name, measured.queries[i], measured.seconds));
  }
  return rows;
}

std::string quoted(std::string_view text) {
  std::string out;
  json::writeString(text, out);
  return out;
}

std::string objects(const std::vector<Row>& rows) {
  std::string out;
  for (const Row& row : rows) {
    out += fmt::format(
        R"({}{{"name":{},"requests":{},"perSecond":{:.1f},"p50Ms":{:.2f},"p95Ms":{:.2f},)"
        R"("p99Ms":{:.2f},"maxMs":{:.2f}}})",
        out.empty() ? "" : ",", quoted(row.name), row.requests, row.per_second, row.p50, row.p95,
        row.p99, row.most);
  }
  return "[" + out + "]";
}

}  // namespace

std::string tableOf(Load load, Measured measured, const std::vector<const Query*>& queries) {
  std::string out = fmt::format("{:<36}{:>10}{:>10}{:>9}{:>9}{:>9}{:>9}\n", nameOf(load),
                                "requests", "/s", "p50 ms", "p95 ms", "p99 ms", "max ms");
  std::vector<Row> rows = verbRows(measured);
  for (Row& row : queryRows(measured, queries)) {
    row.name = "  " + row.name;
    rows.push_back(std::move(row));
  }
  for (const Row& row : rows)
    out += fmt::format("{:<36}{:>10}{:>10.1f}{:>9.2f}{:>9.2f}{:>9.2f}{:>9.2f}\n", row.name,
                       row.requests, row.per_second, row.p50, row.p95, row.p99, row.most);
  for (const auto& [what, failure] : measured.failures) {
    const auto& [verb, about, status] = what;
    out += fmt::format("refused: {} {} {}: {}{}\n", nameOf(verb), about,
                       status == 0 ? "without answer" : std::to_string(status), failure.count,
                       failure.example.empty() ? "" : " (" + failure.example + ")");
  }
  return out;
}

std::string jsonOf(Load load, Measured measured, const std::vector<const Query*>& queries) {
  std::string failures;
  for (const auto& [what, failure] : measured.failures) {
    const auto& [verb, about, status] = what;
    failures += fmt::format(R"({}{{"verb":{},"about":{},"status":{},"count":{},"example":{}}})",
                            failures.empty() ? "" : ",", quoted(nameOf(verb)), quoted(about),
                            status, failure.count, quoted(failure.example));
  }
  return fmt::format(R"({{"load":{},"seconds":{:.2f},"verbs":{},"queries":{},"refused":[{}]}})",
                     quoted(nameOf(load)), measured.seconds, objects(verbRows(measured)),
                     objects(queryRows(measured, queries)), failures);
}

}  // namespace planbro::bench
