// Any text, read as a resource and validated with our own profiles: it must end, within its
// limits, whatever the data.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "fhir/registry.h"
#include "fhir/xml.h"
#include "validation/packs.h"
#include "validation/validator.h"

namespace planbro {
namespace {

const validation::ValidationContext& context() {
  static const validation::ValidationContext shared = [] {
    auto registry = std::make_shared<fhir::Registry>();
    registry->addOwnProfiles();
    validation::Options options;
    options.packs = validation::builtinPacks().value();
    return validation::ValidationContext(std::move(registry), std::move(options));
  }();
  return shared;
}

}  // namespace
}  // namespace planbro

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = planbro::fhir::readResource({reinterpret_cast<const char*>(data), size});
  if (!read.resource) return 0;
  const auto issues = planbro::context().validate(read.resource);
  if (issues.size() > planbro::kMaxIssuesPerResource + 1) __builtin_trap();
  return 0;
}
