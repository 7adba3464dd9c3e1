// $validate. FHIR R4, resource-operation-validate.html; docs/api/validate.md.
#include "service/validate.h"

#include <algorithm>
#include <array>
#include <span>

#include "service/amend.h"
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

  std::string_view mode() const { return modes.empty() ? "" : std::string_view(modes.back()); }
  bool deletion() const { return mode() == "delete"; }
  bool writing() const { return mode() == "create" || mode() == "update"; }
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

// Codes of the XML reader, and of the validator for what the same fault leaves in the tree.
constexpr std::array<std::array<std::string_view, 2>, 4> kSameFault = {{{"PB-0112", "PB-1001"},
                                                                        {"PB-0112", "PB-1009"},
                                                                        {"PB-0115", "PB-1001"},
                                                                        {"PB-0119", "PB-1004"}}};

// "Parameters.parameter[0].resource.name" to "Patient.name", as the validator has it.
void placeInResource(fhir::Issue& fault, std::string_view type) {
  constexpr std::string_view kInside = "].resource";
  std::string& expression = fault.place.expression;
  const auto at = expression.find(kInside);
  if (expression.starts_with("Parameters.parameter[") && at != std::string::npos)
    expression.replace(0, at + kInside.size(), type);
}

bool isToldBy(const fhir::Issue& fault, const fhir::Issue& found) {
  const std::array<std::string_view, 2> codes = {fault.code, found.code};
  if (std::find(kSameFault.begin(), kSameFault.end(), codes) == kSameFault.end()) return false;
  const std::string& there = fault.place.expression;
  if (there == found.place.expression) return true;
  // The reader names what is unknown beside the place it stands in.
  return !fault.arguments.empty() &&
         there + "." + fault.arguments.front() == found.place.expression;
}

// The faults, then what they do not tell of.
std::vector<fhir::Issue> together(std::vector<fhir::Issue> faults, std::string_view type,
                                  std::vector<fhir::Issue> found) {
  if (type != "Parameters") {
    for (fhir::Issue& fault : faults) placeInResource(fault, type);
  }
  const std::size_t count = faults.size();
  for (fhir::Issue& issue : found) {
    const auto read = std::span(faults).first(count);
    if (std::none_of(read.begin(), read.end(),
                     [&](const fhir::Issue& fault) { return isToldBy(fault, issue); }))
      faults.push_back(std::move(issue));
  }
  return faults;
}

// What the request names has to be validated against: "If a profile is nominated, and the server
// cannot validate against the nominated profile, it SHALL return an error".
void insistOn(const std::vector<std::string>& profiles, std::vector<fhir::Issue>& issues) {
  for (fhir::Issue& issue : issues) {
    if (issue.code == "PB-1361" &&
        std::find(profiles.begin(), profiles.end(), issue.arguments.front()) != profiles.end())
      issue.severity = std::min(issue.severity, fhir::Severity::kError);
  }
}

// The write that the mode asks about, done but for its last step.
Answer rehearsed(const Call& call, const Asked& asked) {
  Call write;
  write.context = call.context;
  write.preferences = call.preferences;
  write.visibility = call.visibility;
  write.rehearsal = true;
  write.type = call.type;
  write.body = asked.resource;
  write.conditions.if_match = call.conditions.if_match;
  write.conditions.if_none_exist = call.conditions.if_none_exist;
  write.method = asked.mode() == "create" ? "POST" : "PUT";
  if (write.method == "PUT") write.id = asked.resource.id();
  if (write.method == "PUT" && write.id.empty())
    return refuse(400, "PB-1101", {"id", "1", "0"}, {call.type + ".id", "", {}});
  std::vector<fhir::Issue> amended;
  if (auto refused = amendBody(write, amended)) return std::move(*refused);
  Answer answer = write.method == "POST" ? create(write) : update(write);
  answer.issues.insert(answer.issues.begin(), amended.begin(), amended.end());
  return answer;
}

// Those of `more` that are not told yet: a write validates as well.
void addUntold(std::vector<fhir::Issue> more, std::vector<fhir::Issue>& issues) {
  const std::size_t count = issues.size();
  for (fhir::Issue& issue : more) {
    const auto told = std::span(issues).first(count);
    if (std::none_of(told.begin(), told.end(), [&](const fhir::Issue& other) {
          return other.code == issue.code && other.place.expression == issue.place.expression &&
                 other.arguments == issue.arguments;
        }))
      issues.push_back(std::move(issue));
  }
}

// What stands in the way of the resource; or the refusal, if that cannot be said.
std::expected<std::vector<fhir::Issue>, Answer> judged(const Call& call, const Asked& asked,
                                                       std::vector<fhir::Issue> faults) {
  const bool readable = !fhir::hasErrors(faults);
  std::vector<fhir::Issue> found =
      call.context->parts.validator->validate(asked.resource, asked.profiles);
  insistOn(asked.profiles, found);
  std::vector<fhir::Issue> issues = together(std::move(faults), call.type, std::move(found));
  // A write of a text with such faults comes to nothing.
  if (!asked.writing() || !readable) return issues;
  // The store runs no transaction inside another.
  if (call.view != nullptr)
    return std::unexpected(
        refuse(400, "PB-4055", {"$validate?mode=" + std::string(asked.mode()) + " (transaction)"}));
  Answer answer = rehearsed(call, asked);
  if (answer.status >= 500) return std::unexpected(std::move(answer));
  addUntold(std::move(answer.issues), issues);
  return issues;
}

}  // namespace

Answer validate(const Call& call) { return validateFaulty(call, {}); }

Answer validateFaulty(const Call& call, std::vector<fhir::Issue> faults) {
  if (auto refused = refusedNames(call)) return std::move(*refused);
  if (call.context->parts.validator == nullptr) return refuse(501, "PB-4055", {"$validate"});
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
    auto issues = judged(call, asked, std::move(faults));
    if (!issues.has_value()) return std::move(issues.error());
    answer.issues = std::move(*issues);
  }
  // 200 also when the resource is wrong: the validation itself succeeded.
  answer.resource = outcomeText(answer.issues, call.preferences.language);
  return answer;
}

}  // namespace planbro::service
