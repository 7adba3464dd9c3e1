#include "service/fhirpath_patch_operation.h"

#include <charconv>
#include <utility>

#include "base/limits.h"

namespace planbro::service {
namespace {

using fhir::Element;

fhir::Issue refusal(std::string_view code, std::vector<std::string> arguments) {
  return fhir::makeIssue(code, {}, std::move(arguments));
}

std::optional<std::size_t> indexOf(const Element& part) {
  const std::string_view text = part.textOf("value");
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::expected<std::vector<FhirpathOperation>, fhir::Issue> readFhirpathOperations(
    const fhir::Resource& patch) {
  if (patch.type() != "Parameters")
    return std::unexpected(refusal("PB-4040", {std::string(patch.type()), "Parameters"}));
  std::vector<FhirpathOperation> operations;
  std::optional<fhir::Issue> wrong;
  patch.root().forEachChild("parameter", [&](const Element& parameter) {
    if (wrong.has_value()) return;
    const std::string place = "Parameters.parameter[" + std::to_string(operations.size()) + "]";
    FhirpathOperation operation;
    operation.number = std::to_string(operations.size() + 1);
    if (parameter.textOf("name") != "operation") {
      wrong = refusal("PB-4040", {place + ".name", "operation"});
      return;
    }
    parameter.forEachChild("part", [&](const Element& part) {
      const std::string_view name = part.textOf("name");
      std::optional<std::size_t>* number = nullptr;
      if (name == "type") {
        operation.type = part.textOf("value");
      } else if (name == "path") {
        operation.path = part.textOf("value");
      } else if (name == "name") {
        operation.name = part.textOf("value");
      } else if (name == "value") {
        operation.value = part;
      } else if (name == "index") {
        number = &operation.index;
      } else if (name == "source") {
        number = &operation.source;
      } else if (name == "destination") {
        number = &operation.destination;
      } else {
        wrong = refusal("PB-4040",
                        {place + ".part", "type, path, name, value, index, source or destination"});
      }
      if (number == nullptr) return;
      *number = indexOf(part);
      if (!number->has_value())
        wrong = refusal("PB-4040", {place + "." + std::string(name), "an index from 0"});
    });
    const auto needs = [&](bool there, std::string_view what) {
      if (!there && !wrong.has_value())
        wrong = refusal("PB-4040", {place, "a part " + std::string(what)});
    };
    needs(!operation.path.empty(), "path");
    if (operation.type == "add") {
      needs(!operation.name.empty(), "name");
      needs(static_cast<bool>(operation.value), "value");
    } else if (operation.type == "insert") {
      needs(operation.index.has_value(), "index");
      needs(static_cast<bool>(operation.value), "value");
    } else if (operation.type == "replace") {
      needs(static_cast<bool>(operation.value), "value");
    } else if (operation.type == "move") {
      needs(operation.source.has_value(), "source");
      needs(operation.destination.has_value(), "destination");
    } else {
      needs(operation.type == "delete", "type: add, insert, delete, replace or move");
    }
    operations.push_back(operation);
  });
  if (wrong.has_value()) return std::unexpected(std::move(*wrong));
  if (operations.size() > kMaxPatchOperations)
    return std::unexpected(refusal("PB-4045", {std::to_string(kMaxPatchOperations)}));
  return operations;
}

}  // namespace planbro::service
