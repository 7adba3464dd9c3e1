// The resources of a plan held together, with their references resolved and the parts of a plan
// that rules, narrative and pages ask for: who is on the team, who coordinates, what has been
// consented to.
//
// Immutable once made; any thread. Elements live as long as the set.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/canonical_base.h"
#include "fhir/element.h"
#include "fhir/resource.h"
#include "plan/resource_reader.h"
#include "store/store.h"

namespace planbro::plan {

// Names that the plan's resources carry; see profiles/ip/.
inline constexpr std::string_view kDocumentTypes = "urn:oid:2.16.578.1.12.4.1.1.9602";
inline constexpr std::string_view kIndividualPlan = "A02-2";
inline constexpr std::string_view kFunctions = "urn:oid:2.16.578.1.12.4.1.1.9034";
inline constexpr std::string_view kCoordinator = "8";
inline constexpr std::string_view kExtensionBase = PLANBRO_CANONICAL_BASE "/StructureDefinition/";
inline constexpr std::string_view kCodeSystemBase = PLANBRO_CANONICAL_BASE "/CodeSystem/";

struct PlanResource {
  std::string address;  // what references say: "CarePlan/1" or "urn:uuid:…"
  fhir::Element element;
  json::DocumentPtr document;
};

// A member of a care team.
struct Participant {
  fhir::Element team;
  fhir::Element element;  // CareTeam.participant
  fhir::Element member;   // the resource that `member` refers to; empty if it is not in the set
  std::string status;     // "active", "proposed", …; "active" when nothing is said
};

class PlanSet {
 public:
  explicit PlanSet(std::vector<PlanResource> resources) : resources_(std::move(resources)) {}
  // The entries of a Bundle, by their fullUrl and by type and id.
  static PlanSet ofBundle(const fhir::Resource& bundle);
  // kCorrupt if a stored body does not read.
  static Result<PlanSet> ofVersions(std::span<const store::Version> versions);
  static PlanSet ofStored(std::span<const StoredResource* const> resources);

  std::span<const PlanResource> resources() const { return resources_; }
  std::vector<fhir::Element> ofType(std::string_view type) const;
  // What a Reference names: by its reference, else by its identifier. Empty if it is not here.
  fhir::Element resolve(const fhir::Element& reference) const;
  // Whether two References name the same thing, also when it is not here.
  bool sameTarget(const fhir::Element& a, const fhir::Element& b) const;
  // The address of a resource of the set; "" if it is none.
  std::string_view addressOf(const fhir::Element& resource) const;

  // The individuell plans (category 9602 A02-2) that are no sub-plan, in the order given.
  std::vector<fhir::Element> plans() const;
  // Everybody on the plan's care teams (CarePlan.careTeam), also those who have left.
  std::vector<Participant> participantsOf(const fhir::Element& plan) const;
  // The plan's consents of that kind ("plan", "sharing"): the person's, whatever their status.
  std::vector<fhir::Element> consentsOf(const fhir::Element& plan, std::string_view kind) const;

 private:
  std::vector<PlanResource> resources_;
};

// Whether a CodeableConcept (or a list element of one) has that coding.
bool hasCoding(const fhir::Element& concept_, std::string_view system, std::string_view code);
// Whether any child `name` of `parent` has it.
bool anyHasCoding(const fhir::Element& parent, std::string_view name, std::string_view system,
                  std::string_view code);

// Whether CarePlan is an individuell plan.
bool isIndividualPlan(const fhir::Element& care_plan);

// The day the plan is to be reviewed next (extension ip-next-review); "" if none is said.
std::string_view nextReview(const fhir::Element& care_plan);

// Whether the day `today` ("2026-11-22", of the place where the plan is followed) lies in a Period;
// both ends are included, a missing end is open, a missing period is always.
bool contains(const fhir::Element& period, std::string_view today);

// Whether the participant is a coordinator (9034#8), whether or not active.
bool isCoordinator(const Participant& participant);
// On the team that day, be its sharing suspended: whoever withdraws the consent keeps the
// coordinator and those who do the work.
bool takesPart(const Participant& participant, std::string_view today);
// Takes part as coordinator.
bool coordinates(const Participant& participant, std::string_view today);
// On the team that day: the team and the membership are active and their periods hold.
bool isActive(const Participant& participant, std::string_view today);

}  // namespace planbro::plan
