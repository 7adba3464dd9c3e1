#include "store/sqlite/writer.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "store/sqlite/transaction.h"

namespace planbro::store::sqlite {
namespace {
constexpr std::int64_t kClearedAtOnce = 256;  // replaced versions, so that no commit gets long
constexpr std::chrono::seconds kIdle{1};      // then the log is folded back, however short
// When it is long, readers are waited for, and writers and new readers wait meanwhile: longer each
// time in which one stayed.
constexpr std::chrono::milliseconds kReadersLeave{50};
constexpr std::chrono::milliseconds kReadersLeaveAtMost{800};
constexpr int kGroupsApart = 32;  // behind one in which something had to be undone
}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, const SqliteOptions& options,
               std::shared_ptr<const Dictionaries> dictionaries, ReaderPool& readers)
    : options_(options),
      queue_(options.group, options.waiting),
      session_(std::move(connection), std::move(dictionaries)),
      readers_(&readers),
      patience_(kReadersLeave),
      long_log_(options.log_bytes / kPageBytes) {
  session_.connection->foldLogByHand();
  thread_ = std::thread([this] { serve(); });
}

Writer::~Writer() {
  queue_.close();
  thread_.join();
}

void Writer::serve() {
  ::pthread_setname_np(::pthread_self(), "store-writer");  // in top and in profiles
  while (true) {
    if (session_.connection->logPages() > 0 && !queue_.comesWithin(kIdle)) foldLog();
    const WriteQueue::Group group = queue_.next();
    if (group.empty()) return;
    // Where another process writes, it does so for each of them.
    commitTogetherOrAlone(
        group, [this](const WriteQueue::Group& some) { return commit(some); },
        [](const Status& status) {
          return !status && status.error().code == ErrorCode::kUnavailable;
        });
    queue_.done(group);
    // They have their answers while this goes on.
    if (logIsLong()) beginLogAnew();
  }
}

// Once it could not begin anew, it is tried again each time the log has grown by an eighth.
bool Writer::logIsLong() {
  const std::size_t pages = session_.connection->logPages();
  if (pages < tried_at_) {
    tried_at_ = 0;
    patience_ = kReadersLeave;
  }
  return pages >= long_log_ && pages >= tried_at_ + (tried_at_ == 0 ? 0 : long_log_ / 8);
}

// A failure loses nothing: the log is part of the store.
void Writer::foldLog() { (void)session_.connection->foldLog({}); }

// The log begins anew in a moment in which nobody reads from it. Where readers come and go without
// a pause there is none: so new ones are kept out until those of older moments have left. Most of
// the log is folded back before. A reader that stays, or another process', keeps the log.
void Writer::beginLogAnew() {
  tried_at_ = session_.connection->logPages();
  foldLog();
  const bool alone = readers_->keepOut(patience_);
  (void)session_.connection->foldLog(kReadersLeave);
  if (alone) {
    readers_->letIn();
  } else {
    patience_ = std::min(2 * patience_, kReadersLeaveAtMost);
  }
}

Status Writer::commit(const WriteQueue::Group& group) {
  const bool apart = group.size() > 1 && apart_ > 0;
  if (apart) --apart_;
  Result<bool> kept = commit(group, apart);
  if (kept.has_value() && !*kept) {
    apart_ = kGroupsApart;
    kept = commit(group, true);
  }
  return kept.has_value() ? Status() : std::unexpected(std::move(kept.error()));
}

Result<bool> Writer::commit(const WriteQueue::Group& group, bool apart) {
  Connection& connection = *session_.connection;
  for (WriteQueue::Waiting* one : group) one->result = {};
  PLANBRO_RETURN_IF_ERROR(connection.run("BEGIN IMMEDIATE"));
  Result<std::int64_t> last = View(session_, options_).lastSequence();
  Status status = last ? Status() : std::unexpected(last.error());
  // Else another process has written, or it was not known what became of a group.
  if (last && *last != changes_.newest()) changes_.beginAfter(*last);
  bool clean = true;
  for (std::size_t i = 0; status && clean && i < group.size(); ++i) {
    const Result<bool> ran = runOne(*group[i], apart);
    status = ran.has_value() ? Status() : std::unexpected(ran.error());
    clean = ran.value_or(false);
  }
  if (status && clean) status = clearIndex();
  if (status && clean) status = connection.run("COMMIT");
  if (status && clean) return true;
  if (connection.inTransaction()) (void)connection.run("ROLLBACK");
  session_.names.clear();
  changes_.beginAfter(-1);
  if (!status) return std::unexpected(std::move(status.error()));
  // One that is alone has been undone with its group.
  return group.size() == 1;
}

// False: it was refused after it had written, and has no savepoint to go back to. An error: the
// whole group is lost. A refusal of this one alone stands in its result.
Result<bool> Writer::runOne(WriteQueue::Waiting& one, bool apart) {
  Connection& connection = *session_.connection;
  const std::int64_t before = changes_.newest();
  if (apart) PLANBRO_RETURN_IF_ERROR(connection.run("SAVEPOINT one"));
  SqliteTransaction transaction(session_, options_, changes_);
  one.runIn(transaction);
  if (one.result) one.result = transaction.finish();
  if (!transaction.broken()) one.result = transaction.broken();
  if (!connection.inTransaction()) {
    if (one.result) return fail(ErrorCode::kIo, "The store gave up the transaction.");
    return std::unexpected(one.result.error());
  }
  if (!apart) return one.result.has_value() || !transaction.hasWritten();
  if (!one.result) {
    changes_.backTo(before);
    session_.names.clear();
    PLANBRO_RETURN_IF_ERROR(connection.run("ROLLBACK TO one"));
  }
  PLANBRO_RETURN_IF_ERROR(connection.run("RELEASE one"));
  return true;
}

// Index rows of versions replaced long ago: no page can ask for them any more.
Status Writer::clearIndex() {
  Connection& connection = *session_.connection;
  PLANBRO_ASSIGN_OR_RETURN(
      const std::int64_t newest,
      connection.number("SELECT last_updated FROM version ORDER BY sequence DESC LIMIT 1"));
  std::vector<std::pair<std::int64_t, std::int64_t>> old;  // sequence, replaced
  {
    // In the order of replacement: the first that is too young ends it. A time that is further
    // ahead of the newest one than the retention says nothing: that clock was wrong.
    const std::int64_t retention = std::int64_t{options_.index_retention} * 1'000'000;
    PLANBRO_ASSIGN_OR_RETURN(
        Statement statement,
        connection.prepare(
            "SELECT v.sequence,v.replaced,n.last_updated FROM version v CROSS JOIN version n "
            "WHERE v.replaced<9223372036854775807 AND n.sequence=v.replaced AND v.replaced>"
            "(SELECT number FROM state WHERE name='index_horizon') ORDER BY v.replaced LIMIT ?"));
    statement.bind(kClearedAtOnce);
    while (true) {
      PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
      const std::int64_t time = row ? statement.integer(2) : 0;
      if (!row || (time >= newest - retention && time <= newest + retention)) break;
      old.emplace_back(statement.integer(0), statement.integer(1));
    }
  }
  if (old.empty()) return {};
  for (const auto& [sequence, replaced] : old) {
    for (const char* sql :
         {"DELETE FROM token WHERE sequence=?", "DELETE FROM string WHERE sequence=?",
          "DELETE FROM reference WHERE sequence=?", "DELETE FROM span WHERE sequence=?"}) {
      PLANBRO_ASSIGN_OR_RETURN(Statement statement, connection.prepare(sql));
      statement.bind(sequence);
      PLANBRO_RETURN_IF_ERROR(statement.run());
    }
  }
  PLANBRO_ASSIGN_OR_RETURN(
      Statement statement,
      connection.prepare("UPDATE state SET number=? WHERE name='index_horizon'"));
  statement.bind(old.back().second);
  return statement.run();
}

}  // namespace planbro::store::sqlite
