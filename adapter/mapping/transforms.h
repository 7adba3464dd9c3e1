// The transforms of the mapping language, each from its parameters to a value or a built element.
// Source: FHIR R4, codesystem-map-transform.html.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mapping/executor.h"

namespace planbro::mapping {

class Transforms {
 public:
  Transforms(Executor& executor, const CompiledRule& rule, const CompiledTarget& target,
             Frame frame)
      : executor_(executor), rule_(rule), target_(target), frame_(frame) {}

  // False: an error was reported. `out` gets the values: usually one, none when the source had
  // nothing, several only from FHIRPath.
  bool run(std::vector<BoundValue>& out);

 private:
  bool parameter(std::size_t index, BoundValue& out);
  // The text of a parameter; "" when it is not there or empty.
  bool text(std::size_t index, std::string_view& out);
  // The text of a value, which an error tells of where it has parts instead.
  bool textOf(const BoundValue& value, std::string_view taken, std::string_view& out);
  // The texts of all parameters.
  bool joined(std::string& out);
  bool wrongCount(std::string_view expected);

  bool evaluate(std::vector<BoundValue>& out);
  bool truncate(std::vector<BoundValue>& out);
  bool escape(std::vector<BoundValue>& out);
  bool cast(std::vector<BoundValue>& out);
  bool append(std::vector<BoundValue>& out);
  bool translate(std::vector<BoundValue>& out);
  // `found` stays null when the source has no code. False: none of its codes has a translation.
  bool firstTranslation(const ConceptMap& map, const ConceptMaps& maps, const BoundValue& source,
                        TranslatedCode& room, const TranslatedCode*& found);
  bool reference(std::vector<BoundValue>& out);
  bool dateOp(std::vector<BoundValue>& out);
  bool uuid(std::vector<BoundValue>& out);
  bool codeableConcept(std::vector<BoundValue>& out);
  bool coding(std::vector<BoundValue>& out);
  bool quantity(std::vector<BoundValue>& out);
  bool identifier(std::vector<BoundValue>& out);
  bool contactPoint(std::vector<BoundValue>& out);

  // A text that lives as long as the document; `computed` copies it there.
  static BoundValue string(std::string_view text, fhir::TypeId type);
  BoundValue computed(std::string_view text, fhir::TypeId type);
  TargetNode* element(fhir::TypeId type);
  // Sets one primitive of a built element; empty texts are left out.
  void set(TargetNode* parent, const TargetElement& name, std::string_view text);
  const TypeTable& types() const { return executor_.types_; }
  TargetNode* codingOf(std::string_view system, std::string_view code, std::string_view display);
  static void push(std::vector<BoundValue>& out, TargetNode* node);

  Executor& executor_;
  const CompiledRule& rule_;
  const CompiledTarget& target_;
  Frame frame_;
};

}  // namespace planbro::mapping
