// What an operation was asked: its parameters from the query, from a Parameters resource in the
// body, or both. Internal to service/.
//
// Source: FHIR R4, operations.html, section 3.2.0.2 (executing an operation synchronously).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/call.h"

namespace planbro::service {

class OperationInput {
 public:
  // Refuses (400) what is not in `known`, unless lenient. A body that is no Parameters resource is
  // the parameter `body_name`. `operation` ("$expand") is what issues call it.
  static std::expected<OperationInput, Answer> read(const Call& call, std::string_view operation,
                                                    const std::vector<std::string_view>& known,
                                                    std::string_view body_name = {});

  bool has(std::string_view name) const;
  // The first value of that name as text; "" if there is none or it is no primitive.
  std::string_view text(std::string_view name) const;
  std::vector<std::string_view> texts(std::string_view name) const;
  // The first complex value of that name; an empty Element if there is none.
  fhir::Element value(std::string_view name) const;
  // All parameters of that name in the body, with their parts.
  std::vector<fhir::Element> parameters(std::string_view name) const;
  // The resource of that name as a document of its own; empty if there is none.
  fhir::Resource resource(std::string_view name) const;

  // Nothing if it is not given; 400 if it is no boolean, or no number from 0 to `most`.
  std::expected<std::optional<bool>, Answer> flag(std::string_view name) const;
  std::expected<std::optional<std::uint32_t>, Answer> number(std::string_view name,
                                                             std::uint32_t most) const;
  // 400: the parameter is missing.
  Answer missing(std::string_view name) const;

 private:
  const Call* call_ = nullptr;
  std::string_view operation_;
  std::string_view body_name_;
  fhir::Element parameters_;  // the Parameters resource; empty if there is none
};

// Puts the primitive values of the call's Parameters, if it has such a body, behind the parameters
// of its query; the refusal (400) if the body is something else or holds what no query can.
std::optional<Answer> takeBodyParameters(Call& call);

// A code as an operation is asked about it.
struct AskedCode {
  std::string system, version, code, display;
};

// A Coding; of a query the text "system|code".
AskedCode askedCode(const fhir::Element& coding);
AskedCode askedCode(std::string_view text);

}  // namespace planbro::service
