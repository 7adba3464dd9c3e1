// Which slice an element belongs to: discriminators read from a profile and tried on data.
//
// Source: FHIR R4, profiling.html, section 5.1.0.12 to 5.1.0.14.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "validation/profile.h"
#include "validation/profiles.h"

namespace planbro::validation {

// The steps of a discriminator's path; nothing if it is not of the restricted form.
std::optional<std::vector<Step>> parseDiscriminator(std::string_view path,
                                                    const fhir::Definitions& definitions);

// What the slice `rule` says at the discriminator: looks through its children, patterns, type
// profiles and base types.
SliceMatch sliceMatch(const ElementRule& rule, const Discriminator& discriminator,
                      const Profiles& profiles);

// What a test of a slice may need from the validation under way.
class SliceTests {
 public:
  virtual ~SliceTests() = default;
  // The resource that a Reference element means; an empty Element if it is not at hand.
  virtual fhir::Element resolve(const fhir::Element& reference) const = 0;
  // The resource type that a Reference element says it points to; 0 if it does not say.
  virtual fhir::TypeId targetType(const fhir::Element& reference) const = 0;
  virtual bool conforms(const fhir::Element& element, const CompiledProfile& profile) const = 0;
};

// Whether `element` belongs to the slice.
bool isInSlice(const fhir::Element& element, const Slicing& slicing, const ElementRule& slice,
               const Profiles& profiles, const SliceTests& tests);

}  // namespace planbro::validation
