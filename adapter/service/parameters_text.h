// A Parameters resource as an operation's answer, parameter by parameter.
#pragma once

#include <string>
#include <string_view>

#include "json/builder.h"
#include "json/document.h"

namespace planbro::service {

class ParametersText {
 public:
  ParametersText();

  // `type` is that of value[x] in its member's spelling: "String", "Boolean", "Code".
  void add(std::string_view name, std::string_view type, std::string_view value);
  void add(std::string_view name, bool value);
  // Values that are empty are left out.
  void addCoding(std::string_view name, std::string_view system, std::string_view code,
                 std::string_view display, std::string_view version = {});
  // A value of another resource as it stands; `member` is value[x] as written: "valueCoding".
  void copy(std::string_view name, std::string_view member, const json::Node& value,
            const json::DocumentPtr& from);
  // A parameter made of parts: what is added until end() are these.
  void begin(std::string_view name);
  void end();

  // Compact JSON.
  std::string finish() &&;

 private:
  json::Builder out_;
};

}  // namespace planbro::service
