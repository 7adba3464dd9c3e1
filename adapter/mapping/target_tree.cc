#include "mapping/target_tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/builder.h"
#include "mapping/primitive_text.h"

namespace planbro::mapping {

using fhir::Element;
using fhir::Member;
using fhir::TypeKind;

namespace {

using Content = TargetNode::Content;

bool hasContent(const TargetNode& node) {
  if (node.content == Content::kPrimitive || node.content == Content::kBorrowed) return true;
  for (const TargetNode* child = node.first; child != nullptr; child = child->next) {
    if (hasContent(*child)) return true;
  }
  return false;
}

// Children in the order of their definitions, those of one member together and as they came.
std::vector<const TargetNode*> ordered(const TargetNode& node) {
  std::vector<const TargetNode*> children;
  for (const TargetNode* child = node.first; child != nullptr; child = child->next) {
    if (hasContent(*child)) children.push_back(child);
  }
  std::stable_sort(children.begin(), children.end(), [](const TargetNode* a, const TargetNode* b) {
    return a->member->order != b->member->order ? a->member->order < b->member->order
                                                : a->member < b->member;
  });
  return children;
}

class Output {
 public:
  Output(const fhir::Definitions& definitions, const json::DocumentPtr& source,
         const std::vector<json::DocumentPtr>& more)
      : definitions_(definitions), source_(source), more_(more), builder_(&definitions.names()) {}

  json::DocumentPtr run(const TargetNode& root) {
    value(root);
    const fhir::TypeId type = root.type;
    return std::move(builder_).finish([&](json::DocumentMaker& maker) {
      for (const json::DocumentPtr& document : more_) maker.keep(document);
      fhir::bind(maker, definitions_, type);
    });
  }

 private:
  bool isPrimitive(const TargetNode& node) const {
    return definitions_.type(node.type).kind == TypeKind::kPrimitive;
  }

  // The part under the plain property name.
  void value(const TargetNode& node) {
    if (node.content == Content::kBorrowed) {
      if (node.borrowed.value() == nullptr) {
        builder_.null();
      } else if (isPrimitive(node)) {
        scalar(node, node.borrowed.text());
      } else {
        builder_.copy(*node.borrowed.value(), source_);
      }
    } else if (isPrimitive(node)) {
      node.content == Content::kPrimitive ? scalar(node, node.text) : builder_.null();
    } else {
      object(node);
    }
  }

  void scalar(const TargetNode& node, std::string_view text) {
    switch (jsonKindOf(definitions_.type(node.type).name)) {
      case json::Kind::kTrue:
        return builder_.boolean(text == "true");
      case json::Kind::kNumber:
        return builder_.number(text);
      default:
        return builder_.string(text);
    }
  }

  void object(const TargetNode& node) {
    builder_.beginObject();
    const fhir::Type& type = definitions_.type(node.type);
    if (type.kind == TypeKind::kResource || type.kind == TypeKind::kLogical)
      builder_.key("resourceType").string(type.name);
    properties(node);
    builder_.endObject();
  }

  void properties(const TargetNode& node) {
    const std::vector<const TargetNode*> children = ordered(node);
    for (std::size_t i = 0; i < children.size();) {
      std::size_t end = i + 1;
      while (end < children.size() && children[end]->member == children[i]->member) ++end;
      property({children.data() + i, end - i});
      i = end;
    }
  }

  static bool hasSibling(const TargetNode& node) {
    return node.content == Content::kBorrowed ? node.borrowed.sibling() != nullptr
                                              : node.first != nullptr;
  }
  static bool hasValue(const TargetNode& node) {
    return node.content == Content::kBorrowed ? node.borrowed.value() != nullptr
                                              : node.content != Content::kEmpty;
  }

  void property(std::span<const TargetNode* const> nodes) {
    const Member& member = *nodes.front()->member;
    const bool primitive = isPrimitive(*nodes.front());
    const bool values =
        !primitive || std::any_of(nodes.begin(), nodes.end(),
                                  [](const TargetNode* node) { return hasValue(*node); });
    if (values) {
      builder_.key(member.property->text);
      if (member.is(Member::kList)) builder_.beginArray();
      for (const TargetNode* node : nodes) value(*node);
      if (member.is(Member::kList)) builder_.endArray();
    }
    if (!primitive || std::none_of(nodes.begin(), nodes.end(),
                                   [](const TargetNode* node) { return hasSibling(*node); }))
      return;
    builder_.key("_" + std::string(member.property->text));
    if (member.is(Member::kList)) builder_.beginArray();
    for (const TargetNode* node : nodes) {
      if (!hasSibling(*node)) {
        builder_.null();
      } else if (node->content == Content::kBorrowed) {
        builder_.copy(*node->borrowed.sibling(), source_);
      } else {
        builder_.beginObject();
        properties(*node);
        builder_.endObject();
      }
    }
    if (member.is(Member::kList)) builder_.endArray();
  }

  const fhir::Definitions& definitions_;
  const json::DocumentPtr& source_;
  const std::vector<json::DocumentPtr>& more_;
  json::Builder builder_;
};

}  // namespace

TargetNode* TargetTree::loose(fhir::TypeId type) {
  TargetNode& node = nodes_.emplace_back();
  node.type = type;
  node.shape = definitions_.type(type).shape;
  return &node;
}

const Member* TargetTree::memberOf(const TargetNode& parent, std::string_view name,
                                   std::uint16_t name_id, fhir::TypeId type) const {
  if (name_id == 0) name_id = definitions_.nameId(name);
  if (name_id == 0 || parent.shape == 0) return nullptr;
  if (const std::uint32_t index = definitions_.findMember(parent.shape, name_id); index != 0)
    return &definitions_.member(index);
  const Member* only = nullptr;
  std::size_t found = 0;
  for (const Member& member : definitions_.membersOf(parent.shape)) {
    if (member.element->id != name_id) continue;
    ++found;
    only = &member;
    if (member.type == type) return &member;
  }
  return found == 1 ? only : nullptr;
}

bool TargetTree::hasElement(const TargetNode& parent, std::string_view name,
                            std::uint16_t name_id) const {
  if (name_id == 0) name_id = definitions_.nameId(name);
  if (name_id == 0 || parent.shape == 0) return false;
  for (const Member& member : definitions_.membersOf(parent.shape)) {
    if (member.element->id == name_id || member.property->id == name_id) return true;
  }
  return false;
}

TargetNode* TargetTree::find(const TargetNode& parent, const Member& member) {
  for (TargetNode* child = parent.first; child != nullptr; child = child->next) {
    if (child->member == &member) return child;
  }
  return nullptr;
}

TargetNode* TargetTree::add(TargetNode* parent, const Member& member) {
  if (parent->content == Content::kBorrowed) expand(parent);
  if (!member.is(Member::kList)) {
    if (TargetNode* existing = find(*parent, member)) return existing;
  }
  TargetNode* node = loose(member.type);
  if (member.shape != 0 && definitions_.type(member.type).kind != TypeKind::kPrimitive)
    node->shape = member.shape;
  attach(parent, member, node);
  return node;
}

void TargetTree::attach(TargetNode* parent, const Member& member, TargetNode* node) {
  node->member = &member;
  node->parent = parent;
  if (parent->content == Content::kBorrowed) expand(parent);
  if (parent->content == Content::kEmpty &&
      definitions_.type(parent->type).kind != TypeKind::kPrimitive)
    parent->content = Content::kObject;
  // Where only one can stand (also: one type of a choice) the new one takes the old one's place.
  if (!member.is(Member::kList)) {
    TargetNode** link = &parent->first;
    TargetNode* previous = nullptr;
    while (*link != nullptr) {
      if ((*link)->member->element == member.element) {
        TargetNode* old = *link;
        *link = old->next;
        if (parent->last == old) parent->last = previous;
        continue;
      }
      previous = *link;
      link = &(*link)->next;
    }
  }
  node->next = nullptr;
  if (parent->last == nullptr) {
    parent->first = node;
  } else {
    parent->last->next = node;
  }
  parent->last = node;
}

void TargetTree::setText(TargetNode* node, std::string_view text) {
  node->text = texts_.copy(text);
  node->content = Content::kPrimitive;
}

void TargetTree::expand(TargetNode* node) {
  const Element whole = node->borrowed;
  node->borrowed = {};
  const bool primitive = definitions_.type(node->type).kind == TypeKind::kPrimitive;
  node->content =
      primitive ? (whole.hasValue() ? Content::kPrimitive : Content::kEmpty) : Content::kObject;
  if (primitive) node->text = whole.text();
  whole.forEachChild([&](const Element& child) {
    const Member* member = child.member();
    if (member == nullptr) return;
    TargetNode* made = loose(child.type());
    if (member->shape != 0 && definitions_.type(made->type).kind != TypeKind::kPrimitive &&
        !member->is(Member::kAnyResource))
      made->shape = member->shape;
    made->content = Content::kBorrowed;
    made->borrowed = child;
    made->rule = node->rule;
    made->origin = child.anyNode();
    attach(node, *member, made);
  });
}

json::DocumentPtr TargetTree::build(const TargetNode& node, const json::DocumentPtr& source,
                                    const std::vector<json::DocumentPtr>& more) const {
  return Output(definitions_, source, more).run(node);
}

void TargetTree::walk(
    const TargetNode& root,
    const std::function<void(const TargetNode&, const std::string&)>& visit) const {
  struct Todo {
    const TargetNode* node;
    std::string path;
  };
  std::vector<Todo> todo{{&root, std::string(definitions_.type(root.type).name)}};
  while (!todo.empty()) {
    const Todo current = std::move(todo.back());
    todo.pop_back();
    visit(*current.node, current.path);
    const std::vector<const TargetNode*> children = ordered(*current.node);
    std::vector<Todo> below;
    std::size_t index = 0;
    for (std::size_t i = 0; i < children.size(); ++i) {
      const Member& member = *children[i]->member;
      index = i > 0 && children[i - 1]->member == &member ? index + 1 : 0;
      below.push_back(
          {children[i], member.is(Member::kList)
                            ? fmt::format("{}.{}[{}]", current.path, member.element->text, index)
                            : fmt::format("{}.{}", current.path, member.element->text)});
    }
    for (auto it = below.rbegin(); it != below.rend(); ++it) todo.push_back(std::move(*it));
  }
}

}  // namespace planbro::mapping
