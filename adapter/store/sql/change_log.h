// What both stores say of their change log.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/error.h"

namespace planbro::store::sql {

// A sequence as a caller has it, as a number of the database; behind all of them where it is none.
inline std::int64_t sequenceOf(std::uint64_t sequence) {
  constexpr auto kLast = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(sequence, static_cast<std::uint64_t>(kLast)));
}

// Of a cursor before what the log still tells, or behind its end (of a store that lost writes).
inline std::unexpected<Error> outOfLog() {
  return fail(ErrorCode::kGone, "The change log does not tell what came after that: begin anew.");
}

}  // namespace planbro::store::sql
