// The Patient compartment: which resources are about a person, found through which references.
//
// Source: FHIR R4, compartmentdefinition-patient.html. Any thread.
#pragma once

#include <span>
#include <string_view>

#include "store/query.h"

namespace planbro::search {

struct CompartmentMember {
  std::string_view type;                         // "CarePlan"
  std::span<const std::string_view> parameters;  // reference parameters, by code
};

// By type name, in order; Patient itself is a member by its links.
std::span<const CompartmentMember> patientCompartment();

// True of resources of the member's type that refer to that patient.
store::Predicate inCompartment(const CompartmentMember& member, std::string_view patient_id);

}  // namespace planbro::search
