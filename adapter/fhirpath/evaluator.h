// Runs a program. Internal to fhirpath/.
//
// Every evaluating member returns false after fail(); `out` is appended to. The depth of recursion
// is that of the program, which the parser limits; the tree of data is walked with a stack.
#pragma once

#include <array>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhirpath/code.h"
#include "fhirpath/program.h"

namespace planbro::fhirpath {

using Values = std::span<const Value>;

class Evaluator {
 public:
  Evaluator(const Program& program, const Environment& environment)
      : program_(program), environment_(environment), scratch_(*environment.scratch) {}

  bool run(Values input, Collection& out);
  Error takeError() { return std::move(error_); }

 private:
  // Variables of defineVariable(), newest first.
  struct Defined {
    std::string_view name;
    Collection values;
    const Defined* next = nullptr;
  };
  struct Scope {
    Values self;  // $this
    std::int64_t index = -1;
    const Collection* total = nullptr;
    const Defined* defined = nullptr;
  };
  enum class Logic : std::uint8_t { kFalse, kTrue, kEmpty };

  // Core (evaluator.cc)
  bool eval(NodeIndex index, const Scope& scope, Collection& out);
  bool kept(const Node& node, const Scope& scope, Collection& out);
  bool path(const Node& node, const Scope& scope, Collection& out);
  bool step(const Node& node, Values focus, const Scope& scope, Collection& out);
  void member(const Node& node, Values focus, Collection& out);
  bool variable(const Node& node, const Scope& scope, Collection& out);
  bool defineVariable(const Node& node, Values focus, Scope& scope);
  bool logic(NodeIndex index, const Scope& scope, Logic* out);
  bool fail(std::string message);
  bool failLimit();
  bool spend(std::uint64_t steps);

  // Arguments
  NodeIndex argument(const Node& node, std::size_t i) const { return program_.child(node, i); }
  // One value or none; several are an error.
  bool single(const Node& node, std::size_t i, const Scope& scope, std::optional<Value>* out);
  bool text(const Node& node, std::size_t i, const Scope& scope,
            std::optional<std::string_view>* out);
  bool integer(const Node& node, std::size_t i, const Scope& scope,
               std::optional<std::int64_t>* out);
  std::optional<bool> asBoolean(Values values, bool* failed);
  bool singleInput(Values focus, std::string_view what, std::optional<Value>* out);
  std::string_view keep(std::string_view computed) { return scratch_.copy(computed); }
  std::string_view keepJoined(std::string_view a, std::string_view b);
  Value now();

  // Operators (operators.cc)
  bool binary(const Node& node, const Scope& scope, Collection& out);
  bool logical(const Node& node, const Scope& scope, Collection& out);
  bool arithmetic(Op op, const Value& a, const Value& b, Collection& out);
  bool temporalArithmetic(Op op, const Value& a, const Value& b, Collection& out);
  bool quantityArithmetic(Op op, const Value& a, const Value& b, Collection& out);
  bool castOperator(const Node& node, const Scope& scope, Collection& out);
  bool negative(const Node& node, const Scope& scope, Collection& out);
  bool hasType(const Value& value, const TypeSpecifier& type, bool derived) const;
  // `actual`: the element's type.
  bool hasType(const fhir::Element& element, fhir::TypeId actual, const TypeSpecifier& type,
               bool derived) const;

  // Functions; each returns through `out`.
  bool call(const Node& node, Values focus, const Scope& scope, Collection& out);
  bool existence(const Node& node, Values focus, const Scope& scope, Collection& out);
  bool projection(const Node& node, Values focus, const Scope& scope, Collection& out);
  bool repeat(const Node& node, Values focus, const Scope& scope, Collection& out);
  bool subset(const Node& node, Values focus, const Scope& scope, Collection& out);
  bool sort(const Node& node, Values focus, const Scope& scope, Collection& out);
  bool conversion(const Node& node, Values focus, const Scope& scope, Collection& out);
  bool textFunction(const Node& node, Values focus, const Scope& scope, Collection& out);
  bool encoding(const Node& node, const Value& input, const Scope& scope, Collection& out);
  bool mathematics(const Node& node, Values focus, const Scope& scope, Collection& out);
  bool statistics(const Node& node, Values focus, Collection& out);
  bool boundary(const Node& node, Values focus, const Scope& scope, Collection& out);
  bool temporalFunction(const Node& node, Values focus, Collection& out);
  bool navigation(const Node& node, Values focus, const Scope& scope, Collection& out);
  bool fhirFunction(const Node& node, Values focus, const Scope& scope, Collection& out);
  bool resolve(Values focus, Collection& out);
  bool subsumption(const fhir::Element& general, const fhir::Element& special, Collection& out);
  bool iif(const Node& node, Values focus, const Scope& scope, Collection& out);
  bool aggregate(const Node& node, Values focus, const Scope& scope, Collection& out);
  bool trace(const Node& node, Values focus, const Scope& scope, Collection& out);
  void children(const Value& value, Collection& out);
  bool descendants(Values focus, Collection& out);
  // descendants() and the step after it in one walk, without the collection between them.
  static bool takesDescendants(const Program& program, const Node& next);
  // Several such steps, each of whose values is put out.
  bool descendantsThrough(std::span<const Node* const> steps, Values focus, const Scope& scope,
                          Collection& out);
  // The steps of a union of paths that begin with the same variable and its descendants() and end
  // with such a step; none if it is something else.
  using Steps = std::array<const Node*, 8>;
  std::span<const Node* const> stepsOfUnion(const Node& node, Steps& room) const;

  const Program& program_;
  const Environment& environment_;
  Scratch& scratch_;
  Values input_;
  std::forward_list<Defined> defined_;  // addresses stay
  // Values of fixed paths, by number; few programs have more than fit inside.
  struct Kept {
    std::uint16_t number = 0;
    Collection values;
  };
  std::array<Kept, 2> kept_;
  std::vector<Kept> more_kept_;
  std::optional<std::int64_t> now_micros_;
  std::uint64_t steps_ = 0;
  Error error_;
};

}  // namespace planbro::fhirpath
