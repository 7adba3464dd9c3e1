#include "validation/profiles.h"

#include "validation/profile_compiler.h"

namespace planbro::validation {

namespace {

Profiles::Special specialOf(std::string_view name) {
  using Special = Profiles::Special;
  if (name == "Extension") return Special::kExtension;
  if (name == "Reference") return Special::kReference;
  if (name == "Coding") return Special::kCoding;
  if (name == "Identifier") return Special::kIdentifier;
  if (name == "xhtml") return Special::kXhtml;
  return Special::kNone;
}

}  // namespace

Profiles::Profiles(std::shared_ptr<const fhir::Registry> registry, Options options)
    : registry_(std::move(registry)),
      options_(std::move(options)),
      terminology_(registry_),
      snapshots_(registry_, lock_),
      profiles_(lock_, [this](std::string_view canonical) { return make(canonical); }) {
  const fhir::TypeId quantity = definitions().findType("Quantity");
  for (const fhir::Type& type : definitions().types()) {
    types_.push_back(type.url.empty() ? nullptr : &profiles_.slot(type.url));
    TypeTraits traits;
    traits.primitive = primitiveOf(type.name);
    traits.special = specialOf(type.name);
    if (definitions().isA(definitions().findType(type.name), quantity))
      traits.special = Special::kQuantity;
    traits_.push_back(traits);
  }
}

const CompiledProfile* Profiles::ofType(fhir::TypeId type) const {
  return type >= types_.size() || types_[type] == nullptr ? nullptr : profiles_.get(*types_[type]);
}

std::unique_ptr<const CompiledProfile> Profiles::make(std::string_view canonical) const {
  const Snapshot* snapshot = snapshots_.find(canonical);
  return snapshot == nullptr ? nullptr : compileProfile(*snapshot, *this);
}

}  // namespace planbro::validation
