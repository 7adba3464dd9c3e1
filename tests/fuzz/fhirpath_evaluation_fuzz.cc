// Any expression ends within its limits on a small resource, with a result or an error.
#include <cstdint>

#include "fhir/resource.h"
#include "fhirpath/program.h"

namespace {

constexpr const char* kPatient = R"({"resourceType":"Patient","id":"p","contained":[{
"resourceType":"Organization","id":"o","name":"Solbakken"}],"active":true,"name":[{"use":"official",
"family":"Nordmann","given":["Kari","Anne"],"_given":[null,{"extension":[{"url":"x","valueCode":"y"}]}]},
{"given":["K"]}],"birthDate":"1984-05","multipleBirthInteger":2,"photo":[{"size":7,"creation":
"2026-01-01T10:00:00.5+01:00"}],"managingOrganization":{"reference":"#o"}})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace planbro;
  static const fhir::Resource patient = fhir::readJson(kPatient).resource;
  const auto program =
      fhirpath::compile(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!program) return 0;
  fhirpath::Scratch scratch;
  fhirpath::Environment environment(scratch, patient.root());
  environment.limits = {.steps = 50'000, .collection = 10'000, .text_bytes = 1U << 16};
  const auto result = fhirpath::evaluate(**program, patient.root(), environment);
  if (!result) return 0;
  std::size_t bytes = 0;
  for (const fhirpath::Value& value : *result) bytes += value.toString().size();
  return bytes == SIZE_MAX ? 1 : 0;
}
