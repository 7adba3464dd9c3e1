// Any text, read as a resource and validated with our own profiles: it must end, within its
// limits, whatever the data.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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
    return validation::ValidationContext(std::move(registry));
  }();
  return shared;
}

const std::vector<validation::Pack>& packs() {
  static const std::vector<validation::Pack> all = validation::builtinPacks().value();
  return all;
}

}  // namespace
}  // namespace planbro

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = planbro::fhir::readResource({reinterpret_cast<const char*>(data), size});
  if (!read.resource) return 0;
  std::vector<std::string> profiles;
  for (const auto& pack : planbro::packs()) {
    const auto more = pack.profilesFor(read.resource);
    profiles.insert(profiles.end(), more.begin(), more.end());
  }
  const auto issues = planbro::context().validate(read.resource, profiles);
  if (issues.size() > planbro::kMaxIssuesPerResource + 1) __builtin_trap();
  return 0;
}
