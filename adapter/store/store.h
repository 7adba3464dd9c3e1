// Where resources live: a narrow interface with more than one implementation behind it
// (store/sqlite/, later store/postgres/).
//
// A store keeps every version of every resource, the index rows that searches need, and one change
// log. It knows nothing of FHIR but type, id, version and bytes; what the index rows mean is
// search/'s business. Every write appends to the change log in its own transaction; sync, feed and
// history read it by cursor.
//
// Threads: every method of Store may be called by any thread. A Reader or Transaction belongs to
// one thread. Durability: transact() returns success after the data are on disk.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "store/query.h"

namespace planbro::store {

// One version of one resource, as stored.
struct Version {
  std::string type;           // "CarePlan"
  std::string id;             // logical id
  std::uint64_t version = 0;  // from 1, without gaps
  Instant last_updated;
  std::uint64_t sequence = 0;  // place in the change log
  bool deleted = false;        // then `body` is empty
  std::string method;          // "POST", "PUT", "PATCH", "DELETE": what made it
  std::string body;            // JSON, meta.versionId and meta.lastUpdated in it
};

// A new version. The caller has set id and meta in `body`.
struct Put {
  std::string type;
  std::string id;
  std::uint64_t version = 0;  // current version + 1; anything else is kConflict
  Instant last_updated;
  std::string method = "PUT";
  bool deleted = false;
  std::string body;
  std::vector<IndexRow> index;
};

// One entry of the change log.
struct Change {
  std::uint64_t sequence = 0;  // rises by one with every write; a cursor is the last one seen
  std::string type;
  std::string id;
  std::uint64_t version = 0;
  bool deleted = false;
  Instant last_updated;
};

// Pages are of one moment: every page after the first shows the versions that were current when the
// first was made, whatever is written in between. A cursor is good for as long as the store keeps
// the index rows of replaced versions (SqliteOptions::index_retention); after that, kGone. It holds
// numbers only, no data of any resource, and is no proof of access: the query's `visible` of the
// day is applied to each page.
struct SearchPage {
  std::vector<Version> matches;        // versions current at that moment, in the query's order
  std::optional<std::string> next;     // cursor of the next page; opaque, fit for a URL
  std::optional<std::uint64_t> total;  // when the query asked for it
  std::uint64_t moment = 0;            // the newest sequence of that moment
};

struct HistoryQuery {
  std::string type;                   // empty: the whole system
  std::string id;                     // empty: the whole type
  std::optional<Instant> since;       // changed at or after
  std::uint64_t before_sequence = 0;  // cursor: only versions before it; 0 is from the newest
  std::uint32_t count = 50;
  // Set: only versions after it, oldest first; the cursor of one who reads forward.
  std::optional<std::uint64_t> after_sequence;
};

// How far the change log reaches: it tells every change after `forgotten` up to `newest`. Versions
// are not concerned: they are all kept.
struct LogRange {
  std::uint64_t forgotten = 0;
  std::uint64_t newest = 0;
};

// A consistent view of the store. Results are what was committed when it was opened. Drop it soon:
// it holds a connection, and nothing that it sees can be cleared away.
class Reader {
 public:
  virtual ~Reader() = default;
  // The current version, also when it is a deletion; kNotFound if the id was never used.
  virtual Result<Version> read(std::string_view type, std::string_view id) = 0;
  // The current versions of those `ids` that are there and not deleted; each id once, the versions
  // in any order. One round trip where the store is elsewhere.
  virtual Result<std::vector<Version>> readAll(std::string_view type,
                                               std::span<const std::string> ids);
  virtual Result<Version> readVersion(std::string_view type, std::string_view id,
                                      std::uint64_t version) = 0;
  // Newest first, unless the query asks otherwise; an id or type never used gives none.
  virtual Result<std::vector<Version>> history(const HistoryQuery& query) = 0;
  // kInvalidArgument: a cursor of another query, or a malformed one. kGone: an old cursor.
  // kLimitExceeded: the query is too large or took too long.
  virtual Result<SearchPage> search(const Query& query) = 0;
  // How that search would run, for operators: lines of English text without values. kUnsupported:
  // the store does not tell.
  virtual Result<std::string> explain(const Query& /*query*/) {
    return fail(ErrorCode::kUnsupported, "This store does not tell how a search runs.");
  }
  // Changes after `cursor` in order, at most `limit`. kGone: the log has forgotten some of them, or
  // never came as far. A reader then begins anew: it looks at all that is there, and goes on behind
  // logRange().newest of that same view.
  virtual Result<std::vector<Change>> changesAfter(std::uint64_t cursor, std::uint32_t limit) = 0;
  virtual Result<LogRange> logRange() = 0;
  // logRange().newest alone.
  virtual Result<std::uint64_t> moment();
  // A named value kept beside the resources (cursors of sync workers, settings); kNotFound.
  virtual Result<std::string> value(std::string_view name) = 0;
  // The names of all of them, in order of their bytes.
  virtual Result<std::vector<std::string>> valueNames() = 0;
};

class Transaction : public Reader {
 public:
  virtual Status put(const Put& put) = 0;
  // Whether one of these resources ("CarePlan/1") may have changed since the moment of a snapshot;
  // false is sure, and true only says that it is not known without a look. Quick.
  virtual bool mayHaveChanged(std::uint64_t moment, std::span<const std::string> addresses) = 0;
  virtual Status setValue(std::string_view name, std::string_view value) = 0;  // empty: removes it
  // Other index rows for a version that is there; nothing else of it changes, and the change log
  // says nothing. kConflict if it is not the current version, or a deletion.
  virtual Status setIndex(std::string_view type, std::string_view id, std::uint64_t version,
                          const std::vector<IndexRow>& index) = 0;
  // The change log forgets its entries up to `sequence`, for good; fewer than it has forgotten
  // before change nothing. kInvalidArgument: there is no such entry yet. See store/log_keeping.h.
  virtual Status forgetChanges(std::uint64_t sequence) = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  virtual Result<std::unique_ptr<Reader>> snapshot() = 0;
  // What one look at a snapshot of now gives, at less cost where the store can: as Reader's.
  virtual Result<Version> read(std::string_view type, std::string_view id);
  virtual Result<Version> readVersion(std::string_view type, std::string_view id,
                                      std::uint64_t version);
  // Runs `work` alone among writers, with a view of all that was committed before; commits when it
  // returns success, else leaves no trace and returns its error. `work` may run on another thread
  // than the caller's (who waits) and may be run again after a conflict or failure of the
  // implementation, so it must have no effect outside the transaction, and must not call
  // transact() itself (kInvalidArgument). kIo: the disk is full or fails, nothing was kept.
  // kUnknownOutcome: the server went away in the commit; it may have been kept.
  virtual Status transact(const std::function<Status(Transaction&)>& work) = 0;
  // Each of `works` as transact() would run it, in their order, each by itself: what one sees is
  // what those before it have written, and one that fails leaves the others. They may share a
  // commit, which is what this is for; what succeeded is on disk on return. One result each.
  virtual std::vector<Status> transactAll(
      std::span<const std::function<Status(Transaction&)>> works);
  // Whether the store answers, is the one that was opened, has the program's schema, and no copy
  // into it was broken off (store/copy.h); else kUnsupported. Quick.
  virtual Status check() = 0;
  // Reads everything and tells whether it is whole: kCorrupt names the first fault; kUnsupported as
  // check(). Slow.
  virtual Status verify() = 0;
};

}  // namespace planbro::store
