// One plan as a PDF that people read: tagged for screen readers, fonts embedded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "fhir/issue.h"
#include "plan/stored_plan.h"

namespace planbro::plan {

enum class PdfContent : std::uint8_t {
  kPages,         // to be read
  kPagesAndPlan,  // and the plan's transaction inside (plan/transaction.h), for programs
};

// The narrative of the plan (plan/narrative.h) in `language`, with whose plan it is at the top. The
// same versions and fonts give the same bytes. Holds the person's identity number: it is for the
// person, the archive and those the person shares the plan with. kUnavailable: no fonts.
Result<std::string> makePdf(const StoredPlan& plan, fhir::Language language, PdfContent content);

// PB-3028, once, where that PDF shows letters as boxes for want of a font.
std::vector<fhir::Issue> checkLetters(const StoredPlan& plan, fhir::Language language);

}  // namespace planbro::plan
