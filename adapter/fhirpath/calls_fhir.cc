// Functions of navigation and reflection, and those that FHIR adds.
// Source: FHIR R4 fhirpath.html, section 2.9.1.5 (additional functions).
#include <algorithm>

#include "fhirpath/comparison.h"
#include "fhirpath/evaluator.h"
#include "fhirpath/html_checks.h"

namespace planbro::fhirpath {
namespace {

constexpr std::string_view kTypePrefix = "http://hl7.org/fhir/StructureDefinition/";

// The written reference of a Reference, uri, canonical or text; "" if there is none.
std::string_view referenceText(const Value& value) {
  if (value.kind() == ValueKind::kString) return value.text();
  const fhir::Element element = value.element();
  if (!element) return {};
  return element.hasValue() ? element.text() : element.textOf("reference");
}

fhir::Element inContained(const fhir::Element& resource, std::string_view id) {
  fhir::Element found;
  if (!resource) return found;
  resource.forEachChild("contained", [&](const fhir::Element& contained) {
    if (!found && contained.textOf("id") == id) found = contained;
  });
  return found;
}

// The contained resource that `from`, somewhere in a Bundle, means: that of the entry it lies in,
// which is the last one that begins before it.
fhir::Element inContainedOfEntry(const fhir::Element& bundle, std::string_view id,
                                 const fhir::Element& from) {
  fhir::Element found;
  if (!bundle || bundle.typeName() != "Bundle" || !from) return found;
  const std::uint32_t offset = from.anyNode()->offset;
  bundle.forEachChild("entry", [&](const fhir::Element& entry) {
    const fhir::Element resource = entry.child("resource");
    if (!resource || (found && resource.anyNode()->offset > offset)) return;
    if (const fhir::Element contained = inContained(resource, id)) found = contained;
  });
  return found;
}

// Type and id at the end of a reference: "Patient/1" of "http://x/Patient/1/_history/2".
std::string_view relativeOf(std::string_view reference) {
  reference = reference.substr(0, reference.find("/_history/"));
  const std::size_t id = reference.rfind('/');
  if (id == std::string_view::npos || id == 0) return {};
  const std::size_t type = reference.rfind('/', id - 1);
  return type == std::string_view::npos ? reference : reference.substr(type + 1);
}

fhir::Element inBundle(const fhir::Element& bundle, std::string_view reference) {
  fhir::Element found;
  if (!bundle || bundle.typeName() != "Bundle") return found;
  const bool absolute = reference.find(':') != std::string_view::npos;
  bundle.forEachChild("entry", [&](const fhir::Element& entry) {
    if (found) return;
    const std::string_view full_url = entry.textOf("fullUrl");
    if (full_url == reference || (!absolute && relativeOf(full_url) == relativeOf(reference)))
      found = entry.child("resource");
  });
  return found;
}

// Documents are at most 64 levels deep when they are read; made ones could be deeper.
constexpr int kMaxTreeDepth = 256;

// Every element below `element`, in document order, until `visit` says false.
template <typename Visit>
bool walk(const fhir::Element& element, int depth, Visit&& visit) {
  if (depth > kMaxTreeDepth) return false;
  bool going = true;
  element.forEachChild([&](const fhir::Element& child) {
    going = going && visit(Value(child)) && walk(child, depth + 1, visit);
  });
  return going;
}

}  // namespace

void Evaluator::children(const Value& value, Collection& out) {
  if (value.isElement())
    value.element().forEachChild([&](const fhir::Element& child) { out.push(Value(child)); });
}

bool Evaluator::descendants(Values focus, Collection& out) {
  for (const Value& value : focus) {
    const bool complete = !value.isElement() || walk(value.element(), 0, [&](const Value& found) {
      out.push(found);
      return spend(1) && (out.size() <= environment_.limits.collection || failLimit());
    });
    if (!complete) return failLimit();
  }
  return true;
}

bool Evaluator::takesDescendants(const Program& program, const Node& next) {
  if (next.op == Op::kMember) return true;
  return next.op == Op::kFunction &&
         (next.function == Function::kWhere || next.function == Function::kOfType ||
          (next.function == Function::kAs && !program.singleton_casts));
}

bool Evaluator::descendantsThrough(const Node& next, Values focus, const Scope& scope,
                                   Collection& out) {
  Scope inner = scope;
  inner.index = 0;
  bool failed = false;
  const auto visit = [&](const Value& value) {
    const Values one(&value, 1);
    failed = !spend(1);
    if (next.op == Op::kMember) {
      member(next, one, out);
    } else if (next.function == Function::kWhere) {
      inner.self = one;
      Logic result = Logic::kEmpty;
      failed = failed || !logic(argument(next, 0), inner, &result);
      ++inner.index;
      if (result == Logic::kTrue) out.push(value);
    } else if (hasType(value, program_.types[next.extra], false)) {
      out.push(value);
    }
    return !failed;
  };
  for (const Value& value : focus)
    if (value.isElement() && !walk(value.element(), 0, visit)) return failed ? false : failLimit();
  return out.size() <= environment_.limits.collection || failLimit();
}

bool Evaluator::navigation(const Node& node, Values focus, const Scope& scope, Collection& out) {
  switch (node.function) {
    case Function::kChildren:
      for (const Value& value : focus) children(value, out);
      return spend(out.size());
    case Function::kDescendants:
      return descendants(focus, out);
    case Function::kIs: {
      std::optional<Value> value;
      if (!singleInput(focus, node.text, &value)) return false;
      if (value) out.push(Value::boolean(hasType(*value, program_.types[node.extra], true)));
      return true;
    }
    case Function::kAs:
      if (focus.size() > 1 && program_.singleton_casts)
        return fail("as() takes a single value, and there are several");
      for (const Value& value : focus)
        if (hasType(value, program_.types[node.extra], false)) out.push(value);
      return true;
    case Function::kType:
      for (const Value& value : focus)
        out.push(Value::typeInfo(value.typeName(), !value.isElement()));
      return true;
    case Function::kTrace:
      return trace(node, focus, scope, out);
    case Function::kNow:
      out.push(now());
      return true;
    case Function::kToday: {
      Temporal t = now().asTemporal();
      t.kind = TemporalKind::kDate;
      t.precision = Precision::kDay;
      t.offset_minutes = Temporal::kNoOffset;
      out.push(Value::temporal(t));
      return true;
    }
    case Function::kTimeOfDay: {
      Temporal t = now().asTemporal();
      t.kind = TemporalKind::kTime;
      t.offset_minutes = Temporal::kNoOffset;
      out.push(Value::temporal(t));
      return true;
    }
    case Function::kAggregate:
      return aggregate(node, focus, scope, out);
    default:
      return fail("defineVariable() must stand in a path");
  }
}

bool Evaluator::resolve(Values focus, Collection& out) {
  const fhir::Element root =
      environment_.root_resource ? environment_.root_resource : environment_.resource;
  for (const Value& value : focus) {
    const std::string_view reference = referenceText(value);
    if (reference.empty()) continue;
    fhir::Element found;
    if (reference.front() == '#') {
      const std::string_view id = reference.substr(1);
      found = id.empty() ? root : inContained(environment_.resource, id);
      if (!found) found = inContained(root, id);
      if (!found && environment_.resolver != nullptr)
        found = environment_.resolver->resolve(reference, value.element());
      if (!found) found = inContainedOfEntry(root, id, value.element());
    } else {
      if (environment_.resolver != nullptr)
        found = environment_.resolver->resolve(reference, value.element());
      if (!found) found = inBundle(root, reference);
    }
    if (found) out.push(Value(found));
  }
  return spend(focus.size());
}

bool Evaluator::fhirFunction(const Node& node, Values focus, const Scope& scope, Collection& out) {
  const auto push = [&](bool value) {
    out.push(Value::boolean(value));
    return true;
  };
  switch (node.function) {
    case Function::kExtension:
    case Function::kHasExtension: {
      std::optional<std::string_view> url;
      if (!text(node, 0, scope, &url)) return false;
      if (!url) return true;
      const std::size_t before = out.size();
      const bool known = !focus.empty() && node.name_id != 0;
      for (const Value& value : focus) {
        if (!value.isElement()) continue;
        const fhir::Element element = value.element();
        const auto take = [&](const fhir::Element& extension) {
          if (extension.textOf("url") == *url) out.push(Value(extension));
        };
        if (known && &element.definitions() == program_.definitions) {
          element.forEachChild(node.name_id, take);
        } else {
          element.forEachChild("extension", take);
        }
      }
      if (node.function == Function::kExtension) return true;
      const bool found = out.size() > before;
      out.truncate(before);
      return push(found);
    }
    case Function::kHasValue:
      return push(focus.size() == 1 && (!focus[0].isElement() || focus[0].element().hasValue()));
    case Function::kGetValue:
      if (focus.size() == 1 && (!focus[0].isElement() || focus[0].element().hasValue()))
        out.push(focus[0].toSystem());
      return true;
    case Function::kResolve:
      return resolve(focus, out);
    case Function::kHtmlChecks:
      for (const Value& value : focus) {
        const Value system = value.toSystem();
        if (system.kind() != ValueKind::kString) return fail("htmlChecks() takes XHTML text");
        if (!isSafeNarrative(system.text())) return push(false);
      }
      return focus.empty() || push(true);
    case Function::kElementDefinition:
      for (const Value& value : focus) {
        if (!value.isElement() || environment_.profiles == nullptr) continue;
        const fhir::Element found = environment_.profiles->elementDefinition(value.element());
        if (found) out.push(Value(found));
      }
      return true;
    default:
      break;
  }

  // checkModifiers(url, …): whether every modifier extension is one of these.
  if (node.function == Function::kCheckModifiers) {
    Collection known;
    for (std::size_t i = 0; i < node.count; ++i)
      if (!eval(argument(node, i), scope, known)) return false;
    bool all_known = true;
    for (const Value& value : focus) {
      if (!value.isElement()) continue;
      value.element().forEachChild("modifierExtension", [&](const fhir::Element& extension) {
        if (!containsSame(known.values(), Value::string(extension.textOf("url"))))
          all_known = false;
      });
    }
    return focus.empty() || push(all_known);
  }
  if (node.function == Function::kSubsumes || node.function == Function::kSubsumedBy) {
    std::optional<Value> input;
    std::optional<Value> other;
    if (!singleInput(focus, node.text, &input) || !single(node, 0, scope, &other)) return false;
    if (!input || !other || !input->isElement() || !other->isElement()) return true;
    const fhir::Element a = input->element();
    const fhir::Element b = other->element();
    const bool forward = node.function == Function::kSubsumes;
    const std::string_view system = a.textOf("system");
    if (system != b.textOf("system") || environment_.terminology == nullptr) return true;
    const auto result = environment_.terminology->subsumes(system, (forward ? a : b).textOf("code"),
                                                           (forward ? b : a).textOf("code"));
    return !result || push(*result);
  }
  std::optional<std::string_view> url;
  if (!text(node, 0, scope, &url)) return false;
  if (!url) return true;
  if (node.function == Function::kSlice) {
    std::optional<std::string_view> name;
    if (!text(node, 1, scope, &name)) return false;
    if (!name) return true;
    if (environment_.profiles == nullptr) return fail("slice() needs profiles, and none are here");
    for (const Value& value : focus)
      if (value.isElement() &&
          environment_.profiles->inSlice(value.element(), *url, *name).value_or(false))
        out.push(value);
    return true;
  }
  std::optional<Value> input;
  if (!singleInput(focus, node.text, &input)) return false;
  if (!input) return true;
  if (node.function == Function::kMemberOf) {
    if (environment_.terminology == nullptr) return true;
    const auto member = environment_.terminology->memberOf(*input, *url);
    return !member || push(*member);
  }
  // conformsTo(): the base definitions are known without profiles.
  const fhir::Element element = input->element();
  if (!element) return push(false);
  std::optional<bool> conforms;
  if (environment_.profiles != nullptr) conforms = environment_.profiles->conformsTo(element, *url);
  if (!conforms && url->starts_with(kTypePrefix)) {
    const fhir::Definitions& definitions = element.definitions();
    if (const fhir::TypeId type = definitions.findTypeByUrl(*url); type != 0)
      conforms = definitions.isA(element.type(), type);
  }
  if (!conforms) return fail("The profile '" + std::string(*url) + "' is not known");
  return push(*conforms);
}

}  // namespace planbro::fhirpath
