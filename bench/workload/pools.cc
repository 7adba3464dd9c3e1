#include "pools.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/parser.h"

namespace planbro::bench {
namespace {

constexpr std::size_t kMostIds = 5000;     // of a type; of Patient all
constexpr std::size_t kMostValues = 500;   // of another pool
constexpr std::size_t kMostMade = 20'000;  // of a type

const json::Node* at(const json::Node* node, std::initializer_list<std::string_view> path) {
  for (const std::string_view name : path) {
    if (node == nullptr) return nullptr;
    if (node->kind == json::Kind::kArray)
      node = node->children().empty() ? nullptr : &node->children().front();
    node = node == nullptr ? nullptr : node->member(name);
  }
  while (node != nullptr && node->kind == json::Kind::kArray)
    node = node->children().empty() ? nullptr : &node->children().front();
  return node;
}

std::string textAt(const json::Node& node, std::initializer_list<std::string_view> path) {
  const json::Node* found = at(&node, path);
  return found == nullptr ? "" : std::string(found->text());
}

std::string codeAt(const json::Node& resource, std::string_view element) {
  const std::string system = textAt(resource, {element, "coding", "system"});
  const std::string code = textAt(resource, {element, "coding", "code"});
  return system.empty() || code.empty() ? "" : system + "|" + code;
}

std::string valueOf(const json::Node& resource, std::string_view pool) {
  if (pool == "patient_family") return textAt(resource, {"name", "family"});
  if (pool == "patient_given") return textAt(resource, {"name", "given"});
  if (pool == "condition_code" || pool == "procedure_code") return codeAt(resource, "code");
  if (pool == "medication_code") return codeAt(resource, "medicationCodeableConcept");
  return textAt(resource, {"id"});
}

struct Source {
  std::string_view pool;
  std::string_view type;
  std::string_view elements;
};
constexpr std::array<Source, 8> kSources = {{
    {"patient_id", "Patient", "id"},
    {"patient_family", "Patient", "name"},
    {"patient_given", "Patient", "name"},
    {"condition_code", "Condition", "code"},
    {"procedure_code", "Procedure", "code"},
    {"medication_code", "MedicationRequest", "medication"},
    {"practitioner_id", "Practitioner", "id"},
    {"location_id", "Location", "id"},
}};

// Path and query of an absolute address; of one without host as it is.
std::string targetOf(std::string_view url) {
  const std::size_t host = url.find("://");
  if (host == std::string_view::npos) return std::string(url);
  return std::string(url.substr(std::min(url.find('/', host + 3), url.size())));
}

}  // namespace

Status Pools::fill(Connection& connection, const Address& base, const Suite& suite) {
  values_.clear();
  PLANBRO_RETURN_IF_ERROR(page(connection, base, "Patient", "id", SIZE_MAX, "Patient"));
  values_["patient_id"] = values_["Patient"];
  for (const auto& [type, weight] : suite.types) {
    if (type != "Patient")
      PLANBRO_RETURN_IF_ERROR(page(connection, base, type, "id", kMostIds, type));
  }
  for (const Query& query : suite.queries) {
    for (const auto& [variable, pool] : query.pools) {
      if (values_.contains(pool)) continue;
      for (const Source& source : kSources) {
        if (source.pool == pool)
          PLANBRO_RETURN_IF_ERROR(
              page(connection, base, source.type, source.elements, kMostValues, pool));
      }
    }
  }
  return {};
}

Status Pools::page(Connection& connection, const Address& base, std::string_view type,
                   std::string_view elements, std::size_t most, std::string_view pool) {
  std::vector<std::string>& values = values_[std::string(pool)];
  const bool ids = elements == "id";
  std::string target = fmt::format("{}/{}?_count=200&_elements={}", base.path, type, elements);
  while (!target.empty() && values.size() < most) {
    Answer answer = connection.exchange({.method = "GET", .path = target});
    const auto bundle = json::parse(std::move(answer.body));
    if (answer.status != 200 || !bundle.has_value())
      return fail(ErrorCode::kUnavailable,
                  fmt::format("GET {} answered {} instead of a page.", target, answer.status));
    target.clear();
    const json::Node& root = (*bundle)->root();
    if (const json::Node* entries = root.member("entry")) {
      for (const json::Node& entry : entries->children()) {
        const json::Node* resource = entry.member("resource");
        std::string value = resource == nullptr ? "" : valueOf(*resource, ids ? "" : pool);
        if (value.empty()) continue;
        if (ids || std::find(values.begin(), values.end(), value) == values.end())
          values.push_back(std::move(value));
      }
    }
    if (const json::Node* links = root.member("link")) {
      for (const json::Node& link : links->children()) {
        if (textAt(link, {"relation"}) == "next") target = targetOf(textAt(link, {"url"}));
      }
    }
  }
  if (values.size() > most) values.resize(most);
  return {};
}

const std::string* Pools::any(std::string_view pool, Random& random) const {
  const auto found = values_.find(pool);
  if (found == values_.end() || found->second.empty()) return nullptr;
  return &found->second[pick(random, found->second.size())];
}

std::size_t Pools::size(std::string_view pool) const {
  const auto found = values_.find(pool);
  return found == values_.end() ? 0 : found->second.size();
}

void Pools::created(std::string_view type, std::string id) {
  const std::lock_guard lock(mutex_);
  std::deque<std::string>& ids = created_[std::string(type)];
  ids.push_back(std::move(id));
  if (ids.size() > kMostMade) ids.pop_front();
}

std::optional<std::string> Pools::oldestCreated(std::string_view type) {
  const std::lock_guard lock(mutex_);
  const auto found = created_.find(type);
  if (found == created_.end() || found->second.empty()) return std::nullopt;
  std::string id = std::move(found->second.front());
  found->second.pop_front();
  return id;
}

}  // namespace planbro::bench
