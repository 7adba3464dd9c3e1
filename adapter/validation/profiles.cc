#include "validation/profiles.h"

#include "validation/profile_compiler.h"

namespace planbro::validation {

Profiles::Profiles(std::shared_ptr<const fhir::Registry> registry, Options options)
    : registry_(std::move(registry)),
      options_(std::move(options)),
      terminology_(registry_),
      snapshots_(registry_, lock_),
      profiles_(lock_, [this](std::string_view canonical) { return make(canonical); }) {
  for (const fhir::Type& type : definitions().types())
    types_.push_back(type.url.empty() ? nullptr : &profiles_.slot(type.url));
}

const CompiledProfile* Profiles::ofType(fhir::TypeId type) const {
  return type >= types_.size() || types_[type] == nullptr ? nullptr : profiles_.get(*types_[type]);
}

std::unique_ptr<const CompiledProfile> Profiles::make(std::string_view canonical) const {
  const Snapshot* snapshot = snapshots_.find(canonical);
  return snapshot == nullptr ? nullptr : compileProfile(*snapshot, *this);
}

}  // namespace planbro::validation
