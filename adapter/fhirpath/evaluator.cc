#include "fhirpath/evaluator.h"

#include <algorithm>
#include <utility>

#include "fhirpath/parser.h"
#include "fhirpath/quick.h"
#include "fhirpath/static_check.h"

namespace planbro::fhirpath {

bool Evaluator::fail(std::string message) {
  error_ = {ErrorCode::kInvalidArgument, std::move(message)};
  return false;
}

bool Evaluator::failLimit() {
  error_ = {ErrorCode::kLimitExceeded, "The evaluation takes too many steps or too much memory"};
  return false;
}

bool Evaluator::spend(std::uint64_t steps) {
  steps_ += steps;
  return steps_ <= environment_.limits.steps || failLimit();
}

bool Evaluator::run(Values input, Collection& out) {
  input_ = input;
  Scope scope;
  scope.self = input;
  return eval(program_.root, scope, out);
}

bool Evaluator::eval(NodeIndex index, const Scope& scope, Collection& out) {
  const Node& node = program_.node(index);
  if (!spend(1)) return false;
  const bool looping = scope.index >= 0;
  switch (node.op) {
    case Op::kEmpty:
      return true;
    case Op::kLiteral:
      out.push(program_.literals[node.extra]);
      return true;
    case Op::kThis:
      out.append(scope.self);
      return true;
    case Op::kIndex:
      if (scope.index >= 0) out.push(Value::integer(scope.index));
      return true;
    case Op::kTotal:
      if (scope.total != nullptr) out.append(*scope.total);
      return true;
    case Op::kVariable:
      return variable(node, scope, out);
    case Op::kPath:
      return looping && node.name_id != 0 ? kept(node, scope, out) : path(node, scope, out);
    case Op::kUnion:
      return looping && node.name_id != 0 ? kept(node, scope, out) : binary(node, scope, out);
    case Op::kMember:
    case Op::kRoot:
    case Op::kFunction:
    case Op::kIndexer:
      return step(node, scope.self, scope, out);
    case Op::kPositive: {
      Collection operand;
      if (!eval(program_.child(node, 0), scope, operand)) return false;
      std::optional<Value> value;
      if (!singleInput(operand.values(), "+", &value)) return false;
      if (!value) return true;
      const Value system = value->toSystem();
      if (system.kind() != ValueKind::kInteger && system.kind() != ValueKind::kDecimal &&
          system.kind() != ValueKind::kQuantity)
        return fail("+ needs a number or a quantity");
      out.push(system);
      return true;
    }
    case Op::kNegative:
      return negative(node, scope, out);
    case Op::kAnd:
    case Op::kOr:
    case Op::kXor:
    case Op::kImplies:
      return logical(node, scope, out);
    case Op::kIs:
    case Op::kAs:
      return castOperator(node, scope, out);
    default:
      return binary(node, scope, out);
  }
}

bool Evaluator::kept(const Node& node, const Scope& scope, Collection& out) {
  Kept* room = nullptr;
  const auto give = [&](const Kept& kept) {
    out.append(kept.values);
    return spend(kept.values.size());
  };
  for (Kept& kept : kept_) {
    if (kept.number == node.name_id) return give(kept);
    if (kept.number == 0 && room == nullptr) room = &kept;
  }
  for (const Kept& kept : more_kept_)
    if (kept.number == node.name_id) return give(kept);
  Collection values;
  if (!(node.op == Op::kPath ? path(node, scope, values) : binary(node, scope, values)))
    return false;
  out.append(values);
  // Evaluating it may have taken the room.
  if (room == nullptr || room->number != 0) room = &more_kept_.emplace_back();
  room->number = node.name_id;
  room->values = std::move(values);
  return true;
}

bool Evaluator::path(const Node& node, const Scope& outer, Collection& out) {
  Scope scope = outer;
  Collection focus;
  Collection next;
  for (std::size_t i = 0; i < node.count; ++i) {
    const NodeIndex index = program_.child(node, i);
    const Node& part = program_.node(index);
    const Values input = i == 0 ? scope.self : focus.values();
    bool last = i + 1U == node.count;
    if (part.op == Op::kFunction && part.function == Function::kDescendants && !last &&
        takesDescendants(program_, program_.node(program_.child(node, i + 1)))) {
      ++i;
      last = i + 1U == node.count;
      const Node* through = &program_.node(program_.child(node, i));
      if (!descendantsThrough({&through, 1}, input, scope, last ? out : next)) return false;
    } else if (part.op == Op::kFunction && part.function == Function::kDefineVariable) {
      if (!defineVariable(part, input, scope)) return false;
      (last ? out : next).append(input);
    } else if (i == 0) {
      if (!eval(index, scope, last ? out : next)) return false;
    } else if (!step(part, input, scope, last ? out : next)) {
      return false;
    }
    if (last) break;
    std::swap(focus, next);
    next.clear();
    if (focus.size() > environment_.limits.collection) return failLimit();
  }
  return true;
}

bool Evaluator::step(const Node& node, Values focus, const Scope& scope, Collection& out) {
  if (!spend(1 + focus.size())) return false;
  switch (node.op) {
    case Op::kMember:
      member(node, focus, out);
      return true;
    case Op::kRoot: {
      for (const Value& value : focus) {
        const fhir::Element element = value.element();
        const bool matches =
            element && &element.definitions() == program_.definitions &&
            program_.definitions->isA(element.type(), static_cast<fhir::TypeId>(node.extra));
        if (matches || (element && element.typeName() == node.text)) {
          out.push(value);
        } else {
          member(node, Values(&value, 1), out);
        }
      }
      return true;
    }
    case Op::kFunction:
      return call(node, focus, scope, out);
    case Op::kIndexer: {
      std::optional<std::int64_t> index;
      if (!integer(node, 0, scope, &index)) return false;
      if (index && *index >= 0 && static_cast<std::uint64_t>(*index) < focus.size())
        out.push(focus[static_cast<std::size_t>(*index)]);
      return true;
    }
    case Op::kThis:
      out.append(focus);
      return true;
    case Op::kIndex:
      if (scope.index >= 0) out.push(Value::integer(scope.index));
      return true;
    case Op::kTotal:
      if (scope.total != nullptr) out.append(*scope.total);
      return true;
    default:
      return fail("This cannot stand after a point");
  }
}

void Evaluator::member(const Node& node, Values focus, Collection& out) {
  for (const Value& value : focus) {
    switch (value.kind()) {
      case ValueKind::kElement: {
        const fhir::Element element = value.element();
        const auto push = [&](const fhir::Element& child) { out.push(Value(child)); };
        if (node.name_id != 0 && &element.definitions() == program_.definitions) {
          element.forEachChild(node.name_id, push);
        } else {
          element.forEachChild(node.text, push);
        }
        break;
      }
      case ValueKind::kQuantity:
        if (node.text == "value") out.push(Value::decimal(value.asDecimal()));
        if (node.text == "unit" || node.text == "code") out.push(Value::string(value.text()));
        break;
      case ValueKind::kTypeInfo:
        if (node.text == "name") out.push(Value::string(value.text()));
        if (node.text == "namespace")
          out.push(Value::string(value.isSystemType() ? "System" : "FHIR"));
        break;
      default:
        break;
    }
  }
}

bool Evaluator::variable(const Node& node, const Scope& scope, Collection& out) {
  for (const Defined* d = scope.defined; d != nullptr; d = d->next) {
    if (d->name == node.text) {
      out.append(d->values);
      return true;
    }
  }
  for (const NamedValue& named : environment_.values) {
    if (named.name != node.text) continue;
    if (named.value) out.push(named.value);
    return true;
  }
  for (const auto& [name, values] : environment_.variables) {
    if (name == node.text) {
      out.append(values);
      return true;
    }
  }
  const auto push = [&](const fhir::Element& element) {
    if (element) out.push(Value(element));
    return true;
  };
  if (node.text == "resource") return push(environment_.resource);
  if (node.text == "rootResource")
    return push(environment_.root_resource ? environment_.root_resource : environment_.resource);
  if (node.text == "context") {
    if (environment_.context) {
      out.push(*environment_.context);
    } else {
      out.append(input_);
    }
    return true;
  }
  return fail("There is no variable %" + std::string(node.text));
}

bool Evaluator::defineVariable(const Node& node, Values focus, Scope& scope) {
  std::optional<std::string_view> name;
  if (!text(node, 0, scope, &name)) return false;
  if (!name) return fail("defineVariable() needs a name");
  static constexpr std::string_view kReserved[] = {"resource", "rootResource", "context",
                                                   "ucum",     "sct",          "loinc"};
  if (std::ranges::find(kReserved, *name) != std::end(kReserved))
    return fail("%" + std::string(*name) + " cannot be defined anew");
  for (const Defined* d = scope.defined; d != nullptr; d = d->next)
    if (d->name == *name) return fail("%" + std::string(*name) + " is defined already");
  Defined entry;
  entry.name = *name;
  entry.next = scope.defined;
  if (node.count > 1) {
    Scope inner = scope;
    inner.self = focus;
    if (!eval(argument(node, 1), inner, entry.values)) return false;
  } else {
    entry.values.append(focus);
  }
  defined_.push_front(std::move(entry));
  scope.defined = &defined_.front();
  return true;
}

std::optional<bool> Evaluator::asBoolean(Values values, bool* failed) {
  if (values.empty()) return std::nullopt;
  if (values.size() > 1) {
    *failed = !fail("A single true or false is needed, and there are several values");
    return std::nullopt;
  }
  const Value system = values[0].toSystem();
  // A single value that is no Boolean counts as true: singleton evaluation, section 4.5.
  return system.kind() == ValueKind::kBoolean ? system.asBoolean() : true;
}

bool Evaluator::logic(NodeIndex index, const Scope& scope, Logic* out) {
  Collection values;
  if (!eval(index, scope, values)) return false;
  bool failed = false;
  const auto value = asBoolean(values.values(), &failed);
  if (failed) return false;
  *out = !value ? Logic::kEmpty : *value ? Logic::kTrue : Logic::kFalse;
  return true;
}

bool Evaluator::single(const Node& node, std::size_t i, const Scope& scope,
                       std::optional<Value>* out) {
  Collection values;
  if (!eval(argument(node, i), scope, values)) return false;
  return singleInput(values.values(), node.text, out);
}

bool Evaluator::singleInput(Values focus, std::string_view what, std::optional<Value>* out) {
  if (focus.size() > 1)
    return fail("'" + std::string(what) + "' takes a single value, and there are several");
  if (!focus.empty()) *out = focus[0];
  return true;
}

bool Evaluator::text(const Node& node, std::size_t i, const Scope& scope,
                     std::optional<std::string_view>* out) {
  std::optional<Value> value;
  if (!single(node, i, scope, &value)) return false;
  if (!value) return true;
  const Value system = value->toSystem();
  if (system.kind() != ValueKind::kString)
    return fail("'" + std::string(node.text) + "' takes a text as argument");
  *out = system.text();
  return true;
}

bool Evaluator::integer(const Node& node, std::size_t i, const Scope& scope,
                        std::optional<std::int64_t>* out) {
  std::optional<Value> value;
  if (!single(node, i, scope, &value)) return false;
  if (!value) return true;
  const Value system = value->toSystem();
  if (system.kind() != ValueKind::kInteger)
    return fail(node.op == Op::kIndexer
                    ? "An index must be a whole number"
                    : "'" + std::string(node.text) + "' takes a whole number as argument");
  *out = system.asInteger();
  return true;
}

std::string_view Evaluator::keepJoined(std::string_view a, std::string_view b) {
  char* place = scratch_.allocateArray<char>(a.size() + b.size() + 1);
  std::ranges::copy(b, std::ranges::copy(a, place).out);
  return {place, a.size() + b.size()};
}

Value Evaluator::now() {
  if (!now_micros_) {
    now_micros_ = environment_.clock != nullptr ? environment_.clock->now().micros
                                                : SystemClock().now().micros;
  }
  return Value::temporal(Temporal::fromMicros(*now_micros_, 0));
}

namespace {

Result<Collection> evaluateValues(const Program& program, Values input,
                                  const Environment& environment) {
  Evaluator evaluator(program, environment);
  Collection out;
  if (!evaluator.run(input, out)) return std::unexpected(evaluator.takeError());
  return out;
}

}  // namespace

Result<Collection> evaluate(const Program& program, const Value& input,
                            const Environment& environment) {
  return evaluateValues(program, Values(&input, 1), environment);
}

Result<Collection> evaluate(const Program& program, const Collection& input,
                            const Environment& environment) {
  return evaluateValues(program, input.values(), environment);
}

Result<bool> test(const Program& program, const Value& input, const Environment& environment) {
  if (program.quick) {
    if (const auto truth = quickTruth(program, input, environment)) return *truth == Truth::kTrue;
  }
  Evaluator evaluator(program, environment);
  Collection out;
  if (!evaluator.run(Values(&input, 1), out)) return std::unexpected(evaluator.takeError());
  if (out.size() != 1) return false;
  const Value value = out.front().toSystem();
  return value.kind() != ValueKind::kBoolean || value.asBoolean();
}

Result<bool> holds(const Program& program, const Value& input, const Environment& environment) {
  if (program.quick) {
    if (const auto truth = quickTruth(program, input, environment)) return *truth == Truth::kTrue;
  }
  Evaluator evaluator(program, environment);
  Collection out;
  if (!evaluator.run(Values(&input, input ? 1 : 0), out))
    return std::unexpected(evaluator.takeError());
  if (out.size() != 1) return !out.empty();
  const Value value = out.front().toSystem();
  return value.kind() != ValueKind::kBoolean || value.asBoolean();
}

std::expected<ProgramPtr, CompileError> compile(std::string_view expression,
                                                const CompileOptions& options) {
  auto program = parse(expression, options);
  if (!program) return std::unexpected(std::move(program).error());
  if (options.strict)
    if (auto error = staticError(**program, options.root_type))
      return std::unexpected(std::move(*error));
  (*program)->quick = isQuick(**program);
  return ProgramPtr(std::move(*program));
}

std::string_view sourceOf(const Program& program) { return program.source; }

}  // namespace planbro::fhirpath
