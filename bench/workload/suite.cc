#include "suite.h"

#include <charconv>
#include <fstream>
#include <iterator>

#include "json/parser.h"
#include "json/writer.h"

namespace planbro::bench {
namespace {

Result<json::DocumentPtr> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::kNotFound, "There is no " + path + ".");
  auto document = json::parse({std::istreambuf_iterator<char>(file), {}});
  if (!document.has_value()) return fail(ErrorCode::kCorrupt, path + " is no JSON.");
  return std::move(*document);
}

std::string_view textOf(const json::Node& object, std::string_view name) {
  const json::Node* member = object.member(name);
  return member == nullptr ? std::string_view() : member->text();
}

std::span<const json::Node> childrenOf(const json::Node& object, std::string_view name) {
  const json::Node* member = object.member(name);
  return member == nullptr ? std::span<const json::Node>() : member->children();
}

unsigned number(std::string_view text) {
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Query queryOf(const json::Node& one) {
  Query query;
  query.name = textOf(one, "name");
  query.path = textOf(one, "path");
  for (const json::Node& param : childrenOf(one, "params"))
    query.params.emplace_back(param.name->text, param.text());
  for (const json::Node& pool : childrenOf(one, "sample"))
    query.pools.emplace_back(pool.name->text, pool.text());
  return query;
}

}  // namespace

std::string_view nameOf(Verb verb) {
  constexpr std::array<std::string_view, kVerbs> kNames = {"create", "read", "update", "delete",
                                                           "search"};
  return kNames[static_cast<std::size_t>(verb)];
}

Result<Suite> readSuite(const std::string& folder) {
  Suite suite;
  PLANBRO_ASSIGN_OR_RETURN(const json::DocumentPtr crud, read(folder + "/workloads/crud.json"));
  for (const json::Node& verb : childrenOf(crud->root(), "verbMix")) {
    constexpr std::string_view kLetters = "CRUD";
    const std::size_t at = kLetters.find(verb.name->text);
    if (at < kLetters.size()) suite.verbs[at] = number(verb.text());
  }
  for (const json::Node& type : childrenOf(crud->root(), "typeMix"))
    suite.types.emplace_back(type.name->text, number(type.text()));
  PLANBRO_ASSIGN_OR_RETURN(const json::DocumentPtr templates,
                           read(folder + "/workloads/crud-templates.json"));
  for (const json::Node& type : templates->root().children()) {
    std::string text;
    json::write(*templates, type, text);
    suite.templates.emplace_back(type.name->text, std::move(text));
  }
  PLANBRO_ASSIGN_OR_RETURN(const json::DocumentPtr cases, read(folder + "/cases.json"));
  for (const json::Node& one : childrenOf(cases->root(), "cases")) {
    if (textOf(one, "kind") == "query" && textOf(one, "inSearchWorkload") == "true")
      suite.queries.push_back(queryOf(one));
  }
  for (const auto& [type, weight] : suite.types) {
    const auto has = [&](const auto& one) { return one.first == type; };
    if (std::none_of(suite.templates.begin(), suite.templates.end(), has))
      return fail(ErrorCode::kCorrupt, "There is no template of " + type + ".");
  }
  if (suite.types.empty()) return fail(ErrorCode::kCorrupt, folder + " names no types.");
  return suite;
}

}  // namespace planbro::bench
