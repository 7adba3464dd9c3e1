#include "service/view.h"

#include <algorithm>

#include "base/text.h"
#include "service/outcome.h"

namespace planbro::service {

Answer withView(const Call& call, const std::function<Answer(store::Reader&)>& use) {
  if (call.view != nullptr) return use(*call.view);
  auto snapshot = call.context->parts.store->snapshot();
  if (!snapshot.has_value()) return refuse(snapshot.error());
  return use(**snapshot);
}

std::optional<Answer> refusedParameters(const Call& call,
                                        const std::vector<std::string_view>& known, bool subset) {
  if (call.parameters.empty() || call.preferences.lenient) return std::nullopt;
  std::vector<std::string_view> allowed = known;
  allowed.insert(allowed.end(), {"_format", "_pretty"});
  if (subset) allowed.insert(allowed.end(), {"_summary", "_elements"});
  std::vector<fhir::Issue> issues;
  for (const auto& [name, value] : call.parameters) {
    if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) continue;
    const auto nearest = nearestName(name, allowed);
    issues.push_back(fhir::makeIssue("PB-4021", {}, {name, nearest ? std::string(*nearest) : "-"}));
  }
  if (issues.empty()) return std::nullopt;
  return refuse(400, std::move(issues));
}

}  // namespace planbro::service
