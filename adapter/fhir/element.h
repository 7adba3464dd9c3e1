// A value in a bound tree, as FHIR sees it: an element with its type, not a JSON member.
//
// Binding gives every node its member definition (node.tag) and its element name (node.label), so
// that navigation compares small integers: `value` finds valueQuantity, a primitive comes together
// with its `_sibling`, arrays are flattened. What does not bind (unknown members, wrong places)
// keeps tag 0 and is still reachable by its written name. Trees without definitions (XML or CSV
// sources) work the same way by name.
//
// An Element is three words, owns nothing and lives as long as its document.
// Source: FHIR R4, JSON representation (json.html), section 2.6.2.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "fhir/definitions.h"
#include "json/document.h"

namespace planbro::fhir {

// Upper half of json::Node::flags, set by bind().
inline constexpr std::uint8_t kIsSibling = 0x10;       // a `_property` member
inline constexpr std::uint8_t kHasSiblings = 0x20;     // an object with such members
inline constexpr std::uint8_t kIsResourceType = 0x40;  // the member resourceType of a resource

// Binds a tree that is still being made. With `root_type` 0 the root's resourceType decides;
// without one (or an unknown one) the tree stays unbound but for the name labels.
void bind(json::DocumentMaker& maker, const Definitions& definitions, TypeId root_type = 0);

class Element {
 public:
  Element() = default;
  Element(const json::Node* value, const json::Node* sibling, const Definitions* definitions)
      : value_(value), sibling_(sibling), definitions_(definitions) {}

  // The root of a bound document.
  static Element root(const json::Document& document, const Definitions& definitions) {
    return {&document.root(), nullptr, &definitions};
  }

  explicit operator bool() const { return value_ != nullptr || sibling_ != nullptr; }

  // The JSON value; nullptr for a primitive that has only extensions.
  const json::Node* value() const { return value_; }
  // The object with id and extensions of a primitive; nullptr if there is none.
  const json::Node* sibling() const { return sibling_; }
  const Definitions& definitions() const { return *definitions_; }
  const json::Node* anyNode() const { return value_ != nullptr ? value_ : sibling_; }

  // Its definition; nullptr if it is bound to none.
  const Member* member() const;
  // Its actual type: the resource's own type for resources. 0 if unbound.
  TypeId type() const;
  std::string_view typeName() const;
  // Name ids and texts: the element's ("value"), not the property's ("valueQuantity").
  std::uint16_t nameId() const { return anyNode()->label; }
  std::string_view name() const;

  // A primitive's characters; "" without a value or for complex elements.
  std::string_view text() const;
  bool hasValue() const {
    return value_ != nullptr && !value_->isContainer() && value_->kind != json::Kind::kNull;
  }

  // Calls `visit(Element)` for every child element in document order, arrays flattened; for a
  // primitive these are the id and extensions of its sibling. resourceType is no element.
  template <typename Visit>
  void forEachChild(Visit&& visit) const;

  // Children of that element name only.
  template <typename Visit>
  void forEachChild(std::uint16_t name_id, Visit&& visit) const;
  template <typename Visit>
  void forEachChild(std::string_view name, Visit&& visit) const;

  // The first child of that element name; an empty Element if there is none.
  Element child(std::uint16_t name_id) const;
  Element child(std::string_view name) const;
  // The text of the first child of that name; "" if there is none.
  std::string_view textOf(std::string_view name) const { return child(name).text(); }
  // The value of the first extension with that url; an empty Element if there is none.
  Element extensionValue(std::string_view url) const;

  friend bool operator==(const Element& a, const Element& b) {
    return a.value_ == b.value_ && a.sibling_ == b.sibling_;
  }

 private:
  template <typename Matches, typename Visit>
  void visitChildren(const json::Node& parent, Matches&& matches, Visit&& visit) const;
  // The `_property` of `property` inside `parent`, or the other way round.
  static const json::Node* partnerOf(const json::Node& parent, const json::Node& property);

  const json::Node* value_ = nullptr;
  const json::Node* sibling_ = nullptr;
  const Definitions* definitions_ = nullptr;
};

template <typename Matches, typename Visit>
void Element::visitChildren(const json::Node& parent, Matches&& matches, Visit&& visit) const {
  const bool pairs = (parent.flags & kHasSiblings) != 0;
  for (const json::Node& node : parent.children()) {
    if ((node.flags & kIsResourceType) != 0 || !matches(node)) continue;
    const bool is_sibling = (node.flags & kIsSibling) != 0;
    const json::Node* partner = pairs ? partnerOf(parent, node) : nullptr;
    if (is_sibling && partner != nullptr) continue;  // comes with its value
    const json::Node* values = is_sibling ? nullptr : &node;
    const json::Node* siblings = is_sibling ? &node : partner;
    const bool value_list = values != nullptr && values->kind == json::Kind::kArray;
    const bool sibling_list = siblings != nullptr && siblings->kind == json::Kind::kArray;
    if (!value_list && !sibling_list) {
      visit(Element(values, siblings, definitions_));
      continue;
    }
    const std::size_t value_count = value_list ? values->size : 0;
    const std::size_t sibling_count = sibling_list ? siblings->size : 0;
    for (std::size_t i = 0; i < value_count || i < sibling_count; ++i) {
      const json::Node* value = i < value_count ? &values->children()[i] : nullptr;
      const json::Node* sibling = i < sibling_count ? &siblings->children()[i] : nullptr;
      if (sibling != nullptr && sibling->kind == json::Kind::kNull) sibling = nullptr;
      if (value != nullptr && value->kind == json::Kind::kNull && sibling != nullptr)
        value = nullptr;
      if (value != nullptr || sibling != nullptr) visit(Element(value, sibling, definitions_));
    }
  }
}

template <typename Visit>
void Element::forEachChild(Visit&& visit) const {
  const json::Node* parent = value_ != nullptr && value_->isContainer() ? value_ : sibling_;
  if (parent != nullptr) visitChildren(*parent, [](const json::Node&) { return true; }, visit);
}

template <typename Visit>
void Element::forEachChild(std::uint16_t name_id, Visit&& visit) const {
  const json::Node* parent = value_ != nullptr && value_->isContainer() ? value_ : sibling_;
  if (parent == nullptr || name_id == 0) return;
  visitChildren(
      *parent, [name_id](const json::Node& node) { return node.label == name_id; }, visit);
}

template <typename Visit>
void Element::forEachChild(std::string_view name, Visit&& visit) const {
  if (definitions_ == nullptr) return;
  if (const std::uint16_t id = definitions_->nameId(name); id != 0)
    return forEachChild(id, std::forward<Visit>(visit));
  const json::Node* parent = value_ != nullptr && value_->isContainer() ? value_ : sibling_;
  if (parent == nullptr) return;
  visitChildren(
      *parent,
      [name](const json::Node& node) {
        return node.label == 0 && node.name != nullptr && node.name->text == name;
      },
      visit);
}

}  // namespace planbro::fhir
