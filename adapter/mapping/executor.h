// Runs one compiled map over one source tree.
//
// One thread, one run. Any error stops the run: run() then gives no document. Groups, rules and
// sources are in executor.cc, what writes into the target in executor_targets.cc, what a value is
// in executor_values.cc.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "fhirpath/program.h"
#include "mapping/coverage.h"
#include "mapping/engine.h"
#include "mapping/program.h"
#include "mapping/target_tree.h"
#include "mapping/type_table.h"
#include "mapping/workspace.h"

namespace planbro::mapping {

struct ExecutorParts {
  const TypeTable* types = nullptr;
  const CodeBindings* bindings = nullptr;
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

  // `frame` is the group's own, with its inputs in place.
  bool runGroup(const CompiledGroup& group, Frame frame);
  bool runExtended(const CompiledGroup& group, const CompiledGroup& by, Frame frame);
  bool runRule(const CompiledRule& rule, Frame frame, std::size_t source);
  bool runItem(const CompiledRule& rule, Frame frame, std::size_t source,
               const fhirpath::Value& item);
  bool runBody(const CompiledRule& rule, Frame frame);
  bool runDependent(const CompiledRule& rule, const CompiledDependent& dependent, Frame frame);
  bool argument(const CompiledRule& rule, const CompiledParam& param, Frame frame, BoundValue& out);

  bool collect(const CompiledRule& rule, const CompiledSource& source, Frame frame,
               fhirpath::Collection& items);
  bool check(const CompiledRule& rule, const CompiledSource& source, Frame frame,
             const fhirpath::Value& item);
  bool applyListMode(const CompiledRule& rule, const CompiledSource& source,
                     fhirpath::Collection& items);
  // Calls `take` with every value that the source names below `context`. False: that is a value
  // without elements, which cannot have one of that name.
  template <typename Take>
  bool visit(const fhirpath::Value& context, const CompiledSource& source, const Take& take) const;
  bool ofType(const fhirpath::Value& value, const CompiledSource& source) const;
  // Whether type and condition let the item through; nothing: an error was reported.
  std::optional<bool> admits(const CompiledRule& rule, const CompiledSource& source, Frame frame,
                             const fhirpath::Value& item);
  // Whether the match holds; nothing: the expression has to be asked.
  std::optional<bool> matches(const CompiledMatch& match, Frame frame, const fhirpath::Value& item);
  // A single text of FHIR or of FHIRPath; nothing if it is something else.
  std::optional<std::string_view> plainText(const fhirpath::Value& value) const;
  bool log(const CompiledRule& rule, const CompiledSource& source, Frame frame,
           const fhirpath::Value& item);

  bool runTarget(const CompiledRule& rule, const CompiledTarget& target, Frame frame);
  bool runTransform(const CompiledRule& rule, const CompiledTarget& target, Frame frame,
                    TargetNode* parent, BoundValue& result);
  bool runSimple(const CompiledRule& rule, const CompiledTarget& target, Frame frame);
  bool runDefault(const CompiledGroup& group, const CompiledRule& rule, const BoundValue& value,
                  TargetNode* node);
  TargetNode* make(const CompiledRule& rule, const CompiledTarget& target, TargetNode* parent);
  // The member that an element of exactly that type can stand in; nullptr if there is none.
  const fhir::Member* fits(const CompiledTarget& target, const TargetNode& parent,
                           fhir::TypeId type) const;
  TargetNode* create(const CompiledRule& rule, const CompiledTarget& target, TargetNode* parent,
                     fhir::TypeId type);
  // The place in its list that the target asks for; false: another rule has it, an error was
  // reported.
  bool placeInList(const CompiledRule& rule, const CompiledTarget& target, const TargetNode& parent,
                   const fhir::Member& member, std::int8_t& rank);
  // The node that a target adds to instead of making one; nullptr if there is none.
  static TargetNode* toCollate(const CompiledTarget& target, const TargetNode& parent,
                               const fhir::Member& member);
  // The parent has no such element, or it cannot be of the type `given`.
  TargetNode* wrongElement(const CompiledRule& rule, const CompiledTarget& target,
                           const TargetNode& parent, std::string given);
  // The types that an element can have, for people.
  std::string typesOf(const TargetNode& parent, const TargetElement& element) const;
  // `name`, an element or a transform, takes `taken`, which the value is not.
  bool wrongType(const CompiledRule& rule, std::string_view name, const BoundValue& value,
                 std::string taken);
  // nullptr: an error was reported, or there was nothing to assign (`nothing` says which).
  TargetNode* assign(const CompiledRule& rule, const CompiledTarget& target, TargetNode* parent,
                     const BoundValue& value, bool& nothing);
  const fhir::Member* chooseMember(const CompiledTarget& target, const TargetNode& parent,
                                   const BoundValue& value) const;
  bool fill(const CompiledRule& rule, TargetNode* node, const BoundValue& value, bool fresh,
            std::string_view text);
  // Whether the element may have that code; an error was reported if not.
  bool mayBe(const CompiledRule& rule, const fhir::Member& member, const BoundValue& value,
             std::string_view code);
  // The code of a Coding that was built or stands in the source.
  std::string_view codeOf(const BoundValue& value) const;
  bool fillPrimitive(const CompiledRule& rule, TargetNode* node, const BoundValue& value,
                     bool fresh, std::string_view text);
  bool fillComplex(const CompiledRule& rule, TargetNode* node, const BoundValue& value);
  void fillQuantity(TargetNode* node, const fhirpath::Value& quantity);

  // Warns of codes that an extensible binding does not have; `group` made the root.
  void tellForeignCodes(const TargetNode& root, const CompiledGroup& group);

  // For coverage: notes what was looked at. Without one these do nothing.
  void noteRead(const fhir::Element& element) const;
  void noteWhole(const fhir::Element& element) const;
  // What an expression may look at from there: whatever its names lead to.
  void noteExpression(const CompiledExpression& expression, Frame frame,
                      const fhirpath::Value& context);

  // Makes the variables of an expression known to it.
  void give(const CompiledExpression& expression, Frame frame);
  // nothing: an error was reported.
  std::optional<fhirpath::Collection> evaluate(const CompiledRule& rule,
                                               const CompiledExpression& expression, Frame frame,
                                               const fhirpath::Value& context);
  // The truth of a condition; nothing: an error was reported.
  std::optional<bool> holds(const CompiledRule& rule, const CompiledExpression& expression,
                            Frame frame, const fhirpath::Value& context);
  fhirpath::Value asValue(const BoundValue& bound);
  static fhirpath::Value currentValue(const CompiledRule& rule, Frame frame) {
    return rule.current == kNoSlot ? fhirpath::Value() : frame[rule.current].value;
  }
  // Lives as long as the document that is made.
  std::string_view textOf(const BoundValue& bound);
  // The FHIR type that the value has or, from an untyped source, looks like.
  fhir::TypeId typeOf(const BoundValue& value) const;
  std::string typeName(const BoundValue& value) const;
  // A text, number or boolean of JSON or of a table, where an object was looked for.
  bool isWithoutElements(const fhir::Element& element) const;
  bool noElements(const CompiledRule& rule, const CompiledSource& source,
                  const fhirpath::Value& context);
  // Whether it has parts, so that it cannot be given to what takes a text.
  bool hasParts(const BoundValue& value) const;

  bool fault(std::string_view code, const CompiledRule& rule, std::vector<std::string> arguments);
  void report(std::string_view code, const CompiledRule& rule, std::vector<std::string> arguments);
  fhir::Place placeOf(const json::Node* node) const;

  const CompiledMap& map_;
  const ExecutorParts& parts_;
  const TypeTable& types_;
  const fhir::Definitions& definitions_;
  const MapInput& input_;
  const TransformOptions& options_;
  WorkspaceHold hold_;
  Workspace& room_;
  TargetTree tree_;
  fhirpath::Environment environment_;
  std::vector<json::DocumentPtr> built_;  // targets seen through FHIRPath
  std::map<std::tuple<const TargetNode*, const fhir::Member*, std::string>, TargetNode*> shared_;
  const json::Node* where_ = nullptr;  // the source value that is being mapped
  std::vector<fhir::Issue> issues_;
  std::unique_ptr<SourceReads> reads_;  // null: nobody asks
  std::size_t turns_ = 0;
  int depth_ = 0;
  std::size_t ids_ = 0;
};

}  // namespace planbro::mapping
