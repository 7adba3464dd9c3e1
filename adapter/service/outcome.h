// Refusals: a status, and an OperationOutcome in the caller's language.
//
// Source: FHIR R4, http.html, section 3.1.0.1.4 (status codes); docs/api/errors.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/issue.h"
#include "service/call.h"

namespace planbro::service {

Answer refuse(int status, std::string_view code, std::vector<std::string> arguments = {},
              fhir::Place place = {});
Answer refuse(int status, std::vector<fhir::Issue> issues);
// A failing store or program: 503 with Retry-After when trying again may help.
Answer refuse(const Error& error);

// Leaves of the answer's resource what the call's _summary and _elements ask for.
void thin(const Call& call, Answer& answer);

// The answer as the caller wants it: format, language, Prefer, _pretty, _summary, _elements.
Response render(const Call& call, Answer answer);

// The issues as compact JSON of an OperationOutcome.
std::string outcomeText(const std::vector<fhir::Issue>& issues, fhir::Language language);

}  // namespace planbro::service
