// What a value of a rule is: its text, its type, whether it has parts.
#include <algorithm>

#include "base/text.h"
#include "mapping/executor.h"
#include "mapping/target_output.h"

namespace planbro::mapping {

using fhir::Element;
using fhir::TypeId;
using fhirpath::Value;
using fhirpath::ValueKind;
using Content = TargetNode::Content;

Value Executor::asValue(const BoundValue& bound) {
  if (bound.node == nullptr) return bound.value;
  const TargetNode& node = *bound.node;
  if (node.content == Content::kBorrowed) return Value(node.borrowed);
  if (node.content == Content::kEmpty && node.first == nullptr) return {};
  if (types_.isPrimitive(node.type)) return Value::string(node.text);
  built_.push_back(tree_.view(node));
  return Value(Element::root(*built_.back(), definitions_));
}

std::string_view Executor::textOf(const BoundValue& bound) {
  if (bound.node != nullptr)
    return bound.node->content == Content::kBorrowed ? bound.node->borrowed.text()
                                                     : bound.node->text;
  if (bound.value.kind() == ValueKind::kString) return bound.value.text();
  const Element element = bound.value.element();
  if (!element) return bound.value ? tree_.keep(bound.value.toString()) : std::string_view();
  if (element.hasValue()) return element.text();
  // An XML element with attributes and text.
  if (element.type() == 0) {
    const Element own = element.child("value");
    if (own) noteRead(own);
    return own.text();
  }
  return {};
}

std::optional<std::string_view> Executor::plainText(const Value& value) const {
  if (value.kind() == fhirpath::ValueKind::kString) return value.text();
  const Element element = value.element();
  if (!element || element.value() == nullptr || element.value()->kind != json::Kind::kString)
    return std::nullopt;
  if (const TypeId type = element.type(); type != 0) {
    const PrimitiveForm form = types_.form(type);
    const bool text = form == PrimitiveForm::kText || form >= PrimitiveForm::kCode;
    if (!text || !types_.isPrimitive(type)) return std::nullopt;
  }
  return element.value()->text();
}

TypeId Executor::typeOf(const BoundValue& value) const {
  if (value.type != 0) return value.type;
  if (value.node != nullptr) return value.node->type;
  const Element element = value.value.element();
  if (!element) return types_.typeOf(value.value);
  if (element.type() != 0) return element.type();
  const json::Node* node = element.value();
  if (node != nullptr && node->isBoolean()) return types_.boolean;
  if (node != nullptr && node->kind == json::Kind::kNumber)
    return node->text().find_first_of(".eE") == std::string_view::npos ? types_.integer
                                                                       : types_.decimal;
  return types_.string;
}

bool Executor::hasParts(const BoundValue& value) const {
  if (value.node != nullptr)
    return !types_.isPrimitive(value.node->type) && hasContent(*value.node);
  const Element element = value.value.element();
  const json::Node* node = element ? element.value() : nullptr;
  if (node == nullptr || !node->isContainer() || node->size == 0) return false;
  if (element.type() != 0) return true;
  // The attributes of an XML element stand where it stands: without text it is empty all the same.
  return !std::ranges::all_of(node->children(), [&](const json::Node& child) {
    return child.offset == node->offset && !child.isContainer();
  });
}

bool Executor::isWithoutElements(const Element& element) const {
  const json::Node* node = element.value();
  if (node == nullptr || element.type() != 0 || node->isContainer()) return false;
  if (node->kind == json::Kind::kNull || trim(node->text()).empty()) return false;
  // An XML element may or may not have attributes and elements beside its text.
  const std::string_view source = input_.document->source();
  return node->offset < source.size() && source[node->offset] != '<';
}

bool Executor::noElements(const CompiledRule& rule, const CompiledSource& source,
                          const Value& context) {
  where_ = context.element().anyNode();
  return fault("PB-2228", rule, {rule.path, source.element.text, typeName({context, nullptr, 0})});
}

std::string Executor::typeName(const BoundValue& value) const {
  const Element element = value.value.element();
  const json::Node* node = element && element.type() == 0 ? element.value() : nullptr;
  if (value.node == nullptr && node != nullptr && node->isContainer())
    return node->kind == json::Kind::kArray ? "array" : "object";
  return std::string(definitions_.type(typeOf(value)).name);
}

}  // namespace planbro::mapping
