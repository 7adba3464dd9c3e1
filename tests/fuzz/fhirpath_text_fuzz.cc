// Any text is an expression or a compile error with a place inside the text.
#include <cstdint>
#include <cstdlib>

#include "fhirpath/program.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  planbro::fhirpath::CompileOptions options;
  options.root_type = "Patient";
  options.strict = size % 2 == 0;
  const auto program = planbro::fhirpath::compile(text, options);
  if (!program && program.error().offset > size) std::abort();
  return 0;
}
