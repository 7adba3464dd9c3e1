#include "validation/packs.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "fhir/builtin_files.h"
#include "json/parser.h"

namespace planbro::validation {
namespace {

using json::Node;

std::string_view textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr || member->isContainer() ? std::string_view{} : member->text();
}

std::span<const Node> listOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::span<const Node>{} : member->children();
}

Status checkMembers(const Node& node, std::initializer_list<std::string_view> known) {
  for (const Node& member : node.children()) {
    if (member.name == nullptr) continue;
    if (std::find(known.begin(), known.end(), member.name->text) == known.end())
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("packs: the member '{}' is unknown", member.name->text));
  }
  return {};
}

Result<Override> readOverride(const Node& node) {
  PLANBRO_RETURN_IF_ERROR(checkMembers(node, {"rule", "profile", "path", "severity", "reason"}));
  Override read;
  read.rule = textOf(node, "rule");
  read.profile = textOf(node, "profile");
  read.path = textOf(node, "path");
  read.reason = textOf(node, "reason");
  if (read.rule.empty() || read.reason.empty())
    return fail(ErrorCode::kInvalidArgument, "packs: an override needs a rule and a reason");
  const std::string_view severity = textOf(node, "severity");
  if (severity == "error") {
    read.severity = fhir::Severity::kError;
  } else if (severity == "warning") {
    read.severity = fhir::Severity::kWarning;
  } else if (severity == "information") {
    read.severity = fhir::Severity::kInformation;
  } else if (severity != "off") {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("packs: the severity of {} must be error, warning, information or off",
                            read.rule));
  }
  return read;
}

}  // namespace

std::vector<std::string> Pack::profilesFor(const fhir::Element& resource) const {
  std::vector<std::string> profiles;
  for (const Entry& entry : entries_) {
    if (entry.type != resource.typeName()) continue;
    if (entry.when != nullptr) {
      fhirpath::Scratch scratch;
      const fhirpath::Environment environment(scratch, resource);
      if (!fhirpath::test(*entry.when, resource, environment).value_or(false)) continue;
    }
    profiles.push_back(entry.profile);
  }
  return profiles;
}

std::vector<std::string> Pack::profiles() const {
  std::vector<std::string> profiles;
  for (const Entry& entry : entries_) profiles.push_back(entry.profile);
  return profiles;
}

Result<std::vector<Pack>> readPacks(std::string_view json) {
  const auto document = json::parse(std::string(json));
  if (!document)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("packs: line {}: {}", document.error().position.line,
                            document.error().message));
  std::vector<Pack> packs;
  PLANBRO_RETURN_IF_ERROR(checkMembers((*document)->root(), {"packs"}));
  for (const Node& node : listOf((*document)->root(), "packs")) {
    PLANBRO_RETURN_IF_ERROR(checkMembers(node, {"name", "about", "profiles", "overrides"}));
    Pack pack;
    pack.name_ = textOf(node, "name");
    pack.about_ = textOf(node, "about");
    if (pack.name_.empty()) return fail(ErrorCode::kInvalidArgument, "packs: a pack has no name");
    for (const Node& entry : listOf(node, "profiles")) {
      PLANBRO_RETURN_IF_ERROR(checkMembers(entry, {"type", "when", "profile"}));
      Pack::Entry read;
      read.type = textOf(entry, "type");
      read.profile = textOf(entry, "profile");
      if (const std::string_view when = textOf(entry, "when"); !when.empty()) {
        auto program = fhirpath::compile(when);
        if (!program)
          return fail(ErrorCode::kInvalidArgument,
                      fmt::format("packs: {}: {}", when, program.error().message));
        read.when = std::move(*program);
      }
      pack.entries_.push_back(std::move(read));
    }
    for (const Node& entry : listOf(node, "overrides")) {
      PLANBRO_ASSIGN_OR_RETURN(Override read, readOverride(entry));
      pack.overrides_.push_back(std::move(read));
    }
    packs.push_back(std::move(pack));
  }
  return packs;
}

Result<std::vector<Pack>> builtinPacks() {
  const auto file = fhir::builtinFile("profiles/packs.json");
  if (!file) return fail(ErrorCode::kInternal, "the built-in packs are missing");
  return readPacks(*file);
}

}  // namespace planbro::validation
