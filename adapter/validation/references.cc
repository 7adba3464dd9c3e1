// References: what they point to, as far as it can be told from the reference or is at hand (in the
// same resource or Bundle).
// Source: FHIR R4, references.html.
#include <algorithm>

#include "validation/walk.h"

namespace planbro::validation {

using fhir::Element;

fhir::TypeId typeInUrl(std::string_view url, const fhir::Definitions& definitions) {
  url = url.substr(0, url.find("/_history/"));
  const std::size_t id = url.rfind('/');
  if (id == std::string_view::npos || id + 1 == url.size()) return 0;
  const std::size_t start = url.rfind('/', id - 1);
  const std::size_t from = start == std::string_view::npos ? 0 : start + 1;
  if (id == 0 || from >= id) return 0;
  const fhir::TypeId type = definitions.findType(url.substr(from, id - from));
  return definitions.type(type).kind == fhir::TypeKind::kResource ? type : fhir::TypeId{0};
}

namespace {

std::string targetList(const std::vector<ReferenceTarget>& targets,
                       const fhir::Definitions& definitions) {
  std::string text;
  for (const ReferenceTarget& target : targets) {
    if (!text.empty()) text += ", ";
    text += target.profile != nullptr ? target.profile->key()
                                      : std::string(definitions.type(target.type).name);
  }
  return text;
}

}  // namespace

const Scope* Walk::scopeOf(const Element&) const {
  return scopes_.empty() ? nullptr : scopes_.back();
}

Element Walk::resolve(const Element& reference) const {
  const std::string_view text =
      reference.hasValue() ? reference.text() : reference.textOf("reference");
  return text.empty() ? Element() : resolve(text, reference);
}

fhir::TypeId Walk::targetType(const Element& reference) const {
  if (const Element target = resolve(reference)) return target.type();
  const std::string_view text =
      reference.hasValue() ? reference.text() : reference.textOf("reference");
  if (const fhir::TypeId type = typeInUrl(text, definitions_); type != 0) return type;
  return definitions_.findType(reference.textOf("type"));
}

void Walk::checkReference(const Element& reference, const ElementRule& rule,
                          std::string_view profile, Spot spot) {
  const Reporter::Origin origin{{}, profile, std::nullopt};
  const fhir::TypeId type = targetType(reference);
  if (type == 0) return;
  const std::string name(definitions_.type(type).name);
  if (profile.empty()) {
    const std::string_view said = reference.textOf("type");
    if (!said.empty() && said != name && definitions_.findTypeByUrl(said) != type)
      reporter_.add("PB-1344", spot.link, reference.anyNode(), {std::string(said), name});
    const fhir::TypeId named = typeInUrl(reference.textOf("reference"), definitions_);
    if (named != 0 && named != type)
      reporter_.add("PB-1346", spot.link, reference.anyNode(),
                    {std::string(definitions_.type(named).name), name});
  }
  const auto rules =
      std::find_if(rule.types.begin(), rule.types.end(), [&](const TypeRule& candidate) {
        return candidate.type == reference.type() && !candidate.targets.empty();
      });
  if (rules == rule.types.end()) return;
  const std::vector<ReferenceTarget>& targets = rules->targets;
  const auto fits = [&](const ReferenceTarget& target) {
    return target.type == 0 || definitions_.isA(type, target.type);
  };
  const Element target = resolve(reference);
  if (std::none_of(targets.begin(), targets.end(), fits)) {
    // Read from the reference alone it is a warning: nobody has seen the target.
    const auto severity = target ? std::nullopt : std::optional(fhir::Severity::kWarning);
    reporter_.add("PB-1341", spot.link, reference.anyNode(),
                  {name, targetList(targets, definitions_)}, {{}, profile, severity});
    return;
  }
  if (!target) return;
  const bool conforming =
      std::any_of(targets.begin(), targets.end(), [&](const ReferenceTarget& candidate) {
        if (!fits(candidate)) return false;
        if (candidate.profile == nullptr) return true;
        const CompiledProfile* wanted = profiles_.get(*candidate.profile);
        return wanted == nullptr || conforms(target, *wanted);
      });
  if (!conforming)
    reporter_.add("PB-1345", spot.link, reference.anyNode(), {targetList(targets, definitions_)},
                  origin);
}

}  // namespace planbro::validation
