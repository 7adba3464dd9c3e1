// $validate. FHIR R4, resource-operation-validate.html; docs/api/validate.md.
#include "json/builder.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/view.h"
#include "validation/validator.h"

namespace planbro::service {
namespace {

// The resource inside Parameters as a document of its own, and what else they ask.
struct Asked {
  fhir::Resource resource;
  std::vector<std::string> profiles;
  bool deletion = false;
};

fhir::Resource ownDocument(const fhir::Element& inner, const fhir::Resource& from) {
  json::Builder out(&from.definitions().names());
  out.copy(*inner.value(), from.document());
  return {std::move(out).finish(
              [&](json::DocumentMaker& maker) { fhir::bind(maker, from.definitions()); }),
          from.definitions()};
}

Asked askedBy(const Call& call) {
  Asked asked;
  for (const auto& [name, value] : call.parameters) {
    if (name == "profile") asked.profiles.push_back(value);
    if (name == "mode") asked.deletion = value == "delete";
  }
  if (call.body.type() != "Parameters" || call.type == "Parameters") {
    asked.resource = call.body;
    return asked;
  }
  call.body.root().forEachChild("parameter", [&](const fhir::Element& parameter) {
    const std::string_view name = parameter.textOf("name");
    const fhir::Element resource = parameter.child("resource");
    if (name == "resource" && resource && resource.value() != nullptr)
      asked.resource = ownDocument(resource, call.body);
    if (name == "profile") asked.profiles.emplace_back(parameter.textOf("value"));
    if (name == "mode") asked.deletion = parameter.textOf("value") == "delete";
  });
  return asked;
}

}  // namespace

Answer validate(const Call& call) {
  if (auto refused = refusedParameters(call, {"profile", "mode"}, false))
    return std::move(*refused);
  const validation::ValidationContext* validator = call.context->parts.validator;
  if (validator == nullptr) return refuse(501, "PB-4055", {"$validate"});
  if (!call.body) return refuse(400, "PB-4007");
  const Asked asked = askedBy(call);
  Answer answer;
  if (asked.deletion && call.context->settings.never_deleted.contains(call.type)) {
    answer.issues.push_back(fhir::makeIssue("PB-4006", {}, {call.type}));
  } else if (!asked.deletion) {
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
