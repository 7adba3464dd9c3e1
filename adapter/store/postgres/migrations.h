// The schema: numbered .sql files, linked in, applied forward only (docs/store.md).
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "store/postgres/connection.h"

namespace planbro::store::postgres {

int newestSchema();

// Brings `schema` of the database to the newest, all steps in one transaction; other processes that
// open it meanwhile wait. kUnsupported: somebody else's tables, or those of a newer program.
Status migrate(Connection& connection, const std::string& schema);

// For those who make and migrate nothing. kNotFound: there is no store in the schema; kUnsupported:
// an older one, or as above.
Status mustBeNewest(Connection& connection, const std::string& schema);

// The arguments of pg_advisory_xact_lock() by which the writers of one schema take turns.
std::string writersLock(const std::string& schema);

}  // namespace planbro::store::postgres
