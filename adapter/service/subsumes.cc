// $subsumes. FHIR R4, codesystem-operation-subsumes.html; docs/api/subsumes.md.
#include "service/asked_code_system.h"
#include "service/call_terminology.h"
#include "service/interactions.h"
#include "service/operation_input.h"
#include "service/outcome.h"
#include "service/parameters_text.h"
#include "terminology/terminology.h"

namespace planbro::service {
namespace {

using terminology::CodeSystem;

std::string_view outcomeOf(const CodeSystem& system, const AskedCode& a, const AskedCode& b) {
  const bool down = system.subsumes(a.code, b.code).value_or(false);
  const bool up = system.subsumes(b.code, a.code).value_or(false);
  if (down && up) return "equivalent";
  if (down) return "subsumes";
  return up ? "subsumed-by" : "not-subsumed";
}

}  // namespace

Answer subsumes(const Call& call) {
  if (call.context->parts.terminology == nullptr) return refuse(501, "PB-4055", {"$subsumes"});
  auto input = OperationInput::read(call, "$subsumes",
                                    {"codeA", "codeB", "system", "version", "codingA", "codingB"});
  if (!input.has_value()) return std::move(input.error());
  const auto own = askedCodeSystem(call, *input);
  if (!own.has_value()) return own.error();
  const std::string own_url(*own != nullptr ? (*own)->url() : std::string_view());
  const auto asked = [&](std::string_view code, std::string_view coding) -> AskedCode {
    if (!input->has(coding))
      return {std::string(input->text("system")),
              std::string(input->text("version")),
              std::string(input->text(code)),
              {}};
    const fhir::Element value = input->value(coding);
    return value ? askedCode(value) : askedCode(input->text(coding));
  };
  AskedCode a = asked("codeA", "codingA");
  AskedCode b = asked("codeB", "codingB");
  for (AskedCode* one : {&a, &b}) {
    if (one->system.empty()) one->system = own_url;
  }
  if (a.code.empty()) return input->missing("codeA");
  if (b.code.empty()) return input->missing("codeB");
  if (*own == nullptr && (a.system.empty() || b.system.empty())) return input->missing("system");
  if (terminology::canonicalSystem(a.system) != terminology::canonicalSystem(b.system))
    return refuse(400, "PB-4023", {"codingB.system", b.system, a.system});
  if (*own != nullptr &&
      terminology::canonicalSystem(a.system) != terminology::canonicalSystem(own_url))
    return refuse(400, "PB-4023", {"system", a.system, own_url});
  const std::string wanted = a.version.empty() ? a.system : a.system + "|" + a.version;
  CallTerminology terminology(call);
  const CodeSystem* system = *own != nullptr ? own->get() : terminology->codeSystem(wanted);
  if (!terminology.status().has_value()) return refuse(terminology.status().error());
  const bool other_version =
      *own != nullptr && !a.version.empty() && a.version != system->version();
  if (system == nullptr || other_version) return refuse(404, "PB-1631", {wanted});
  for (const AskedCode& one : {a, b}) {
    if (system->find(one.code) != nullptr) continue;
    const bool whole = system->content() == CodeSystem::Content::kComplete;
    return refuse(404, whole ? "PB-1633" : "PB-1634", {one.code, a.system});
  }
  ParametersText out;
  out.add("outcome", "Code", outcomeOf(*system, a, b));
  Answer answer;
  answer.resource = std::move(out).finish();
  return answer;
}

}  // namespace planbro::service
