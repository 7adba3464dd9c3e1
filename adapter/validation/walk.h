// One validation under way: the resource is walked once along the rules of its types, and once
// along each profile.
//
// The walk descends recursively; the parser has bounded the depth of the tree.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fhir/resource.h"
#include "fhirpath/program.h"
#include "validation/profile.h"
#include "validation/profiles.h"
#include "validation/report.h"
#include "validation/slice_matching.h"

namespace planbro::validation {

// A resource on the way from the root: the whole, an entry of a Bundle, or contained in one.
struct Scope {
  const Scope* outer = nullptr;
  fhir::Element resource;
  fhir::Element root;  // the same, or the resource that contains it
  const PathLink* link = nullptr;
  std::string_view full_url;  // of the Bundle entry it stands in
};

// The resource type in ".../Type/id[/_history/v]"; 0 if there is none.
fhir::TypeId typeInUrl(std::string_view url, const fhir::Definitions& definitions);

// One thread, one resource.
class Walk : public SliceTests, public fhirpath::Resolver, public fhirpath::Profiles {
 public:
  Walk(const validation::Profiles& profiles, const fhir::Resource& resource, Reporter& reporter);

  void run(std::span<const std::string> profiles);

  // SliceTests, fhirpath::Resolver, fhirpath::Profiles.
  fhir::Element resolve(const fhir::Element& reference) const override;
  fhir::TypeId targetType(const fhir::Element& reference) const override;
  bool conforms(const fhir::Element& element, const CompiledProfile& profile) const override;
  fhir::Element resolve(std::string_view reference, const fhir::Element& from) const override;
  std::optional<bool> conformsTo(const fhir::Element& element,
                                 std::string_view profile_url) const override;

 private:
  using Node = json::Node;

  // Where an element stands: its path and the resource around it.
  struct Spot {
    const PathLink& link;
    const Scope& scope;
  };

  // walk.cc: resources and the rules of types.
  void checkResource(const fhir::Element& resource, const PathLink& link, const Scope* outer,
                     std::string_view full_url, std::span<const std::string> profiles);
  void checkResourceId(const fhir::Element& resource, Spot spot);
  void checkMetaProfiles(const fhir::Element& resource, Spot spot);
  void applyProfile(const fhir::Element& resource, std::string_view canonical, Spot spot,
                    const Node* named_at);
  void checkByType(const fhir::Element& element, const ElementRule& rule, Spot spot);
  void checkChildrenByType(const fhir::Element& element, const ElementRule& rule, Spot spot);
  void checkSpecialType(const fhir::Element& element, const ElementRule& rule, Spot spot);
  fhirpath::Environment environmentOf(const Scope& scope) const;
  void checkInvariants(const fhir::Element& element, const std::vector<Invariant>& invariants,
                       Spot spot);

  // structure.cc: what JSON and the primitive formats ask for.
  void checkStructure(const Node& object, Spot spot);
  void checkElementId(const Node& object, const Node& id, Spot spot);
  void checkMember(const Node& parent, const Node& node, const fhir::Member& member, Spot spot);
  void checkItem(const Node& item, const fhir::Member& member, const PathLink& link);

  // constraints.cc: what a profile says about an element.
  void checkByProfile(const fhir::Element& element, const ElementRule& rule,
                      const CompiledProfile& profile, Spot spot);
  void checkChildrenByProfile(const fhir::Element& element, const ElementRule& rule,
                              const CompiledProfile& profile, Spot spot);
  void checkSlices(std::span<const std::pair<fhir::Element, std::int32_t>> items,
                   const ElementRule& rule, const CompiledProfile& profile,
                   const fhir::Element& parent, Spot spot);
  void checkValue(const fhir::Element& element, const ElementRule& rule,
                  const CompiledProfile& profile, Spot spot);
  void checkRange(const fhir::Element& element, const ElementRule& rule,
                  const CompiledProfile& profile, Spot spot);
  void checkTypeProfiles(const fhir::Element& element, const ElementRule& rule, Spot spot);

  // codes.cc: bindings and codes.
  void checkBinding(const fhir::Element& element, const Binding& binding, std::string_view profile,
                    Spot spot);
  void checkCoding(const fhir::Element& coding, const Binding& binding, Spot spot);
  void checkQuantity(const fhir::Element& quantity, Spot spot);
  terminology::Membership askElsewhere(std::string_view value_set, std::string_view system,
                                       std::string_view code, Spot spot);
  terminology::Membership askAbout(const fhir::Element& element, std::string_view value_set,
                                   Spot spot);

  // references.cc
  void checkReference(const fhir::Element& reference, const ElementRule& rule,
                      std::string_view profile, Spot spot);
  const Scope* scopeOf(const fhir::Element& element) const;

  // extensions.cc
  void checkExtension(const fhir::Element& extension, Spot spot);
  bool fitsContext(const CompiledProfile& profile, const PathLink& host,
                   const fhir::Element& host_element, const Scope& scope) const;
  bool isValueOf(std::string_view url) const;
  bool selects(const fhirpath::Program& program, const fhir::Element& host,
               const Scope& scope) const;
  bool isNamed(std::string_view expression, std::string_view path, const fhir::Element& host,
               const Scope& scope) const;

  // bundles.cc
  void checkBundle(const fhir::Element& bundle, Spot spot);
  void checkBundleLinks(const fhir::Element& bundle, Spot spot);
  void indexBundle(const fhir::Element& bundle);

  // identifiers.cc
  void checkIdentifier(const fhir::Element& identifier, Spot spot);

  // attachments.cc
  void checkAttachment(const fhir::Element& attachment, Spot spot);

  // narrative.cc
  void checkNarrative(const fhir::Element& div, Spot spot);

  const validation::Profiles& profiles_;
  const fhir::Definitions& definitions_;
  const fhir::Resource& resource_;
  Reporter& reporter_;
  mutable fhirpath::Scratch scratch_;
  std::vector<const Scope*> scopes_;         // those being checked, outermost first
  std::vector<const fhir::Element*> hosts_;  // the elements from the root to the current one
  std::unordered_map<std::string, fhir::Element> by_full_url_;
  std::unordered_map<std::string, fhir::Element> by_reference_;  // "Patient/1" in a Bundle
  mutable std::vector<std::pair<const void*, const CompiledProfile*>> trials_;
  // Ids of elements, each with the resource it stands in.
  std::set<std::pair<const void*, std::string_view>> element_ids_;
  std::size_t questions_ = 0;  // put to the terminology server
};

}  // namespace planbro::validation
