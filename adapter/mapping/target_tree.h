// The result of a transform while it is being made: a tree bound to definitions that can grow.
//
// Nodes know their type, so that a wrong element is refused where it is written. Whole source
// elements are borrowed, not copied, until somebody writes inside them. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/element.h"
#include "json/arena.h"
#include "json/document.h"

namespace planbro::mapping {

struct CompiledRule;

struct TargetNode {
  enum class Content : std::uint8_t { kEmpty, kPrimitive, kObject, kBorrowed };

  const fhir::Member* member = nullptr;  // nullptr for the root and loose values
  TargetNode* parent = nullptr;
  TargetNode* first = nullptr;
  TargetNode* last = nullptr;
  TargetNode* next = nullptr;
  std::string_view text;   // of a primitive
  fhir::Element borrowed;  // a whole element of a source
  // Where it came from, for traces and messages.
  const CompiledRule* rule = nullptr;
  const json::Node* origin = nullptr;
  fhir::TypeId type = 0;
  fhir::ShapeId shape = 0;
  Content content = Content::kEmpty;
};

class TargetTree {
 public:
  explicit TargetTree(const fhir::Definitions& definitions) : definitions_(definitions) {}

  // A value of that type that hangs nowhere yet.
  TargetNode* loose(fhir::TypeId type);
  // The property of `parent` for the element `name` and, in a choice, that type (0: the only one,
  // or nullptr). nullptr if there is none.
  const fhir::Member* memberOf(const TargetNode& parent, std::string_view name,
                               std::uint16_t name_id, fhir::TypeId type) const;
  // Whether `name` is an element of `parent` at all.
  bool hasElement(const TargetNode& parent, std::string_view name, std::uint16_t name_id) const;
  // A new node below `parent`; for an element that stands once, the one that is there.
  TargetNode* add(TargetNode* parent, const fhir::Member& member);
  // Hangs a loose node below `parent`, in place of an earlier one where there can be only one.
  void attach(TargetNode* parent, const fhir::Member& member, TargetNode* node);
  // Its first value under that member; nullptr if there is none.
  static TargetNode* find(const TargetNode& parent, const fhir::Member& member);

  void setText(TargetNode* node, std::string_view text);  // copied
  // Makes the borrowed content its own, one level deep.
  void expand(TargetNode* node);

  // The whole below `node` as a document bound to the definitions. `kept` are the documents that
  // borrowed elements live in.
  json::DocumentPtr build(const TargetNode& node, const json::DocumentPtr& source,
                          const std::vector<json::DocumentPtr>& more) const;
  // Calls `visit` with every node that has content and its FHIRPath, in document order.
  void walk(const TargetNode& root,
            const std::function<void(const TargetNode&, const std::string&)>& visit) const;

  const fhir::Definitions& definitions() const { return definitions_; }
  std::size_t size() const { return nodes_.size(); }

 private:
  const fhir::Definitions& definitions_;
  std::deque<TargetNode> nodes_;
  json::Arena texts_;
};

}  // namespace planbro::mapping
