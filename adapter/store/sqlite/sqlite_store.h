// The embedded store: one SQLite file (docs/store.md).
//
// One writer thread commits in groups: many waiting transact() calls share one SQLite transaction
// and one sync of the disk; each returns after that sync. Readers have connections of their own and
// do not wait for the writer, but for the moment in which a long log begins anew. Write-ahead log,
// synchronous=FULL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/error.h"
#include "store/store.h"

namespace planbro::store {

struct SqliteOptions {
  std::filesystem::path path;           // the file; made with its folder if it is not there
  bool existing = false;                // only a store of the newest schema: nothing is made or
                                        // migrated, and a copy that may only be read is read
  std::uint32_t readers = 16;           // snapshots open at once; more wait
  std::uint32_t reader_wait_ms = 5000;  // then kUnavailable
  std::uint32_t busy_wait_ms = 10000;   // for another process that writes; then kUnavailable
  std::uint32_t group = 128;            // transactions in one commit at most
  std::uint32_t waiting = 4096;         // transactions in the queue; more are kUnavailable
  std::uint32_t search_ms = 10000;      // one search; then kLimitExceeded
  std::uint32_t page_count = 1000;      // the largest Query::count; larger ones are cut to it
  // How long index rows of replaced versions are kept, so that cursors stay good; by the clock of
  // Put::last_updated, in seconds.
  std::uint32_t index_retention = 3600;
  std::uint64_t max_bytes = 0;  // the file's size, 0: no limit but the disk's
  // The write-ahead log is folded back into the file when it is that long; sooner while nobody
  // writes.
  std::size_t log_bytes = std::size_t{64} << 20;
  std::size_t cache_bytes = std::size_t{16} << 20;  // writer's page cache; a quarter a reader
  std::size_t body_bytes = std::size_t{8} << 20;    // bodies read by id last; 0: none are kept
};

// Opens the file, makes or migrates its schema. kUnsupported: it is not a Planbro store or was made
// by a newer program, or, of an existing one, by an older; kCorrupt: it does not read, or is empty;
// kIo: it cannot be opened or made.
Result<std::unique_ptr<Store>> openSqlite(const SqliteOptions& options);

// The version of the schema that this program writes.
int sqliteSchemaVersion();

}  // namespace planbro::store
