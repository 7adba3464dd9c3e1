// batch: every entry by itself. FHIR R4, http.html, section 3.1.0.11.1; docs/api/transaction.md.
#pragma once

#include "service/call.h"

namespace planbro::service {

// `call` carries a Bundle of type batch. Each entry is answered as if it had come alone, in order.
Answer batch(const Call& call);

}  // namespace planbro::service
