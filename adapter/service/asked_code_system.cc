#include "service/asked_code_system.h"

#include "service/asked_value_set.h"
#include "service/outcome.h"

namespace planbro::service {

std::expected<std::unique_ptr<const terminology::CodeSystem>, Answer> askedCodeSystem(
    const Call& call, const OperationInput& input) {
  const bool inside = input.has("codeSystem");
  if (call.id.empty() && !inside) return nullptr;
  if (!call.id.empty() && inside)
    return std::unexpected(refuse(400, "PB-4069", {"CodeSystem", "[id], codeSystem"}));
  fhir::Resource resource;
  if (inside) {
    resource = input.resource("codeSystem");
    if (!resource) return std::unexpected(input.missing("codeSystem"));
  } else {
    auto stored = storedResource(call);
    if (!stored.has_value()) return std::unexpected(std::move(stored.error()));
    resource = std::move(*stored);
  }
  if (resource.type() != "CodeSystem")
    return std::unexpected(refuse(400, "PB-4008", {std::string(resource.type()), "CodeSystem"}));
  return std::make_unique<const terminology::CodeSystem>(resource);
}

}  // namespace planbro::service
