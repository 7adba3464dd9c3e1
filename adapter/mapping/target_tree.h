// The result of a transform while it is being made: a tree bound to definitions that can grow.
//
// Nodes know their type, so that a wrong element is refused where it is written. Whole source
// elements are borrowed, not copied, until somebody writes inside them. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/element.h"
#include "json/arena.h"
#include "json/document.h"
#include "mapping/type_table.h"

namespace planbro::mapping {

struct CompiledRule;

struct TargetNode {
  enum class Content : std::uint8_t { kEmpty, kPrimitive, kObject, kBorrowed };

  const fhir::Member* member = nullptr;  // nullptr for the root and loose values
  TargetNode* parent = nullptr;
  // Children stand in the order of their definitions, those of one member as they came.
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
  std::int8_t rank = 0;  // in a list: before (-1) or behind (1) what has none
};

// Gives out nodes; all of them are free again after clear().
class NodePool {
 public:
  TargetNode* take();
  // Keeps room for `most` nodes.
  void clear(std::size_t most);

 private:
  static constexpr std::size_t kBlock = 256;
  std::vector<std::unique_ptr<TargetNode[]>> blocks_;
  std::size_t used_ = 0;
};

class TargetTree {
 public:
  // Nodes live in `nodes`, which must outlive the tree and be left alone by others.
  TargetTree(const TypeTable& types, NodePool& nodes)
      : types_(types), definitions_(types.definitions()), nodes_(nodes) {}

  // A value of that type that hangs nowhere yet.
  TargetNode* loose(fhir::TypeId type);
  // The property of `parent` for that element and, in a choice, that type; nullptr if there is
  // none.
  const fhir::Member* memberOf(const TargetNode& parent, const TargetElement& element,
                               fhir::TypeId type) const;
  // The same, and in a choice also the only one there is, or a type that the value may be written
  // as.
  const fhir::Member* memberFor(const TargetNode& parent, const TargetElement& element,
                                fhir::TypeId type) const;
  // Whether there is such an element of `parent` at all.
  bool hasElement(const TargetNode& parent, const TargetElement& element) const;
  // A new node below `parent`; for an element that stands once, the one that is there.
  TargetNode* add(TargetNode* parent, const fhir::Member& member);
  // The same where it is known that there is none yet, or that there may be several.
  TargetNode* addNew(TargetNode* parent, const fhir::Member& member, std::int8_t rank = 0);
  // Hangs a loose node below `parent`, in place of an earlier one where there can be only one.
  void attach(TargetNode* parent, const fhir::Member& member, TargetNode* node);
  // Its first value under that member; nullptr if there is none.
  static TargetNode* find(const TargetNode& parent, const fhir::Member& member);

  // `text` must live as long as the document that is made: see keep().
  static void setText(TargetNode* node, std::string_view text) {
    node->text = text;
    node->content = TargetNode::Content::kPrimitive;
  }
  // A copy that lives as long as the document that is made.
  std::string_view keep(std::string_view text) { return maker_.arena().copy(text); }
  json::Arena& texts() { return maker_.arena(); }
  // Makes the borrowed content its own, one level deep.
  void expand(TargetNode* node);

  // The whole below `node` as a document bound to the definitions, for use while this tree lives.
  json::DocumentPtr view(const TargetNode& node) const;
  // The same as the result; the tree is done then. `kept` are the documents that borrowed elements
  // and texts live in.
  json::DocumentPtr finish(const TargetNode& root, const std::vector<json::DocumentPtr>& kept) &&;
  // Calls `visit` with every node that has content and its FHIRPath, in document order.
  void walk(const TargetNode& root,
            const std::function<void(const TargetNode&, const std::string&)>& visit) const;

  const TypeTable& types() const { return types_; }
  std::size_t size() const { return size_; }

 private:
  const TypeTable& types_;
  const fhir::Definitions& definitions_;
  NodePool& nodes_;
  json::DocumentMaker maker_;
  std::size_t size_ = 0;
};

}  // namespace planbro::mapping
