// The value set an operation is about: by its address, in the request itself, or by its canonical.
#pragma once

#include <expected>
#include <memory>

#include "service/call.h"
#include "service/call_terminology.h"
#include "service/operation_input.h"
#include "terminology/terminology.h"

namespace planbro::service {

struct AskedValueSet {
  std::unique_ptr<CallTerminology> terminology;  // that it was compiled with
  const terminology::ValueSet* set = nullptr;
  fhir::Resource resource;  // of what was compiled for this request alone
  std::unique_ptr<const terminology::ValueSet> own;
};

// [id] of the address; else the parameter valueSet; else url, with valueSetVersion, of what is
// loaded or stored; else what the element that `context` names is bound to. 400 if there is none or
// several of them, 404 if it is not there, 501 if the service has no terminology.
std::expected<AskedValueSet, Answer> askedValueSet(const Call& call, const OperationInput& input);

// Looks up a stored resource and reads it.
std::expected<fhir::Resource, Answer> storedResource(const Call& call);

}  // namespace planbro::service
