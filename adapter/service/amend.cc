#include "service/amend.h"

#include <memory>

#include "service/outcome.h"

namespace planbro::service {

std::optional<Answer> amendBody(Call& call, std::vector<fhir::Issue>& issues) {
  if (!call.body) return std::nullopt;
  std::unique_ptr<store::Reader> view;
  for (const ConfiguredCheck& configured : call.context->parts.checks) {
    if (!configured.isOn()) continue;
    if (view == nullptr) {
      auto opened = call.context->parts.store->snapshot();
      if (!opened.has_value()) return refuse(opened.error());
      view = std::move(*opened);
    }
    if (const Status done = configured.check->amend(*view, call.body, issues); !done.has_value())
      return refuse(done.error());
  }
  return std::nullopt;
}

}  // namespace planbro::service
