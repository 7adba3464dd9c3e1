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

// The Coding itself, or those of a CodeableConcept.
template <typename Visit>
void forEachCoding(const fhir::Element& element, Visit&& visit) {
  if (element.typeName() == "CodeableConcept") {
    element.forEachChild("coding", visit);
  } else {
    visit(element);
  }
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

// Every element below `element` with its depth there, in document order, until `visit` says
// false.
template <typename Visit>
bool walk(const fhir::Element& element, int depth, Visit&& visit) {
  if (depth > kMaxTreeDepth) return false;
  bool going = true;
  element.forEachChild([&](const fhir::Element& child) {
    going = going && visit(child, depth) && walk(child, depth + 1, visit);
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
    const bool complete =
        !value.isElement() || walk(value.element(), 0, [&](const fhir::Element& found, int) {
          out.push(Value(found));
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

bool Evaluator::descendantsThrough(std::span<const Node* const> steps, Values focus,
                                   const Scope& scope, Collection& out) {
  Scope inner = scope;
  inner.index = 0;
  bool failed = false;
  const auto visit = [&](const fhir::Element& element, int depth) {
    const Value value(element);
    const Values one(&value, 1);
    const bool own = &element.definitions() == program_.definitions;
    const fhir::TypeId type = element.type();
    failed = !spend(steps.size());
    for (const Node* next : steps) {
      if (next->op == Op::kMember && next->name_id != 0 && own) {
        // It is met itself on the way.
        if (depth > 0 && element.anyNode()->label == next->name_id) out.push(value);
      } else if (next->op == Op::kMember) {
        member(*next, one, out);
      } else if (next->function == Function::kWhere) {
        inner.self = one;
        Logic result = Logic::kEmpty;
        failed = failed || !logic(argument(*next, 0), inner, &result);
        if (result == Logic::kTrue) out.push(value);
      } else if (hasType(element, type, program_.types[next->extra], false)) {
        out.push(value);
      }
    }
    ++inner.index;
    return !failed;
  };
  for (const Value& value : focus)
    if (value.isElement() && !walk(value.element(), 0, visit)) return failed ? false : failLimit();
  return out.size() <= environment_.limits.collection || failLimit();
}

std::span<const Node* const> Evaluator::stepsOfUnion(const Node& node, Steps& room) const {
  std::size_t count = 0;
  std::string_view variable;
  // a | b | c is (a | b) | c: from the last to the first.
  const Node* rest = &node;
  for (bool more = true; more;) {
    more = rest->op == Op::kUnion;
    const Node& path = more ? program_.node(program_.child(*rest, 1)) : *rest;
    if (path.op != Op::kPath || path.count != 3 || count == room.size()) return {};
    const Node& head = program_.node(program_.child(path, 0));
    const Node& next = program_.node(program_.child(path, 1));
    const Node& last = program_.node(program_.child(path, 2));
    if (head.op != Op::kVariable || next.op != Op::kFunction ||
        next.function != Function::kDescendants || !takesDescendants(program_, last) ||
        (count > 0 && head.text != variable))
      return {};
    variable = head.text;
    room[count++] = &last;
    if (more) rest = &program_.node(program_.child(*rest, 0));
  }
  return std::span(room).first(count);
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
    default: {  // defineVariable() with no step after it that could see the variable
      Scope inner = scope;
      if (!defineVariable(node, focus, inner)) return false;
      out.append(focus);
      return true;
    }
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

// Whether a Coding of `general` is one of `special` or stands above it; nothing if that is unknown.
bool Evaluator::subsumption(const fhir::Element& general, const fhir::Element& special,
                            Collection& out) {
  std::optional<bool> result;
  bool shared_system = false;
  forEachCoding(general, [&](const fhir::Element& above) {
    forEachCoding(special, [&](const fhir::Element& below) {
      const std::string_view system = above.textOf("system");
      if (result == true || system != below.textOf("system")) return;
      shared_system = true;
      const std::string_view code = above.textOf("code");
      std::optional<bool> one;
      if (!code.empty() && code == below.textOf("code")) {
        one = true;
      } else if (environment_.terminology != nullptr) {
        one = environment_.terminology->subsumes(system, code, below.textOf("code"));
      }
      if (one) result = one;
    });
  });
  if (!shared_system) return fail("Codes of different code systems do not subsume each other");
  if (result) out.push(Value::boolean(*result));
  return true;
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
        if (system.kind() != ValueKind::kString) return true;  // of anything else it says nothing
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

  // checkModifiers(url, …): the input, if every modifier extension is one of these.
  if (node.function == Function::kCheckModifiers) {
    Collection known;
    for (std::size_t i = 0; i < node.count; ++i)
      if (!eval(argument(node, i), scope, known)) return false;
    std::optional<std::string_view> unknown;
    for (const Value& value : focus) {
      if (!value.isElement()) continue;
      value.element().forEachChild("modifierExtension", [&](const fhir::Element& extension) {
        const std::string_view url = extension.textOf("url");
        if (!containsSame(known.values(), Value::string(url))) unknown = url;
      });
    }
    if (unknown) return fail("The modifier extension '" + std::string(*unknown) + "' is not known");
    out.append(focus);
    return true;
  }
  if (node.function == Function::kSubsumes || node.function == Function::kSubsumedBy) {
    std::optional<Value> input;
    std::optional<Value> other;
    if (!singleInput(focus, node.text, &input) || !single(node, 0, scope, &other)) return false;
    if (!input || !other || !input->isElement() || !other->isElement()) return true;
    const bool forward = node.function == Function::kSubsumes;
    return subsumption(forward ? input->element() : other->element(),
                       forward ? other->element() : input->element(), out);
  }
  std::optional<std::string_view> url;
  if (!text(node, 0, scope, &url)) return false;
  if (!url) return true;
  if (node.function == Function::kSlice) {
    std::optional<std::string_view> name;
    if (!text(node, 1, scope, &name)) return false;
    if (!name || focus.empty()) return true;
    if (environment_.profiles == nullptr) return fail("slice() needs profiles, and none are here");
    for (const Value& value : focus) {
      if (!value.isElement()) continue;
      const auto falls = environment_.profiles->inSlice(value.element(), *url, *name);
      if (!falls)
        return fail("There is no slice '" + std::string(*name) + "' in '" + std::string(*url) +
                    "' that is known");
      if (*falls) out.push(value);
    }
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
