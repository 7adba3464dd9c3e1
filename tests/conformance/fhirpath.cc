// The official FHIRPath cases: an expression, an input, what comes out.
#include <map>

#include "conformance/suite.h"
#include "fhir/xml.h"
#include "fhirpath/program.h"
#include "json/writer.h"

namespace planbro::conformance {
namespace {

std::string_view textOf(const json::Node& node, std::string_view name) {
  const json::Node* member = node.member(name);
  return member == nullptr || member->kind == json::Kind::kNull ? std::string_view{}
                                                                : member->text();
}

class Inputs {
 public:
  explicit Inputs(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<fhir::Resource> get(std::string_view file) {
    if (const auto found = read_.find(file); found != read_.end()) return found->second;
    PLANBRO_ASSIGN_OR_RETURN(std::string text, readFile(folder_ / file));
    fhir::ReadOutcome outcome = fhir::readResource(std::move(text));
    if (!outcome.resource) return fail(ErrorCode::kCorrupt, std::string(file) + " is no resource");
    return read_.emplace(file, outcome.resource).first->second;
  }

 private:
  std::filesystem::path folder_;
  std::map<std::string, fhir::Resource, std::less<>> read_;
};

struct Outcome {
  std::string error;
  std::string values;  // JSON array
};

Outcome replay(const json::Node& one, const fhir::Resource& resource) {
  fhirpath::CompileOptions options;
  options.singleton_casts = true;
  options.strict = true;  // the official runner checks every expression before it evaluates it
  if (resource) options.root_type = resource.type();
  const auto program = fhirpath::compile(textOf(one, "expression"), options);
  if (!program) return {program.error().message, "[]"};
  fhirpath::Scratch scratch;
  fhirpath::Environment environment(scratch);
  fhirpath::Collection input;
  if (resource) {
    environment = fhirpath::Environment(scratch, resource.root());
    input.push(fhirpath::Value(resource.root()));
  }
  const auto result = fhirpath::evaluate(**program, input, environment);
  if (!result) return {result.error().message, "[]"};
  std::string values = "[";
  for (const fhirpath::Value& value : *result) {
    if (values.size() > 1) values += ',';
    values += "{\"type\":";
    json::writeString(value.typeName(), values);
    values += ",\"value\":";
    json::writeString(value.toString(), values);
    values += '}';
  }
  return {{}, values + "]"};
}

}  // namespace

Status runFhirpath(const std::filesystem::path& folder, const Report& report) {
  PLANBRO_ASSIGN_OR_RETURN(const auto tests, readManifest(folder / "fhirpath" / "tests.json"));
  Inputs inputs(folder / "fhirpath" / "input");
  for (const json::Node& one : tests->root().children()) {
    fhir::Resource resource;
    if (const std::string_view file = textOf(one, "inputfile"); !file.empty()) {
      PLANBRO_ASSIGN_OR_RETURN(resource, inputs.get(file));
    }
    const Outcome outcome = replay(one, resource);
    std::string line = "{\"name\":";
    json::writeString(textOf(one, "name"), line);
    line += ",\"error\":";
    if (outcome.error.empty()) {
      line += "null";
    } else {
      json::writeString(outcome.error, line);
    }
    report(line + ",\"values\":" + outcome.values + "}");
  }
  return {};
}

}  // namespace planbro::conformance
