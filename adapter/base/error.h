// Errors as values: a handful of codes for a failing program or a refused call.
//
// Bad data never travel here: they become issues (fhir/issue.h) with code, path and position.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace planbro {

enum class ErrorCode {
  kInvalidArgument,     // the caller's request makes no sense
  kNotFound,            // what was named does not exist
  kGone,                // it existed and was deleted
  kConflict,            // it exists already, or two writers met; trying again may succeed
  kPreconditionFailed,  // the caller's condition (If-Match) does not hold
  kLimitExceeded,       // a named limit was passed
  kUnavailable,         // a peer or store is down or busy; trying again later may succeed
  kUnknownOutcome,      // it may have been done or not: look before it is tried again
  kIo,                  // reading or writing failed (disk full, permission, network)
  kCorrupt,             // stored data do not read as they were written
  kUnsupported,         // known, but not offered
  kInternal,            // a defect of this program
};

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // English, one sentence, says what and what to do; no personal data
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

// `return fail(ErrorCode::kIo, "...")` in a function that returns a Result or Status.
inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace planbro

// Returns the error of `expression` (a Result or Status) from the enclosing function.
#define PLANBRO_RETURN_IF_ERROR(expression)                              \
  do {                                                                   \
    if (auto planbro_status = (expression); !planbro_status.has_value()) \
      return std::unexpected(std::move(planbro_status).error());         \
  } while (false)

// Declares `target` with the value of `expression`, or returns its error.
#define PLANBRO_CONCAT_INNER(a, b) a##b
#define PLANBRO_CONCAT(a, b) PLANBRO_CONCAT_INNER(a, b)
#define PLANBRO_ASSIGN_OR_RETURN(target, expression) \
  PLANBRO_ASSIGN_OR_RETURN_INNER(PLANBRO_CONCAT(planbro_result_, __LINE__), target, expression)
#define PLANBRO_ASSIGN_OR_RETURN_INNER(result, target, expression)            \
  auto result = (expression);                                                 \
  if (!result.has_value()) return std::unexpected(std::move(result).error()); \
  target = std::move(result).value()
