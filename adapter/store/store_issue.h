// A store's refusal as an issue for people.
#pragma once

#include "base/error.h"
#include "fhir/issue.h"

namespace planbro::store {

// PB-60xx. kNotFound and kGone of single resources are the caller's to tell: here kGone is an
// expired page.
fhir::Issue issueOf(const Error& error);

}  // namespace planbro::store
