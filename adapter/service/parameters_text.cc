#include "service/parameters_text.h"

#include <utility>

#include "fhir/definitions.h"
#include "json/writer.h"

namespace planbro::service {

ParametersText::ParametersText() : out_(&fhir::Definitions::r4().names()) {
  out_.beginObject();
  out_.key("resourceType").string("Parameters");
  out_.key("parameter").beginArray();
}

void ParametersText::add(std::string_view name, std::string_view type, std::string_view value) {
  out_.beginObject();
  out_.key("name").string(name);
  out_.key("value" + std::string(type));
  if (type == "Boolean") {
    out_.boolean(value == "true");
  } else if (type == "Integer" || type == "Decimal") {
    out_.number(value);
  } else {
    out_.string(value);
  }
  out_.endObject();
}

void ParametersText::add(std::string_view name, bool value) {
  add(name, "Boolean", value ? "true" : "false");
}

void ParametersText::addCoding(std::string_view name, std::string_view system,
                               std::string_view code, std::string_view display,
                               std::string_view version) {
  out_.beginObject();
  out_.key("name").string(name);
  out_.key("valueCoding").beginObject();
  const auto text = [this](std::string_view member, std::string_view value) {
    if (!value.empty()) out_.key(member).string(value);
  };
  text("system", system);
  text("version", version);
  text("code", code);
  text("display", display);
  out_.endObject();
  out_.endObject();
}

void ParametersText::copy(std::string_view name, std::string_view member, const json::Node& value,
                          const json::DocumentPtr& from) {
  out_.beginObject();
  out_.key("name").string(name);
  out_.key(member).copy(value, from);
  out_.endObject();
}

void ParametersText::begin(std::string_view name) {
  out_.beginObject();
  out_.key("name").string(name);
  out_.key("part").beginArray();
}

void ParametersText::end() {
  out_.endArray();
  out_.endObject();
}

std::string ParametersText::finish() && {
  out_.endArray();
  out_.endObject();
  return json::write(*std::move(out_).finish());
}

}  // namespace planbro::service
