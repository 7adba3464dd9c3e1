// Numbers that have no name, as a program writes them that knows another store's names: one whose
// store was replaced while it ran. Under verify() of both stores.
#pragma once

#include <array>

#include "base/error.h"

namespace planbro::store::sql {

// Statements that count rows; each gives 0 in a store that is whole.
inline constexpr std::array kNamelessRows{
    "SELECT count(*) FROM version WHERE type NOT IN (SELECT id FROM type)",
    "SELECT count(*) FROM token WHERE parameter NOT IN (SELECT id FROM parameter)",
    "SELECT count(*) FROM string WHERE parameter NOT IN (SELECT id FROM parameter)",
    "SELECT count(*) FROM reference WHERE parameter NOT IN (SELECT id FROM parameter)",
    "SELECT count(*) FROM span WHERE parameter NOT IN (SELECT id FROM parameter)",
};

inline std::unexpected<Error> nameless() {
  return fail(ErrorCode::kCorrupt,
              "Versions or index rows have types or search parameters that the store has no name "
              "for, as where a store is replaced under a running service. Restore a backup.");
}

}  // namespace planbro::store::sql
