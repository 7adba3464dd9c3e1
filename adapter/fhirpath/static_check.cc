#include "fhirpath/static_check.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"

namespace planbro::fhirpath {
namespace {

// One type a value may have: a FHIR type with its shape, or a System type.
struct Alternative {
  fhir::TypeId type = 0;
  fhir::ShapeId shape = 0;
  ValueKind system = ValueKind::kNone;
  friend bool operator==(const Alternative&, const Alternative&) = default;
};

// What is known of an expression's result. Without alternatives, and not `any`: always empty.
struct Known {
  bool any = false;        // nothing is known
  bool unordered = false;  // children() and descendants() promise no order
  std::vector<Alternative> alternatives;

  static Known anything() { return {.any = true}; }
  static Known system(ValueKind kind) { return {.alternatives = {{.system = kind}}}; }
  void add(const Known& other) {
    any = any || other.any;
    unordered = unordered || other.unordered;
    for (const Alternative& one : other.alternatives)
      if (std::ranges::find(alternatives, one) == alternatives.end()) alternatives.push_back(one);
  }
};

class Checker {
 public:
  explicit Checker(const Program& program)
      : program_(program), definitions_(*program.definitions) {}

  std::optional<CompileError> run(std::string_view root_type) {
    root_ = typeAt(root_type);
    known(program_.root, root_);
    return error_;
  }

 private:
  void fail(const Node& node, std::string message) {
    if (error_) return;
    error_.emplace();
    error_->message.swap(message);
    error_->offset = node.offset;
  }

  Known ofType(fhir::TypeId type) const {
    const fhir::Type& t = definitions_.type(type);
    if (t.abstract) return Known::anything();
    return {.alternatives = {{.type = type, .shape = t.shape}}};
  }

  Known ofSpecifier(const TypeSpecifier& type) const {
    Known result;
    if (type.fhir != 0) result.add(ofType(type.fhir));
    if (type.system != ValueKind::kNone) result.add(Known::system(type.system));
    return result.alternatives.empty() ? Known::anything() : result;
  }

  // "Patient" or "Patient.contact"; anything if there is no such type.
  Known typeAt(std::string_view path) const {
    Known result = Known::anything();
    bool first = true;
    for (const std::string_view part : split(path, '.')) {
      if (first) {
        const fhir::TypeId type = definitions_.findType(part);
        if (type == 0) return Known::anything();
        result = ofType(type);
        first = false;
        continue;
      }
      const std::string_view name = part.ends_with("[x]") ? part.substr(0, part.size() - 3) : part;
      result = members(result, name);
      if (result.alternatives.empty()) return Known::anything();
    }
    return result;
  }

  Known members(const Known& of, std::string_view name) const {
    Known result;
    result.any = of.any;
    result.unordered = of.unordered;
    for (const Alternative& one : of.alternatives) {
      if (one.system == ValueKind::kQuantity && (name == "value" || name == "unit"))
        result.add(Known::anything());
      if (one.system == ValueKind::kTypeInfo) result.add(Known::anything());
      for (const fhir::Member& member : definitions_.membersOf(one.shape)) {
        if (member.element->text != name) continue;
        if (member.is(fhir::Member::kAnyResource)) return Known::anything();
        result.add({.alternatives = {{.type = member.type, .shape = member.shape}}});
      }
    }
    return result;
  }

  std::string nameOf(const Known& of) const {
    if (of.alternatives.empty()) return "nothing";
    const Alternative& one = of.alternatives.front();
    if (one.shape != 0) return std::string(definitions_.shape(one.shape).path);
    return std::string(definitions_.type(one.type).name);
  }

  Known member(const Node& node, const Known& focus) {
    Known found = members(focus, node.text);
    if (!found.any && found.alternatives.empty() && !focus.alternatives.empty())
      fail(node, "There is no element '" + std::string(node.text) + "' in " + nameOf(focus));
    return found;
  }

  Known known(NodeIndex index, const Known& self) {
    if (error_) return Known::anything();
    const Node& node = program_.node(index);
    switch (node.op) {
      case Op::kEmpty:
        return {};
      case Op::kLiteral:
        return Known::system(program_.literals[node.extra].kind());
      case Op::kThis:
        return self;
      case Op::kIndex:
        return Known::system(ValueKind::kInteger);
      case Op::kTotal:
        return Known::anything();
      case Op::kVariable:
        return node.text == "context" ? root_ : Known::anything();
      case Op::kPath: {
        Known focus = known(program_.child(node, 0), self);
        for (std::size_t i = 1; i < node.count && !error_; ++i)
          focus = step(program_.node(program_.child(node, i)), focus, self);
        return focus;
      }
      case Op::kMember:
      case Op::kRoot:
      case Op::kFunction:
      case Op::kIndexer:
        return step(node, self, self);
      case Op::kIs:
        known(program_.child(node, 0), self);
        return Known::system(ValueKind::kBoolean);
      case Op::kAs:
        known(program_.child(node, 0), self);
        return ofSpecifier(program_.types[node.extra]);
      case Op::kUnion: {
        Known both = known(program_.child(node, 0), self);
        both.add(known(program_.child(node, 1), self));
        return both;
      }
      case Op::kPositive:
      case Op::kNegative:
        return known(program_.child(node, 0), self);
      case Op::kConcatenate:
        known(program_.child(node, 0), self);
        known(program_.child(node, 1), self);
        return Known::system(ValueKind::kString);
      default:
        break;
    }
    known(program_.child(node, 0), self);
    known(program_.child(node, 1), self);
    return node.op >= Op::kLess ? Known::system(ValueKind::kBoolean) : Known::anything();
  }

  Known step(const Node& node, const Known& focus, const Known& self) {
    switch (node.op) {
      case Op::kMember:
        return member(node, focus);
      case Op::kRoot:
        return rootStep(node, focus);
      case Op::kIndexer: {
        needOrder(node, focus, "An index");
        known(program_.child(node, 0), self);
        return focus;
      }
      case Op::kFunction:
        return call(node, focus, self);
      case Op::kThis:
        return focus;
      default:
        return Known::anything();
    }
  }

  Known rootStep(const Node& node, const Known& focus) {
    const auto wanted = static_cast<fhir::TypeId>(node.extra);
    for (const Alternative& one : focus.alternatives)
      if (definitions_.isA(one.type, wanted)) return focus;
    if (focus.any) return ofType(wanted);
    const Known found = members(focus, node.text);
    if (found.alternatives.empty() && !focus.alternatives.empty())
      fail(node, "The input is " + nameOf(focus) + ", never " + std::string(node.text));
    return found;
  }

  void needOrder(const Node& node, const Known& focus, std::string_view what) {
    if (focus.unordered)
      fail(node, std::string(what) + " needs an ordered collection, and this one has no order");
  }

  // Functions on texts cannot take elements that have elements.
  void needPrimitive(const Node& node, const Known& focus) {
    if (focus.any || focus.alternatives.empty()) return;
    for (const Alternative& one : focus.alternatives) {
      if (one.type == 0 || definitions_.type(one.type).kind == fhir::TypeKind::kPrimitive) return;
    }
    fail(node, "'" + std::string(node.text) + "' takes a text, and this is " + nameOf(focus));
  }

  Known call(const Node& node, const Known& focus, const Known& self) {
    const FunctionInfo& info = infoOf(node.function);
    if (info.ordered) needOrder(node, focus, "'" + std::string(info.name) + "'");
    const Known& inner = info.arguments == Arguments::kLambda ? focus : self;
    std::vector<Known> arguments;
    for (std::size_t i = 0; i < node.count && !error_; ++i)
      arguments.push_back(known(program_.child(node, i), inner));
    if (error_) return Known::anything();
    return resultOf(node, focus, arguments);
  }

  Known resultOf(const Node& node, const Known& focus, const std::vector<Known>& arguments) {
    const Function f = node.function;
    switch (f) {
      case Function::kCount:
        return Known::system(ValueKind::kInteger);
      case Function::kWhere:
      case Function::kSingle:
      case Function::kFirst:
      case Function::kLast:
      case Function::kTail:
      case Function::kSkip:
      case Function::kTake:
      case Function::kDistinct:
      case Function::kIntersect:
      case Function::kExclude:
      case Function::kTrace:
      case Function::kDefineVariable:
        return focus;
      case Function::kSort: {
        Known sorted = focus;
        sorted.unordered = false;
        return sorted;
      }
      case Function::kSelect:
        return arguments[0];
      case Function::kUnion:
      case Function::kCombine: {
        Known both = focus;
        both.add(arguments[0]);
        return both;
      }
      case Function::kOfType:
      case Function::kAs: {
        Known cast = ofSpecifier(program_.types[node.extra]);
        cast.unordered = focus.unordered;
        return cast;
      }
      case Function::kIif: {
        Known both = arguments[1];
        if (arguments.size() > 2) both.add(arguments[2]);
        return both;
      }
      case Function::kChildren:
      case Function::kDescendants:
        return {.any = true, .unordered = true};
      case Function::kExtension:
        return ofType(definitions_.findType("Extension"));
      case Function::kType:
        return Known::system(ValueKind::kTypeInfo);
      case Function::kIs:
        return Known::system(ValueKind::kBoolean);
      default:
        break;
    }
    if (f <= Function::kNot) {  // existence
      const bool collection = f == Function::kDistinct;
      return collection ? focus : Known::system(ValueKind::kBoolean);
    }
    if (f >= Function::kIndexOf && f <= Function::kUnescape && f != Function::kJoin) {
      needPrimitive(node, focus);
      switch (f) {
        case Function::kIndexOf:
        case Function::kLastIndexOf:
        case Function::kLength:
          return Known::system(ValueKind::kInteger);
        case Function::kStartsWith:
        case Function::kEndsWith:
        case Function::kContains:
        case Function::kMatches:
        case Function::kMatchesFull:
          return Known::system(ValueKind::kBoolean);
        default:
          return Known::system(ValueKind::kString);
      }
    }
    return Known::anything();
  }

  const Program& program_;
  const fhir::Definitions& definitions_;
  Known root_;
  std::optional<CompileError> error_;
};

}  // namespace

std::optional<CompileError> staticError(const Program& program, std::string_view root_type) {
  return Checker(program).run(root_type);
}

}  // namespace planbro::fhirpath
