#include "service/return_preference.h"

#include "fhir/issue.h"

namespace planbro::service {

void applyReturnPreference(const Call& call, Answer& answer) {
  if (!answer.written || answer.refused()) return;
  switch (call.preferences.returns) {
    case ReturnPreference::kMinimal:
      answer.returned = ReturnPreference::kMinimal;
      answer.resource.clear();
      answer.issues.clear();
      break;
    case ReturnPreference::kOutcome:
      answer.returned = ReturnPreference::kOutcome;
      answer.resource.clear();
      if (answer.status == 204) answer.status = 200;
      if (answer.status == 201)
        answer.issues.push_back(fhir::makeIssue("PB-4060", {}, {answer.location}));
      else if (call.method == "DELETE")
        answer.issues.push_back(fhir::makeIssue("PB-4063"));
      else if (!answer.unchanged)
        answer.issues.push_back(fhir::makeIssue("PB-4061", {}, {answer.location}));
      break;
    case ReturnPreference::kRepresentation:
      if (!answer.resource.empty()) answer.returned = ReturnPreference::kRepresentation;
      [[fallthrough]];
    case ReturnPreference::kUnset:
      if (answer.resource.empty()) answer.issues.clear();
      break;
  }
}

}  // namespace planbro::service
