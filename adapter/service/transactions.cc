#include "service/transactions.h"

#include <chrono>
#include <exception>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "json/builder.h"
#include "service/amend.h"
#include "service/fhir_service.h"
#include "service/metrics.h"
#include "service/outcome.h"
#include "service/transaction_run.h"
#include "service/write.h"

namespace planbro::service {

struct PreparedTransaction::State {
  Call call;
  std::vector<fhir::Issue> told;  // by the checks that amend
  TransactionEntries read;
  std::optional<Answer> refused;
  std::vector<EntryAnswer> answers;
};

PreparedTransaction::PreparedTransaction(std::unique_ptr<State> state) : state_(std::move(state)) {}
PreparedTransaction::PreparedTransaction(PreparedTransaction&&) noexcept = default;
PreparedTransaction& PreparedTransaction::operator=(PreparedTransaction&&) noexcept = default;
PreparedTransaction::~PreparedTransaction() = default;

namespace {

// Names are those of the builder's own table. Depth is bounded by whoever made the tree.
void copyNamed(json::Builder& out, const json::Node& node, const json::DocumentPtr& from) {
  if (node.kind == json::Kind::kObject) {
    out.beginObject();
    for (const json::Node& member : node.children()) {
      out.key(member.name->text);
      copyNamed(out, member, from);
    }
    out.endObject();
  } else if (node.kind == json::Kind::kArray) {
    out.beginArray();
    for (const json::Node& item : node.children()) copyNamed(out, item, from);
    out.endArray();
  } else {
    out.copy(node, from);
  }
}

fhir::Resource boundTo(const fhir::Definitions& definitions, const json::DocumentPtr& document) {
  json::Builder out(&definitions.names());
  copyNamed(out, document->root(), document);
  return {
      std::move(out).finish([&](json::DocumentMaker& maker) { fhir::bind(maker, definitions); }),
      definitions};
}

void prepare(PreparedTransaction::State& state, const json::DocumentPtr& bundle) {
  Call& call = state.call;
  call.method = "POST";
  call.body = boundTo(call.definitions(), bundle);
  if (call.body.type() != "Bundle" || call.body.root().textOf("type") != "transaction") {
    state.refused = refuse(400, "PB-4030", {std::string(call.body.root().textOf("type"))},
                           {"Bundle.type", "", {}});
    return;
  }
  state.refused = amendBody(call, state.told);
  if (state.refused.has_value()) return;
  auto read = readTransaction(call);
  if (read.has_value()) {
    state.read = std::move(*read);
  } else {
    state.refused = std::move(read.error());
  }
}

std::uint64_t versionOf(std::string_view location) {
  std::uint64_t version = 0;
  for (const char digit : location.substr(location.rfind('/') + 1))
    version = version * 10 + static_cast<std::uint64_t>(digit - '0');
  return version;
}

TransactionOutcome outcomeOf(PreparedTransaction::State& state, Answer whole) {
  TransactionOutcome outcome;
  outcome.status = whole.status;
  outcome.issues = std::move(state.told);
  std::move(whole.issues.begin(), whole.issues.end(), std::back_inserter(outcome.issues));
  if (whole.refused()) return outcome;
  for (std::size_t i = 0; i < state.answers.size(); ++i) {
    EntryAnswer& from = state.answers[i];
    EntryOutcome& entry = outcome.entries.emplace_back();
    entry.type = state.read.entries[i].call.type;
    if (!from.answer.written) continue;
    entry.id = std::move(from.id);
    entry.created = from.answer.status == 201;
    entry.unchanged = from.answer.unchanged;
    if (!from.answer.location.empty()) entry.version = versionOf(from.answer.location);
    entry.body = std::move(from.answer.resource);
  }
  return outcome;
}

}  // namespace

PreparedTransaction prepareTransaction(const FhirService& service,
                                       const json::DocumentPtr& bundle) {
  auto state = std::make_unique<PreparedTransaction::State>();
  state->call.context = &service.context();
  try {
    prepare(*state, bundle);
  } catch (const std::exception& error) {  // a library's, or memory that ran out
    log::error("a transaction could not be prepared: {}", error.what());
    state->refused = refuse(500, "PB-4050");
  }
  return PreparedTransaction(std::move(state));
}

std::vector<TransactionOutcome> runTransactions(const FhirService& service,
                                                std::span<PreparedTransaction> transactions,
                                                bool rehearsal) {
  const auto begin = std::chrono::steady_clock::now();
  const Context& context = service.context();
  std::vector<std::unique_ptr<Write>> writes(transactions.size());
  std::vector<std::function<Status(store::Transaction&)>> works;
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    PreparedTransaction::State& state = transactions[i].state();
    if (state.refused.has_value()) continue;
    state.call.rehearsal = rehearsal;
    writes[i] = std::make_unique<Write>(state.call, [&state](WriteSession& session) -> Answer {
      auto answers = runTransaction(state.call, state.read, session);
      if (!answers.has_value()) return std::move(answers.error());
      state.answers = std::move(*answers);
      return {};
    });
    works.emplace_back([write = writes[i].get()](store::Transaction& transaction) {
      return write->run(transaction);
    });
  }
  const std::vector<Status> done = context.parts.store->transactAll(works);
  std::vector<TransactionOutcome> outcomes;
  outcomes.reserve(transactions.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    PreparedTransaction::State& state = transactions[i].state();
    Answer whole = writes[i] == nullptr ? std::move(*state.refused)
                                        : std::move(*writes[i]).answer(done[next++]);
    outcomes.push_back(outcomeOf(state, std::move(whole)));
  }
  if (context.parts.metrics != nullptr) {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    for (const TransactionOutcome& outcome : outcomes)
      context.parts.metrics->observe("transactions", outcome.status,
                                     taken.count() / static_cast<double>(outcomes.size()));
  }
  return outcomes;
}

}  // namespace planbro::service
