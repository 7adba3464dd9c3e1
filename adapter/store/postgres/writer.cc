#include "store/postgres/writer.h"

#include <utility>

#include "store/postgres/migrations.h"

namespace planbro::store::postgres {
namespace {

constexpr std::chrono::milliseconds kBetweenTries{50};
constexpr std::int64_t kWorthAnalyzing = 500;  // versions

bool mayPass(const Status& status) {
  return !status && status.error().code == ErrorCode::kUnavailable;
}

// A server that is away is away for each of them; and what may have been kept is not written twice.
bool concernsAll(const Status& status) {
  return mayPass(status) || (!status && status.error().code == ErrorCode::kUnknownOutcome);
}

}  // namespace

Writer::Writer(std::unique_ptr<Session> session, const PostgresOptions& options)
    : options_(options),
      queue_(options.group, options.waiting),
      session_(std::move(session)),
      thread_([this] { serve(); }) {}

Writer::~Writer() {
  queue_.close();
  thread_.join();
}

void Writer::serve() {
  while (true) {
    const WriteQueue::Group group = queue_.next();
    if (group.empty()) return;
    commitTogetherOrAlone(
        group, [this](const WriteQueue::Group& some) { return commit(some); }, concernsAll);
    queue_.done(group);
    analyzeWhatHasGrown();
  }
}

Status Writer::commit(const WriteQueue::Group& waiting) {
  const TimePoint until =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.busy_wait_ms);
  while (true) {
    Status status;
    const End ended = reconnect(status) ? tryOnce(waiting, status) : End::kTryAgain;
    if (ended == End::kCommitted) return {};
    changes_.beginAfter(-1);
    if (session_ && !session_->connection->usable()) session_.reset();
    if (ended == End::kFailed || std::chrono::steady_clock::now() >= until) return status;
    std::this_thread::sleep_for(kBetweenTries);
  }
}

bool Writer::reconnect(Status& status) {
  if (session_) return true;
  auto opened = Session::open(options_, writingOptions(options_));
  if (!opened) {
    status = std::unexpected(opened.error());
    return false;
  }
  session_ = std::move(*opened);
  return true;
}

Writer::End Writer::tryOnce(const WriteQueue::Group& waiting, Status& status) {
  for (WriteQueue::Waiting* one : waiting) one->result = {};
  Group group(changes_);
  std::int64_t transaction = 0;
  status = begin(group, transaction);
  for (std::size_t i = 0; status && i < waiting.size(); ++i) {
    if (!runOne(*waiting[i], group, status) && status)
      status = fail(ErrorCode::kInternal, "The store gave up the transaction.");
  }
  if (status) return end(group, transaction, status);
  Connection& connection = *session_->connection;
  connection.forget();
  session_->names.forgetMade();
  if (connection.usable()) {
    connection.queue("ROLLBACK");
    (void)connection.settle();
  }
  // Another writer's long turn is told; a lost connection, a deadlock or a restart is tried again.
  return mayPass(status) ? End::kTryAgain : End::kFailed;
}

Status Writer::begin(Group& group, std::int64_t& transaction) {
  Connection& connection = *session_->connection;
  connection.queue("BEGIN");
  connection.queue("SELECT pg_advisory_xact_lock(" + writersLock(options_.schema) + ")");
  // A statement of its own: it sees what was committed before the lock was given.
  PLANBRO_ASSIGN_OR_RETURN(const Rows rows,
                           connection.ask("SELECT coalesce(max(sequence),0),"
                                          "pg_current_xact_id()::text::bigint FROM version"));
  group.first_sequence = rows.integer(0, 0);
  // Else another replica has written, or it was not known what became of a group.
  if (changes_.newest() != group.first_sequence) changes_.beginAfter(group.first_sequence);
  transaction = rows.integer(0, 1);
  return {};
}

bool Writer::runOne(WriteQueue::Waiting& one, Group& group, Status& status) {
  PostgresTransaction transaction(*session_, options_, group);
  one.runIn(transaction);
  if (!transaction.broken()) one.result = transaction.broken();
  if (one.result) {
    transaction.finish();
    return true;
  }
  if (mayPass(transaction.broken()) || !transaction.undo()) {
    status = transaction.broken();
    return false;
  }
  return true;
}

Writer::End Writer::end(Group& group, std::int64_t transaction, Status& status) {
  Connection& connection = *session_->connection;
  if (changes_.newest() == group.first_sequence && !group.wrote_values) {
    // Nothing to keep, so nothing to wait for.
    session_->names.forgetMade();
    connection.queue("ROLLBACK");
    connection.dispatch();
    return End::kCommitted;
  }
  group.pending.queueOn(connection, group.pending.size());
  connection.queue("SELECT clear_index(?)",
                   Parameters().add(std::int64_t{options_.index_retention} * 1'000'000));
  connection.queue("COMMIT");
  status = connection.settle();
  if (status) {
    newest_ = changes_.newest();
    if (analyzed_ < 0) analyzed_ = group.first_sequence;
    session_->names.keep();
    return End::kCommitted;
  }
  session_->names.forgetMade();
  if (!connection.usable()) {
    session_.reset();
    return askWhether(transaction, status);
  }
  connection.queue("ROLLBACK");
  (void)connection.settle();
  return mayPass(status) ? End::kTryAgain : End::kFailed;
}

void Writer::analyzeWhatHasGrown() {
  if (!session_ || newest_ < kWorthAnalyzing || newest_ < 2 * analyzed_) return;
  analyzed_ = newest_;
  // A failure costs time only: autovacuum comes by.
  (void)session_->connection->execute("ANALYZE version,token,string,reference,span");
  if (!session_->connection->usable()) session_.reset();
}

// The connection was lost while a commit was under way.
Writer::End Writer::askWhether(std::int64_t transaction, Status& status) {
  const TimePoint until =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.busy_wait_ms);
  while (std::chrono::steady_clock::now() < until) {
    Status connected;
    if (reconnect(connected)) {
      const auto rows = session_->connection->ask("SELECT pg_xact_status(?::text::xid8)",
                                                  Parameters().add(std::to_string(transaction)));
      const std::string_view answer =
          rows && rows->count() == 1 ? rows->bytes(0, 0) : std::string_view();
      if (answer == "committed") return End::kCommitted;
      if (answer == "aborted") return End::kTryAgain;
      if (!session_->connection->usable()) session_.reset();
    }
    std::this_thread::sleep_for(kBetweenTries);
  }
  status = fail(ErrorCode::kUnknownOutcome,
                "The connection to PostgreSQL was lost in a commit: the write may have been kept.");
  return End::kFailed;
}

}  // namespace planbro::store::postgres
