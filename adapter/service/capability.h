// The capability statement, made once from the route table, the search parameters and the profiles
// in use. FHIR R4, capabilitystatement.html; docs/api/capabilities.md.
#pragma once

#include <string>
#include <string_view>

#include "json/builder.h"
#include "service/context.h"

namespace planbro::service {

// Compact JSON.
std::string makeCapabilityStatement(const Context& context);

// What tells of a service which one it is.
struct StatementHead {
  std::string_view type;  // CapabilityStatement or TerminologyCapabilities
  std::string_view name, title;
  std::string_view implementation;  // what is there at this address
};

// The elements that a statement of what this service can begins with, from resourceType to
// implementation; the object is open.
void writeStatementHead(json::Builder& out, const Context& context, const StatementHead& head);

}  // namespace planbro::service
