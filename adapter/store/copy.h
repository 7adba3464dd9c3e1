// One store's whole content into another: every version with its id, number, time and place in the
// change log, and the named values. Between SQLite and PostgreSQL, both ways.
//
// From its first batch on the target carries a mark, which goes with the last of it: a copy that
// was broken off is never taken for a whole store.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/error.h"
#include "store/store.h"

namespace planbro::store {

struct CopyOptions {
  std::uint32_t batch = 500;  // versions in one transaction of the target
  // The index rows of a version, as the service would write them; also of replaced ones, so that
  // old pages stay those they were. Called by the thread that copies.
  std::function<Result<std::vector<IndexRow>>(const Version&)> index;
  // After each batch: versions in the target, and in the source at that moment. False: stop here.
  std::function<bool(std::uint64_t done, std::uint64_t all)> progress;
};

struct CopyReport {
  std::uint64_t before = 0;    // versions that the target had
  std::uint64_t versions = 0;  // that were copied
  std::uint64_t values = 0;    // that were copied or were the same
  bool whole = false;          // the target has all that the source had at the end
};

// Whether a copy into the store has begun and has not ended; as a failure, kUnsupported.
Result<bool> isUnfinishedCopy(Reader& store);
Status mustBeWhole(Reader& store);

// The target is empty, or a copy begun earlier: then it goes on behind the last version that the
// target has, as each batch is a transaction. Sequences stay the same, so that cursors of workers
// do. Named values that the source has no more go from the target too. The source may be in use;
// what is written there meanwhile comes along. kConflict: the target holds something else, or
// somebody else writes to it. kUnsupported: the source is not whole.
Result<CopyReport> copyStore(Store& source, Store& target, const CopyOptions& options);

}  // namespace planbro::store
