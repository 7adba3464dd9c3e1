#include "service/capability.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "fhir/canonical_base.h"
#include "fhir/registry.h"
#include "json/builder.h"
#include "json/writer.h"
#include "search/parameters.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/routes.h"
#include "service/smart.h"
#include "service/terminology_capabilities.h"
#include "service/view.h"

namespace planbro::service {
namespace {

constexpr std::string_view kCoreProfiles = "http://hl7.org/fhir/StructureDefinition/";

using TextsByType = std::map<std::string, std::vector<std::string>, std::less<>>;

// Profiles on resource types that were loaded or are our own; those of R4 core itself are not news.
TextsByType loadedProfiles(const fhir::Registry* registry) {
  TextsByType profiles;
  if (registry == nullptr) return profiles;
  registry->forEach("StructureDefinition", [&](const fhir::Registry::Entry& entry) {
    if (entry.url.starts_with(kCoreProfiles) || entry.package == "hl7.fhir.r4.core") return;
    const fhir::Resource* resource = registry->get(entry);
    if (resource == nullptr) return;
    const fhir::Element root = resource->root();
    if (root.textOf("derivation") != "constraint" || root.textOf("kind") != "resource") return;
    std::vector<std::string>& urls = profiles[std::string(root.textOf("type"))];
    if (std::find(urls.begin(), urls.end(), entry.url) == urls.end()) urls.emplace_back(entry.url);
  });
  return profiles;
}

void writeInteractions(json::Builder& out, const Context& context, std::string_view type) {
  out.key("interaction").beginArray();
  std::string_view last;  // searches have two routes
  for (const Route& route : routes()) {
    if (route.level == Level::kSystem || route.interaction.empty() ||
        route.interaction.starts_with('$') || route.interaction == last)
      continue;
    if (route.interaction == "delete" && context.settings.never_deleted.contains(type)) continue;
    last = route.interaction;
    out.beginObject();
    out.key("code").string(route.interaction);
    out.endObject();
  }
  out.endArray();
}

// What refers to a type, as "CarePlan:subject". Parameters that may refer to nearly every type are
// meant by * alone: listed for each they would be half of the statement.
TextsByType reverseIncludes(const search::Parameters& parameters) {
  const std::vector<std::string_view> types = parameters.types();
  TextsByType includes;
  for (const std::string_view source : types) {
    for (const search::Parameter& parameter : parameters.of(source)) {
      if (parameter.type != search::ParameterType::kReference ||
          parameter.targets.size() > types.size() / 2)
        continue;
      for (const std::string& target : parameter.targets)
        includes[target].push_back(std::string(source) + ":" + parameter.code);
    }
  }
  return includes;
}

void writeReverseIncludes(json::Builder& out, const TextsByType& includes, std::string_view type) {
  out.key("searchRevInclude").beginArray();
  out.string("*");
  if (const auto found = includes.find(type); found != includes.end()) {
    for (const std::string& include : found->second) out.string(include);
  }
  out.endArray();
}

void writeIncludes(json::Builder& out, const Context& context, std::string_view type) {
  std::vector<std::string> includes;
  for (const search::Parameter& parameter : context.parts.parameters->of(type)) {
    if (parameter.type == search::ParameterType::kReference)
      includes.push_back(std::string(type) + ":" + parameter.code);
  }
  if (includes.empty()) return;
  out.key("searchInclude").beginArray();
  out.string("*");
  for (const std::string& include : includes) out.string(include);
  out.endArray();
}

void writeParameters(json::Builder& out, const Context& context, std::string_view type) {
  const auto& parameters = context.parts.parameters->of(type);
  if (parameters.empty()) return;
  out.key("searchParam").beginArray();
  for (const search::Parameter& parameter : parameters) {
    out.beginObject();
    out.key("name").string(parameter.code);
    if (!parameter.url.empty()) out.key("definition").string(parameter.url);
    out.key("type").string(search::typeCode(parameter.type));
    if (!parameter.documentation.empty()) out.key("documentation").string(parameter.documentation);
    out.endObject();
  }
  out.endArray();
}

// Those of every type that no SearchParameter defines for one.
void writeCommonParameters(json::Builder& out, const Context& context) {
  const auto write = [&](std::string_view name, std::string_view type, std::string_view what) {
    out.beginObject();
    out.key("name").string(name);
    out.key("type").string(type);
    out.key("documentation").string(what);
    out.endObject();
  };
  out.key("searchParam").beginArray();
  if (context.parts.parameters->hasWords()) {
    write("_content", "string", "Words of every text of the resource");
    write("_text", "string", "Words of the narrative");
  }
  write("_filter", "special", "A whole condition as one expression");
  write("_list", "string", "What a stored List names");
  out.endArray();
}

// The operation's definition: HL7's, our own where HL7 has none.
std::string definitionOf(const Route& route) {
  const std::string name(route.interaction.substr(1));
  const auto type = onlyTypeOf(route.pattern);
  if (route.interaction == "$export") {
    const std::string kind = !type.has_value() ? "" : *type == "Group" ? "group-" : "patient-";
    return "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/" + kind + name;
  }
  const bool own = type == "CarePlan" || route.interaction == "$import";
  const std::string base = own ? PLANBRO_CANONICAL_BASE : "http://hl7.org/fhir";
  return base + "/OperationDefinition/" + std::string(type.value_or("Resource")) + "-" + name;
}

// The operations of a type, or of the system where `type` is empty.
void writeOperations(json::Builder& out, const Context& context, std::string_view type) {
  std::vector<const Route*> operations;
  for (const Route& route : routes()) {
    // By GET and by POST, of the type and of one resource.
    const bool known = std::any_of(operations.begin(), operations.end(), [&](const Route* one) {
      return one->interaction == route.interaction;
    });
    if (!route.interaction.starts_with('$') || known) continue;
    if (type.empty() != (route.level == Level::kSystem)) continue;
    if (onlyTypeOf(route.pattern).value_or(type) != type) continue;
    if (route.interaction == "$validate" && context.parts.validator == nullptr) continue;
    operations.push_back(&route);
  }
  if (operations.empty()) return;
  out.key("operation").beginArray();
  for (const Route* route : operations) {
    out.beginObject();
    out.key("name").string(route->interaction.substr(1));
    out.key("definition").string(definitionOf(*route));
    out.endObject();
  }
  out.endArray();
}

void writeResource(json::Builder& out, const Context& context, std::string_view type,
                   const TextsByType& profiles, const TextsByType& reverse_includes) {
  const bool deletable = !context.settings.never_deleted.contains(type);
  out.beginObject();
  out.key("type").string(type);
  if (const auto found = profiles.find(type); found != profiles.end()) {
    out.key("supportedProfile").beginArray();
    for (const std::string& url : found->second) out.string(url);
    out.endArray();
  }
  writeInteractions(out, context, type);
  out.key("versioning").string("versioned-update");
  out.key("readHistory").boolean(true);
  out.key("updateCreate").boolean(context.settings.update_creates);
  out.key("conditionalCreate").boolean(true);
  out.key("conditionalRead").string("full-support");
  out.key("conditionalUpdate").boolean(true);
  out.key("conditionalDelete").string(deletable ? "single" : "not-supported");
  out.key("referencePolicy").beginArray();
  for (const std::string_view policy : {"literal", "logical", "local"}) out.string(policy);
  out.endArray();
  writeIncludes(out, context, type);
  writeReverseIncludes(out, reverse_includes, type);
  writeParameters(out, context, type);
  writeOperations(out, context, type);
  out.endObject();
}

void writeSystemInteractions(json::Builder& out) {
  out.key("interaction").beginArray();
  const auto write = [&](std::string_view code) {
    out.beginObject();
    out.key("code").string(code);
    out.endObject();
  };
  std::string_view last;  // searches have two routes
  for (const Route& route : routes()) {
    if (route.level != Level::kSystem || route.interaction.empty() ||
        route.interaction.starts_with('$') || route.interaction == last)
      continue;
    last = route.interaction;
    write(route.interaction);
    if (route.interaction == "transaction") write("batch");
  }
  out.endArray();
}

std::shared_ptr<const ConstantBody> terminologyCapabilities(const Context& context) {
  std::call_once(context.terminology_asked, [&] {
    context.terminology_capabilities = std::make_shared<const ConstantBody>(
        makeTerminologyCapabilities(context), std::string(mediaType(fhir::Format::kJson)));
  });
  return context.terminology_capabilities;
}

}  // namespace

void writeStatementHead(json::Builder& out, const Context& context, const StatementHead& head) {
  out.key("resourceType").string(head.type);
  out.key("url").string(std::string(PLANBRO_CANONICAL_BASE "/").append(head.type) + "/planbro");
  out.key("name").string(head.name);
  out.key("title").string(head.title);
  out.key("status").string("active");
  out.key("date").string(formatInstant(context.now()));
  out.key("kind").string("instance");
  out.key("software").beginObject();
  out.key("name").string("Planbro");
  if (!context.settings.software_version.empty())
    out.key("version").string(context.settings.software_version);
  out.endObject();
  out.key("implementation").beginObject();
  out.key("description").string(head.implementation);
  out.key("url").string(context.settings.base_url);
  out.endObject();
}

std::string makeCapabilityStatement(const Context& context) {
  const fhir::Definitions& definitions = context.definitions();
  const TextsByType profiles = loadedProfiles(context.parts.registry);
  const TextsByType reverse_includes = reverseIncludes(*context.parts.parameters);
  json::Builder out(&definitions.names());
  out.beginObject();
  writeStatementHead(
      out, context,
      {.type = "CapabilityStatement",
       .name = "Planbro",
       .title = "Planbro: FHIR R4 for the Norwegian individuell plan",
       .implementation = "Plans, care teams, goals and consents, and all other types of R4"});
  out.key("fhirVersion").string("4.0.1");
  out.key("format").beginArray();
  for (const std::string_view format : {"application/fhir+json", "application/fhir+xml"})
    out.string(format);
  out.endArray();
  out.key("patchFormat").beginArray();
  for (const std::string_view format : patchMediaTypes()) out.string(format);
  out.endArray();
  out.key("rest").beginArray();
  out.beginObject();
  out.key("mode").string("server");
  out.key("documentation")
      .string(
          "Strict: unknown parameters are refused unless Prefer: handling=lenient. National "
          "identity numbers are accepted in bodies only; search for them with POST _search. Types "
          "of a plan are never deleted. There is no access control yet: the service listens on "
          "loopback only.");
  writeSecurity(out, context.settings);
  out.key("resource").beginArray();
  for (const fhir::Type& type : definitions.types()) {
    if (type.kind == fhir::TypeKind::kResource && !type.abstract)
      writeResource(out, context, type.name, profiles, reverse_includes);
  }
  out.endArray();
  writeSystemInteractions(out);
  writeCommonParameters(out, context);
  writeOperations(out, context, {});
  out.key("compartment").beginArray();
  out.string("http://hl7.org/fhir/CompartmentDefinition/patient");
  out.endArray();
  out.endObject();
  out.endArray();
  out.endObject();
  return json::write(*std::move(out).finish());
}

Answer capabilities(const Call& call) {
  if (auto refused = refusedParameters(call, {"mode"}, true)) return std::move(*refused);
  const std::string mode(call.parameter("mode").value_or("full"));
  // A server may pass over the mode (FHIR R4, http.html, section 3.1.0.13), but that of terminology
  // asks for another type of resource.
  const bool terminology = mode == "terminology";
  if (terminology && call.context->parts.registry == nullptr)
    return refuse(501, "PB-4055", {"metadata?mode=terminology"});
  if (!terminology && mode != "full" && mode != "normative" && !call.preferences.lenient)
    return refuse(400, "PB-4023", {"mode", mode, "full, normative, terminology"});
  Answer answer;
  answer.constant =
      terminology ? terminologyCapabilities(*call.context) : call.context->capability_statement;
  answer.thinnable = true;
  return answer;
}

}  // namespace planbro::service
