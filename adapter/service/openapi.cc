#include "service/openapi.h"

#include <map>
#include <utility>

#include "base/text.h"
#include "json/builder.h"
#include "json/writer.h"
#include "service/constant_body.h"
#include "service/interactions.h"
#include "service/routes.h"
#include "service/view.h"

namespace planbro::service {
namespace {

// "[type]/[id]" as OpenAPI writes it: "/{type}/{id}".
std::string pathOf(std::string_view pattern) {
  std::string path = "/";
  for (const char c : pattern) path += c == '[' ? '{' : c == ']' ? '}' : c;
  return path;
}

// "getTypeIdHistory": unique, as method and pattern are.
std::string operationIdOf(const Route& route) {
  std::string id = toLowerAscii(route.method);
  bool upper = true;
  for (const char c : route.pattern) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter) id += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = !letter;
  }
  return id;
}

class OpenApiText {
 public:
  explicit OpenApiText(const Context& context) : context_(context) {}

  std::string write() && {
    out_.beginObject();
    out_.key("openapi").string("3.1.0");
    out_.key("info").beginObject();
    out_.key("title").string("Planbro: FHIR R4 for the Norwegian individuell plan");
    const std::string& version = context_.settings.software_version;
    out_.key("version").string(version.empty() ? "0" : version);
    out_.endObject();
    out_.key("servers").beginArray();
    out_.beginObject();
    out_.key("url").string(context_.settings.base_url);
    out_.endObject();
    out_.endArray();
    writePaths();
    writeComponents();
    out_.endObject();
    return json::write(*std::move(out_).finish());
  }

 private:
  void reference(std::string_view target) {
    out_.beginObject();
    out_.key("$ref").string("#/components/" + std::string(target));
    out_.endObject();
  }

  void writePaths() {
    // Routes of one pattern are one path; the table's order is kept.
    std::vector<std::string_view> patterns;
    std::map<std::string_view, std::vector<const Route*>> by_pattern;
    for (const Route& route : routes()) {
      std::vector<const Route*>& same = by_pattern[route.pattern];
      if (same.empty()) patterns.push_back(route.pattern);
      same.push_back(&route);
    }
    out_.key("paths").beginObject();
    for (const std::string_view pattern : patterns) {
      out_.key(pathOf(pattern)).beginObject();
      writePathParameters(pattern);
      for (const Route* route : by_pattern[pattern]) writeOperation(*route);
      out_.endObject();
    }
    out_.endObject();
  }

  void writePathParameters(std::string_view pattern) {
    bool open = false;
    for (const std::string_view part : split(pattern, '/')) {
      if (!part.starts_with('[')) continue;
      if (!std::exchange(open, true)) out_.key("parameters").beginArray();
      reference("parameters/" + std::string(part.substr(1, part.size() - 2)));
    }
    if (open) out_.endArray();
  }

  void writeOperation(const Route& route) {
    out_.key(toLowerAscii(route.method)).beginObject();
    out_.key("operationId").string(operationIdOf(route));
    if (!route.interaction.empty()) {
      out_.key("tags").beginArray();
      out_.string(route.interaction);
      out_.endArray();
    }
    if (route.body || route.method == "PATCH") {
      out_.key("requestBody").beginObject();
      out_.key("required").boolean(route.needsBody() || route.method == "PATCH");
      out_.key("content").beginObject();
      if (route.method == "PATCH") {
        for (const std::string_view type : patchMediaTypes()) writeMedia(type);
      } else {
        writeMedia("application/fhir+json");
        writeMedia("application/fhir+xml");
      }
      out_.endObject();
      out_.endObject();
    }
    out_.key("responses").beginObject();
    out_.key("default");
    reference("responses/Answer");
    out_.endObject();
    out_.endObject();
  }

  void writeMedia(std::string_view type) {
    out_.key(type).beginObject();
    out_.key("schema");
    // A patch is no resource; XML has no JSON schema.
    if (type == "application/fhir+json") {
      reference("schemas/Resource");
    } else {
      out_.beginObject();
      out_.endObject();
    }
    out_.endObject();
  }

  void writeParameter(std::string_view name, std::string_view pattern,
                      const std::vector<std::string_view>& values) {
    out_.key(name).beginObject();
    out_.key("name").string(name);
    out_.key("in").string("path");
    out_.key("required").boolean(true);
    out_.key("schema").beginObject();
    out_.key("type").string("string");
    if (!pattern.empty()) out_.key("pattern").string(pattern);
    if (!values.empty()) {
      out_.key("enum").beginArray();
      for (const std::string_view value : values) out_.string(value);
      out_.endArray();
    }
    out_.endObject();
    out_.endObject();
  }

  void writeComponents() {
    std::vector<std::string_view> types;
    for (const fhir::Type& type : context_.definitions().types()) {
      if (type.kind == fhir::TypeKind::kResource && !type.abstract) types.push_back(type.name);
    }
    out_.key("components").beginObject();
    out_.key("parameters").beginObject();
    writeParameter("type", {}, types);
    writeParameter("id", R"(^[A-Za-z0-9\-\.]{1,64}$)", {});
    writeParameter("vid", "^[1-9][0-9]*$", {});
    out_.endObject();
    out_.key("responses").beginObject();
    out_.key("Answer").beginObject();
    out_.key("description")
        .string("A resource; an OperationOutcome where something is wrong (status 400 and above)");
    out_.key("content").beginObject();
    writeMedia("application/fhir+json");
    writeMedia("application/fhir+xml");
    out_.endObject();
    out_.endObject();
    out_.endObject();
    out_.key("schemas").beginObject();
    out_.key("Resource").beginObject();
    out_.key("type").string("object");
    out_.key("required").beginArray();
    out_.string("resourceType");
    out_.endArray();
    out_.key("properties").beginObject();
    out_.key("resourceType").beginObject();
    out_.key("type").string("string");
    out_.endObject();
    out_.endObject();
    out_.endObject();
    out_.endObject();
    out_.endObject();
  }

  const Context& context_;
  json::Builder out_;
};

}  // namespace

std::string makeOpenApi(const Context& context) { return OpenApiText(context).write(); }

Answer openApi(const Call& call) {
  if (auto refused = refusedParameters(call, {}, false)) return std::move(*refused);
  Answer answer;
  answerConstant(call.context->open_api, call.conditions.if_none_match.value_or(""),
                 answer.plain.emplace());
  return answer;
}

}  // namespace planbro::service
