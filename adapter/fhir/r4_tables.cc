#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "fhir/definitions.h"
#include "fhir/definitions_builder.h"

// The compiled tables of R4 core, linked in by planbro_embed().
extern "C" {
extern const char planbro_r4_tables_begin[];
extern const char planbro_r4_tables_end[];
}

namespace planbro::fhir {

const Definitions& Definitions::r4() {
  static const std::unique_ptr<const Definitions> definitions = [] {
    auto read = DefinitionsBuilder::deserialize(
        {planbro_r4_tables_begin,
         static_cast<std::size_t>(planbro_r4_tables_end - planbro_r4_tables_begin)});
    if (!read) {
      // The tables are part of the program itself: nothing can run without them.
      fmt::print(stderr, "planbro: the built-in definitions are damaged: {}\n",
                 read.error().message);
      std::abort();
    }
    return std::move(*read);
  }();
  return *definitions;
}

Result<std::unique_ptr<const Definitions>> Definitions::withLogicalModels(
    std::span<const json::Node* const> structure_definitions) {
  DefinitionsBuilder builder(r4());
  for (const json::Node* definition : structure_definitions)
    PLANBRO_RETURN_IF_ERROR(builder.add(*definition));
  return std::move(builder).finish();
}

}  // namespace planbro::fhir
