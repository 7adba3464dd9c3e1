#include "fhir/element.h"

#include <vector>

namespace planbro::fhir {
namespace {

using json::Kind;
using json::Node;

struct Todo {
  Node* object;
  ShapeId shape;
};

class Binder {
 public:
  explicit Binder(const Definitions& definitions)
      : definitions_(definitions),
        resource_type_(definitions.names().find("resourceType")),
        resource_(definitions.findType("Resource")),
        todo_(kept()) {
    todo_.clear();
  }

  void run(Node& root, TypeId root_type) {
    TypeId type = root_type;
    if (type == 0) type = declaredType(root);
    if (type != 0) {
      root.tag = definitions_.type(type).root;
      root.label = definitions_.member(root.tag).element->id;
    }
    if (root.isContainer())
      todo_.push_back({&root, type == 0 ? ShapeId{0} : definitions_.type(type).shape});
    while (!todo_.empty()) {
      const Todo next = todo_.back();
      todo_.pop_back();
      bindMembers(*next.object, next.shape);
    }
  }

 private:
  // Its room is kept from document to document.
  static std::vector<Todo>& kept() {
    static thread_local std::vector<Todo> todo;
    return todo;
  }

  // The type that a resource's resourceType names; 0 if it names none.
  TypeId declaredType(const Node& object) const {
    if (object.kind != Kind::kObject) return 0;
    for (const Node& member : object.children()) {
      if (member.name == resource_type_ || member.name->text == "resourceType")
        return member.kind == Kind::kString ? definitions_.findType(member.text()) : TypeId{0};
    }
    return 0;
  }

  void bindMembers(Node& parent, ShapeId shape) {
    const bool object = parent.kind == Kind::kObject;
    for (Node& node : mutableChildren(parent)) {
      if (!object) {  // an array inside an array, or of an unbound member
        bindValue(node, parent.tag, parent.label, 0);
        continue;
      }
      bindMember(parent, node, shape);
    }
  }

  void bindMember(Node& parent, Node& node, ShapeId shape) {
    const json::Name& name = *node.name;
    std::uint32_t index = 0;
    if (name.id != 0 && shape != 0) index = definitions_.findMember(shape, name.id);
    if (index != 0) {
      const Member& member = definitions_.member(index);
      node.tag = index;
      node.label = member.element->id;
      bindList(node, member);
      return;
    }
    if (name.text.size() > 1 && name.text[0] == '_' && bindSibling(parent, node, shape)) return;
    if (&name == resource_type_ && definitions_.isA(definitions_.shape(shape).type, resource_)) {
      node.flags |= kIsResourceType;
      return;
    }
    if (name.text == "resourceType" && shape != 0 &&
        definitions_.type(definitions_.shape(shape).type).kind == TypeKind::kLogical) {
      node.flags |= kIsResourceType;
      return;
    }
    node.label = name.id;
    if (node.isContainer()) todo_.push_back({&node, 0});
  }

  bool bindSibling(Node& parent, Node& node, ShapeId shape) {
    const json::Name* plain = definitions_.names().find(node.name->text.substr(1));
    if (plain == nullptr || shape == 0) return false;
    const std::uint32_t index = definitions_.findMember(shape, plain->id);
    if (index == 0) return false;
    const Member& member = definitions_.member(index);
    if (definitions_.type(member.type).kind != TypeKind::kPrimitive) return false;
    node.tag = index;
    node.label = member.element->id;
    node.flags |= kIsSibling;
    parent.flags |= kHasSiblings;
    bindList(node, member);
    return true;
  }

  void bindList(Node& node, const Member& member) {
    if (node.kind != Kind::kArray) {
      bindObject(node, member);
      return;
    }
    for (Node& item : mutableChildren(node)) {
      item.tag = node.tag;
      item.label = node.label;
      item.flags |= node.flags & kIsSibling;
      bindObject(item, member);
    }
  }

  void bindObject(Node& node, const Member& member) {
    if (!node.isContainer()) return;
    ShapeId shape = member.shape;
    if (member.is(Member::kAnyResource)) {
      const TypeId type = declaredType(node);
      shape = type == 0 ? ShapeId{0} : definitions_.type(type).shape;
    }
    todo_.push_back({&node, shape});
  }

  void bindValue(Node& node, std::uint32_t tag, std::uint16_t label, ShapeId shape) {
    node.tag = tag;
    node.label = label;
    if (node.isContainer()) todo_.push_back({&node, shape});
  }

  const Definitions& definitions_;
  const json::Name* resource_type_;
  TypeId resource_;
  std::vector<Todo>& todo_;
};

}  // namespace

void bind(json::DocumentMaker& maker, const Definitions& definitions, TypeId root_type) {
  Binder(definitions).run(maker.root(), root_type);
}

const Member* Element::member() const {
  const Node* node = anyNode();
  return node == nullptr || node->tag == 0 ? nullptr : &definitions_->member(node->tag);
}

TypeId Element::type() const {
  const Member* definition = member();
  if (definition == nullptr) return 0;
  if (definition->is(Member::kAnyResource) && value_ != nullptr) {
    if (const Node* declared = value_->member("resourceType");
        declared != nullptr && declared->kind == Kind::kString)
      return definitions_->findType(declared->text());
  }
  return definition->type;
}

std::string_view Element::typeName() const {
  return definitions_ == nullptr ? std::string_view{} : definitions_->type(type()).name;
}

std::string_view Element::name() const {
  const Node* node = anyNode();
  if (node->label != 0) return definitions_->names().at(node->label).text;
  return node->name == nullptr ? std::string_view{} : node->name->text;
}

std::string_view Element::text() const { return hasValue() ? value_->text() : std::string_view{}; }

const Node* Element::partnerOf(const Node& parent, const Node& property) {
  const std::uint8_t wanted = (property.flags & kIsSibling) ^ kIsSibling;
  if (property.tag == 0) return nullptr;
  for (const Node& other : parent.children()) {
    if (other.tag == property.tag && (other.flags & kIsSibling) == wanted) return &other;
  }
  return nullptr;
}

Element Element::child(std::uint16_t name_id) const {
  Element found;
  forEachChild(name_id, [&](const Element& element) {
    if (!found) found = element;
  });
  return found;
}

Element Element::child(std::string_view name) const {
  Element found;
  forEachChild(name, [&](const Element& element) {
    if (!found) found = element;
  });
  return found;
}

Element Element::extensionValue(std::string_view url) const {
  Element found;
  forEachChild("extension", [&](const Element& extension) {
    if (!found && extension.textOf("url") == url) found = extension.child("value");
  });
  return found;
}

}  // namespace planbro::fhir
