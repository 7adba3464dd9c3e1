// What clients are told of the authorization server that stands before the service. The service
// itself checks no token yet: whoever configures one lets it stand behind a gateway that does.
//
// Source: SMART App Launch 2.2.0, conformance.html (/.well-known/smart-configuration, and the
// declaration in the capability statement). Internal to service/.
#pragma once

#include "json/builder.h"
#include "service/fhir_service.h"

namespace planbro::service {

// CapabilityStatement.rest.security; nothing where there is nothing to tell.
void writeSecurity(json::Builder& out, const ServiceSettings& settings);

}  // namespace planbro::service
