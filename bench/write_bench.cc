// Durable writes by 64 clients, one resource each at a time: a bare writer that commits in groups
// and only inserts rows made ready before, the store, and a create by the service with all checks
// in the workers that the listener uses.
// The three write the same rows to the same disk.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/blocked.h"
#include "cli/assembly.h"
#include "documents.h"
#include "fhir/resource.h"
#include "http/listener.h"
#include "http/worker_pool.h"
#include "store/compression.h"
#include "store/sqlite/sqlite_store.h"

namespace planbro::bench {
namespace {

constexpr int kClients = 64;

// Beside the build: /tmp may be memory, and a commit to it costs nothing.
struct Scratch {
  Scratch() {
    const std::filesystem::path build = std::filesystem::exists("build") ? "build" : ".";
    std::string name = (build / "write_bench.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    folder = name;
  }
  ~Scratch() { std::filesystem::remove_all(folder); }
  std::filesystem::path folder;
};

cli::Assembly& assembly(const std::filesystem::path& folder) {
  static std::unique_ptr<cli::Assembly> made;
  made.reset();
  made = std::move(
      *cli::Assembly::make(cli::Config(), folder, "http://127.0.0.1/fhir", cli::Opening::kMake));
  return *made;
}

// What the service stores for `body`, as a model.
store::Put modelOf(const cli::Assembly& made, const std::string& body) {
  const auto read = fhir::readJson(body);
  store::Put put;
  put.type = read.resource.type();
  put.version = 1;
  put.method = "POST";
  put.last_updated = {1'767'225'600'000'000};
  put.body = body;
  put.index = made.parameters().extract(read.resource.root(), "http://127.0.0.1/fhir");
  return put;
}

// The plan of that number as its rules let it stand alone: not active yet.
std::string draftPlan(int number) {
  std::string body = carePlan(number);
  constexpr std::string_view kActive = R"("status":"active")";
  return body.replace(body.find(kActive), kActive.size(), R"("status":"draft")");
}

// The model under a number of its own, as carePlan() has it.
store::Put putOf(const store::Put& model, int number) {
  store::Put put = model;
  put.id = "plan-" + std::to_string(number);
  for (store::IndexRow& row : put.index) {
    if (row.parameter == "identifier") row.value = "P-" + std::to_string(number);
    if (row.parameter == "subject" || row.parameter == "patient")
      row.value = std::to_string(number);
  }
  return put;
}

void check(int code) {
  if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) std::abort();
}

// SQLite with the store's tables and settings, one thread, up to 128 resources a commit.
class BareWriter {
 public:
  explicit BareWriter(const std::filesystem::path& file) {
    check(sqlite3_open(file.c_str(), &database_));
    run("PRAGMA synchronous=FULL; PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY");
    version_ = prepare(
        "INSERT INTO version (type,id,version,last_updated,deleted,method)"
        " VALUES (1,?,1,?,0,'POST')");
    body_ = prepare("INSERT INTO body (sequence,data) VALUES (?,?)");
    token_ = prepare(
        "INSERT OR IGNORE INTO token (sequence,parameter,value,system)"
        " VALUES (?,?,?,?)");
    string_ = prepare(
        "INSERT OR IGNORE INTO string (sequence,parameter,value,exact)"
        " VALUES (?,?,?,?)");
    reference_ = prepare(
        "INSERT OR IGNORE INTO reference (sequence,parameter,target,type,exact)"
        " VALUES (?,?,?,?,?)");
    span_ = prepare(
        "INSERT OR IGNORE INTO span (sequence,parameter,low,high,system,unit)"
        " VALUES (?,?,?,?,?,?)");
    thread_ = std::thread([this] { serve(); });
  }
  ~BareWriter() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    arrived_.notify_all();
    thread_.join();
    for (sqlite3_stmt* one : {version_, body_, token_, string_, reference_, span_})
      sqlite3_finalize(one);
    sqlite3_close(database_);
  }

  // Returns when it is on disk.
  void write(const store::Put& put, const std::string& frame) {
    Waiting own{&put, &frame, false};
    std::unique_lock lock(mutex_);
    queue_.push_back(&own);
    arrived_.notify_one();
    finished_.wait(lock, [&] { return own.done; });
  }

 private:
  struct Waiting {
    const store::Put* put;
    const std::string* frame;
    bool done;
  };

  void run(const char* sql) { check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr)); }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* made = nullptr;
    check(sqlite3_prepare_v2(database_, sql, -1, &made, nullptr));
    return made;
  }

  void serve() {
    std::unique_lock lock(mutex_);
    std::vector<Waiting*> group;
    while (true) {
      arrived_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      group.clear();
      while (!queue_.empty() && group.size() < 128) {
        group.push_back(queue_.front());
        queue_.pop_front();
      }
      lock.unlock();
      run("BEGIN IMMEDIATE");
      for (const Waiting* one : group) insert(*one->put, *one->frame);
      run("COMMIT");
      lock.lock();
      for (Waiting* one : group) one->done = true;
      finished_.notify_all();
    }
  }

  static void text(sqlite3_stmt* to, int place, const std::string& value) {
    check(
        sqlite3_bind_text(to, place, value.data(), static_cast<int>(value.size()), SQLITE_STATIC));
  }
  static void done(sqlite3_stmt* statement) {
    check(sqlite3_step(statement));
    check(sqlite3_reset(statement));
  }

  void insert(const store::Put& put, const std::string& frame) {
    text(version_, 1, put.id);
    sqlite3_bind_int64(version_, 2, put.last_updated.micros);
    done(version_);
    const sqlite3_int64 sequence = sqlite3_last_insert_rowid(database_);
    sqlite3_bind_int64(body_, 1, sequence);
    sqlite3_bind_blob(body_, 2, frame.data(), static_cast<int>(frame.size()), SQLITE_STATIC);
    done(body_);
    for (const store::IndexRow& row : put.index) insertRow(row, sequence);
  }

  // Numbers for parameters and systems that are as long as the store's.
  void insertRow(const store::IndexRow& row, sqlite3_int64 sequence) {
    const auto parameter =
        static_cast<sqlite3_int64>(row.parameter.size() * 4 + row.parameter[0] % 4);
    const auto system = static_cast<sqlite3_int64>(row.system.size());
    using Kind = store::IndexRow::Kind;
    sqlite3_stmt* to = row.kind == Kind::kToken || row.kind == Kind::kUri ? token_
                       : row.kind == Kind::kString                        ? string_
                       : row.kind == Kind::kReference                     ? reference_
                                                                          : span_;
    sqlite3_bind_int64(to, 1, sequence);
    sqlite3_bind_int64(to, 2, parameter);
    if (to == span_) {
      sqlite3_bind_int64(to, 3, row.low);
      sqlite3_bind_int64(to, 4, row.high);
      sqlite3_bind_int64(to, 5, system);
      text(to, 6, row.value);
    } else {
      text(to, 3, row.value);
      if (to == string_) {
        text(to, 4, row.exact);
      } else {
        sqlite3_bind_int64(to, 4, system);
      }
      if (to == reference_) text(to, 5, row.exact);
    }
    done(to);
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt *version_, *body_, *token_, *string_, *reference_, *span_;
  std::mutex mutex_;
  std::condition_variable arrived_, finished_;
  std::deque<Waiting*> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

// What a benchmark's threads share; made by the first of them before the others begin.
std::unique_ptr<Scratch> scratch;
std::unique_ptr<BareWriter> bare;
cli::Assembly* made = nullptr;
store::Put model;
std::string frame;
std::atomic<int> number{0};

void begin(const benchmark::State& state, bool with_bare) {
  if (state.thread_index() != 0) return;
  scratch = std::make_unique<Scratch>();
  made = &assembly(scratch->folder);
  model = modelOf(*made, draftPlan(0));
  frame = *store::Compression().compress(model.body);
  // The tables are the store's own.
  if (with_bare) bare = std::make_unique<BareWriter>(cli::storeFile(scratch->folder));
}

void end(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() != 0) return;
  bare.reset();
  scratch.reset();
}

void BM_BareWriter(benchmark::State& state) {
  begin(state, true);
  for (auto _ : state) {
    const store::Put put = putOf(model, ++number);
    bare->write(put, frame);
  }
  end(state);
}
BENCHMARK(BM_BareWriter)->Threads(kClients)->UseRealTime()->MinTime(2);

void BM_Store(benchmark::State& state) {
  begin(state, false);
  for (auto _ : state) {
    const store::Put put = putOf(model, ++number);
    const Status status = made->store().transact(
        [&](store::Transaction& transaction) { return transaction.put(put); });
    if (!status) state.SkipWithError(status.error().message.c_str());
  }
  end(state);
}
BENCHMARK(BM_Store)->Threads(kClients)->UseRealTime()->MinTime(2);

// Sixty-four clients of the listener's workers: each sends its next request when it has its answer.
class Clients {
 public:
  explicit Clients(int requests) : left_(requests) {
    for (int i = 0; i < requests; ++i) bodies_.push_back(draftPlan(++number));
  }

  void run() {
    for (int i = 0; i < kClients; ++i) next();
    done_.wait();
  }
  const std::string& refusal() const { return refusal_; }

 private:
  void next() {
    if (const int left = --left_; left >= 0) {
      workers_.submit([this, left] { send(std::move(bodies_[static_cast<std::size_t>(left)])); });
    } else if (--active_ == 0) {
      done_.give();
    }
  }

  void send(std::string body) {
    service::Request request;
    request.method = "POST";
    request.path = "/fhir/CarePlan";
    request.headers.add("Content-Type", "application/fhir+json");
    request.body = std::move(body);
    service::Response response = made->service().handle(request);
    if (response.status != 201) {
      const std::lock_guard lock(mutex_);
      refusal_ = std::move(response.body);
    }
    next();
  }

  std::vector<std::string> bodies_;
  std::atomic<int> left_;
  std::atomic<int> active_ = kClients;
  std::mutex mutex_;
  std::string refusal_;
  Signal done_;
  http::WorkerPool workers_{http::ListenerOptions().workers, kClients};
};

void BM_Create(benchmark::State& state) {
  constexpr int kRequests = 6400;
  begin(state, false);
  for (auto _ : state) {
    state.PauseTiming();
    Clients clients(kRequests);
    state.ResumeTiming();
    clients.run();
    state.PauseTiming();
    if (!clients.refusal().empty()) state.SkipWithError(clients.refusal().c_str());
    state.ResumeTiming();
  }
  end(state);
  state.SetItemsProcessed(state.iterations() * kRequests);
}
BENCHMARK(BM_Create)->UseRealTime()->MinTime(2);

}  // namespace
}  // namespace planbro::bench
