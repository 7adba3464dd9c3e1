// The suites that validate: examples (published, must give no error) and validator (the official
// cases), and snapshot (differentials with the snapshots wanted).
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "conformance/suite.h"
#include "fhir/registry.h"
#include "fhir/xml.h"
#include "json/builder.h"
#include "json/comments.h"
#include "json/writer.h"
#include "validation/snapshot.h"
#include "validation/validator.h"

namespace planbro::conformance {
namespace {

using json::Node;
using validation::ValidationContext;

std::string_view textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr || member->isContainer() ? std::string_view{} : member->text();
}

std::span<const Node> listOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::span<const Node>{} : member->children();
}

std::vector<fhir::Issue> validated(const ValidationContext& context, std::string text,
                                   std::span<const std::string> profiles) {
  fhir::ReadOutcome read = fhir::readResource(std::move(text));
  std::vector<fhir::Issue> issues = std::move(read.issues);
  if (read.resource) {
    const auto found = context.validate(read.resource, profiles);
    issues.insert(issues.end(), found.begin(), found.end());
  }
  return issues;
}

Status loadInto(fhir::Registry& registry, const std::filesystem::path& path, std::string* url) {
  PLANBRO_ASSIGN_OR_RETURN(std::string text, readFile(path));
  fhir::ReadOutcome read = fhir::readResource(std::move(text));
  if (!read.resource) return {};  // a case may load what is broken on purpose
  if (url != nullptr) *url = read.resource.root().textOf("url");
  registry.addResource(std::move(read.resource), path.filename().string());
  return {};
}

Status runCase(const std::filesystem::path& folder, const Node& check,
               const ValidationContext& core, const Report& report) {
  std::vector<std::string> profiles;
  std::unique_ptr<ValidationContext> own;
  const Node* given = check.member("options");
  const auto asked = [given](std::string_view option) {
    return given != nullptr && textOf(*given, option) == "true";
  };
  const bool special = given != nullptr && (given->member("examples") != nullptr ||
                                            given->member("best-practice") != nullptr ||
                                            asked("security-checks") || asked("noHtmlInMarkdown"));
  if (!listOf(check, "load").empty() || special) {
    auto registry = std::make_shared<fhir::Registry>();
    const std::string_view profile = textOf(check, "profile");
    for (const Node& file : listOf(check, "load")) {
      std::string url;
      PLANBRO_RETURN_IF_ERROR(loadInto(*registry, folder / file.text(), &url));
      if (file.text() == profile && !url.empty()) profiles.push_back(std::move(url));
    }
    validation::Options options;
    if (given != nullptr) {
      options.example_urls = textOf(*given, "examples") != "false";
      options.best_practice = given->member("best-practice") != nullptr;
      options.no_html_in_strings = asked("security-checks");
      options.no_html_in_markdown = asked("noHtmlInMarkdown");
    }
    own = std::make_unique<ValidationContext>(std::move(registry), std::move(options));
  }
  PLANBRO_ASSIGN_OR_RETURN(std::string text, readFile(folder / textOf(check, "input")));
  if (asked("allow-comments")) text = json::withoutComments(std::move(text));
  const auto issues = validated(own != nullptr ? *own : core, std::move(text), profiles);
  report(issuesLine("id", textOf(check, "id"), issues));
  return {};
}

// The elements of the snapshot alone, as the scorer reads them.
std::string elementsLine(std::string_view name, const fhir::Resource& definition) {
  json::Builder out;
  out.beginObject();
  out.key("name").string(name);
  out.key("elements").beginArray();
  if (const Node* snapshot = definition.document()->root().member("snapshot")) {
    for (const Node& element : listOf(*snapshot, "element"))
      out.copy(element, definition.document());
  }
  out.endArray();
  out.endObject();
  return json::write(*std::move(out).finish());
}

}  // namespace

Status runExamples(const std::filesystem::path& folder, const Report& report) {
  // The published examples use extensions that R4 core does not define, as extensibility.html lets
  // anybody do.
  validation::Options options;
  options.unknown_extension = fhir::Severity::kWarning;
  const ValidationContext context(std::make_shared<const fhir::Registry>(), std::move(options));
  const auto here = folder / "examples";
  PLANBRO_ASSIGN_OR_RETURN(const auto manifest, readManifest(here / "manifest.json"));
  for (const Node& example : listOf(manifest->root(), "examples")) {
    PLANBRO_ASSIGN_OR_RETURN(std::string text, readFile(here / textOf(example, "file")));
    report(issuesLine("name", textOf(example, "name"), validated(context, std::move(text), {})));
  }
  return {};
}

Status runValidator(const std::filesystem::path& folder, const Report& report) {
  const ValidationContext core(std::make_shared<const fhir::Registry>());
  const auto here = folder / "validator";
  PLANBRO_ASSIGN_OR_RETURN(const auto manifest, readManifest(here / "manifest.json"));
  for (const Node& check : listOf(manifest->root(), "checks"))
    PLANBRO_RETURN_IF_ERROR(runCase(here, check, core, report));
  return {};
}

Status runSnapshot(const std::filesystem::path& folder, const Report& report) {
  const auto here = folder / "snapshot";
  PLANBRO_ASSIGN_OR_RETURN(const auto manifest, readManifest(here / "manifest.json"));
  auto registry = std::make_shared<fhir::Registry>();
  std::recursive_mutex lock;
  for (const Node& profile : listOf(manifest->root(), "profiles"))
    PLANBRO_RETURN_IF_ERROR(loadInto(*registry, here / textOf(profile, "input"), nullptr));
  validation::Snapshots snapshots(registry, lock);
  for (const Node& profile : listOf(manifest->root(), "profiles")) {
    PLANBRO_ASSIGN_OR_RETURN(std::string text, readFile(here / textOf(profile, "input")));
    const fhir::ReadOutcome read = fhir::readResource(std::move(text));
    if (!read.resource)
      return fail(ErrorCode::kCorrupt, fmt::format("{}: no resource", textOf(profile, "input")));
    const auto made = validation::generateSnapshot(read.resource, snapshots);
    report(elementsLine(textOf(profile, "name"), made.definition));
  }
  return {};
}

}  // namespace planbro::conformance
