#include "mapping/target_tree.h"

#include <fmt/format.h>

#include <utility>

#include "mapping/target_output.h"

namespace planbro::mapping {

using fhir::Element;
using fhir::Member;
using fhir::TypeId;
using Content = TargetNode::Content;

TargetNode* NodePool::take() {
  if (used_ == blocks_.size() * kBlock)
    blocks_.push_back(std::make_unique_for_overwrite<TargetNode[]>(kBlock));
  TargetNode* node = &blocks_[used_ / kBlock][used_ % kBlock];
  ++used_;
  *node = {};
  return node;
}

void NodePool::clear(std::size_t most) {
  used_ = 0;
  if (blocks_.size() > most / kBlock) blocks_.resize(most / kBlock);
}

TargetNode* TargetTree::loose(TypeId type) {
  TargetNode* node = nodes_.take();
  ++size_;
  node->type = type;
  node->shape = definitions_.type(type).shape;
  return node;
}

const Member* TargetTree::memberOf(const TargetNode& parent, const TargetElement& element,
                                   TypeId type) const {
  if (element.id == 0 || parent.shape == 0) return nullptr;
  if (const std::uint32_t index = definitions_.findMember(parent.shape, element.id); index != 0)
    return &definitions_.member(index);
  for (const ChoiceName& choice : element.choices) {
    if (choice.type != type) continue;
    const std::uint32_t index = definitions_.findMember(parent.shape, choice.property_id);
    if (index != 0 && definitions_.member(index).element->id == element.id)
      return &definitions_.member(index);
  }
  return nullptr;
}

const Member* TargetTree::memberFor(const TargetNode& parent, const TargetElement& element,
                                    TypeId type) const {
  if (const Member* member = memberOf(parent, element, type)) return member;
  if (element.choices.empty() || parent.shape == 0) return nullptr;
  const Member* only = nullptr;
  const Member* general = nullptr;  // of a type that `type` is derived from
  std::size_t found = 0;
  for (const Member& member : definitions_.membersOf(parent.shape)) {
    if (member.element->id != element.id) continue;
    ++found;
    only = &member;
    if (member.type == type) return &member;
    if (!types_.isPrimitive(type) && definitions_.isA(type, member.type)) general = &member;
  }
  if (found == 1) return only;
  if (general != nullptr) return general;
  for (const TypeId other : types_.alternatives(type)) {
    if (const Member* member = memberOf(parent, element, other)) return member;
  }
  return nullptr;
}

bool TargetTree::hasElement(const TargetNode& parent, const TargetElement& element) const {
  if (element.id == 0 || parent.shape == 0) return false;
  for (const Member& member : definitions_.membersOf(parent.shape)) {
    if (member.element->id == element.id || member.property->id == element.id) return true;
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
  return addNew(parent, member);
}

TargetNode* TargetTree::addNew(TargetNode* parent, const Member& member, std::int8_t rank) {
  TargetNode* node = loose(member.type);
  node->rank = rank;
  if (member.shape != 0 && !types_.isPrimitive(member.type)) node->shape = member.shape;
  attach(parent, member, node);
  return node;
}

void TargetTree::attach(TargetNode* parent, const Member& member, TargetNode* node) {
  node->member = &member;
  node->parent = parent;
  if (parent->content == Content::kBorrowed) expand(parent);
  if (parent->content == Content::kEmpty && !types_.isPrimitive(parent->type))
    parent->content = Content::kObject;
  // Members of one shape stand in the order of their definitions.
  const TargetNode* last = parent->last;
  const bool same = last != nullptr && last->member == &member;
  const bool behind =
      last == nullptr || (same ? member.is(Member::kList) && last->rank <= node->rank
                               : last->member < &member && last->member->element != member.element);
  if (behind) {
    node->next = nullptr;
    (last == nullptr ? parent->first : parent->last->next) = node;
    parent->last = node;
    return;
  }
  TargetNode** link = &parent->first;
  TargetNode* previous = nullptr;
  while (*link != nullptr) {
    TargetNode* here = *link;
    // Where only one can stand (also: one type of a choice) the new one takes the old one's place.
    if (!member.is(Member::kList) && here->member->element == member.element) {
      *link = here->next;
      if (parent->last == here) parent->last = previous;
      continue;
    }
    if (&member < here->member || (&member == here->member && node->rank < here->rank)) break;
    previous = here;
    link = &here->next;
  }
  node->next = *link;
  *link = node;
  if (node->next == nullptr) parent->last = node;
}

void TargetTree::expand(TargetNode* node) {
  const Element whole = node->borrowed;
  node->borrowed = {};
  const bool primitive = types_.isPrimitive(node->type);
  node->content =
      primitive ? (whole.hasValue() ? Content::kPrimitive : Content::kEmpty) : Content::kObject;
  if (primitive) node->text = whole.text();
  whole.forEachChild([&](const Element& child) {
    const Member* member = child.member();
    if (member == nullptr) return;
    TargetNode* made = loose(child.type());
    if (member->shape != 0 && !types_.isPrimitive(made->type) && !member->is(Member::kAnyResource))
      made->shape = member->shape;
    made->content = Content::kBorrowed;
    made->borrowed = child;
    made->rule = node->rule;
    made->origin = child.anyNode();
    attach(node, *member, made);
  });
}

json::DocumentPtr TargetTree::view(const TargetNode& node) const {
  json::DocumentMaker maker;
  writeTarget(node, types_, maker);
  return std::move(maker).finish();
}

json::DocumentPtr TargetTree::finish(const TargetNode& root,
                                     const std::vector<json::DocumentPtr>& kept) && {
  writeTarget(root, types_, maker_);
  for (const json::DocumentPtr& document : kept) maker_.keep(document);
  return std::move(maker_).finish();
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
    std::vector<const TargetNode*> children;
    for (const TargetNode* child = current.node->first; child != nullptr; child = child->next) {
      if (hasContent(*child)) children.push_back(child);
    }
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
