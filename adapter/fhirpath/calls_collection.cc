// Functions on collections: existence, filtering, projection, subsetting, combining.
#include <algorithm>

#include "fhirpath/comparison.h"
#include "fhirpath/evaluator.h"

namespace planbro::fhirpath {

bool Evaluator::call(const Node& node, Values focus, const Scope& scope, Collection& out) {
  const Function f = node.function;
  if (f <= Function::kNot) return existence(node, focus, scope, out);
  if (f <= Function::kCoalesce) return projection(node, focus, scope, out);
  if (f <= Function::kSort) return subset(node, focus, scope, out);
  if (f == Function::kIif) return iif(node, focus, scope, out);
  if (f <= Function::kConvertsToQuantity) return conversion(node, focus, scope, out);
  if (f <= Function::kUnescape) return textFunction(node, focus, scope, out);
  if (f <= Function::kAvg) return mathematics(node, focus, scope, out);
  if (f <= Function::kDefineVariable) return navigation(node, focus, scope, out);
  if (f <= Function::kTimeOf) return temporalFunction(node, focus, out);
  if (f <= Function::kComparable) return boundary(node, focus, scope, out);
  return fhirFunction(node, focus, scope, out);
}

bool Evaluator::existence(const Node& node, Values focus, const Scope& scope, Collection& out) {
  const auto push = [&](bool value) {
    out.push(Value::boolean(value));
    return true;
  };
  switch (node.function) {
    case Function::kEmpty:
      return push(focus.empty());
    case Function::kCount:
      out.push(Value::integer(static_cast<std::int64_t>(focus.size())));
      return true;
    case Function::kExists:
      if (node.count == 0) return push(!focus.empty());
      [[fallthrough]];
    case Function::kAll: {
      // exists(criterion) looks for one true, all(criterion) for one that is not.
      const bool wanted = node.function == Function::kExists;
      Scope inner = scope;
      for (std::size_t i = 0; i < focus.size(); ++i) {
        inner.self = focus.subspan(i, 1);
        inner.index = static_cast<std::int64_t>(i);
        Logic result;
        if (!logic(argument(node, 0), inner, &result)) return false;
        if ((result == Logic::kTrue) == wanted) return push(wanted);
      }
      return push(!wanted);
    }
    case Function::kAllTrue:
    case Function::kAnyTrue:
    case Function::kAllFalse:
    case Function::kAnyFalse: {
      const bool wanted =
          node.function == Function::kAllTrue || node.function == Function::kAnyTrue;
      const bool any = node.function == Function::kAnyTrue || node.function == Function::kAnyFalse;
      for (const Value& value : focus) {
        const Value system = value.toSystem();
        if (system.kind() != ValueKind::kBoolean)
          return fail("'" + std::string(node.text) + "' takes values that are true or false");
        if ((system.asBoolean() == wanted) == any) return push(any);
      }
      return push(!any);
    }
    case Function::kSubsetOf:
    case Function::kSupersetOf: {
      Collection other;
      if (!eval(argument(node, 0), scope, other) || !spend(focus.size() * other.size()))
        return false;
      const bool forward = node.function == Function::kSubsetOf;
      const Values inner = forward ? focus : other.values();
      const Values outer = forward ? other.values() : focus;
      return push(
          std::ranges::all_of(inner, [&](const Value& v) { return containsSame(outer, v); }));
    }
    case Function::kDistinct:
    case Function::kIsDistinct: {
      if (!spend(focus.size() * focus.size() / 2)) return false;
      Collection distinct;
      for (const Value& value : focus)
        if (!containsSame(distinct.values(), value)) distinct.push(value);
      if (node.function == Function::kIsDistinct) return push(distinct.size() == focus.size());
      out.append(distinct);
      return true;
    }
    default: {  // not()
      bool failed = false;
      const auto value = asBoolean(focus, &failed);
      if (failed) return false;
      return !value || push(!*value);
    }
  }
}

bool Evaluator::projection(const Node& node, Values focus, const Scope& scope, Collection& out) {
  switch (node.function) {
    case Function::kWhere:
    case Function::kSelect: {
      Scope inner = scope;
      for (std::size_t i = 0; i < focus.size(); ++i) {
        inner.self = focus.subspan(i, 1);
        inner.index = static_cast<std::int64_t>(i);
        if (node.function == Function::kSelect) {
          if (!eval(argument(node, 0), inner, out)) return false;
          if (out.size() > environment_.limits.collection) return failLimit();
          continue;
        }
        Logic result;
        if (!logic(argument(node, 0), inner, &result)) return false;
        if (result == Logic::kTrue) out.push(focus[i]);
      }
      return true;
    }
    case Function::kRepeat:
    case Function::kRepeatAll:
      return repeat(node, focus, scope, out);
    case Function::kOfType: {
      const TypeSpecifier& type = program_.types[node.extra];
      for (const Value& value : focus)
        if (hasType(value, type, false)) out.push(value);
      return true;
    }
    default:  // coalesce(): the first argument that is not empty
    {
      const std::size_t before = out.size();
      for (std::size_t i = 0; i < node.count && out.size() == before; ++i)
        if (!eval(argument(node, i), scope, out)) return false;
      return true;
    }
  }
}

bool Evaluator::repeat(const Node& node, Values focus, const Scope& scope, Collection& out) {
  Collection all;
  Collection current;
  current.append(focus);
  Scope inner = scope;
  while (!current.empty()) {
    Collection found;
    for (std::size_t i = 0; i < current.size(); ++i) {
      inner.self = current.values().subspan(i, 1);
      inner.index = static_cast<std::int64_t>(i);
      if (!eval(argument(node, 0), inner, found)) return false;
    }
    Collection next;
    for (const Value& value : found) {
      if (node.function == Function::kRepeat) {
        if (!spend(all.size() + 1)) return false;
        if (containsSame(all.values(), value)) continue;
      }
      all.push(value);
      next.push(value);
    }
    if (!spend(found.size()) || all.size() > environment_.limits.collection) return failLimit();
    current = std::move(next);
  }
  out.append(all);
  return true;
}

bool Evaluator::subset(const Node& node, Values focus, const Scope& scope, Collection& out) {
  switch (node.function) {
    case Function::kSingle:
      if (focus.size() > 1) return fail("single() found several values");
      out.append(focus);
      return true;
    case Function::kFirst:
      if (!focus.empty()) out.push(focus.front());
      return true;
    case Function::kLast:
      if (!focus.empty()) out.push(focus.back());
      return true;
    case Function::kTail:
      if (!focus.empty()) out.append(focus.subspan(1));
      return true;
    case Function::kSkip:
    case Function::kTake: {
      std::optional<std::int64_t> number;
      if (!integer(node, 0, scope, &number)) return false;
      if (!number) {
        if (node.function == Function::kSkip) out.append(focus);
        return true;
      }
      const std::int64_t size = static_cast<std::int64_t>(focus.size());
      const auto count = static_cast<std::size_t>(std::clamp<std::int64_t>(*number, 0, size));
      out.append(node.function == Function::kSkip ? focus.subspan(count) : focus.first(count));
      return true;
    }
    case Function::kSort:
      return sort(node, focus, scope, out);
    default:
      break;
  }
  Collection other;
  if (!eval(argument(node, 0), scope, other)) return false;
  if (node.function == Function::kCombine) {
    out.append(focus);
    out.append(other);
    return true;
  }
  if (!spend((focus.size() + other.size()) * (focus.size() + other.size()) / 2)) return false;
  Collection result;
  switch (node.function) {
    case Function::kIntersect:
      for (const Value& value : focus)
        if (containsSame(other.values(), value) && !containsSame(result.values(), value))
          result.push(value);
      break;
    case Function::kExclude:
      for (const Value& value : focus)
        if (!containsSame(other.values(), value)) result.push(value);
      break;
    default:  // union
      for (const Values side : {focus, other.values()})
        for (const Value& value : side)
          if (!containsSame(result.values(), value)) result.push(value);
  }
  out.append(result);
  return true;
}

bool Evaluator::sort(const Node& node, Values focus, const Scope& scope, Collection& out) {
  struct Key {
    NodeIndex expression;
    bool descending;
  };
  std::vector<Key> keys;
  for (std::size_t i = 0; i < node.count; ++i) {
    const NodeIndex index = argument(node, i);
    const Node& expression = program_.node(index);
    const bool descending = expression.op == Op::kNegative;
    keys.push_back({descending ? program_.child(expression, 0) : index, descending});
  }
  const std::size_t width = std::max<std::size_t>(keys.size(), 1);
  std::vector<Value> values(focus.size() * width);
  std::vector<std::size_t> places(focus.size());
  Scope inner = scope;
  for (std::size_t i = 0; i < focus.size(); ++i) {
    places[i] = i;
    if (keys.empty()) values[i] = focus[i];
    inner.self = focus.subspan(i, 1);
    inner.index = static_cast<std::int64_t>(i);
    for (std::size_t k = 0; k < keys.size(); ++k) {
      Collection found;
      if (!eval(keys[k].expression, inner, found)) return false;
      if (found.size() > 1) return fail("A key of sort() must be a single value");
      if (!found.empty()) values[i * width + k] = found.front();
    }
  }
  bool incomparable = false;
  std::ranges::stable_sort(places, [&](std::size_t a, std::size_t b) {
    for (std::size_t k = 0; k < width; ++k) {
      const Value& left = values[a * width + k];
      const Value& right = values[b * width + k];
      if (!left || !right) {  // what has no key comes first
        if (static_cast<bool>(left) != static_cast<bool>(right)) return !left;
        continue;
      }
      const auto result = order(left, right);
      if (!result) {
        incomparable = incomparable || result.error() == Incomparable::kTypes;
        continue;
      }
      if (*result == std::strong_ordering::equal) continue;
      const bool less = *result == std::strong_ordering::less;
      return k < keys.size() && keys[k].descending ? !less : less;
    }
    return false;
  });
  if (incomparable) return fail("The values of sort() have no order");
  for (const std::size_t place : places) out.push(focus[place]);
  return true;
}

bool Evaluator::iif(const Node& node, Values focus, const Scope& scope, Collection& out) {
  if (focus.size() > 1 && focus.data() != scope.self.data())
    return fail("iif() takes a single value, and there are several");
  Scope inner = scope;
  inner.self = focus;
  Collection criterion;
  if (!eval(argument(node, 0), inner, criterion)) return false;
  std::optional<Value> value;
  if (!singleInput(criterion.values(), "iif", &value)) return false;
  bool chosen = false;
  if (value) {
    const Value system = value->toSystem();
    if (system.kind() == ValueKind::kBoolean) {
      chosen = system.asBoolean();
    } else if (system.isElement()) {
      chosen = true;
    } else {
      return fail("The criterion of iif() must be true or false");
    }
  }
  if (chosen) return eval(argument(node, 1), inner, out);
  return node.count < 3 || eval(argument(node, 2), inner, out);
}

bool Evaluator::aggregate(const Node& node, Values focus, const Scope& scope, Collection& out) {
  Collection total;
  if (node.count > 1 && !eval(argument(node, 1), scope, total)) return false;
  Scope inner = scope;
  for (std::size_t i = 0; i < focus.size(); ++i) {
    inner.self = focus.subspan(i, 1);
    inner.index = static_cast<std::int64_t>(i);
    inner.total = &total;
    Collection next;
    if (!eval(argument(node, 0), inner, next)) return false;
    total = std::move(next);
    if (total.size() > environment_.limits.collection) return failLimit();
  }
  out.append(total);
  return true;
}

bool Evaluator::trace(const Node& node, Values focus, const Scope& scope, Collection& out) {
  std::optional<std::string_view> name;
  if (!text(node, 0, scope, &name)) return false;
  if (environment_.trace) {
    Collection shown;
    if (node.count > 1) {
      Scope inner = scope;
      for (std::size_t i = 0; i < focus.size(); ++i) {
        inner.self = focus.subspan(i, 1);
        inner.index = static_cast<std::int64_t>(i);
        if (!eval(argument(node, 1), inner, shown)) return false;
      }
    } else {
      shown.append(focus);
    }
    environment_.trace(name.value_or(""), shown);
  }
  out.append(focus);
  return true;
}

}  // namespace planbro::fhirpath
