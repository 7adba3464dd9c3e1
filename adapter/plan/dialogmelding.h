// One plan as a KITH dialogmelding with the plan attached as PDF.
//
// Source: MsgHead 1.2 (2006-05-24), dialogmelding 1.0 (2006-10-11), Base64Container 1.0; identifier
// kinds 8116 and 9051, message function 8279, theme 7322.
#pragma once

#include <string>

#include "base/error.h"
#include "fhir/issue.h"
#include "plan/stored_plan.h"

namespace planbro::plan {

// An organisation that sends or receives messages.
struct MessageParty {
  std::string name;
  std::string organization_number;  // may be empty if her_id is not
  std::string her_id;               // message address; may be empty
};

struct DialogmeldingOptions {
  // Without a name: the plan's coordinating unit.
  MessageParty sender;
  MessageParty receiver;
};

// UTF-8. MsgId follows from the versions of the plan and the receiver: the same message is never
// told twice under two names. kInvalidArgument: no receiver, no sender with an identifier, or a
// plan without an owner. kUnavailable: no fonts.
Result<std::string> makeDialogmelding(const StoredPlan& plan, const DialogmeldingOptions& options,
                                      fhir::Language language);

}  // namespace planbro::plan
