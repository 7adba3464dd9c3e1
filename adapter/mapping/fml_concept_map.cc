#include "mapping/fml_concept_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace planbro::mapping {
namespace {

using Kind = Token::Kind;

// A code of a concept map: letters, digits and what codes are made of, or quoted.
bool code(FmlCursor& in, std::string& out) {
  if (in.peek().isString()) {
    out = in.take().text;
    return true;
  }
  const auto plain = [&](const Token& token) {
    return token.kind == Kind::kIdentifier || token.kind == Kind::kNumber ||
           (token.kind == Kind::kSymbol &&
            (token.raw == "-" || token.raw == "." || token.raw == "/" || token.raw == "+"));
  };
  std::uint32_t end = in.peek().begin;
  while (plain(in.peek()) && in.peek().begin == end) {
    out += in.peek().raw;
    end = in.peek().end;
    in.take();
  }
  return !out.empty() || in.fault("a code is missing");
}

bool unmappedRule(FmlCursor& in, const std::map<std::string, std::string>& prefixes,
                  std::vector<std::pair<std::string, ConceptMapGroup>>& out) {
  in.take();
  if (!in.acceptWord("for")) return in.fault("'for' is missing");
  std::string prefix, mode;
  if (!in.identifier(prefix) || !in.expect("=") || !in.label(mode)) return false;
  const auto system = prefixes.find(prefix);
  if (system == prefixes.end())
    return in.fault(fmt::format("the prefix '{}' is not known", prefix));
  ConceptMapGroup rule;
  rule.source = system->second;
  if (mode == "provided") {
    rule.unmapped = ConceptMapGroup::Unmapped::kProvided;
  } else if (mode == "fixed") {
    rule.unmapped = ConceptMapGroup::Unmapped::kFixed;
    if (!code(in, rule.fixed.code)) return false;
  } else {
    // "other-map" is lexed as other - map.
    if (mode == "other" && in.accept("-")) in.acceptWord("map");
    rule.unmapped = ConceptMapGroup::Unmapped::kOtherMap;
    if (in.peek().isString()) {
      rule.other_map = in.take().text;
    } else {
      return in.fault("unmapped takes provided, fixed and a code, or other-map and a URL");
    }
  }
  in.accept(";");
  out.emplace_back(system->second, std::move(rule));
  return true;
}

// The symbol between two codes, as ConceptMap calls it.
bool relation(FmlCursor& in, std::string_view& equivalence) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kRelations{
      {{"-", "relatedto"},
       {"=", "equal"},
       {"==", "equivalent"},
       {"!=", "disjoint"},
       {"--", "unmatched"},
       {"<=", "wider"},
       {">=", "narrower"},
       {"<-", "subsumes"},
       {">", "specializes"},
       {"~", "inexact"},
       {"<", "subsumes"}}};
  const std::string_view symbol = in.peek().raw;
  const auto found =
      std::ranges::find(kRelations, symbol, [](const auto& one) { return one.first; });
  if (found == kRelations.end())
    return in.fault(fmt::format("'{}' is no relationship between codes", symbol));
  equivalence = found->second;
  in.take();
  // ">-" is lexed as two.
  if (symbol == ">" || symbol == "<") in.accept("-");
  return true;
}

template <typename GroupOf>
bool mapping(FmlCursor& in, const std::map<std::string, std::string>& prefixes,
             const GroupOf& groupOf) {
  std::string source_prefix, target_prefix, source, target;
  if (!in.identifier(source_prefix) || !in.expect(":") || !code(in, source)) return false;
  std::string_view equivalence;
  const std::uint32_t line = in.peek().line;
  if (!relation(in, equivalence)) return false;
  TranslatedCode translated;
  translated.equivalence = equivalence;
  // What begins in the next line is the next code.
  const bool target_follows =
      in.peek().line == line && in.peek().kind == Kind::kIdentifier && in.peek(1).is(":");
  if (equivalence == "unmatched" && !target_follows) {
    if (!prefixes.contains(source_prefix))
      return in.fault(fmt::format("the prefix '{}' is not known", source_prefix));
    in.accept(";");
    groupOf(prefixes.at(source_prefix), "").codes[source].push_back(std::move(translated));
    return true;
  }
  if (!in.identifier(target_prefix) || !in.expect(":") || !code(in, target)) return false;
  for (const std::string& prefix : {source_prefix, target_prefix}) {
    if (!prefixes.contains(prefix))
      return in.fault(fmt::format("the prefix '{}' is not known", prefix));
  }
  in.accept(";");
  // That two codes are disjoint says nothing about others.
  if (equivalence == "disjoint") return true;
  translated.system = prefixes.at(target_prefix);
  translated.code = target;
  groupOf(prefixes.at(source_prefix), translated.system)
      .codes[source]
      .push_back(std::move(translated));
  return true;
}

}  // namespace

bool readFmlConceptMap(FmlCursor& in, ConceptMap& out) {
  in.take();
  ConceptMap map;
  std::string name;
  if (!in.url(name) || !in.expect("{")) return false;
  map.url = name.starts_with("#") || name.find(':') != std::string::npos ? name : "#" + name;
  std::map<std::string, std::string> prefixes;
  const auto groupOf = [&](const std::string& source,
                           const std::string& target) -> ConceptMapGroup& {
    for (ConceptMapGroup& group : map.groups) {
      if (group.source == source && (target.empty() || group.target == target)) return group;
    }
    ConceptMapGroup& group = map.groups.emplace_back();
    group.source = source;
    group.target = target;
    return group;
  };
  std::vector<std::pair<std::string, ConceptMapGroup>> unmapped;
  while (!in.accept("}")) {
    if (in.peek().kind == Kind::kMetadata) {
      in.take();
    } else if (in.peek().isWord("prefix") && !in.peek(1).is(":")) {
      in.take();
      std::string prefix;
      if (!in.identifier(prefix) || !in.expect("=") || !in.url(prefixes[prefix])) return false;
      in.accept(";");
    } else if (in.peek().isWord("unmapped") && !in.peek(1).is(":")) {
      if (!unmappedRule(in, prefixes, unmapped)) return false;
    } else if (!mapping(in, prefixes, groupOf)) {
      return false;
    }
  }
  for (auto& [source, rule] : unmapped) {
    bool found = false;
    for (ConceptMapGroup& group : map.groups) {
      if (group.source != source) continue;
      found = true;
      group.unmapped = rule.unmapped;
      group.fixed = rule.fixed;
      group.fixed.system = group.target;
      group.other_map = rule.other_map;
    }
    if (!found) map.groups.push_back(std::move(rule));
  }
  out = std::move(map);
  return true;
}

}  // namespace planbro::mapping
