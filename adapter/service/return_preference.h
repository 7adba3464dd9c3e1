// Prefer: return of a write: the resource, nothing, or an OperationOutcome. Internal to service/.
//
// Source: FHIR R4, http.html, section 3.1.0.1.6 (Prefer); RFC 7240, section 4.2.
#pragma once

#include "service/call.h"

namespace planbro::service {

// Leaves of a write's answer what the caller prefers; of other answers everything.
void applyReturnPreference(const Call& call, Answer& answer);

}  // namespace planbro::service
