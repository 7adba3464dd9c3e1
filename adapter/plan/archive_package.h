// One plan as a package for a Noark 5 archive: Fiks Arkiv's `arkivmelding` with the plan as PDF and
// as a FHIR Bundle, in one ZIP.
//
// Source: Fiks Arkiv v1, no.ks.fiks.arkiv.v1.arkivering.arkivmelding.opprett (KS, based on Noark
// 5).
#pragma once

#include <string>

#include "base/error.h"
#include "fhir/issue.h"
#include "plan/stored_plan.h"

namespace planbro::plan {

// arkivmelding.xml, individuell-plan.pdf (main document) and individuell-plan.json (transaction
// Bundle, attachment); the message carries their SHA-256 checksums and sizes. A case folder
// (saksmappe) for the person, one journal entry (journalpost) for this state of the plan; both are
// known by the plan's business identifier, so that the archive finds the folder again. Titles hold
// no name of the person in their public form. The same versions give the same bytes.
// kUnavailable: no fonts.
Result<std::string> makeArchivePackage(const StoredPlan& plan, fhir::Language language);

}  // namespace planbro::plan
