// Whether the consents of this moment let a peer have a plan. Fails closed.
//
// The plan consent must be in force, and a sharing consent in force must permit the whole plan to
// the peer's organisation, or to somebody who takes part for it; no consent in force may deny it.
// Source: product rules 1 and 9; FHIR R4, consent.html, section 6.2.7 (provisions).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "fhir/issue.h"
#include "sync/peer.h"
#include "sync/plan_content.h"

namespace planbro::sync {

// Nothing when the peer may have the plan, else why not. Consents and the actors they name are
// looked for in `content`. `today` is the day in Norway ("2026-11-22").
std::optional<fhir::Issue> whyHeldBack(const PlanContent& content, const Peer& peer,
                                       std::string_view today);

}  // namespace planbro::sync
