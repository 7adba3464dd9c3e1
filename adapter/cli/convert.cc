// planbro convert --to json|xml FILE: changes the format, losing nothing.
#include <cstdio>
#include <string>

#include "cli/commands.h"
#include "cli/input.h"
#include "fhir/xml.h"
#include "json/writer.h"

namespace planbro::cli {
namespace {

struct Options {
  std::string to, file;
  bool pretty = false;
};

int convert(const Options& options) {
  auto text = readInput(options.file);
  if (!text) {
    std::fprintf(stderr, "planbro convert: %s\n", text.error().message.c_str());
    return kFailed;
  }
  fhir::ReadOutcome read = fhir::readResource(std::move(*text));
  std::string out;
  if (read.resource && options.to == "xml") {
    fhir::XmlText xml = fhir::writeXml(read.resource, {.pretty = options.pretty});
    out = std::move(xml.text);
    read.issues.insert(read.issues.end(), xml.issues.begin(), xml.issues.end());
  } else if (read.resource) {
    out = json::write(*read.resource.document(), {.pretty = options.pretty});
  }
  printIssues(options.file, read.issues);
  if (!read.resource) return kFailed;
  if (!out.ends_with('\n')) out += '\n';
  if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() || std::fflush(stdout) != 0) {
    std::fprintf(stderr, "planbro convert: standard output cannot be written\n");
    return kFailed;
  }
  return fhir::hasErrors(read.issues) ? kFound : kDone;
}

}  // namespace

void addConvert(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("convert", "Change a resource between JSON and XML");
  command->add_option("--to", options->to, "json or xml")
      ->required()
      ->check(CLI::IsMember({"json", "xml"}));
  command->add_flag("--pretty", options->pretty, "One element a line");
  command->add_option("FILE", options->file, "The resource; - is standard input")->required();
  command->callback([options, &exit_status] { exit_status = convert(*options); });
}

}  // namespace planbro::cli
