// Runs one compiled map over one source tree.
//
// One thread, one run. Any error stops the run: run() then gives no document.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "fhirpath/program.h"
#include "mapping/engine.h"
#include "mapping/program.h"
#include "mapping/target_tree.h"

namespace planbro::mapping {

// What a variable of a group stands for: a value of the source, or a node of the target.
struct BoundValue {
  fhirpath::Value value;
  TargetNode* node = nullptr;
  fhir::TypeId type = 0;  // what cast() says the value is; 0: what it is itself
  explicit operator bool() const { return node != nullptr || static_cast<bool>(value); }
};

struct ExecutorParts {
  const fhir::Definitions* definitions = nullptr;
  const ConceptMaps* concept_maps = nullptr;
  const fhirpath::Terminology* terminology = nullptr;  // for memberOf(); may be null
};

class Executor {
 public:
  Executor(const CompiledMap& map, const ExecutorParts& parts, const MapInput& input,
           const TransformOptions& options);

  Outcome run();

 private:
  friend class Transforms;

  using Frame = std::vector<BoundValue>;

  bool runGroup(const CompiledGroup& group, std::vector<BoundValue> arguments);
  bool runRule(const CompiledRule& rule, Frame& frame, std::size_t source);
  bool runBody(const CompiledRule& rule, Frame& frame);
  bool collect(const CompiledRule& rule, const CompiledSource& source, Frame& frame,
               fhirpath::Collection& items);
  bool applyListMode(const CompiledRule& rule, const CompiledSource& source,
                     fhirpath::Collection& items);
  void navigate(const fhirpath::Value& context, const CompiledSource& source,
                fhirpath::Collection& items) const;
  bool ofType(const fhirpath::Value& value, const CompiledSource& source) const;
  bool log(const CompiledRule& rule, const CompiledSource& source, Frame& frame,
           const fhirpath::Value& item);

  bool runTarget(const CompiledRule& rule, const CompiledTarget& target, Frame& frame);
  bool runSimple(const CompiledRule& rule, const CompiledTarget& target, Frame& frame);
  TargetNode* make(const CompiledRule& rule, const CompiledTarget& target, TargetNode* parent);
  TargetNode* create(const CompiledRule& rule, const CompiledTarget& target, TargetNode* parent);
  // nullptr: an error was reported, or there was nothing to assign (`nothing` says which).
  TargetNode* assign(const CompiledRule& rule, const CompiledTarget& target, TargetNode* parent,
                     const BoundValue& value, bool& nothing);
  const fhir::Member* chooseMember(const CompiledTarget& target, const TargetNode& parent,
                                   const BoundValue& value) const;
  bool fill(const CompiledRule& rule, TargetNode* node, const BoundValue& value, bool fresh);
  bool fillPrimitive(const CompiledRule& rule, TargetNode* node, const BoundValue& value,
                     bool fresh);
  bool fillComplex(const CompiledRule& rule, TargetNode* node, const BoundValue& value);
  bool runDependent(const CompiledRule& rule, const CompiledDependent& dependent, Frame& frame);

  // nothing: an error was reported.
  std::optional<fhirpath::Collection> evaluate(const CompiledRule& rule,
                                               const CompiledExpression& expression, Frame& frame,
                                               const fhirpath::Value& context);
  // The truth of a condition; nothing: an error was reported.
  std::optional<bool> holds(const CompiledRule& rule, const CompiledExpression& expression,
                            Frame& frame, const fhirpath::Value& context);
  fhirpath::Value asValue(const BoundValue& bound);
  fhirpath::Value currentValue(const CompiledRule& rule, const Frame& frame) const;
  std::string textOf(const BoundValue& bound) const;

  bool fault(std::string_view code, const CompiledRule& rule, std::vector<std::string> arguments);
  void report(std::string_view code, const CompiledRule& rule, std::vector<std::string> arguments);
  fhir::Place placeOf(const json::Node* node) const;

  const CompiledMap& map_;
  const ExecutorParts& parts_;
  const fhir::Definitions& definitions_;
  const MapInput& input_;
  const TransformOptions& options_;
  fhirpath::Scratch scratch_;
  fhirpath::Environment environment_;
  TargetTree tree_;
  std::vector<json::DocumentPtr> built_;  // targets seen through FHIRPath
  std::map<std::tuple<const TargetNode*, const fhir::Member*, std::string>, TargetNode*> shared_;
  const json::Node* where_ = nullptr;  // the source value that is being mapped
  std::vector<fhir::Issue> issues_;
  std::size_t turns_ = 0;
  int depth_ = 0;
  std::size_t ids_ = 0;
};

}  // namespace planbro::mapping
