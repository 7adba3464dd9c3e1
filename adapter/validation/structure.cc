// What JSON, the definitions and the primitive formats ask of a resource's form.
// Source: FHIR R4, json.html, section 2.6.2; datatypes.html.
#include "validation/primitives.h"
#include "validation/walk.h"

namespace planbro::validation {
namespace {

using fhir::Member;
using json::Kind;
using json::Node;

std::string nameOf(const Node& node) {
  return node.name == nullptr ? std::string("item") : std::string(node.name->text.substr(0, 64));
}

std::string_view kindName(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kFalse:
    case Kind::kTrue:
      return "boolean";
    case Kind::kNumber:
      return "number";
    case Kind::kString:
      return "string";
    case Kind::kArray:
      return "array";
    case Kind::kObject:
      return "object";
  }
  return "null";
}

std::string_view kindName(PrimitiveKind kind) {
  switch (kind) {
    case PrimitiveKind::kBoolean:
      return "boolean";
    case PrimitiveKind::kNumber:
      return "number";
    case PrimitiveKind::kString:
      break;
  }
  return "string";
}

bool isOfKind(const Node& node, PrimitiveKind kind) {
  switch (kind) {
    case PrimitiveKind::kBoolean:
      return node.isBoolean();
    case PrimitiveKind::kNumber:
      return node.kind == Kind::kNumber;
    case PrimitiveKind::kString:
      break;
  }
  return node.kind == Kind::kString;
}

// "Strings SHALL NOT exceed 1MB (1024*1024 characters) in size": datatypes.html, section 2.24.0.1.
constexpr std::size_t kMaxStringBytes = std::size_t{1024} * 1024;

bool isText(Primitive format) {
  return format == Primitive::kString || format == Primitive::kMarkdown ||
         format == Primitive::kCode;
}

// Data may be long and personal: an issue quotes the beginning.
std::string quoted(std::string_view text) {
  constexpr std::size_t kMost = 48;
  if (text.size() <= kMost) return std::string(text);
  std::size_t size = kMost;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return std::string(text.substr(0, size)) + "…";
}

const Node* partnerOf(const Node& parent, const Node& node) {
  for (const Node& other : parent.children()) {
    if (&other != &node && other.tag == node.tag && node.tag != 0 &&
        ((other.flags ^ node.flags) & fhir::kIsSibling) != 0)
      return &other;
  }
  return nullptr;
}

// Whether something in it opens or closes a tag, or is a comment.
bool looksLikeHtml(std::string_view text) {
  for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    const char next = at + 1 < text.size() ? text[at + 1] : ' ';
    const bool letter = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
    if ((letter || next == '/' || next == '!') && text.find('>', at) != std::string_view::npos)
      return true;
  }
  return false;
}

}  // namespace

void Walk::checkStructure(const Node& object, Spot spot) {
  if (object.size == 0) {
    reporter_.add("PB-1003", spot.link, &object, {"object"});
    return;
  }
  for (const Node& node : object.children()) {
    if ((node.flags & fhir::kIsResourceType) != 0) continue;
    if (node.tag == 0) {
      const PathLink link{&spot.link, node.name->text, -1, {}};
      reporter_.add("PB-1001", link, &node, {nameOf(node)});
      continue;
    }
    const Member& member = definitions_.member(node.tag);
    checkMember(object, node, member, spot);
    if (member.element->text == "id") checkElementId(object, node, spot);
  }
}

// The id of an element is what others in the resource refer to it by. Those of ElementDefinitions
// are built from paths, which snapshot and differential share.
void Walk::checkElementId(const Node& object, const Node& id, Spot spot) {
  const fhir::Element& resource = spot.scope.resource;
  if (&object == resource.value() || id.kind != Kind::kString || id.text().empty() ||
      (spot.link.name == "element" && resource.typeName() == "StructureDefinition"))
    return;
  if (element_ids_.emplace(resource.value(), id.text()).second) return;
  const PathLink link{&spot.link, "id", -1, {}};
  reporter_.add("PB-2046", link, &id, {quoted(id.text())});
}

void Walk::checkMember(const Node& parent, const Node& node, const Member& member, Spot spot) {
  const bool sibling = (node.flags & fhir::kIsSibling) != 0;
  const bool list = member.is(Member::kList);
  PathLink link{
      &spot.link, member.element->text, -1,
      member.is(Member::kChoice) ? definitions_.type(member.type).name : std::string_view{}};
  if (list != (node.kind == Kind::kArray)) {
    reporter_.add(list ? "PB-1005" : "PB-1006", link, &node, {nameOf(node)});
    return;
  }
  if (!list) {
    if (node.kind == Kind::kNull) {
      reporter_.add("PB-1004", link, &node, {nameOf(node)});
    } else {
      checkItem(node, member, link);
    }
    return;
  }
  if (node.size == 0) reporter_.add("PB-1003", link, &node, {"array"});
  const Node* partner = partnerOf(parent, node);
  if (sibling && partner != nullptr && partner->kind == Kind::kArray && partner->size != node.size)
    reporter_.add("PB-1007", link, &node, {nameOf(node)});
  for (std::uint32_t i = 0; i < node.size; ++i) {
    const Node& item = node.children()[i];
    link.index = static_cast<std::int32_t>(i);
    if (item.kind != Kind::kNull) {
      checkItem(item, member, link);
      continue;
    }
    // A null stands for "only a value" or "only extensions": the other list says the rest.
    const bool filled = partner != nullptr && partner->kind == Kind::kArray && i < partner->size &&
                        partner->children()[i].kind != Kind::kNull;
    if (!filled && (!sibling || partner == nullptr || i >= partner->size))
      reporter_.add("PB-1004", link, &item, {nameOf(node)});
  }
}

void Walk::checkItem(const Node& item, const Member& member, const PathLink& link) {
  if (member.is(Member::kAnyResource)) {
    if (item.kind != Kind::kObject) {
      reporter_.add("PB-1002", link, &item, {"object", std::string(kindName(item.kind))});
      return;
    }
    const fhir::TypeId type = fhir::Element(&item, nullptr, &definitions_).type();
    if (type == 0 || definitions_.type(type).abstract) reporter_.add("PB-1009", link, &item, {});
    return;
  }
  const fhir::Type& type = definitions_.type(member.type);
  const bool primitive =
      type.kind == fhir::TypeKind::kPrimitive && (item.flags & fhir::kIsSibling) == 0;
  if (!primitive) {
    if (item.kind != Kind::kObject)
      reporter_.add("PB-1002", link, &item, {"object", std::string(kindName(item.kind))});
    return;
  }
  const Primitive format = profiles_.traitsOf(member.type).primitive;
  if (!isOfKind(item, kindOf(format))) {
    reporter_.add("PB-1002", link, &item,
                  {std::string(kindName(kindOf(format))), std::string(kindName(item.kind))});
    return;
  }
  const std::string_view text = item.text();
  if (text.empty()) {
    reporter_.add("PB-1003", link, &item, {"string"});
  } else if (isText(format) && text.size() > kMaxStringBytes) {
    reporter_.add("PB-1203", link, &item, {std::to_string(kMaxStringBytes)});
  } else if (!hasFormat(format, text)) {
    reporter_.add("PB-1201", link, &item, {quoted(text), std::string(type.name)});
  } else if (format == Primitive::kCanonical && text.front() != '#' &&
             text.find(':') == std::string_view::npos) {
    reporter_.add("PB-1209", link, &item, {quoted(text)});
  } else if ((format == Primitive::kString && profiles_.options().no_html_in_strings) ||
             (format == Primitive::kMarkdown && profiles_.options().no_html_in_markdown)) {
    if (looksLikeHtml(text)) reporter_.add("PB-1219", link, &item, {});
  }
}

}  // namespace planbro::validation
