#include "service/operation_input.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "search/search_request.h"
#include "service/inner_resource.h"
#include "service/outcome.h"

namespace planbro::service {

std::expected<OperationInput, Answer> OperationInput::read(
    const Call& call, std::string_view operation, const std::vector<std::string_view>& known,
    std::string_view body_name) {
  OperationInput input;
  input.call_ = &call;
  input.operation_ = operation;
  if (call.body && call.body.type() == "Parameters") {
    input.parameters_ = call.body.root();
  } else if (call.body) {
    input.body_name_ = body_name;
    if (body_name.empty())
      return std::unexpected(refuse(400, "PB-4008", {std::string(call.body.type()), "Parameters"}));
  }
  if (call.preferences.lenient) return input;
  std::vector<std::string_view> allowed = known;
  std::vector<fhir::Issue> issues;
  const auto check = [&](std::string_view name, fhir::Place place) {
    if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) return;
    const auto nearest = nearestName(name, known);
    issues.push_back(fhir::makeIssue("PB-4021", std::move(place),
                                     {std::string(name), nearest ? std::string(*nearest) : "-"}));
  };
  int index = 0;
  input.parameters_.forEachChild("parameter", [&](const fhir::Element& parameter) {
    fhir::Place place;
    place.expression = "Parameters.parameter[" + std::to_string(index++) + "].name";
    check(parameter.textOf("name"), std::move(place));
  });
  allowed.insert(allowed.end(), {"_format", "_pretty", "_summary", "_elements"});
  for (const auto& [name, value] : call.parameters) check(name, {});
  if (!issues.empty()) return std::unexpected(refuse(400, std::move(issues)));
  return input;
}

std::vector<fhir::Element> OperationInput::parameters(std::string_view name) const {
  std::vector<fhir::Element> found;
  parameters_.forEachChild("parameter", [&](const fhir::Element& parameter) {
    if (parameter.textOf("name") == name) found.push_back(parameter);
  });
  return found;
}

std::vector<std::string_view> OperationInput::texts(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const auto& [key, value] : call_->parameters) {
    if (key == name) found.push_back(value);
  }
  for (const fhir::Element& parameter : parameters(name)) {
    if (const fhir::Element value = parameter.child("value"); value && value.hasValue())
      found.push_back(value.text());
  }
  return found;
}

std::string_view OperationInput::text(std::string_view name) const {
  const auto found = texts(name);
  return found.empty() ? std::string_view() : found.front();
}

bool OperationInput::has(std::string_view name) const {
  return call_->parameter(name).has_value() || !parameters(name).empty() ||
         (!body_name_.empty() && body_name_ == name);
}

fhir::Element OperationInput::value(std::string_view name) const {
  for (const fhir::Element& parameter : parameters(name)) {
    const fhir::Element value = parameter.child("value");
    if (value && value.value() != nullptr && value.value()->isContainer()) return value;
  }
  return {};
}

fhir::Resource OperationInput::resource(std::string_view name) const {
  if (!body_name_.empty() && body_name_ == name) return call_->body;
  for (const fhir::Element& parameter : parameters(name)) {
    const fhir::Element resource = parameter.child("resource");
    if (resource && resource.value() != nullptr) return innerResource(resource, call_->body);
  }
  return {};
}

std::expected<std::optional<bool>, Answer> OperationInput::flag(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  const std::string_view given = text(name);
  if (given == "true" || given == "false") return given == "true";
  return std::unexpected(
      refuse(400, "PB-4023", {std::string(name), std::string(given), "true, false"}));
}

std::expected<std::optional<std::uint32_t>, Answer> OperationInput::number(
    std::string_view name, std::uint32_t most) const {
  if (!has(name)) return std::nullopt;
  const std::string_view given = text(name);
  std::uint32_t value = 0;
  const char* end = given.data() + given.size();
  const auto parsed = std::from_chars(given.data(), end, value);
  if (!given.empty() && parsed.ec == std::errc() && parsed.ptr == end && value <= most)
    return value;
  return std::unexpected(
      refuse(400, "PB-4023", {std::string(name), std::string(given), "0–" + std::to_string(most)}));
}

Answer OperationInput::missing(std::string_view name) const {
  return refuse(400, "PB-4068", {std::string(operation_), std::string(name)});
}

std::optional<Answer> takeBodyParameters(Call& call) {
  if (!call.body) return std::nullopt;
  if (call.body.type() != "Parameters")
    return refuse(400, "PB-4008", {std::string(call.body.type()), "Parameters"});
  std::vector<fhir::Issue> issues;
  int index = 0;
  call.body.root().forEachChild("parameter", [&](const fhir::Element& parameter) {
    const std::string name(parameter.textOf("name"));
    const fhir::Element value = parameter.child("value");
    fhir::Place place;
    place.expression = "Parameters.parameter[" + std::to_string(index++) + "]";
    // They become part of the addresses of further pages.
    const bool usable = value && value.hasValue() && !value.value()->isContainer() &&
                        !search::mentionsNationalIdentityNumber(value.text());
    if (name == "_format" || name == "_pretty") {
      issues.push_back(fhir::makeIssue("PB-4021", std::move(place), {name, "-"}));
    } else if (!usable) {
      issues.push_back(fhir::makeIssue("PB-4028", std::move(place), {name}));
    } else {
      call.parameters.emplace_back(name, value.text());
    }
  });
  if (issues.empty()) return std::nullopt;
  return refuse(400, std::move(issues));
}

AskedCode askedCode(const fhir::Element& coding) {
  return {std::string(coding.textOf("system")), std::string(coding.textOf("version")),
          std::string(coding.textOf("code")), std::string(coding.textOf("display"))};
}

AskedCode askedCode(std::string_view text) {
  const std::size_t bar = text.rfind('|');
  AskedCode asked;
  if (bar == std::string_view::npos) {
    asked.code = text;
    return asked;
  }
  asked.system = text.substr(0, bar);
  asked.code = text.substr(bar + 1);
  return asked;
}

}  // namespace planbro::service
