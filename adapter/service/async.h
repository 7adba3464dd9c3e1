// Starting a request that is answered later. What it is and where its answer is kept: async_jobs.h.
// Internal to service/.
#pragma once

#include "service/call.h"
#include "service/routes.h"

namespace planbro::service {

// Whether Prefer: respond-async has an effect there.
bool mayBeAsync(const Route& route);
// 202 with the address to ask at; or 503 if all places are taken.
Answer startAsync(const Call& call, const Route& route);

// The route's answer to a call that is filled, with what the checks amend.
Answer runRoute(Call& call, const Route& route);

}  // namespace planbro::service
