#include "store/store_issue.h"

namespace planbro::store {

fhir::Issue issueOf(const Error& error) {
  switch (error.code) {
    case ErrorCode::kUnavailable:
      return fhir::makeIssue("PB-6001");
    case ErrorCode::kUnknownOutcome:
      return fhir::makeIssue("PB-6010");
    case ErrorCode::kIo:
      return fhir::makeIssue("PB-6002", {}, {error.message});
    case ErrorCode::kCorrupt:
      return fhir::makeIssue("PB-6003", {}, {error.message});
    case ErrorCode::kLimitExceeded:
      return fhir::makeIssue("PB-6004", {}, {error.message});
    case ErrorCode::kGone:
      return fhir::makeIssue("PB-6005");
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
      return fhir::makeIssue("PB-6006", {}, {error.message});
    case ErrorCode::kConflict:
    case ErrorCode::kPreconditionFailed:
      return fhir::makeIssue("PB-6007");
    case ErrorCode::kUnsupported:
      return fhir::makeIssue("PB-6008", {}, {error.message});
    case ErrorCode::kInternal:
      break;
  }
  return fhir::makeIssue("PB-6009");
}

}  // namespace planbro::store
