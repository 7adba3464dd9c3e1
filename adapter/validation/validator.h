// Checks a resource against FHIR R4 and profiles: every problem in one pass, none twice.
//
//   auto context = ValidationContext(registry, options);
//   for (const fhir::Issue& issue : context.validate(resource,
//   {"…/StructureDefinition/ip-careplan"}))
//     …
//
// Structure and the rules of the resource's own type are always checked; then the profiles asked
// for and those in meta.profile. Issues carry code, severity, FHIRPath expression with indices,
// line and column; those of an invariant or a profile name it in `rule`. More than
// Options::max_issues are cut off with a last issue that says so.
//
// Source: FHIR R4, validation.html, profiling.html, elementdefinition.html.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/issue.h"
#include "fhir/resource.h"
#include "validation/options.h"

namespace planbro::fhir {
class Registry;
}

namespace planbro::terminology {
class Terminology;
}

namespace planbro::validation {

class Profiles;

// Profiles and value sets compiled when first met and immutable from then on. Any thread may
// validate; only the first use of a profile waits for its compilation. Make one and share it.
class ValidationContext {
 public:
  // The registry gives StructureDefinitions, ValueSets and CodeSystems.
  explicit ValidationContext(std::shared_ptr<const fhir::Registry> registry, Options options = {});
  // With code systems and value sets that others use as well, so that each is compiled once. If a
  // terminology server is set there, it is asked about codes that are not loaded, at most
  // Options::max_questions times for one resource; if it is down, PB-2030 says so once and the
  // codes are reported as without a server.
  explicit ValidationContext(std::shared_ptr<const terminology::Terminology> terminology,
                             Options options = {});
  ~ValidationContext();
  ValidationContext(const ValidationContext&) = delete;
  ValidationContext& operator=(const ValidationContext&) = delete;

  // `profiles` are canonical URLs, also with |version. One that cannot be found or compiled is an
  // issue of its own, and the rest is checked all the same.
  std::vector<fhir::Issue> validate(const fhir::Resource& resource,
                                    std::span<const std::string> profiles = {}) const;

  // Compiles these now, so that no request waits for it. PB-1361 for one that is not there, and
  // the problems of all of them, once each.
  std::vector<fhir::Issue> prepare(std::span<const std::string> profiles) const;

  // What is wrong with profiles that were compiled since the last call of this or of prepare(): a
  // path that does not exist, a slice that cannot be told, … Each is said once.
  std::vector<fhir::Issue> takeProfileProblems() const;

  const fhir::Registry& registry() const;
  const Options& options() const;

 private:
  std::unique_ptr<Profiles> profiles_;
};

}  // namespace planbro::validation
