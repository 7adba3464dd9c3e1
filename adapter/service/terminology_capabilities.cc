#include "service/terminology_capabilities.h"

#include <array>
#include <map>
#include <set>
#include <string_view>

#include "fhir/registry.h"
#include "json/builder.h"
#include "json/writer.h"
#include "service/capability.h"

namespace planbro::service {
namespace {

using VersionsByUrl = std::map<std::string, std::set<std::string>, std::less<>>;

// Those whose every code is there: of others nothing certain can be said.
VersionsByUrl wholeCodeSystems(const fhir::Registry& registry) {
  VersionsByUrl systems;
  registry.forEach("CodeSystem", [&](const fhir::Registry::Entry& entry) {
    if (entry.url.empty() || !entry.supplements.empty()) return;
    const fhir::Resource system = registry.makeOnce(entry);
    if (!system || system.root().textOf("content") != "complete") return;
    std::set<std::string>& versions = systems[std::string(entry.url)];
    if (!entry.version.empty()) versions.emplace(entry.version);
  });
  return systems;
}

void writeCodeSystems(json::Builder& out, const VersionsByUrl& systems) {
  out.key("codeSystem").beginArray();
  for (const auto& [url, versions] : systems) {
    out.beginObject();
    out.key("uri").string(url);
    if (!versions.empty()) {
      out.key("version").beginArray();
      for (const std::string& version : versions) {
        out.beginObject();
        out.key("code").string(version);
        out.endObject();
      }
      out.endArray();
    }
    out.key("subsumption").boolean(true);
    out.endObject();
  }
  out.endArray();
}

void writeExpansion(json::Builder& out) {
  struct Parameter {
    std::string_view name, documentation;
  };
  constexpr std::array kParameters = {
      Parameter{"url", "A value set, or a code system for all its codes"},
      Parameter{"valueSetVersion", "The version of the value set"},
      Parameter{"valueSet", "The value set itself"},
      Parameter{"filter", "Every word of it begins a word of the name or the code"},
      Parameter{"offset", "Where the page begins"},
      Parameter{"count", "How many codes the page has"},
      Parameter{"activeOnly", "Without inactive codes"},
      Parameter{"excludeNotForUI", "Without abstract codes"},
      Parameter{"displayLanguage", "Names in that language where there are any"},
      Parameter{"includeDesignations", "With the designations of every code"},
      Parameter{"includeDefinition", "With the definition of the value set"},
  };
  out.key("expansion").beginObject();
  out.key("hierarchical").boolean(false);
  out.key("paging").boolean(true);
  out.key("incomplete").boolean(false);
  out.key("parameter").beginArray();
  for (const auto& [name, documentation] : kParameters) {
    out.beginObject();
    out.key("name").string(name);
    out.key("documentation").string(documentation);
    out.endObject();
  }
  out.endArray();
  out.key("textFilter").string("The beginnings of words of names, designations and codes");
  out.endObject();
}

}  // namespace

std::string makeTerminologyCapabilities(const Context& context) {
  json::Builder out(&context.definitions().names());
  out.beginObject();
  writeStatementHead(out, context,
                     {.type = "TerminologyCapabilities",
                      .name = "PlanbroTerminology",
                      .title = "Planbro: code systems and value sets",
                      .implementation = "Terminology of the plans that are kept here"});
  out.key("description")
      .string(
          "The code systems that are loaded whole. Beside them: value sets and code systems that "
          "are stored, languages, media types, units, countries and currencies by their grammar.");
  writeCodeSystems(out, wholeCodeSystems(*context.parts.registry));
  writeExpansion(out);
  out.key("codeSearch").string("explicit");
  out.key("validateCode").beginObject();
  out.key("translations").boolean(false);
  out.endObject();
  out.key("translation").beginObject();
  out.key("needsMap").boolean(false);
  out.endObject();
  out.endObject();
  return json::write(*std::move(out).finish());
}

}  // namespace planbro::service
