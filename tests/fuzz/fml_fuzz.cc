// Any text is a map or a fault with a place.
#include <cstdint>
#include <cstdlib>

#include "mapping/fml_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto model = planbro::mapping::parseFml(text);
  if (!model && (model.error().message.empty() || model.error().line == 0)) std::abort();
  return 0;
}
