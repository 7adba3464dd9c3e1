// Filters of ValueSet.compose.include over one code system.
// Source: FHIR R4, valueset.html, section 4.9.5 (filters); codesystem-filter-operator.html.
#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"
#include "terminology/code_system.h"
#include "terminology/nodes.h"

namespace planbro::terminology {
namespace {

constexpr std::int64_t kMaxPatternMemory = std::int64_t{1} << 20;

bool isHierarchical(std::string_view op) {
  return op == "is-a" || op == "descendent-of" || op == "is-not-a" || op == "generalizes";
}

}  // namespace

bool CodeSystem::sameCode(std::string_view a, std::string_view b) const {
  return case_sensitive_ ? a == b : equalsIgnoreAsciiCase(a, b);
}

bool CodeSystem::knowsProperty(std::string_view property) const {
  if (property == "code" || property == "concept" || property == "display" ||
      property == "parent" || property == "child")
    return true;
  const auto declared = listOf(root(), "property");
  if (std::any_of(declared.begin(), declared.end(),
                  [&](const json::Node& one) { return textOf(one, "code") == property; }))
    return true;
  return std::any_of(concepts_.begin(), concepts_.end(),
                     [&](const Concept& one) { return !valuesOf(one, property).empty(); });
}

std::vector<std::vector<std::uint32_t>> CodeSystem::childLists() const {
  std::vector<std::vector<std::uint32_t>> children(concepts_.size());
  for (std::uint32_t i = 0; i < concepts_.size(); ++i) {
    for (const std::uint32_t parent : concepts_[i].parents) children[parent].push_back(i);
  }
  return children;
}

// The concept itself and all below it.
std::vector<bool> CodeSystem::markedBelow(std::uint32_t root) const {
  const auto children = childLists();
  std::vector<bool> marked(concepts_.size());
  std::vector<std::uint32_t> todo = {root};
  while (!todo.empty()) {
    const std::uint32_t next = todo.back();
    todo.pop_back();
    if (marked[next]) continue;
    marked[next] = true;
    todo.insert(todo.end(), children[next].begin(), children[next].end());
  }
  return marked;
}

// The concept itself and all above it.
std::vector<bool> CodeSystem::markedAbove(std::uint32_t bottom) const {
  std::vector<bool> marked(concepts_.size());
  std::vector<std::uint32_t> todo = {bottom};
  while (!todo.empty()) {
    const std::uint32_t next = todo.back();
    todo.pop_back();
    if (marked[next]) continue;
    marked[next] = true;
    todo.insert(todo.end(), concepts_[next].parents.begin(), concepts_[next].parents.end());
  }
  return marked;
}

std::optional<std::vector<bool>> CodeSystem::passing(const Filter& filter) const {
  if (isHierarchical(filter.op)) {
    if (filter.property != "concept" && filter.property != "code") return std::nullopt;
    const Concept* start = find(filter.value);
    if (start == nullptr) return std::nullopt;
    const std::uint32_t index = indexOf(*start);
    std::vector<bool> marked = filter.op == "generalizes" ? markedAbove(index) : markedBelow(index);
    if (filter.op == "descendent-of") marked[index] = false;
    if (filter.op == "is-not-a") marked.flip();
    return marked;
  }
  if (!knowsProperty(filter.property)) return std::nullopt;
  std::function<bool(std::string_view)> check;
  std::vector<std::string_view> list;
  std::optional<RE2> pattern;
  bool wanted = true;  // that a value passes; of not-in and exists=false that none does
  const bool codes = filter.property == "code" || filter.property == "concept";
  const auto same = [this, codes](std::string_view a, std::string_view b) {
    return codes ? sameCode(a, b) : a == b;
  };
  if (filter.op == "=") {
    check = [&](std::string_view value) { return same(value, filter.value); };
  } else if (filter.op == "in" || filter.op == "not-in") {
    for (const std::string_view part : split(filter.value, ',')) list.push_back(trim(part));
    check = [&](std::string_view value) {
      return std::any_of(list.begin(), list.end(),
                         [&](std::string_view one) { return same(value, one); });
    };
    wanted = filter.op == "in";
  } else if (filter.op == "exists") {
    check = [](std::string_view) { return true; };
    wanted = filter.value == "true";
  } else if (filter.op == "regex") {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxPatternMemory);
    pattern.emplace(re2::StringPiece(filter.value.data(), filter.value.size()), options);
    if (!pattern->ok()) return std::nullopt;
    check = [&](std::string_view value) {
      return RE2::FullMatch({value.data(), value.size()}, *pattern);
    };
  } else {
    return std::nullopt;
  }
  const auto children =
      filter.property == "child" ? childLists() : std::vector<std::vector<std::uint32_t>>();
  std::vector<bool> passes(concepts_.size());
  for (std::uint32_t i = 0; i < concepts_.size(); ++i) {
    std::vector<std::string_view> values;
    if (children.empty()) {
      values = valuesOf(concepts_[i], filter.property);
    } else {
      for (const std::uint32_t child : children[i]) values.push_back(concepts_[child].code);
    }
    passes[i] = std::any_of(values.begin(), values.end(), check) == wanted;
  }
  return passes;
}

std::expected<std::vector<std::uint32_t>, CodeSystem::Filter> CodeSystem::select(
    std::span<const Filter> filters) const {
  std::vector<bool> left(concepts_.size(), true);
  for (const Filter& filter : filters) {
    const auto passes = passing(filter);
    if (!passes.has_value()) return std::unexpected(filter);
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = left[i] && (*passes)[i];
  }
  std::vector<std::uint32_t> selected;
  for (std::uint32_t i = 0; i < left.size(); ++i) {
    if (left[i]) selected.push_back(i);
  }
  return selected;
}

}  // namespace planbro::terminology
