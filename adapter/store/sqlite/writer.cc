#include "store/sqlite/writer.h"

#include <exception>
#include <utility>

#include "store/sqlite/transaction.h"

namespace planbro::store::sqlite {
namespace {
constexpr std::int64_t kClearedAtOnce = 256;  // replaced versions, so that no commit gets long
}  // namespace

struct Writer::Waiting {
  const std::function<Status(Transaction&)>* work;
  Status result;
  bool done = false;
};

Writer::Writer(std::unique_ptr<Connection> connection, const SqliteOptions& options)
    : options_(options), session_(std::move(connection)), thread_([this] { serve(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  thread_.join();
}

Status Writer::run(const std::function<Status(Transaction&)>& work) {
  if (std::this_thread::get_id() == thread_.get_id())
    return fail(ErrorCode::kInvalidArgument, "A transaction cannot begin inside another one.");
  Waiting self{&work, {}, false};
  std::unique_lock lock(mutex_);
  if (stopping_) return fail(ErrorCode::kUnavailable, "The store is closing.");
  if (queue_.size() >= options_.waiting)
    return fail(ErrorCode::kUnavailable, "The store has too much to write: try again later.");
  queue_.push_back(&self);
  arrived_.notify_one();
  finished_.wait(lock, [&] { return self.done; });
  return std::move(self.result);
}

void Writer::serve() {
  std::unique_lock lock(mutex_);
  std::vector<Waiting*> group;
  while (true) {
    arrived_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    group.clear();
    while (!queue_.empty() && group.size() < options_.group) {
      group.push_back(queue_.front());
      queue_.pop_front();
    }
    lock.unlock();
    commit(group);
    lock.lock();
    for (Waiting* one : group) one->done = true;
    finished_.notify_all();
  }
}

void Writer::commit(const std::vector<Waiting*>& group) {
  const Status together = commitTogether(group);
  if (together) return;
  if (group.size() == 1) {
    // Its own refusal says more than the failure of the empty commit.
    if (group[0]->result) group[0]->result = together;
    return;
  }
  for (Waiting* one : group) {
    const Status alone = commitTogether({one});
    if (!alone && one->result) one->result = alone;
  }
}

Status Writer::commitTogether(const std::vector<Waiting*>& group) {
  Connection& connection = *session_.connection;
  for (Waiting* one : group) one->result = {};
  Status status = connection.run("BEGIN IMMEDIATE");
  if (!status) return status;
  Result<std::int64_t> last = View(session_, options_).lastSequence();
  status = last ? Status() : std::unexpected(last.error());
  for (std::size_t i = 0; status && i < group.size(); ++i) status = runOne(*group[i], *last);
  if (status) status = clearIndex();
  if (status) status = connection.run("COMMIT");
  if (!status) {
    if (connection.inTransaction()) (void)connection.run("ROLLBACK");
    session_.names.clear();
  }
  return status;
}

// Fails when the whole group is lost; a refusal of this one alone stands in its result.
Status Writer::runOne(Waiting& one, std::int64_t& last_sequence) {
  Connection& connection = *session_.connection;
  const std::int64_t before = last_sequence;
  PLANBRO_RETURN_IF_ERROR(connection.run("SAVEPOINT one"));
  SqliteTransaction transaction(session_, options_, last_sequence);
  try {
    one.result = (*one.work)(transaction);
  } catch (const std::exception&) {  // a library's: out of memory
    one.result = fail(ErrorCode::kInternal, "A transaction ended in an exception.");
  }
  if (!transaction.broken()) one.result = transaction.broken();
  if (!connection.inTransaction())
    return one.result ? fail(ErrorCode::kIo, "The store gave up the transaction.") : one.result;
  if (one.result) return connection.run("RELEASE one");
  last_sequence = before;
  session_.names.clear();
  PLANBRO_RETURN_IF_ERROR(connection.run("ROLLBACK TO one"));
  return connection.run("RELEASE one");
}

// Index rows of versions replaced long ago: no page can ask for them any more.
Status Writer::clearIndex() {
  Connection& connection = *session_.connection;
  PLANBRO_ASSIGN_OR_RETURN(
      const std::int64_t newest,
      connection.number("SELECT last_updated FROM version ORDER BY sequence DESC LIMIT 1"));
  std::vector<std::pair<std::int64_t, std::int64_t>> old;  // sequence, replaced
  {
    // In the order of replacement: the first that is too young ends it.
    const std::int64_t limit = newest - std::int64_t{options_.index_retention} * 1'000'000;
    PLANBRO_ASSIGN_OR_RETURN(
        Statement statement,
        connection.prepare(
            "SELECT v.sequence,v.replaced,n.last_updated FROM version v CROSS JOIN version n "
            "WHERE v.replaced<9223372036854775807 AND n.sequence=v.replaced AND v.replaced>"
            "(SELECT number FROM state WHERE name='index_horizon') ORDER BY v.replaced LIMIT ?"));
    statement.bind(kClearedAtOnce);
    while (true) {
      PLANBRO_ASSIGN_OR_RETURN(const bool row, statement.step());
      if (!row || statement.integer(2) >= limit) break;
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
