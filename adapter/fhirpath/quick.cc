#include "fhirpath/quick.h"

#include <cstddef>
#include <string_view>

#include "fhirpath/comparison.h"

namespace planbro::fhirpath {
namespace {

// Past this the evaluator takes over: it counts steps and knows the limits.
constexpr std::uint32_t kMostSteps = 20'000;

// Functions of a whole collection whose value is true, false or nothing.
bool isAggregate(const Node& node) {
  if (node.op != Op::kFunction) return false;
  switch (node.function) {
    case Function::kExists:
    case Function::kEmpty:
    case Function::kAll:
    case Function::kNot:
    case Function::kHasValue:
    case Function::kStartsWith:
      return true;
    default:
      return false;
  }
}

// Functions of a whole collection.
bool isWhole(const Node& node) {
  return isAggregate(node) || (node.op == Op::kFunction && node.function == Function::kCount);
}

// Functions of each value for itself, which have none where there is none.
bool isOfEach(const Node& node) {
  return node.function == Function::kWhere || node.function == Function::kChildren ||
         node.function == Function::kTrace;
}

// Whether the way to a first answer is known: not what stands in a criterion, or after an operator
// that may have decided, for it is often not reached.
bool goesQuickly(const Program& program, NodeIndex index) {
  const Node& node = program.node(index);
  switch (node.op) {
    case Op::kLiteral:
    case Op::kThis:
    case Op::kVariable:
    case Op::kMember:
    case Op::kRoot:
      return true;
    case Op::kAnd:
    case Op::kOr:
    case Op::kImplies:
      return goesQuickly(program, program.child(node, 0));
    case Op::kPath:
    case Op::kEqual:
    case Op::kNotEqual:
    case Op::kLess:
    case Op::kLessOrEqual:
    case Op::kGreater:
    case Op::kGreaterOrEqual:
      for (std::size_t i = 0; i < node.count; ++i) {
        if (!goesQuickly(program, program.child(node, i))) return false;
      }
      return true;
    case Op::kFunction:
      return isWhole(node) || isOfEach(node);
    default:
      return false;
  }
}

// Once `unknown()` is true, all answers mean nothing.
class Quick {
 public:
  Quick(const Program& program, const Environment& environment)
      : program_(program), environment_(environment) {}

  Truth truth(NodeIndex index, const Value& self) {
    const Node& node = program_.node(index);
    switch (node.op) {
      case Op::kPath:
        return path(node, self);
      case Op::kAnd:
      case Op::kOr:
      case Op::kImplies:
        return junction(node, self);
      case Op::kEqual:
      case Op::kNotEqual:
      case Op::kLess:
      case Op::kLessOrEqual:
      case Op::kGreater:
      case Op::kGreaterOrEqual:
        return comparison(node, self);
      default:
        return ofValue(single(index, self));
    }
  }
  bool unknown() const { return unknown_; }

 private:
  static Truth of(bool value) { return value ? Truth::kTrue : Truth::kFalse; }
  static Truth ofValue(const Value& value) {
    if (!value) return Truth::kEmpty;
    const Value system = value.toSystem();
    return of(system.kind() != ValueKind::kBoolean || system.asBoolean());
  }
  void giveUp() { unknown_ = true; }

  Truth junction(const Node& node, const Value& self) {
    const Truth left = truth(program_.child(node, 0), self);
    // What decides at once; the other side is then not looked at.
    const Truth decisive = of(node.op == Op::kOr);
    if (node.op == Op::kImplies) {
      if (unknown_ || left == Truth::kFalse) return Truth::kTrue;
    } else if (unknown_ || left == decisive) {
      return left;
    }
    const Truth right = truth(program_.child(node, 1), self);
    if (node.op == Op::kImplies)
      return right == Truth::kTrue || left == Truth::kTrue ? right : Truth::kEmpty;
    if (unknown_ || right == decisive) return right;
    return left == Truth::kEmpty ? left : right;
  }

  Truth comparison(const Node& node, const Value& self) {
    const Value left = single(program_.child(node, 0), self);
    if (unknown_) return Truth::kEmpty;
    const Value right = single(program_.child(node, 1), self);
    if (unknown_ || !left || !right) return Truth::kEmpty;
    if (node.op == Op::kEqual || node.op == Op::kNotEqual) {
      const std::optional<bool> same = equal(left, right);
      return same ? of(*same == (node.op == Op::kEqual)) : Truth::kEmpty;
    }
    const auto found = order(left, right);
    if (!found) {
      if (found.error() == Incomparable::kTypes) giveUp();
      return Truth::kEmpty;
    }
    switch (node.op) {
      case Op::kLess:
        return of(*found < 0);
      case Op::kLessOrEqual:
        return of(*found <= 0);
      case Op::kGreater:
        return of(*found > 0);
      default:
        return of(*found >= 0);
    }
  }

  Truth path(const Node& node, const Value& self) {
    const Node& last = program_.node(program_.child(node, node.count - 1U));
    if (isAggregate(last)) return aggregate(last, &node, node.count - 1U, self);
    return ofValue(only(node, node.count, self));
  }

  // A function of the whole collection that the first `count` parts of `path` reach; without a
  // path, of `self`.
  Truth aggregate(const Node& function, const Node* path, std::size_t count, const Value& self) {
    const auto focus = [&](const auto& take) {
      if (path != nullptr) {
        walkPath(*path, count, self, take);
      } else if (self) {
        take(self);
      }
    };
    switch (function.function) {
      case Function::kExists:
      case Function::kEmpty:
      case Function::kAll: {
        // exists(criterion) looks for one true, all(criterion) for one that is not.
        const bool wanted = function.function != Function::kAll;
        bool found = false;
        focus([&](const Value& value) {
          found = function.count == 0 ||
                  (truth(program_.child(function, 0), value) == Truth::kTrue) == wanted;
          return !found;
        });
        return of(found == (function.function == Function::kExists));
      }
      case Function::kNot: {
        const Value value = onlyOf(focus);
        const Truth truth = ofValue(value);
        return truth == Truth::kEmpty ? truth : of(truth == Truth::kFalse);
      }
      case Function::kHasValue: {
        std::size_t many = 0;
        bool has = false;
        focus([&](const Value& value) {
          has = !value.isElement() || value.element().hasValue();
          return ++many < 2;
        });
        return of(many == 1 && has);
      }
      default: {  // startsWith()
        const Value value = onlyOf(focus).toSystem();
        const Value beginning = single(program_.child(function, 0), self).toSystem();
        const auto is_text = [](const Value& v) { return v.kind() == ValueKind::kString; };
        if ((value && !is_text(value)) || (beginning && !is_text(beginning))) giveUp();
        if (unknown_ || !value || !beginning) return Truth::kEmpty;
        return of(value.text().starts_with(beginning.text()));
      }
    }
  }

  std::int64_t number(const Node* path, std::size_t count, const Value& self) {
    std::int64_t number = 0;
    const auto take = [&](const Value&) { return ++number > 0; };
    if (path != nullptr) {
      walkPath(*path, count, self, take);
    } else if (self) {
      take(self);
    }
    return number;
  }

  // At most one value, else unknown.
  Value single(NodeIndex index, const Value& self) {
    const Node& node = program_.node(index);
    if (node.op == Op::kPath) return only(node, node.count, self);
    return onlyOf([&](const auto& take) { step(node, self, take); });
  }

  // The only value of the first `count` parts of a path.
  Value only(const Node& node, std::size_t count, const Value& self) {
    return onlyOf([&](const auto& take) { walkPath(node, count, self, take); });
  }

  template <typename Walk>
  Value onlyOf(const Walk& walk) {
    Value first;
    bool many = false;
    walk([&](const Value& value) {
      many = static_cast<bool>(first);
      first = value;
      return !many;
    });
    if (many) giveUp();
    return first;
  }

  // Calls `take` with every value that the first `count` parts reach; `take` says whether more
  // are wanted. False: no more are.
  template <typename Take>
  bool walkPath(const Node& node, std::size_t count, const Value& self, const Take& take) {
    // What stands after a function of a whole collection goes on from its one value.
    for (std::size_t i = count; i-- > 0;) {
      const Node& part = program_.node(program_.child(node, i));
      if (!isWhole(part)) {
        // Others may have a value for no values, as isDistinct() has.
        if (part.op != Op::kFunction || isOfEach(part)) continue;
        giveUp();
        return false;
      }
      const Value value = whole(part, &node, i, self);
      return unknown_ || !value || walkFrom(node, i + 1, count, value, take);
    }
    return walkFrom(node, 0, count, self, take);
  }

  Value whole(const Node& part, const Node* path, std::size_t count, const Value& self) {
    if (part.function == Function::kCount) return Value::integer(number(path, count, self));
    const Truth truth = aggregate(part, path, count, self);
    return truth == Truth::kEmpty ? Value() : Value::boolean(truth == Truth::kTrue);
  }

  template <typename Take>
  bool walkFrom(const Node& path, std::size_t at, std::size_t count, const Value& value,
                const Take& take) {
    if (at == count) return !value || take(value);
    return step(program_.node(program_.child(path, at)), value,
                [&](const Value& next) { return walkFrom(path, at + 1, count, next, take); });
  }

  template <typename Take>
  bool step(const Node& node, const Value& self, const Take& take) {
    if (++steps_ > kMostSteps) giveUp();
    if (unknown_) return false;
    switch (node.op) {
      case Op::kLiteral:
        return take(program_.literals[node.extra]);
      case Op::kThis:
        return !self || take(self);
      case Op::kVariable:
        for (const NamedValue& named : environment_.values) {
          if (named.name == node.text) return !named.value || take(named.value);
        }
        if (node.text != "resource" || !environment_.variables.empty()) break;
        return !environment_.resource || take(Value(environment_.resource));
      case Op::kRoot:
        return root(node, self, take);
      case Op::kMember:
        return members(node, self, take);
      case Op::kFunction:
        return function(node, self, take);
      default:
        break;
    }
    giveUp();
    return false;
  }

  template <typename Take>
  bool function(const Node& node, const Value& self, const Take& take) {
    if (isWhole(node)) {
      const Value value = whole(node, nullptr, 0, self);
      return !unknown_ && (!value || take(value));
    }
    if (isOfEach(node) && !self) return true;
    switch (node.function) {
      case Function::kWhere:
        return truth(program_.child(node, 0), self) != Truth::kTrue ? !unknown_ : take(self);
      case Function::kChildren: {
        bool more = true;
        if (self.isElement()) {
          self.element().forEachChild(
              [&](const fhir::Element& child) { more = more && take(Value(child)); });
        }
        return more;
      }
      case Function::kTrace:  // where nobody listens
        if (!environment_.trace) return take(self);
        break;
      default:
        break;
    }
    giveUp();
    return false;
  }

  template <typename Take>
  bool root(const Node& node, const Value& self, const Take& take) {
    const fhir::Element element = self.element();
    if (!element) return members(node, self, take);
    const bool same = &element.definitions() == program_.definitions;
    if ((same &&
         program_.definitions->isA(element.type(), static_cast<fhir::TypeId>(node.extra))) ||
        element.typeName() == node.text)
      return take(self);
    return members(node, self, take);
  }

  template <typename Take>
  bool members(const Node& node, const Value& self, const Take& take) {
    const fhir::Element element = self.element();
    if (!element) {
      if (self.kind() == ValueKind::kQuantity || self.kind() == ValueKind::kTypeInfo) giveUp();
      return !unknown_;
    }
    bool more = true;
    const auto visit = [&](const fhir::Element& child) { more = more && take(Value(child)); };
    if (node.name_id != 0 && &element.definitions() == program_.definitions) {
      element.forEachChild(node.name_id, visit);
    } else {
      element.forEachChild(node.text, visit);
    }
    return more;
  }

  const Program& program_;
  const Environment& environment_;
  std::uint32_t steps_ = 0;
  bool unknown_ = false;
};

}  // namespace

bool isQuick(const Program& program) { return goesQuickly(program, program.root); }

std::optional<Truth> quickTruth(const Program& program, const Value& input,
                                const Environment& environment) {
  Quick quick(program, environment);
  const Truth truth = quick.truth(program.root, input);
  if (quick.unknown()) return std::nullopt;
  return truth;
}

}  // namespace planbro::fhirpath
