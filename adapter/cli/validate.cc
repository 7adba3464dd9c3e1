// planbro validate [--profile URL]... [--pack NAME]... [--package PATH]... PATH...: resources
// against R4 and profiles.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/definition_sources.h"
#include "cli/input.h"
#include "fhir/xml.h"
#include "json/comments.h"
#include "json/writer.h"
#include "validation/validator.h"

namespace planbro::cli {
namespace {

namespace files = std::filesystem;
using validation::ValidationContext;

struct Options {
  DefinitionSources sources;
  std::vector<std::string> profiles, paths;
  std::string output = "text";
  bool best_practice = false;
  bool no_html = false;
  bool allow_comments = false;
};

bool isResourceFile(const files::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".json" || extension == ".xml" || extension == ".ndjson";
}

class Validation {
 public:
  Validation(const Options& options, const ValidationContext& context)
      : options_(options), context_(context) {}

  // A file, or all resource files below a folder, in the order of their names.
  Status checkPath(const std::string& path) {
    std::error_code error;
    if (path == "-" || !files::is_directory(path, error)) return checkFile(path);
    std::vector<std::string> found;
    for (const auto& entry : files::recursive_directory_iterator(
             path, files::directory_options::skip_permission_denied, error)) {
      if (entry.is_regular_file(error) && isResourceFile(entry.path()))
        found.push_back(entry.path().string());
    }
    if (error) return fail(ErrorCode::kIo, fmt::format("{}: {}", path, error.message()));
    std::sort(found.begin(), found.end());
    for (const std::string& file : found) PLANBRO_RETURN_IF_ERROR(checkFile(file));
    return {};
  }

  void printSummary() const {
    if (options_.output == "text")
      fmt::print("{} resource(s), {} error(s), {} warning(s)\n", resources_, errors_, warnings_);
  }
  int status() const { return errors_ == 0 ? kDone : kFound; }

 private:
  Status checkFile(const std::string& path) {
    PLANBRO_ASSIGN_OR_RETURN(std::string text, readInput(path));
    if (!path.ends_with(".ndjson")) {
      checkText(path, std::move(text));
      return {};
    }
    std::size_t line = 1;
    for (std::size_t start = 0; start < text.size(); ++line) {
      const std::size_t end = std::min(text.find('\n', start), text.size());
      const std::string one = text.substr(start, end - start);
      if (one.find_first_not_of(" \t\r") != std::string::npos)
        checkText(fmt::format("{}#{}", path, line), one);
      start = end + 1;
    }
    return {};
  }

  void checkText(const std::string& name, std::string text) {
    ++resources_;
    if (options_.allow_comments && !name.ends_with(".xml"))
      text = json::withoutComments(std::move(text));
    fhir::ReadOutcome read = fhir::readResource(std::move(text));
    std::vector<fhir::Issue> issues = std::move(read.issues);
    if (read.resource) {
      const auto found = context_.validate(read.resource, options_.profiles);
      issues.insert(issues.end(), found.begin(), found.end());
    }
    for (const fhir::Issue& issue : issues) {
      if (issue.severity <= fhir::Severity::kError) ++errors_;
      if (issue.severity == fhir::Severity::kWarning) ++warnings_;
    }
    print(name, issues);
  }

  void print(const std::string& name, const std::vector<fhir::Issue>& issues) const {
    const fhir::Language language = userLanguage();
    if (options_.output == "json") {
      std::string line = "{\"file\":";
      json::writeString(name, line);
      line += ",\"outcome\":" + json::write(*fhir::operationOutcome(issues, language)) + "}";
      fmt::print("{}\n", line);
      return;
    }
    for (const fhir::Issue& issue : issues) {
      std::string line = name;
      if (issue.place.position.line != 0)
        line += fmt::format(":{}:{}", issue.place.position.line, issue.place.position.column);
      line += fmt::format(": {} {}: {}", severityCode(issue.severity), issue.code,
                          issue.text(language));
      if (!issue.place.expression.empty()) line += fmt::format(" ({})", issue.place.expression);
      if (!issue.rule.empty()) line += fmt::format(" [{}]", issue.rule);
      fmt::print("{}\n", line);
    }
  }

  const Options& options_;
  const ValidationContext& context_;
  std::size_t resources_ = 0;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

int failed(const Error& error) {
  fmt::print(stderr, "planbro validate: {}\n", error.message);
  return kFailed;
}

int validate(const Options& options) {
  auto loaded = loadDefinitions(options.sources);
  if (!loaded) return failed(loaded.error());
  validation::Options rules;
  rules.best_practice = options.best_practice;
  rules.no_html_in_strings = options.no_html;
  rules.no_html_in_markdown = options.no_html;
  rules.packs = std::move(loaded->packs);
  const ValidationContext context(std::move(loaded->registry), std::move(rules));
  printIssues("profiles", context.prepare(options.profiles));
  Validation validation(options, context);
  for (const std::string& path : options.paths) {
    if (const auto status = validation.checkPath(path); !status) return failed(status.error());
  }
  printIssues("profiles", context.takeProfileProblems());
  validation.printSummary();
  return validation.status();
}

}  // namespace

void addValidate(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("validate", "Check resources against FHIR and profiles");
  command->add_option("--profile", options->profiles, "Canonical URL of a profile to apply")
      ->allow_extra_args(false);
  addSourceOptions(*command, options->sources);
  command->add_option("--output", options->output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_flag("--best-practice", options->best_practice, "Also the best-practice rules");
  command->add_flag("--no-html", options->no_html, "Text that looks like HTML is an error");
  command->add_flag("--allow-comments", options->allow_comments, "JSON may have // and /* */");
  command->add_option("PATH", options->paths, "Files (JSON, XML, NDJSON) or folders; - reads one")
      ->required();
  command->callback([options, &exit_status] { exit_status = validate(*options); });
}

}  // namespace planbro::cli
