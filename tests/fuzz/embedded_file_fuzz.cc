// Any bytes as they are, as the catalogue of a PDF that is otherwise whole, and as the file that a
// whole PDF carries: nothing outside of the PDF comes out, and what it carries comes out as it is.
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/embedded_file.h"
#include "support/plan_carriers.h"

namespace {

constexpr std::string_view kType = "application/fhir+json";

void read(std::string_view pdf) {
  const auto file = planbro::mapping::embeddedFile(pdf, kType);
  const std::less_equal<const char*> not_behind;
  if (file && (!not_behind(pdf.data(), file->data()) ||
               !not_behind(file->data() + file->size(), pdf.data() + pdf.size())))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using planbro::testing_support::pdfCarrying;
  using planbro::testing_support::pdfOf;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  read(bytes);
  std::vector<std::string> objects = pdfCarrying("{}");
  objects.front() = bytes;
  read(pdfOf(objects));
  const std::string pdf = pdfOf(pdfCarrying(bytes));
  if (planbro::mapping::embeddedFile(pdf, kType) != bytes) std::abort();
  return 0;
}
