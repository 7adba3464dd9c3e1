// transaction: all entries or none, in one transaction of the store. FHIR R4, http.html, section
// 3.1.0.11; docs/api/transaction.md.
#include "service/batch.h"
#include "service/bundle_form.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/transaction_run.h"
#include "service/view.h"
#include "service/write.h"

namespace planbro::service {
namespace {

Answer responseOf(const Call& call, const TransactionEntries& read,
                  std::vector<EntryAnswer> answers) {
  BundleText bundle("transaction-response");
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const BundleEntry& entry = read.entries[i];
    Answer& answer = answers[i].answer;
    answer.issues.insert(answer.issues.begin(), entry.warnings.begin(), entry.warnings.end());
    addResponse(bundle, call, entry.call, entry.route, answer);
  }
  return bundleAnswer(call, std::move(bundle));
}

}  // namespace

Answer transaction(const Call& call) {
  if (auto refused = refusedParameters(call, {}, false)) return std::move(*refused);
  if (!call.body) return refuse(400, "PB-4007");
  if (call.body.type() != "Bundle")
    return refuse(400, "PB-4008", {std::string(call.body.type()), "Bundle"});
  if (auto faults = bundleFaults(call.body); !faults.empty()) return refuse(400, std::move(faults));
  const std::string_view kind = call.body.root().textOf("type");
  if (kind == "batch") return batch(call);
  if (kind != "transaction")
    return refuse(400, "PB-4030", {std::string(kind)}, {"Bundle.type", "", {}});
  auto entries = readTransaction(call);
  if (!entries.has_value()) return std::move(entries.error());
  return inTransaction(call, [&](WriteSession& session) -> Answer {
    auto answers = runTransaction(call, *entries, session);
    if (!answers.has_value()) return std::move(answers.error());
    return responseOf(call, *entries, std::move(*answers));
  });
}

}  // namespace planbro::service
