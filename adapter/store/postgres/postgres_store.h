// The store on PostgreSQL 15 and later, for installations with several replicas (docs/store.md).
//
// Replicas of the program keep no state of their own: each opens the same address. Every process
// has one writing connection that commits in groups; writers of all processes take turns by an
// advisory lock that a commit releases, so that transactions are serial and the change log has no
// gaps in the order of commits. A lost connection is made anew; whether a commit that was under way
// counts is asked of the server, never guessed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "store/store.h"

namespace planbro::store {

struct PostgresOptions {
  // "postgres://user@host:5432/database"; a password stands in a file of its own (passfile=).
  std::string address;
  std::string schema = "planbro";        // letters, digits, "_"; made if it is not there
  bool existing = false;                 // only a store of the newest schema: nothing is made
  std::uint32_t readers = 16;            // snapshots open at once, a connection each; more wait
  std::uint32_t reader_wait_ms = 5000;   // also for a server that is away; then kUnavailable
  std::uint32_t busy_wait_ms = 10000;    // for other writers, or for a server that is away
  std::uint32_t idle_ms = 60000;         // the server ends a transaction of a process that hangs
  std::uint32_t group = 128;             // transactions in one commit at most
  std::uint32_t waiting = 4096;          // transactions in the queue; more are kUnavailable
  std::uint32_t search_ms = 10000;       // one search; then kLimitExceeded
  std::uint32_t page_count = 1000;       // the largest Query::count; larger ones are cut to it
  std::uint32_t index_retention = 3600;  // seconds, as in SqliteOptions
};

// Connects, makes or migrates the schema. kUnavailable: no server; kUnsupported: the schema is none
// of ours or was made by a newer program, or, of an existing one, by an older, or the server is too
// old; kNotFound: an existing one is not there.
Result<std::unique_ptr<Store>> openPostgres(const PostgresOptions& options);

// Whether a setting names a PostgreSQL database rather than a file.
bool isPostgresAddress(std::string_view text);

// What openPostgres() refuses before it connects: kInvalidArgument for what is no address, or holds
// a password; names of schemas are small letters, digits and "_".
Status checkPostgresAddress(const std::string& address);
bool isPostgresSchema(std::string_view name);

// Host, port and database of an address, for messages.
std::string shownPostgresAddress(const std::string& address);

// The version of the schema that this program writes.
int postgresSchemaVersion();

}  // namespace planbro::store
