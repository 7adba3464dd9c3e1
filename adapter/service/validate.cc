// $validate. FHIR R4, resource-operation-validate.html; docs/api/validate.md.
#include <algorithm>
#include <array>

#include "service/inner_resource.h"
#include "service/interactions.h"
#include "service/operation_input.h"
#include "service/outcome.h"
#include "service/view.h"
#include "validation/validator.h"

namespace planbro::service {
namespace {

// The resource inside Parameters as a document of its own, and what else they ask.
struct Asked {
  fhir::Resource resource;
  std::vector<std::string> profiles;
  std::vector<std::string> modes;

  bool deletion() const { return !modes.empty() && modes.back() == "delete"; }
};

// Of the value set resource-validation-mode.
constexpr std::array<std::string_view, 4> kModes = {"create", "update", "delete", "profile"};

std::optional<Answer> refusedModes(const Asked& asked) {
  for (const std::string& mode : asked.modes) {
    if (std::find(kModes.begin(), kModes.end(), mode) == kModes.end())
      return refuse(400, "PB-4023", {"mode", mode, "create, update, delete, profile"});
  }
  return std::nullopt;
}

Asked askedBy(const Call& call) {
  Asked asked;
  for (const auto& [name, value] : call.parameters) {
    if (name == "profile") asked.profiles.push_back(value);
    if (name == "mode") asked.modes.push_back(value);
  }
  if (!call.body) return asked;
  if (call.body.type() != "Parameters" || call.type == "Parameters") {
    asked.resource = call.body;
    return asked;
  }
  call.body.root().forEachChild("parameter", [&](const fhir::Element& parameter) {
    const std::string_view name = parameter.textOf("name");
    const fhir::Element resource = parameter.child("resource");
    if (name == "resource" && resource && resource.value() != nullptr)
      asked.resource = innerResource(resource, call.body);
    if (name == "profile") asked.profiles.emplace_back(parameter.textOf("value"));
    if (name == "mode") asked.modes.emplace_back(parameter.textOf("value"));
  });
  return asked;
}

// Of Parameters that ask, nothing is passed over.
std::optional<Answer> refusedNames(const Call& call) {
  if (!call.body || call.body.type() != "Parameters" || call.type == "Parameters")
    return refusedParameters(call, {"profile", "mode"}, false);
  const auto input = OperationInput::read(call, "$validate", {"resource", "profile", "mode"});
  if (!input.has_value()) return input.error();
  return std::nullopt;
}

// The instance that the address names: what is validated where the request brings none, and what a
// resource that it brings has to be a new version of.
std::optional<Answer> useStored(const Call& call, Asked& asked) {
  if (asked.resource && asked.resource.id() != call.id)
    return refuse(400, "PB-4009", {std::string(asked.resource.id()), call.id},
                  {call.type + ".id", "", {}});
  std::optional<Answer> refused;
  const Answer read = withView(call, [&](store::Reader& view) -> Answer {
    auto current = currentVersion(view, call.type, call.id);
    if (!current.has_value()) return std::move(current.error());
    if (asked.resource || asked.deletion()) return {};
    fhir::ReadOutcome stored = fhir::readJson(std::move(current->body), call.definitions());
    if (!stored.resource) return refuse(500, std::move(stored.issues));
    asked.resource = std::move(stored.resource);
    return {};
  });
  if (read.refused()) refused = read;
  return refused;
}

}  // namespace

Answer validate(const Call& call) {
  if (auto refused = refusedNames(call)) return std::move(*refused);
  const validation::ValidationContext* validator = call.context->parts.validator;
  if (validator == nullptr) return refuse(501, "PB-4055", {"$validate"});
  Asked asked = askedBy(call);
  if (auto refused = refusedModes(asked)) return std::move(*refused);
  if (call.method == "POST" && !call.body && !asked.deletion()) return refuse(400, "PB-4007");
  if (!call.id.empty()) {
    if (auto refused = useStored(call, asked)) return std::move(*refused);
  }
  Answer answer;
  if (asked.deletion() && call.context->settings.never_deleted.contains(call.type)) {
    answer.issues.push_back(fhir::makeIssue("PB-4006", {}, {call.type}));
  } else if (!asked.deletion()) {
    if (!asked.resource) return refuse(400, "PB-4007");
    if (asked.resource.type() != call.type)
      return refuse(400, "PB-4008", {std::string(asked.resource.type()), call.type});
    answer.issues = validator->validate(asked.resource, asked.profiles);
  }
  // 200 also when the resource is wrong: the validation itself succeeded.
  answer.resource = outcomeText(answer.issues, call.preferences.language);
  return answer;
}

}  // namespace planbro::service
