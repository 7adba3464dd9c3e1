// $lookup. FHIR R4, codesystem-operation-lookup.html; docs/api/lookup.md.
#include <algorithm>

#include "service/call_terminology.h"
#include "service/interactions.h"
#include "service/operation_input.h"
#include "service/outcome.h"
#include "service/parameters_text.h"
#include "terminology/nodes.h"
#include "terminology/terminology.h"

namespace planbro::service {
namespace {

using json::Node;
using terminology::CodeSystem;

class LookupText {
 public:
  // `wanted` empty: everything.
  LookupText(const CodeSystem& system, const CodeSystem::Concept& found,
             std::vector<std::string_view> wanted)
      : system_(system), found_(found), wanted_(std::move(wanted)) {}

  std::string write(std::string_view language,
                    const std::vector<const CodeSystem*>& supplements) && {
    out_.add("name", "String", system_.name().empty() ? system_.url() : system_.name());
    if (!system_.version().empty()) out_.add("version", "String", system_.version());
    std::string_view display = system_.displayFor(found_, language);
    for (const CodeSystem* supplement : supplements) {
      const CodeSystem::Concept* more = supplement->find(found_.code);
      if (more == nullptr || language.empty() || display != found_.display) continue;
      if (const auto named = supplement->displayFor(*more, language); !named.empty())
        display = named;
    }
    if (!display.empty()) out_.add("display", "String", display);
    if (isWanted("designation")) {
      writeDesignations(found_);
      for (const CodeSystem* supplement : supplements) {
        if (const CodeSystem::Concept* more = supplement->find(found_.code))
          writeDesignations(*more);
      }
    }
    writeProperties();
    return std::move(out_).finish();
  }

 private:
  bool isWanted(std::string_view property) const {
    return wanted_.empty() || std::find(wanted_.begin(), wanted_.end(), property) != wanted_.end();
  }

  void writeDesignations(const CodeSystem::Concept& of) {
    for (const Node& designation : terminology::listOf(*of.node, "designation")) {
      out_.begin("designation");
      if (const auto language = terminology::textOf(designation, "language"); !language.empty())
        out_.add("language", "Code", language);
      if (const Node* use = designation.member("use"))
        out_.addCoding("use", terminology::textOf(*use, "system"),
                       terminology::textOf(*use, "code"), terminology::textOf(*use, "display"));
      out_.add("value", "String", terminology::textOf(designation, "value"));
      out_.end();
    }
  }

  void property(std::string_view code, std::string_view type, std::string_view value) {
    out_.begin("property");
    out_.add("code", "Code", code);
    out_.add("value", type, value);
    out_.end();
  }

  void writeProperties() {
    if (const auto definition = terminology::textOf(*found_.node, "definition");
        !definition.empty() && isWanted("definition"))
      property("definition", "String", definition);
    if (isWanted("inactive"))
      property("inactive", "Boolean", system_.isInactive(found_) ? "true" : "false");
    if (isWanted("parent")) {
      for (const std::uint32_t parent : found_.parents)
        property("parent", "Code", system_.concepts()[parent].code);
    }
    if (isWanted("child")) {
      const std::uint32_t own = system_.indexOf(found_);
      for (const CodeSystem::Concept& other : system_.concepts()) {
        if (std::find(other.parents.begin(), other.parents.end(), own) != other.parents.end())
          property("child", "Code", other.code);
      }
    }
    for (const Node& one : terminology::listOf(*found_.node, "property")) {
      const std::string_view code = terminology::textOf(one, "code");
      const Node* value = terminology::valueOf(one);
      const bool written = code == "parent" || code == "child" || code == "inactive";
      if (value == nullptr || written || !isWanted(code)) continue;
      out_.begin("property");
      out_.add("code", "Code", code);
      out_.copy("value", value->name->text, *value, system_.document());
      out_.end();
    }
  }

  const CodeSystem& system_;
  const CodeSystem::Concept& found_;
  std::vector<std::string_view> wanted_;
  ParametersText out_;
};

}  // namespace

Answer lookup(const Call& call) {
  if (call.context->parts.terminology == nullptr) return refuse(501, "PB-4055", {"$lookup"});
  auto input = OperationInput::read(
      call, "$lookup", {"code", "system", "version", "coding", "property", "displayLanguage"});
  if (!input.has_value()) return std::move(input.error());
  AskedCode asked{std::string(input->text("system")),
                  std::string(input->text("version")),
                  std::string(input->text("code")),
                  {}};
  if (input->has("coding")) {
    if (!asked.code.empty()) return refuse(400, "PB-4069", {"$lookup", "code, coding"});
    const fhir::Element coding = input->value("coding");
    const std::string_view text = input->text("coding");
    asked = coding ? askedCode(coding) : askedCode(text);
    if (!coding && asked.system.empty())
      return refuse(400, "PB-4023", {"coding", std::string(text), "Coding, system|code"});
  }
  if (asked.code.empty()) return input->missing("code");
  if (asked.system.empty()) return input->missing("system");
  const std::string wanted =
      asked.version.empty() ? asked.system : asked.system + "|" + asked.version;
  CallTerminology terminology(call);
  const CodeSystem* system = terminology->codeSystem(wanted);
  if (!terminology.status().has_value()) return refuse(terminology.status().error());
  if (system == nullptr) return refuse(404, "PB-1631", {wanted});
  const CodeSystem::Concept* found = system->find(asked.code);
  if (found == nullptr) {
    const bool whole = system->content() == CodeSystem::Content::kComplete;
    return refuse(404, whole ? "PB-1633" : "PB-1634", {asked.code, asked.system});
  }
  Answer answer;
  answer.resource =
      LookupText(*system, *found, input->texts("property"))
          .write(input->text("displayLanguage"), terminology->supplementsOf(asked.system));
  return answer;
}

}  // namespace planbro::service
