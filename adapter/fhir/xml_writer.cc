#include <algorithm>
#include <limits>

#include "base/limits.h"
#include "fhir/xml.h"
#include "fhir/xml_tree.h"

namespace planbro::fhir {
namespace {

using json::Kind;
using json::Node;

constexpr std::uint16_t kLast = std::numeric_limits<std::uint16_t>::max();

// Recursion follows the tree, whose depth the parsers bound.
class Writer {
 public:
  Writer(const Resource& resource, const XmlOptions& options, XmlText& out)
      : definitions_(resource.definitions()),
        document_(*resource.document()),
        pretty_(options.pretty),
        out_(out.text),
        issues_(out.issues),
        boolean_(definitions_.findType("boolean")),
        xhtml_(definitions_.findType("xhtml")) {
    for (const char* name : {"integer", "positiveInt", "unsignedInt", "decimal"})
      numbers_.push_back(definitions_.findType(name));
  }

  void resource(const Node& node) {
    out_ += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    resourceElement(node, true);
    if (pretty_) out_ += '\n';
  }

 private:
  // A property of an object with its `_sibling`.
  struct Property {
    std::uint16_t order = kLast;
    const Node* value = nullptr;
    const Node* sibling = nullptr;
    const Member* member = nullptr;
    std::string_view name;
  };

  void report(std::string_view code, const Node& node, std::vector<std::string> arguments) {
    if (issues_.size() >= kMaxIssuesPerResource) return;
    Place place;
    std::string path;
    for (const std::string_view part : path_) {
      if (!path.empty()) path += '.';
      path += part;
    }
    place.expression = std::move(path);
    place.position = document_.positionOf(node.offset);
    issues_.push_back(makeIssue(code, std::move(place), std::move(arguments)));
  }

  void newLine() {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(depth_ * 2, ' ');
  }

  void resourceElement(const Node& node, bool root) {
    const Node* declared = node.member("resourceType");
    std::string_view name = declared == nullptr ? std::string_view{} : declared->text();
    if (!isXmlName(name)) {
      report("PB-0122", node, {"resourceType"});
      name = "Resource";
    }
    path_.push_back(name);
    newLine();
    out_ += '<';
    out_ += name;
    if (root) {
      out_ += " xmlns=\"";
      out_ += kFhirNamespace;
      out_ += '"';
    }
    content(node, name);
    path_.pop_back();
  }

  // Attributes, children and the end of the element whose start stands in the output.
  void content(const Node& object, std::string_view name) {
    const std::vector<Property> properties = propertiesOf(object);
    for (const Property& property : properties) attribute(property);
    const std::size_t before = out_.size();
    out_ += '>';
    ++depth_;
    for (const Property& property : properties) {
      if (isAttribute(property)) continue;
      path_.push_back(property.name);
      elements(property);
      path_.pop_back();
    }
    --depth_;
    close(name, before);
  }

  // The end tag, or "/>" when nothing was written behind `before`.
  void close(std::string_view name, std::size_t before) {
    if (out_.size() == before + 1) {
      out_.back() = '/';
      out_ += '>';
      return;
    }
    newLine();
    out_ += "</";
    out_ += name;
    out_ += '>';
  }

  static bool isAttribute(const Property& property) {
    return property.member != nullptr && property.member->is(Member::kXmlAttribute);
  }

  void attribute(const Property& property) {
    if (!isAttribute(property)) return;
    if (property.sibling != nullptr || property.value == nullptr || property.value->isContainer() ||
        property.value->kind == Kind::kNull) {
      report("PB-0122", property.value == nullptr ? *property.sibling : *property.value,
             {std::string(property.name)});
    }
    if (property.value == nullptr || property.value->isContainer() ||
        property.value->kind == Kind::kNull)
      return;
    writeAttribute(property.name, *property.value);
  }

  void writeAttribute(std::string_view name, const Node& value) {
    out_ += ' ';
    out_ += name;
    out_ += "=\"";
    escaped(value);
    out_ += '"';
  }

  std::vector<Property> propertiesOf(const Node& object) const {
    std::vector<Property> properties;
    properties.reserve(object.size);
    for (const Node& node : object.children()) {
      if ((node.flags & kIsResourceType) != 0) continue;
      const bool is_sibling = (node.flags & kIsSibling) != 0;
      Property* partner = nullptr;
      if (node.tag != 0 && (object.flags & kHasSiblings) != 0) {
        for (Property& other : properties) {
          if (other.member == &definitions_.member(node.tag) &&
              (is_sibling ? other.sibling : other.value) == nullptr)
            partner = &other;
        }
      }
      if (partner == nullptr) {
        Property& fresh = properties.emplace_back();
        fresh.name = node.name->text.substr(is_sibling ? 1 : 0);
        if (node.tag != 0) {
          fresh.member = &definitions_.member(node.tag);
          fresh.order = fresh.member->order;
        }
        partner = &fresh;
      }
      (is_sibling ? partner->sibling : partner->value) = &node;
    }
    std::stable_sort(properties.begin(), properties.end(),
                     [](const Property& a, const Property& b) { return a.order < b.order; });
    return properties;
  }

  void elements(const Property& property) {
    const Node& any = property.value == nullptr ? *property.sibling : *property.value;
    if (!isXmlName(property.name)) {
      report("PB-0122", any, {std::string(property.name.substr(0, 64))});
      return;
    }
    if (property.member == nullptr) {
      // The definitions do not tell how it would come back, so people are told.
      report("PB-0121", any, {std::string(property.name.substr(0, 64))});
      unknown(property.name, any);
      return;
    }
    const bool values = property.value != nullptr && property.value->kind == Kind::kArray;
    const bool siblings = property.sibling != nullptr && property.sibling->kind == Kind::kArray;
    if (!values && !siblings) {
      element(property, property.value, property.sibling);
      if (property.member->is(Member::kList)) report("PB-0123", any, {std::string(property.name)});
      return;
    }
    if (!property.member->is(Member::kList) ||
        (values ? property.value : property.sibling)->size == 0)
      report("PB-0123", any, {std::string(property.name)});
    const std::size_t value_count = values ? property.value->size : 0;
    const std::size_t sibling_count = siblings ? property.sibling->size : 0;
    for (std::size_t i = 0; i < value_count || i < sibling_count; ++i) {
      const Node* value = i < value_count ? &property.value->children()[i] : nullptr;
      const Node* sibling = i < sibling_count ? &property.sibling->children()[i] : nullptr;
      if (sibling != nullptr && sibling->kind == Kind::kNull) sibling = nullptr;
      element(property, value, sibling);
    }
  }

  bool isPrimitive(const Member& member) const {
    return definitions_.type(member.type).kind == TypeKind::kPrimitive;
  }

  void element(const Property& property, const Node* value, const Node* sibling) {
    const Member& member = *property.member;
    if (isPrimitive(member)) {
      if (member.type == xhtml_) return narrative(property, value, sibling);
      return primitive(property, value, sibling);
    }
    newLine();
    out_ += '<';
    out_ += property.name;
    if (value == nullptr || value->kind != Kind::kObject) {
      // A text where an object belongs: written as an attribute, which the reader reports.
      if (value != nullptr) {
        report("PB-0123", *value, {std::string(property.name)});
        if (!value->isContainer() && value->kind != Kind::kNull) writeAttribute("value", *value);
      }
      out_ += "/>";
      return;
    }
    if (member.is(Member::kAnyResource)) {
      const std::size_t before = out_.size();
      out_ += '>';
      ++depth_;
      resourceElement(*value, false);
      --depth_;
      return close(property.name, before);
    }
    content(*value, property.name);
  }

  void primitive(const Property& property, const Node* value, const Node* sibling) {
    newLine();
    out_ += '<';
    out_ += property.name;
    std::vector<Property> inside;
    if (sibling != nullptr && sibling->kind == Kind::kObject) {
      inside = propertiesOf(*sibling);
      for (const Property& one : inside) attribute(one);
    } else if (sibling != nullptr) {
      report("PB-0122", *sibling, {"_" + std::string(property.name)});
    }
    if (value != nullptr && value->isContainer()) {
      report("PB-0123", *value, {std::string(property.name)});
    } else if (value != nullptr && value->kind != Kind::kNull) {
      if (!kindFits(*property.member, *value))
        report("PB-0124", *value, {std::string(property.name)});
      writeAttribute("value", *value);
    }
    const std::size_t before = out_.size();
    out_ += '>';
    ++depth_;
    for (const Property& one : inside) {
      if (!isAttribute(one)) elements(one);
    }
    if (value != nullptr && value->isContainer()) containerOf(*value);
    --depth_;
    close(property.name, before);
  }

  // Whether reading the XML gives the same kind of JSON value again.
  bool kindFits(const Member& member, const Node& value) const {
    if (value.isBoolean()) return member.type == boolean_;
    const bool number = std::find(numbers_.begin(), numbers_.end(), member.type) != numbers_.end();
    if (value.kind == Kind::kNumber) return number;
    const std::string_view text = value.text();
    if (member.type == boolean_) return text != "true" && text != "false";
    return !number || text.empty() || (text[0] != '-' && (text[0] < '0' || text[0] > '9'));
  }

  void narrative(const Property& property, const Node* value, const Node* sibling) {
    if (sibling != nullptr) report("PB-0122", *sibling, {"_" + std::string(property.name)});
    if (value == nullptr || value->kind != Kind::kString) {
      if (value != nullptr) report("PB-0123", *value, {std::string(property.name)});
      return;
    }
    newLine();
    const std::string_view text = value->text();
    if (text.starts_with("<div") && isWellFormedElement(text)) {
      out_ += text;
      return;
    }
    report("PB-0125", *value, {});
    out_ += "<div xmlns=\"";
    out_ += kXhtmlNamespace;
    out_ += "\">";
    escaped(*value);
    out_ += "</div>";
  }

  void unknown(std::string_view name, const Node& node) {
    if (node.kind == Kind::kArray) {
      for (const Node& item : node.children()) unknown(name, item);
      return;
    }
    newLine();
    out_ += '<';
    out_ += name;
    if (node.kind != Kind::kObject) {
      if (node.kind != Kind::kNull) writeAttribute("value", node);
      out_ += "/>";
      return;
    }
    const std::size_t before = out_.size();
    out_ += '>';
    ++depth_;
    containerOf(node);
    --depth_;
    close(name, before);
  }

  void containerOf(const Node& node) {
    for (const Node& child : node.children()) {
      const std::string_view name = child.name == nullptr ? "item" : child.name->text;
      if (isXmlName(name)) {
        unknown(name, child);
      } else {
        report("PB-0122", child, {std::string(name.substr(0, 64))});
      }
    }
  }

  // XML 1.0, production 5, ASCII part: FHIR names need no more.
  static bool isXmlName(std::string_view name) {
    const auto letter = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    if (name.empty() || !letter(name[0])) return false;
    return std::all_of(name.begin(), name.end(), [&](char c) {
      return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
  }

  void escaped(const Node& node) {
    const std::string_view text = node.text();
    std::size_t plain = 0;
    bool told = false;
    const auto replace = [&](std::size_t at, std::size_t size, std::string_view with) {
      out_.append(text, plain, at - plain);
      out_ += with;
      plain = at + size;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c >= 0x40 && c != 0xEF) continue;
      switch (c) {
        case '&':
          replace(i, 1, "&amp;");
          break;
        case '<':
          replace(i, 1, "&lt;");
          break;
        case '>':
          replace(i, 1, "&gt;");
          break;
        case '"':
          replace(i, 1, "&quot;");
          break;
        // As references, or XML's normalization would make spaces of them.
        case '\t':
          replace(i, 1, "&#9;");
          break;
        case '\n':
          replace(i, 1, "&#10;");
          break;
        case '\r':
          replace(i, 1, "&#13;");
          break;
        default: {
          const bool noncharacter = c == 0xEF && (text.substr(i, 3) == "\xEF\xBF\xBE" ||
                                                  text.substr(i, 3) == "\xEF\xBF\xBF");
          if (c >= 0x20 && !noncharacter) break;
          if (!told) report("PB-0120", node, {});
          told = true;
          replace(i, noncharacter ? 3 : 1, "\xEF\xBF\xBD");
        }
      }
    }
    out_.append(text, plain, text.size() - plain);
  }

  const Definitions& definitions_;
  const json::Document& document_;
  bool pretty_;
  std::string& out_;
  std::vector<Issue>& issues_;
  TypeId boolean_;
  TypeId xhtml_;
  std::vector<TypeId> numbers_;
  std::vector<std::string_view> path_;
  std::size_t depth_ = 0;
};

}  // namespace

XmlText writeXml(const Resource& resource, const XmlOptions& options) {
  XmlText out;
  out.text.reserve(resource.document()->source().size() + 256);
  Writer(resource, options, out).resource(resource.document()->root());
  return out;
}

}  // namespace planbro::fhir
