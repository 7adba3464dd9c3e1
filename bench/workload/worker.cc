#include "worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/clock.h"
#include "json/parser.h"
#include "service/request.h"

namespace planbro::bench {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds kTime{60};
constexpr unsigned kSearchesOfFive = 1;

void replaceAll(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

// "…/Patient/123/_history/1" or the resource that came back.
std::string idOf(const Answer& answer, const std::string& type) {
  const std::string before = "/" + type + "/";
  if (const std::size_t at = answer.location.rfind(before); at != std::string::npos) {
    const std::size_t begin = at + before.size();
    return answer.location.substr(begin, answer.location.find('/', begin) - begin);
  }
  const auto document = json::parse(answer.body);
  if (!document.has_value()) return {};
  const json::Node* id = (*document)->root().member("id");
  return id == nullptr ? "" : std::string(id->text());
}

}  // namespace

Worker::Worker(const LoadOptions& options, const Suite& suite, Pools& pools,
               const std::vector<const Query*>& queries, std::uint64_t seed)
    : options_(options),
      suite_(suite),
      pools_(pools),
      queries_(queries),
      random_(seed),
      connection_(options.base, kTime) {
  measured_.queries.resize(queries.size());
}

std::string Worker::said() const {
  const auto document = json::parse(answer_.body);
  std::string text;
  if (document.has_value()) {
    if (const json::Node* issues = (*document)->root().member("issue");
        issues != nullptr && !issues->children().empty()) {
      const json::Node& issue = issues->children().front();
      if (const json::Node* more = issue.member("diagnostics")) text = more->text();
      const json::Node* details = issue.member("details");
      const json::Node* words = details == nullptr ? nullptr : details->member("text");
      if (text.empty() && words != nullptr) text = words->text();
    }
  }
  constexpr std::size_t kShown = 160;
  return text.substr(0, kShown);
}

void Worker::step(Load load, bool counts) {
  const bool search_it =
      !queries_.empty() &&
      (load == Load::kSearch || (load == Load::kMixed && pick(random_, 5) < kSearchesOfFive));
  Verb verb = search_it ? Verb::kSearch : anyVerb();
  std::string type = search_it ? "" : anyType();
  std::optional<std::string> gone;
  if ((verb == Verb::kDelete && !(gone = pools_.oldestCreated(type))) ||
      (verb == Verb::kUpdate && pools_.size(type) == 0)) {
    verb = Verb::kRead;
    type = "Patient";
  }
  const std::size_t number = search_it ? pick(random_, queries_.size()) : 0;
  asked_ = type;
  const auto start = Steady::now();
  bool done = false;
  switch (verb) {
    case Verb::kCreate: {
      const std::string* patient = pools_.any("patient_id", random_);
      auto id = create(type, patient == nullptr ? "none" : *patient);
      done = id.has_value();
      if (done) pools_.created(type, std::move(*id));
      break;
    }
    case Verb::kRead:
      done = readOne(type);
      break;
    case Verb::kUpdate:
      done = update(type);
      break;
    case Verb::kDelete:
      done = exchange("DELETE", type + "/" + *gone) || answer_.status == 404;
      break;
    case Verb::kSearch:
      done = search(number);
      break;
  }
  if (!counts) return;
  const auto taken = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - start).count());
  if (done) {
    measured_.times[static_cast<std::size_t>(verb)].push_back(taken);
    if (search_it) measured_.queries[number].push_back(taken);
    return;
  }
  Failure& failure = measured_.failures[{verb, asked_, answer_.status}];
  if (failure.count++ == 0) failure.example = said();
}

std::optional<std::string> Worker::create(const std::string& type, const std::string& patient) {
  const auto one = std::find_if(suite_.templates.begin(), suite_.templates.end(),
                                [&](const auto& each) { return each.first == type; });
  if (!exchange("POST", type, filled(one->second, patient))) return std::nullopt;
  return idOf(answer_, type);
}

bool Worker::readOne(const std::string& type) {
  const std::string* id = pools_.any(type, random_);
  if (id != nullptr) return exchange("GET", type + "/" + *id);
  asked_ = "Patient";
  id = pools_.any("Patient", random_);
  return id != nullptr && exchange("GET", "Patient/" + *id);
}

bool Worker::update(const std::string& type) {
  const std::string path = type + "/" + *pools_.any(type, random_);
  if (!exchange("GET", path)) return false;
  const auto changed = edited(std::move(answer_.body), type, random_);
  return changed.has_value() && exchange("PUT", path, *changed);
}

bool Worker::search(std::size_t number) {
  const Query& query = *queries_[number];
  asked_ = query.name;
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto& [variable, pool] : query.pools)
    values.emplace_back("{{" + variable + "}}", *pools_.any(pool, random_));
  const auto expanded = [&](std::string text) {
    for (const auto& [variable, value] : values) replaceAll(text, variable, value);
    return text;
  };
  std::string path = expanded(query.path);
  char separator = '?';
  for (const auto& [name, value] : query.params) {
    path += separator + name + "=" + service::percentEncode(expanded(value));
    separator = '&';
  }
  return exchange("GET", path);
}

const std::string& Worker::anyType() {
  const unsigned all =
      std::accumulate(suite_.types.begin(), suite_.types.end(), 0U,
                      [](unsigned sum, const auto& one) { return sum + one.second; });
  std::uint64_t at = pick(random_, all);
  for (const auto& [type, weight] : suite_.types) {
    if (at < weight) return type;
    at -= weight;
  }
  return suite_.types.back().first;
}

Verb Worker::anyVerb() {
  std::uint64_t at = pick(random_, std::accumulate(suite_.verbs.begin(), suite_.verbs.end(), 0U));
  std::size_t verb = 0;
  while (at >= suite_.verbs[verb]) at -= suite_.verbs[verb++];
  return static_cast<Verb>(verb);
}

std::string Worker::filled(std::string text, const std::string& patient) {
  constexpr std::array<std::string_view, 4> kGenders = {"male", "female", "other", "unknown"};
  constexpr std::int64_t kHour = std::int64_t{3600} * 1'000'000;
  const Instant now = SystemClock().now();
  replaceAll(text, "{{patient_id}}", patient);
  replaceAll(text, "{{now}}", formatInstant(now));
  replaceAll(text, "{{hour_ago}}", formatInstant({now.micros - kHour}));
  replaceAll(text, "{{unique}}", fmt::format("{:016x}", random_()));
  replaceAll(text, "{{gender}}", kGenders[pick(random_, kGenders.size())]);
  return text;
}

bool Worker::exchange(std::string_view method, const std::string& path, std::string_view body) {
  const std::string target = options_.base.path + "/" + path;
  answer_ = connection_.exchange({.method = method, .path = target, .body = body});
  return answer_.status / 100 == 2;
}

}  // namespace planbro::bench
