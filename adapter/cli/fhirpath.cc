// planbro fhirpath EXPRESSION FILE: evaluates, prints one JSON result a line.
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/input.h"
#include "fhir/xml.h"
#include "fhirpath/program.h"
#include "json/writer.h"

namespace planbro::cli {
namespace {

using fhirpath::Value;
using fhirpath::ValueKind;

struct Options {
  std::string expression, file;
  bool strict = false;
};

// Elements as their JSON, System values as what JSON has for them, the others as text.
void writeValue(const Value& value, const fhir::Resource& resource, std::string& out) {
  switch (value.kind()) {
    case ValueKind::kElement: {
      const fhir::Element element = value.element();
      // A primitive with nothing but extensions shows those.
      json::write(*resource.document(), *element.anyNode(), out);
      break;
    }
    case ValueKind::kBoolean:
    case ValueKind::kInteger:
    case ValueKind::kDecimal:
      out += value.toString();
      break;
    case ValueKind::kQuantity:
      out += "{\"value\":" + value.asDecimal().toString() + ",\"unit\":";
      json::writeString(value.text(), out);
      out += '}';
      break;
    default:
      json::writeString(value.toString(), out);
  }
}

int run(const Options& options) {
  auto text = readInput(options.file);
  if (!text) {
    std::fprintf(stderr, "planbro fhirpath: %s\n", text.error().message.c_str());
    return kFailed;
  }
  const fhir::ReadOutcome read = fhir::readResource(std::move(*text));
  printIssues(options.file, read.issues);
  if (!read.resource) return kFailed;
  fhirpath::CompileOptions compile_options;
  compile_options.root_type = read.resource.type();
  compile_options.strict = options.strict;
  const auto program = fhirpath::compile(options.expression, compile_options);
  if (!program) {
    const auto& error = program.error();
    std::fprintf(stderr, "planbro fhirpath: %s\n  %s\n  %*s\n", error.message.c_str(),
                 options.expression.c_str(), static_cast<int>(error.offset) + 1, "^");
    return kFailed;
  }
  fhirpath::Scratch scratch;
  fhirpath::Environment environment(scratch, read.resource.root());
  environment.trace = [&](std::string_view name, const fhirpath::Collection& values) {
    for (const Value& value : values) {
      std::string line(name);
      line += ": ";
      writeValue(value, read.resource, line);
      std::fprintf(stderr, "%s\n", line.c_str());
    }
  };
  const auto result = fhirpath::evaluate(**program, read.resource.root(), environment);
  if (!result) {
    std::fprintf(stderr, "planbro fhirpath: %s\n", result.error().message.c_str());
    return kFailed;
  }
  for (const Value& value : *result) {
    std::string line;
    writeValue(value, read.resource, line);
    std::printf("%s\n", line.c_str());
  }
  if (std::fflush(stdout) != 0) {
    std::fprintf(stderr, "planbro fhirpath: standard output cannot be written\n");
    return kFailed;
  }
  return fhir::hasErrors(read.issues) ? kFound : kDone;
}

}  // namespace

void addFhirpath(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("fhirpath", "Evaluate a FHIRPath expression on a resource");
  command->add_flag("--strict", options->strict,
                    "Also refuse unknown elements and types that can never fit");
  command->add_option("EXPRESSION", options->expression, "FHIRPath")->required();
  command->add_option("FILE", options->file, "The resource, JSON or XML; - is standard input")
      ->required();
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace planbro::cli
