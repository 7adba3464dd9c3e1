// Everything a validation needs beside the resource: profiles by URL and by base type, value sets,
// options. Shared by all validations of one context.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/on_demand.h"
#include "fhir/registry.h"
#include "terminology/terminology.h"
#include "validation/options.h"
#include "validation/primitives.h"
#include "validation/profile.h"
#include "validation/snapshot.h"

namespace planbro::validation {

// The rules of one resource type (resource_rules.h).
struct RuleContext;
using ResourceRule = void (*)(const RuleContext& context);

// Any thread.
class Profiles {
 public:
  Profiles(std::shared_ptr<const terminology::Terminology> terminology, Options options);
  Profiles(const Profiles&) = delete;
  Profiles& operator=(const Profiles&) = delete;

  ProfileSlot& slot(std::string_view canonical) const { return profiles_.slot(canonical); }
  // nullptr if it is not there or makes no sense.
  const CompiledProfile* get(ProfileSlot& slot) const { return profiles_.get(slot); }
  const CompiledProfile* get(std::string_view canonical) const { return profiles_.get(canonical); }
  // The rules of a base type itself.
  const CompiledProfile* ofType(fhir::TypeId type) const;

  // What the walk needs to know of a type without comparing names.
  enum class Special : std::uint8_t {
    kNone,
    kExtension,
    kReference,
    kCoding,
    kIdentifier,
    kXhtml,
    kQuantity,
    kAttachment
  };
  struct TypeTraits {
    Special special = Special::kNone;
    Primitive primitive = Primitive::kNone;
    ResourceRule rule = nullptr;  // of resource types that have some
  };
  TypeTraits traitsOf(fhir::TypeId type) const {
    return type < traits_.size() ? traits_[type] : TypeTraits{};
  }

  const fhir::Definitions& definitions() const { return fhir::Definitions::r4(); }
  const fhir::Registry& registry() const { return *registry_; }
  const terminology::Terminology& terminology() const { return *terminology_; }
  const Options& options() const { return options_; }
  Snapshots& snapshots() const { return snapshots_; }
  // What is wrong with profiles compiled since the last call.
  std::vector<fhir::Issue> takeProblems() const;

 private:
  std::unique_ptr<const CompiledProfile> make(std::string_view canonical) const;

  std::shared_ptr<const fhir::Registry> registry_;
  Options options_;
  std::shared_ptr<const terminology::Terminology> terminology_;
  mutable std::recursive_mutex lock_;
  mutable Snapshots snapshots_;
  mutable OnDemand<CompiledProfile> profiles_;
  mutable std::vector<fhir::Issue> problems_;  // under lock_
  mutable std::set<std::string> spoken_of_;    // profiles and mistakes; under lock_
  mutable std::size_t depth_ = 0;              // of profiles being made for others; under lock_
  std::vector<ProfileSlot*> types_;            // by TypeId
  std::vector<TypeTraits> traits_;             // by TypeId
};

}  // namespace planbro::validation
