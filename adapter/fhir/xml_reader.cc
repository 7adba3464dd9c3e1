#include <algorithm>
#include <charconv>

#include "base/limits.h"
#include "fhir/xml.h"
#include "fhir/xml_tree.h"
#include "json/builder.h"

namespace planbro::fhir {
namespace {

// RFC 8259, section 6: what may stand as a number in the tree.
bool isJsonNumber(std::string_view text) {
  std::size_t i = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t first = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - first;
  };
  const bool zero = i < text.size() && text[i] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

// The XHTML of a div whose tags carry a namespace prefix, without it and with its own declaration:
// in JSON the narrative stands alone.
std::string withoutPrefix(std::string_view raw) {
  const std::size_t colon = raw.find(':');
  const std::string prefix(raw.substr(1, colon - 1));
  std::string out;
  std::size_t at = 0;
  while (at < raw.size()) {
    if (raw[at] != '<') {
      const std::size_t next = std::min(raw.find('<', at), raw.size());
      out.append(raw.substr(at, next - at));
      at = next;
      continue;
    }
    const std::size_t name = at + (raw.substr(at).starts_with("</") ? 2 : 1);
    out.append(raw.substr(at, name - at));
    at = name;
    if (raw.substr(at).starts_with(prefix + ":")) at += prefix.size() + 1;
    const std::size_t next = std::min(raw.find('<', at), raw.size());
    out.append(raw.substr(at, next - at));
    at = next;
  }
  constexpr std::string_view kStart = "<div";
  return out.insert(kStart.size(), std::string(" xmlns=\"") + std::string(kXhtmlNamespace) + "\"");
}

// Where in the resource the reader is; printed only when something is wrong.
struct Chain {
  const Chain* parent = nullptr;
  std::string_view name;
  std::size_t index = 0;
  bool list = false;

  std::string path() const {
    std::string text = parent == nullptr ? std::string() : parent->path() + ".";
    text += name;
    if (list) text += "[" + std::to_string(index) + "]";
    return text;
  }
};

class Reader {
 public:
  Reader(const Definitions& definitions, const XmlTree& tree, json::Builder& out,
         std::vector<Issue>& issues)
      : definitions_(definitions),
        tree_(tree),
        out_(out),
        issues_(issues),
        primitive_ids_{definitions.findType("boolean"),     definitions.findType("integer"),
                       definitions.findType("positiveInt"), definitions.findType("unsignedInt"),
                       definitions.findType("decimal"),     definitions.findType("xhtml")} {}

  // False if the tree became too deep for one document.
  bool resource(const XmlElement& element, TypeId type, const Chain* chain) {
    const Chain here{chain, element.name};
    checkNamespace(element, here);
    object(element, definitions_.type(type).shape, chain == nullptr ? here : *chain, element.name);
    return !too_deep_;
  }

  TypeId resourceType(const XmlElement& element) const {
    const TypeId type = definitions_.findType(element.name);
    const TypeKind kind = definitions_.type(type).kind;
    return kind == TypeKind::kResource || kind == TypeKind::kLogical ? type : TypeId{0};
  }

  std::uint32_t tooDeepAt() const { return too_deep_at_; }

 private:
  struct Group {
    std::string_view name;
    const Member* member = nullptr;
    std::uint32_t last = 0;  // position of the latest one among the children
    std::vector<const XmlElement*> elements;
  };

  void report(std::string_view code, const XmlElement& element, const Chain& chain,
              std::vector<std::string> arguments) {
    if (issues_.size() >= kMaxIssuesPerResource) return;
    Place place;
    place.expression = chain.path();
    place.position = positions_.of(out_.source(), element.offset);
    issues_.push_back(makeIssue(code, std::move(place), std::move(arguments)));
  }

  void checkNamespace(const XmlElement& element, const Chain& chain) {
    if (element.name_space == kFhirNamespace || namespace_told_) return;
    namespace_told_ = true;  // what is wrong once is mostly wrong everywhere
    report("PB-0111", element, chain, {std::string(element.name.substr(0, 64))});
  }

  const Member* memberOf(ShapeId shape, std::string_view property) const {
    const std::uint16_t name = definitions_.nameId(property);
    if (name == 0 || shape == 0) return nullptr;
    const std::uint32_t index = definitions_.findMember(shape, name);
    return index == 0 ? nullptr : &definitions_.member(index);
  }

  bool isPrimitive(const Member& member) const {
    return definitions_.type(member.type).kind == TypeKind::kPrimitive;
  }

  bool open(const XmlElement& element) {
    if (out_.depth() < kMaxJsonDepth) return true;
    too_deep_ = true;
    too_deep_at_ = element.offset;
    return false;
  }

  // One object; `resource_type` is "" for what is no resource.
  void object(const XmlElement& element, ShapeId shape, const Chain& chain,
              std::string_view resource_type = {}) {
    if (!open(element)) {
      out_.null();
      return;
    }
    out_.at(element.offset).beginObject();
    if (!resource_type.empty()) out_.key("resourceType").at(element.offset).string(resource_type);
    attributes(element, shape, chain, false);
    if (!element.text.empty()) report("PB-0114", element, chain, {});
    for (const Group& group : groupsOf(element, shape, chain)) member(group, chain);
    out_.endObject();
  }

  void attributes(const XmlElement& element, ShapeId shape, const Chain& chain, bool primitive) {
    for (const XmlAttribute& attribute : tree_.attributesOf(element)) {
      if (attribute.foreign || (primitive && attribute.name == "value")) continue;
      const Member* known = memberOf(shape, attribute.name);
      if (known == nullptr || !known->is(Member::kXmlAttribute)) {
        report("PB-0115", element, chain, {std::string(attribute.name.substr(0, 64))});
        // Kept, unless an element of that name is there: a name stands once in an object.
        if (known != nullptr || hasChild(element, attribute.name)) continue;
      }
      out_.key(attribute.name).at(element.offset).string(attribute.value);
    }
  }

  bool hasChild(const XmlElement& element, std::string_view name) const {
    for (std::uint32_t i = element.first_child; i != XmlElement::kNone; i = tree_.at(i).next) {
      if (tree_.at(i).name == name) return true;
    }
    return false;
  }

  // The children by name, in the order the names first appear.
  std::vector<Group> groupsOf(const XmlElement& element, ShapeId shape, const Chain& chain) {
    std::vector<Group> groups;
    std::uint32_t count = 0;
    int order = -1;
    bool told = false;
    for (std::uint32_t i = element.first_child; i != XmlElement::kNone; i = tree_.at(i).next) {
      const XmlElement& child = tree_.at(i);
      ++count;
      auto group = groups.end();
      if (!groups.empty() && groups.back().name == child.name) group = groups.end() - 1;
      if (group == groups.end()) {
        group = std::find_if(groups.begin(), groups.end(),
                             [&](const Group& g) { return g.name == child.name; });
        if (group == groups.end()) {
          groups.push_back({child.name, memberOf(shape, child.name), count, {}});
          group = groups.end() - 1;
          if (group->member == nullptr && shape != 0)
            report("PB-0112", child, chain, {std::string(child.name.substr(0, 64))});
        }
      }
      if (group->member != nullptr) {
        const int mine = group->member->order;
        if (mine < order && !told) {
          told = true;
          report("PB-0113", child, chain, {std::string(child.name)});
        }
        order = std::max(order, mine);
      }
      group->elements.push_back(&child);
    }
    return groups;
  }

  void member(const Group& group, const Chain& chain) {
    const Member* definition = group.member;
    const bool list = definition != nullptr ? definition->is(Member::kList) : false;
    const bool array = list || group.elements.size() > 1;
    if (definition == nullptr) return unknown(group, chain);
    Chain here{&chain, definition->element->text, 0, list};
    if (isPrimitive(*definition)) return primitives(group, here, array);

    out_.key(group.name);
    out_.at(group.elements.front()->offset);
    if (array) {
      if (!open(*group.elements.front())) return out_.null();
      out_.beginArray();
    }
    for (const XmlElement* element : group.elements) {
      checkNamespace(*element, here);
      if (definition->is(Member::kAnyResource)) {
        wrapped(*element, here, array);
      } else {
        object(*element, definition->shape, here);
      }
      ++here.index;
    }
    if (array) out_.endArray();
  }

  // contained, Bundle.entry.resource: the element holds one resource element.
  void wrapped(const XmlElement& wrapper, const Chain& chain, bool array) {
    std::size_t count = 0;
    for (std::uint32_t i = wrapper.first_child; i != XmlElement::kNone; i = tree_.at(i).next) {
      const XmlElement& inner = tree_.at(i);
      if (++count > 1) {
        report("PB-0118", inner, chain, {});
        if (!array) continue;
      }
      const TypeId type = resourceType(inner);
      if (type == 0) report("PB-0112", inner, chain, {std::string(inner.name.substr(0, 64))});
      checkNamespace(inner, chain);
      object(inner, definitions_.type(type).shape, chain, inner.name);
    }
    if (count > 0) return;
    report("PB-0118", wrapper, chain, {});
    object(wrapper, 0, chain);
  }

  static const XmlAttribute* valueOf(std::span<const XmlAttribute> attributes) {
    for (const XmlAttribute& attribute : attributes) {
      if (!attribute.foreign && attribute.name == "value") return &attribute;
    }
    return nullptr;
  }

  bool hasSibling(const XmlElement& element) const {
    const auto attributes = tree_.attributesOf(element);
    return element.first_child != XmlElement::kNone ||
           std::any_of(attributes.begin(), attributes.end(),
                       [](const XmlAttribute& a) { return !a.foreign && a.name != "value"; });
  }

  void primitives(const Group& group, Chain& here, bool array) {
    const Member& definition = *group.member;
    const bool narrative = definition.type == primitive_ids_[5];
    bool siblings = false;
    bool values = narrative;
    for (const XmlElement* element : group.elements) {
      checkPrimitive(*element, here, narrative);
      if (!narrative && hasSibling(*element)) siblings = true;
      if (valueOf(tree_.attributesOf(*element)) != nullptr) values = true;
    }
    if (values || !siblings) {
      out_.key(group.name).at(group.elements.front()->offset);
      if (array) out_.beginArray();
      for (const XmlElement* element : group.elements) value(*element, definition, narrative);
      if (array) out_.endArray();
    }
    if (!siblings) return;
    out_.key("_" + std::string(group.name)).at(group.elements.front()->offset);
    if (array) out_.beginArray();
    for (const XmlElement* element : group.elements) {
      if (hasSibling(*element)) {
        sibling(*element, definition, here);
      } else {
        out_.null();
      }
      ++here.index;
    }
    if (array) out_.endArray();
  }

  void checkPrimitive(const XmlElement& element, const Chain& chain, bool narrative) {
    if (narrative) {
      if (element.name_space != kXhtmlNamespace)
        report("PB-0111", element, chain, {std::string(element.name)});
      return;
    }
    checkNamespace(element, chain);
    if (!element.text.empty()) report("PB-0114", element, chain, {});
    if (valueOf(tree_.attributesOf(element)) == nullptr && !hasSibling(element))
      report("PB-0119", element, chain, {});
  }

  void value(const XmlElement& element, const Member& definition, bool narrative) {
    out_.at(element.offset);
    if (narrative) {
      const std::string_view raw =
          out_.source().substr(element.offset, element.end - element.offset);
      if (element.prefixed) return out_.string(withoutPrefix(raw));
      return out_.string(raw);
    }
    const XmlAttribute* attribute = valueOf(tree_.attributesOf(element));
    if (attribute == nullptr) return out_.null();
    const std::string_view text = attribute->value;
    if (definition.type == primitive_ids_[0] && (text == "true" || text == "false"))
      return out_.boolean(text == "true");
    if (definition.type != primitive_ids_[0] &&
        std::find(primitive_ids_.begin(), primitive_ids_.end(), definition.type) !=
            primitive_ids_.end() &&
        isJsonNumber(text))
      return out_.number(text);
    out_.string(text);
  }

  void sibling(const XmlElement& element, const Member& definition, const Chain& chain) {
    out_.at(element.offset).beginObject();
    attributes(element, definition.shape, chain, true);
    for (const Group& group : groupsOf(element, definition.shape, chain)) member(group, chain);
    out_.endObject();
  }

  // What no definition knows: a string if that is all there is, else an object of what is inside.
  void unknown(const Group& group, const Chain& chain) {
    const bool array = group.elements.size() > 1;
    Chain here{&chain, group.name, 0, array};
    out_.key(group.name).at(group.elements.front()->offset);
    if (array) {
      if (!open(*group.elements.front())) return out_.null();
      out_.beginArray();
    }
    for (const XmlElement* element : group.elements) {
      const auto attributes = tree_.attributesOf(*element);
      const XmlAttribute* only = valueOf(attributes);
      const bool plain = element->first_child == XmlElement::kNone;
      out_.at(element->offset);
      if (element->name == "div") {
        out_.string(out_.source().substr(element->offset, element->end - element->offset));
      } else if (plain && attributes.size() == 1 && only != nullptr) {
        out_.string(only->value);
      } else if (plain && attributes.empty() && !element->text.empty()) {
        out_.string(element->text);
      } else if (!open(*element)) {
        out_.null();
      } else {
        out_.beginObject();
        for (const XmlAttribute& attribute : attributes) {
          if (!hasChild(*element, attribute.name))
            out_.key(attribute.name).at(element->offset).string(attribute.value);
        }
        for (const Group& inner : groupsOf(*element, 0, here)) unknown(inner, here);
        out_.endObject();
      }
      ++here.index;
    }
    if (array) out_.endArray();
  }

  // Counts lines on from the place asked for last.
  class Positions {
   public:
    json::Position of(std::string_view source, std::uint32_t offset) {
      if (offset < at_) *this = Positions();
      for (; at_ < offset; ++at_) {
        if (source[at_] == '\n') {
          ++line_;
          start_ = at_ + 1;
        }
      }
      return {line_, offset - start_ + 1};
    }

   private:
    std::uint32_t at_ = 0;
    std::uint32_t start_ = 0;
    std::uint32_t line_ = 1;
  };

  const Definitions& definitions_;
  const XmlTree& tree_;
  json::Builder& out_;
  std::vector<Issue>& issues_;
  std::array<TypeId, 6> primitive_ids_;
  Positions positions_;
  bool namespace_told_ = false;
  bool too_deep_ = false;
  std::uint32_t too_deep_at_ = 0;
};

ReadOutcome refused(std::string_view source, const XmlFault& fault) {
  json::Position position;
  const std::string_view before = source.substr(0, fault.offset);
  position.line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n') + 1);
  const std::size_t line = before.rfind('\n');
  position.column = static_cast<std::uint32_t>(before.size() -
                                               (line == std::string_view::npos ? 0 : line + 1) + 1);
  ReadOutcome outcome;
  outcome.issues.push_back(parseIssue(fault.reason, position, fault.code));
  return outcome;
}

}  // namespace

ReadOutcome readXml(std::string text, const Definitions& definitions) {
  if (auto fault = decodeXml(text)) return refused(text, *fault);
  json::Builder out(&definitions.names(), std::move(text));
  XmlTree tree;
  if (auto fault = tree.parse(out.source(), kMaxXmlDepth)) return refused(out.source(), *fault);

  ReadOutcome outcome;
  Reader reader(definitions, tree, out, outcome.issues);
  const TypeId type = reader.resourceType(tree.root());
  if (type == 0) {
    const std::string name(tree.root().name.substr(0, 64));
    return refused(out.source(), {"PB-0109", "the element '" + name + "' is no resource type",
                                  tree.root().offset});
  }
  if (!reader.resource(tree.root(), type, nullptr)) {
    return refused(out.source(), {"PB-0104",
                                  "the resource is nested deeper than " +
                                      std::to_string(kMaxJsonDepth) + " levels",
                                  reader.tooDeepAt()});
  }
  outcome.resource =
      Resource(std::move(out).finish([&](json::DocumentMaker& maker) { bind(maker, definitions); }),
               definitions);
  return outcome;
}

ReadOutcome readResource(std::string text, const Definitions& definitions) {
  if (formatOf(text) == Format::kXml) return readXml(std::move(text), definitions);
  return readJson(std::move(text), definitions);
}

}  // namespace planbro::fhir
