#include "mapping/target_output.h"

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "mapping/primitive_text.h"

namespace planbro::mapping {

using fhir::Member;
using fhir::ShapeId;
using fhir::TypeKind;
using json::Kind;
using json::Node;
using Content = TargetNode::Content;

bool hasContent(const TargetNode& node) {
  if (node.content == Content::kPrimitive || node.content == Content::kBorrowed) return true;
  for (const TargetNode* child = node.first; child != nullptr; child = child->next) {
    if (hasContent(*child)) return true;
  }
  return false;
}

namespace {

// Depth is that of the rules that made the tree, which the compiler and the executor limit.
class Output {
 public:
  Output(const TypeTable& types, json::DocumentMaker& maker)
      : types_(types),
        definitions_(types.definitions()),
        maker_(maker),
        resource_type_(types.definitions().names().find("resourceType")),
        nodes_(kept()) {
    nodes_.clear();
  }

  void run(const TargetNode& root) {
    const fhir::Type& type = definitions_.type(root.type);
    Node whole;
    whole.tag = type.root;
    whole.label = definitions_.member(type.root).element->id;
    write(root, type.shape, whole);
    maker_.root() = whole;
  }

 private:
  // Room for the members of objects that are still open, kept from document to document.
  static std::vector<Node>& kept() {
    static thread_local std::vector<Node> nodes;
    return nodes;
  }

  // Gives the nodes from `first` on their place as the children of `parent`.
  void close(Node& parent, Kind kind, std::size_t first) {
    const std::size_t count = nodes_.size() - first;
    parent.kind = kind;
    parent.size = static_cast<std::uint32_t>(count);
    if (count == 0) return;
    Node* place = maker_.arena().allocateArray<Node>(count);
    std::memcpy(static_cast<void*>(place), nodes_.data() + first, count * sizeof(Node));
    parent.data = place;
    nodes_.resize(first);
  }

  // The value itself; `shape` is what a reader of the document takes an object for. False: there
  // is nothing to write.
  bool write(const TargetNode& node, ShapeId shape, Node& out) {
    if (types_.isPrimitive(node.type)) {
      if (node.content == Content::kPrimitive) {
        scalar(node, ownText(node), out);
      } else if (node.content == Content::kBorrowed && node.borrowed.value() != nullptr) {
        scalar(node, node.borrowed.text(), out);
      } else {
        out.kind = Kind::kNull;
      }
      return true;
    }
    if (node.content == Content::kBorrowed) {
      share(node.borrowed.value(), out);
      if (node.shape != shape && shape != 0) rebind(shape, out);
      return true;
    }
    const fhir::Type& type = definitions_.type(node.type);
    const std::size_t first = nodes_.size();
    if (type.kind == TypeKind::kResource || type.kind == TypeKind::kLogical) {
      Node& name = nodes_.emplace_back();
      name.kind = Kind::kString;
      name.data = type.name.data();
      name.size = static_cast<std::uint32_t>(type.name.size());
      name.name = resource_type_;
      name.flags = fhir::kIsResourceType;
    }
    const std::size_t before = nodes_.size();
    out.flags |= properties(node, shape);
    const bool any = nodes_.size() > before;
    close(out, Kind::kObject, first);
    return any;
  }

  // A value of another document: its nodes are shared, its place and spelling are not ours.
  static void share(const Node* value, Node& out) {
    if (value == nullptr) return;
    out.kind = value->kind;
    out.data = value->data;
    out.size = value->size;
    out.flags = value->flags & fhir::kHasSiblings;
  }

  // A shared object that stands here as a more general type gets that type's members.
  void rebind(ShapeId shape, Node& object) {
    if (object.kind != Kind::kObject || object.size == 0) return;
    Node* place = maker_.arena().allocateArray<Node>(object.size);
    std::memcpy(static_cast<void*>(place), object.data, object.size * sizeof(Node));
    for (Node& child : std::span(place, object.size)) {
      if (child.tag != 0)
        child.tag = definitions_.indexOf(inShape(shape, definitions_.member(child.tag)));
    }
    object.data = place;
  }

  // A text may be the map's, which need not live as long as what it made.
  std::string_view ownText(const TargetNode& node) { return maker_.arena().copy(node.text); }

  void scalar(const TargetNode& node, std::string_view text, Node& out) {
    out.kind = jsonKindOf(types_.form(node.type));
    if (out.kind == Kind::kTrue) {
      if (text != "true") out.kind = Kind::kFalse;
      return;
    }
    out.data = text.data();
    out.size = static_cast<std::uint32_t>(text.size());
  }

  // All members of an object; gives the flags that the object then has.
  std::uint8_t properties(const TargetNode& node, ShapeId shape) {
    std::uint8_t flags = 0;
    for (const TargetNode* child = node.first; child != nullptr;) {
      const TargetNode* end = child->next;
      while (end != nullptr && end->member == child->member) end = end->next;
      property(child, end, node.shape == shape ? *child->member : inShape(shape, *child->member),
               flags);
      child = end;
    }
    return flags;
  }

  // The same property where the object stands as a more general type.
  const Member& inShape(ShapeId shape, const Member& member) const {
    const std::uint32_t index = definitions_.findMember(shape, member.property->id);
    return index == 0 ? member : definitions_.member(index);
  }

  Node named(const Member& member, const json::Name* name, std::uint8_t flags) const {
    Node node;
    node.name = name;
    node.tag = definitions_.indexOf(member);
    node.label = member.element->id;
    node.flags = flags;
    return node;
  }

  static bool hasSibling(const TargetNode& node) {
    if (node.content == Content::kBorrowed) return node.borrowed.sibling() != nullptr;
    for (const TargetNode* child = node.first; child != nullptr; child = child->next) {
      if (hasContent(*child)) return true;
    }
    return false;
  }
  static bool hasValue(const TargetNode& node) {
    return node.content == Content::kBorrowed ? node.borrowed.value() != nullptr
                                              : node.content == Content::kPrimitive;
  }

  // The nodes [from, end) of one member.
  void property(const TargetNode* from, const TargetNode* end, const Member& member,
                std::uint8_t& flags) {
    if (types_.isPrimitive(from->type)) return primitives(from, end, member, flags);
    const auto shapeOf = [&](const TargetNode& node) {
      return member.is(Member::kAnyResource) || member.shape == 0
                 ? definitions_.type(node.type).shape
                 : member.shape;
    };
    Node whole = named(member, member.property, 0);
    if (!member.is(Member::kList)) {
      if (write(*from, shapeOf(*from), whole)) nodes_.push_back(whole);
      return;
    }
    const std::size_t first = nodes_.size();
    for (const TargetNode* node = from; node != end; node = node->next) {
      Node item = named(member, nullptr, 0);
      if (write(*node, shapeOf(*node), item)) nodes_.push_back(item);
    }
    if (nodes_.size() == first) return;
    close(whole, Kind::kArray, first);
    nodes_.push_back(whole);
  }

  // Primitives come in two parts: values, and the objects with their extensions.
  void primitives(const TargetNode* from, const TargetNode* end, const Member& member,
                  std::uint8_t& flags) {
    const bool alone = from->next == end && !member.is(Member::kList);
    if (alone && from->content == Content::kPrimitive && from->first == nullptr) {
      Node& node = nodes_.emplace_back(named(member, member.property, 0));
      scalar(*from, ownText(*from), node);
      return;
    }
    bool values = false;
    bool siblings = false;
    for (const TargetNode* node = from; node != end; node = node->next) {
      values = values || hasValue(*node);
      siblings = siblings || hasSibling(*node);
    }
    const auto counts = [](const TargetNode& node) { return hasValue(node) || hasSibling(node); };
    const bool list = member.is(Member::kList);
    if (values) {
      Node whole = named(member, member.property, 0);
      const std::size_t first = nodes_.size();
      for (const TargetNode* node = from; node != end; node = node->next) {
        if (!counts(*node)) continue;
        Node item = named(member, nullptr, 0);
        write(*node, 0, list ? item : whole);
        if (list) nodes_.push_back(item);
      }
      if (list) close(whole, Kind::kArray, first);
      nodes_.push_back(whole);
    }
    if (!siblings) return;
    flags |= fhir::kHasSiblings;
    Node whole = named(member, siblingName(member), fhir::kIsSibling);
    const std::size_t first = nodes_.size();
    for (const TargetNode* node = from; node != end; node = node->next) {
      if (!counts(*node)) continue;
      Node item = named(member, nullptr, fhir::kIsSibling);
      sibling(*node, list ? item : whole, member.shape);
      if (list) nodes_.push_back(item);
    }
    if (list) close(whole, Kind::kArray, first);
    nodes_.push_back(whole);
  }

  void sibling(const TargetNode& node, Node& out, ShapeId shape) {
    if (!hasSibling(node)) {
      out.kind = Kind::kNull;
      return;
    }
    if (node.content == Content::kBorrowed) {
      share(node.borrowed.sibling(), out);
      out.flags |= fhir::kIsSibling;
      return;
    }
    const std::size_t first = nodes_.size();
    out.flags |= properties(node, shape == 0 ? node.shape : shape);
    close(out, Kind::kObject, first);
  }

  const json::Name* siblingName(const Member& member) {
    const std::string name = "_" + std::string(member.property->text);
    const json::Name* known = definitions_.names().find(name);
    return known != nullptr ? known : maker_.localName(name);
  }

  const TypeTable& types_;
  const fhir::Definitions& definitions_;
  json::DocumentMaker& maker_;
  const json::Name* resource_type_;
  std::vector<Node>& nodes_;
};

}  // namespace

void writeTarget(const TargetNode& root, const TypeTable& types, json::DocumentMaker& maker) {
  Output(types, maker).run(root);
}

}  // namespace planbro::mapping
