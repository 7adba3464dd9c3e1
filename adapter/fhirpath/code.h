// What a program consists of: an expression tree in one array, with names, types, functions and
// patterns resolved. Internal to fhirpath/.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhirpath/functions.h"
#include "fhirpath/program.h"
#include "fhirpath/value.h"

namespace planbro::fhirpath {

class Pattern;

enum class Op : std::uint8_t {
  kEmpty,     // {}
  kLiteral,   // extra: index into literals
  kThis,      // $this
  kIndex,     // $index
  kTotal,     // $total
  kVariable,  // text: %text
  kMember,    // text, name_id: children of that name
  kRoot,      // the same at the head of a path, where it may be a type name; extra: TypeId
  kPath,      // children: head and the steps after it
  kIndexer,   // child: the index expression
  kFunction,  // function, children: arguments
  kPositive,
  kNegative,
  kMultiply,
  kDivide,
  kWholeDivide,
  kModulo,
  kAdd,
  kSubtract,
  kConcatenate,
  kUnion,  // extra 0: duplicates may stay
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kEqual,
  kNotEqual,
  kEquivalent,
  kNotEquivalent,
  kIn,
  kContains,
  kAnd,
  kOr,
  kXor,
  kImplies,
  kIs,  // child; extra: index into types
  kAs,
};

using NodeIndex = std::uint32_t;
inline constexpr std::uint32_t kNone = 0xffffffff;

struct TypeSpecifier {
  fhir::TypeId fhir = 0;                // a FHIR type, or
  ValueKind system = ValueKind::kNone;  // a System type, or neither: no value has it
  bool primitive = false;               // of the FHIR type
  std::string_view name;                // as written, without namespace
};

struct Node {
  Op op = Op::kEmpty;
  Function function = Function::kNone;
  // Of a member. Of paths and unions that depend on the resource alone: their number among those,
  // from 1, whose values are kept while a function goes through a collection.
  std::uint16_t name_id = 0;
  std::uint16_t count = 0;  // children: Code::children[first, first + count)
  std::uint32_t first = 0;
  std::uint32_t offset = 0;     // in the source
  std::uint32_t extra = kNone;  // literal, type or pattern
  std::string_view text;        // name; points into Program
};

class Program {
 public:
  std::string source;
  const fhir::Definitions* definitions = nullptr;
  bool singleton_casts = false;
  std::vector<Node> nodes;
  std::vector<NodeIndex> children;
  std::vector<Value> literals;
  std::vector<TypeSpecifier> types;
  std::vector<std::shared_ptr<const Pattern>> patterns;
  Scratch texts{256};  // of literals and names
  NodeIndex root = 0;
  std::uint16_t kept = 0;  // the highest such number
  bool quick = false;      // whether quickTruth() may know its answer

  const Node& node(NodeIndex index) const { return nodes[index]; }
  NodeIndex child(const Node& node, std::size_t i) const { return children[node.first + i]; }
};

}  // namespace planbro::fhirpath
