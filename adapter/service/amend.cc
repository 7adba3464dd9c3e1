#include "service/amend.h"

#include "service/outcome.h"

namespace planbro::service {

std::optional<Answer> amendBody(Call& call, std::vector<fhir::Issue>& issues) {
  if (!call.body) return std::nullopt;
  // What is created gets an id of its own, whatever it brings: nothing that is stored is about it.
  if (call.method == "POST" && call.body.type() != "Bundle") return std::nullopt;
  LateSnapshot snapshot(*call.context->parts.store);
  for (const ConfiguredCheck& configured : call.context->parts.checks) {
    if (!configured.isOn()) continue;
    if (const Status done = configured.check->amend(snapshot, call.body, issues); !done.has_value())
      return refuse(done.error());
  }
  return std::nullopt;
}

}  // namespace planbro::service
