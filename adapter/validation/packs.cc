#include "validation/packs.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <iterator>

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
    PLANBRO_RETURN_IF_ERROR(
        checkMembers(node, {"name", "about", "packages", "profiles", "overrides"}));
    Pack pack;
    pack.name_ = textOf(node, "name");
    pack.about_ = textOf(node, "about");
    if (pack.name_.empty()) return fail(ErrorCode::kInvalidArgument, "packs: a pack has no name");
    for (const Node& package : listOf(node, "packages")) {
      PLANBRO_RETURN_IF_ERROR(checkMembers(package, {"name", "version"}));
      pack.packages_.push_back(
          {std::string(textOf(package, "name")), std::string(textOf(package, "version"))});
    }
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

Result<std::vector<Pack>> allPacks(std::span<const std::filesystem::path> files) {
  PLANBRO_ASSIGN_OR_RETURN(std::vector<Pack> all, builtinPacks());
  for (const std::filesystem::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in.is_open() || in.bad())
      return fail(ErrorCode::kIo, fmt::format("{} cannot be read", file.string()));
    auto own = readPacks(text);
    if (!own)
      return fail(own.error().code, fmt::format("{}: {}", file.string(), own.error().message));
    for (Pack& pack : *own) {
      std::erase_if(all, [&pack](const Pack& known) { return known.name() == pack.name(); });
      all.push_back(std::move(pack));
    }
  }
  return all;
}

Result<std::vector<Pack>> choosePacks(const std::vector<Pack>& all,
                                      std::span<const std::string> names,
                                      const fhir::Registry& registry) {
  std::vector<Pack> chosen;
  for (const std::string& name : names) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&name](const Pack& pack) { return pack.name() == name; });
    if (found == all.end()) {
      std::string known;
      for (const Pack& pack : all) known += (known.empty() ? "" : ", ") + pack.name();
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("there is no pack '{}'; there are {}", name, known));
    }
    for (const Pack::Package& needed : found->packages()) {
      const auto& loaded = registry.packages();
      if (std::any_of(loaded.begin(), loaded.end(), [&needed](const fhir::PackageInfo& one) {
            return one.name == needed.name && one.version == needed.version;
          }))
        continue;
      return fail(ErrorCode::kNotFound,
                  fmt::format("the pack '{}' needs the package {} {}, which is not here: 'planbro "
                              "packages restore' fetches it, 'planbro packages add FILE' takes it "
                              "from a file, --package FILE uses it once",
                              name, needed.name, needed.version));
    }
    chosen.push_back(*found);
  }
  return chosen;
}

}  // namespace planbro::validation
