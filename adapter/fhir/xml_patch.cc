#include "fhir/xml_patch.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "base/text.h"
#include "fhir/resource.h"
#include "fhir/xml_tree.h"

namespace planbro::fhir {
namespace {

constexpr std::size_t kMaxSelectorBytes = 2000;
constexpr unsigned long kMaxSelectorSteps = 1'000'000;
constexpr const char* kDefaultPrefix = "pb-default";

struct FreeDocument {
  void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};
struct FreeContext {
  void operator()(xmlXPathContext* context) const { xmlXPathFreeContext(context); }
};
struct FreeObject {
  void operator()(xmlXPathObject* object) const { xmlXPathFreeObject(object); }
};
using DocumentHandle = std::unique_ptr<xmlDoc, FreeDocument>;

const xmlChar* bytes(const char* text) { return reinterpret_cast<const xmlChar*>(text); }
const char* chars(const xmlChar* text) { return reinterpret_cast<const char*>(text); }

std::string textOf(const xmlNode* node) {
  xmlChar* content = xmlNodeGetContent(node);
  std::string text = content == nullptr ? "" : chars(content);
  xmlFree(content);
  return text;
}

std::string attribute(xmlNode* node, const char* name) {
  xmlChar* value = xmlGetNoNsProp(node, bytes(name));
  std::string text = value == nullptr ? "" : chars(value);
  xmlFree(value);
  return text;
}

bool isBlank(const xmlNode* node) {
  return node != nullptr && node->type == XML_TEXT_NODE && trim(textOf(node)).empty();
}

// Checked as every XML text of this room is, then as a tree that can be changed.
std::expected<DocumentHandle, Issue> parse(std::string& text, std::string_view what) {
  const auto unreadable = [](const XmlFault& fault) {
    return std::unexpected(parseIssue(fault.reason, {}, fault.code));
  };
  if (const auto fault = decodeXml(text)) return unreadable(*fault);
  {
    XmlTree tree;
    if (const auto fault = tree.parse(text, kMaxXmlDepth)) return unreadable(*fault);
  }
  constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
  DocumentHandle document(
      xmlReadMemory(text.data(), static_cast<int>(text.size()), nullptr, "UTF-8", kOptions));
  if (document == nullptr || xmlDocGetRootElement(document.get()) == nullptr)
    return std::unexpected(makeIssue("PB-4040", {}, {std::string(what), "well-formed XML"}));
  return document;
}

bool isNameByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || byte >= 0x80 || c == '_' || c == '-' || c == '.';
}

bool isNameStart(char c) {
  return isNameByte(c) && std::isdigit(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.';
}

// A selector with every element name that has no prefix put into the default namespace, which XPath
// 1.0 itself knows nothing of.
std::string withDefaultNamespace(std::string_view selector) {
  std::string out;
  bool after_operand = false;  // then a name is an operator: "and", "or"
  for (std::size_t i = 0; i < selector.size();) {
    const char c = selector[i];
    std::size_t end = i + 1;
    if (c == '\'' || c == '"') {
      end = std::min(selector.find(c, i + 1), selector.size() - 1) + 1;
      after_operand = true;
    } else if (isNameStart(c)) {
      while (end < selector.size() && isNameByte(selector[end])) ++end;
      const std::size_t next =
          std::min(selector.find_first_not_of(" \t\r\n", end), selector.size());
      const char follows = next < selector.size() ? selector[next] : '\0';
      const bool attribute = out.ends_with('@') || out.ends_with("attribute::");
      const bool local_part = out.ends_with(':') && !out.ends_with("::");
      // A function or node test, an axis or a prefix, a variable.
      const bool other = follows == '(' || follows == ':' || out.ends_with('$');
      if (!attribute && !local_part && !other && !after_operand) {
        out += kDefaultPrefix;
        out += ':';
      }
      after_operand = !after_operand && !other;
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      after_operand = c == ']' || c == ')' || c == '*' || c == '.' ||
                      std::isdigit(static_cast<unsigned char>(c)) != 0;
    }
    out += selector.substr(i, end - i);
    i = end;
  }
  return out;
}

class XmlPatch {
 public:
  XmlPatch(xmlDoc* diff, xmlDoc* target) : diff_(diff), target_(target) {}

  std::optional<Issue> run() {
    xmlNode* root = xmlDocGetRootElement(diff_);
    if (std::string_view(chars(root->name)) != "diff")
      return makeIssue("PB-4040", {}, {chars(root->name), "diff"});
    std::size_t count = 0;
    for (xmlNode* node = root->children; node != nullptr; node = node->next) {
      if (node->type != XML_ELEMENT_NODE) continue;
      if (++count > kMaxPatchOperations)
        return makeIssue("PB-4045", {}, {std::to_string(kMaxPatchOperations)});
      number_ = std::to_string(count);
      if (auto refused = apply(node)) return refused;
    }
    return std::nullopt;
  }

 private:
  using Refused = std::optional<Issue>;

  Issue refuse(std::string_view code, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{number_, selector_.substr(0, 200)};
    std::move(more.begin(), more.end(), std::back_inserter(arguments));
    return makeIssue(code, {}, std::move(arguments));
  }
  Issue malformed(std::string what) const {
    return makeIssue("PB-4040", {}, {"diff/*[" + number_ + "]", std::move(what)});
  }

  Refused apply(xmlNode* operation) {
    const std::string_view kind = chars(operation->name);
    if (kind != "add" && kind != "replace" && kind != "remove")
      return malformed("add, replace or remove");
    selector_ = attribute(operation, "sel");
    if (selector_.empty() || selector_.size() > kMaxSelectorBytes)
      return malformed("an attribute sel");
    const auto node = find(operation);
    if (!node.has_value()) return node.error();
    if (kind == "add") return add(operation, *node);
    if (kind == "replace") return replace(operation, *node);
    return remove(operation, *node);
  }

  // The one node that the selector names.
  std::expected<xmlNode*, Issue> find(xmlNode* operation) {
    const std::unique_ptr<xmlXPathContext, FreeContext> context(xmlXPathNewContext(target_));
    if (context == nullptr) return std::unexpected(refuse("PB-4041"));
    context->node = reinterpret_cast<xmlNode*>(target_);
    context->opLimit = kMaxSelectorSteps;
    // libxml2 would print to standard error.
    context->error = [](void*, xmlErrorPtr) {};
    const xmlNode* root = xmlDocGetRootElement(target_);
    bool has_default = false;
    if (xmlNs** list = xmlGetNsList(diff_, operation)) {
      for (xmlNs** ns = list; *ns != nullptr; ++ns) {
        const char* prefix = (*ns)->prefix == nullptr ? kDefaultPrefix : chars((*ns)->prefix);
        has_default = has_default || (*ns)->prefix == nullptr;
        xmlXPathRegisterNs(context.get(), bytes(prefix), (*ns)->href);
      }
      xmlFree(list);
    }
    if (!has_default && root->ns != nullptr) {
      xmlXPathRegisterNs(context.get(), bytes(kDefaultPrefix), root->ns->href);
      has_default = true;
    }
    const std::string path = has_default ? withDefaultNamespace(selector_) : selector_;
    const std::unique_ptr<xmlXPathObject, FreeObject> found(
        xmlXPathEvalExpression(bytes(path.c_str()), context.get()));
    if (found == nullptr)
      return std::unexpected(refuse("PB-4049", {"it is no selector of RFC 5261"}));
    if (found->type != XPATH_NODESET || found->nodesetval == nullptr ||
        found->nodesetval->nodeNr == 0)
      return std::unexpected(refuse("PB-4041"));
    if (found->nodesetval->nodeNr > 1) return std::unexpected(refuse("PB-4042"));
    xmlNode* node = found->nodesetval->nodeTab[0];
    // A namespace node is a copy that the node set owns.
    if (node->type == XML_NAMESPACE_DECL) return std::unexpected(refuse("PB-4044"));
    return node;
  }

  // Copies of the operation's content for the target, in order.
  std::vector<xmlNode*> content(const xmlNode* operation) {
    std::vector<xmlNode*> copies;
    const xmlNode* root = xmlDocGetRootElement(target_);
    for (xmlNode* child = operation->children; child != nullptr; child = child->next) {
      xmlNode* copy = xmlDocCopyNode(child, target_, 1);
      if (copy == nullptr) continue;
      adoptNamespace(copy, root->ns);
      copies.push_back(copy);
    }
    return copies;
  }

  // Elements that the diff wrote in no namespace belong to the target's.
  static void adoptNamespace(xmlNode* top, xmlNs* ns) {
    std::vector<xmlNode*> open{top};
    while (!open.empty()) {
      xmlNode* node = open.back();
      open.pop_back();
      if (node->type != XML_ELEMENT_NODE) continue;
      if (node->ns == nullptr) node->ns = ns;
      for (xmlNode* child = node->children; child != nullptr; child = child->next)
        open.push_back(child);
    }
  }

  Refused add(xmlNode* operation, xmlNode* node) {
    const std::string type = attribute(operation, "type");
    const std::string place = attribute(operation, "pos");
    if (!type.empty()) {
      if (!type.starts_with('@') || type.find(':') != std::string::npos)
        return malformed("type=\"@name\"");
      if (node->type != XML_ELEMENT_NODE) return refuse("PB-4041");
      const std::string name = type.substr(1);
      if (xmlValidateNCName(bytes(name.c_str()), 0) != 0) return malformed("type=\"@name\"");
      if (xmlHasProp(node, bytes(name.c_str())) != nullptr) return refuse("PB-4046", {name});
      xmlNewProp(node, bytes(name.c_str()), bytes(textOf(operation).c_str()));
      return std::nullopt;
    }
    if (!place.empty() && place != "before" && place != "after" && place != "prepend")
      return malformed("pos=\"before\", \"after\" or \"prepend\"");
    const bool beside = place == "before" || place == "after";
    if (node->type == XML_ATTRIBUTE_NODE || (!beside && node->type != XML_ELEMENT_NODE))
      return refuse("PB-4041");
    if (beside && (node->parent == nullptr || node->parent->type != XML_ELEMENT_NODE))
      return refuse("PB-4044");
    std::vector<xmlNode*> copies = content(operation);
    // Each is put before or behind the same node, so that the order stays.
    if (place == "after" || (place == "prepend" && node->children != nullptr))
      std::reverse(copies.begin(), copies.end());
    for (xmlNode* copy : copies) {
      if (place == "before") {
        xmlAddPrevSibling(node, copy);
      } else if (place == "after") {
        xmlAddNextSibling(node, copy);
      } else if (place == "prepend" && node->children != nullptr) {
        xmlAddPrevSibling(node->children, copy);
      } else {
        xmlAddChild(node, copy);
      }
    }
    return std::nullopt;
  }

  Refused replace(xmlNode* operation, xmlNode* node) {
    if (node->type == XML_ATTRIBUTE_NODE) {
      auto* old = reinterpret_cast<xmlAttr*>(node);
      const std::string value = textOf(operation);
      if (old->ns != nullptr) {
        xmlSetNsProp(old->parent, old->ns, old->name, bytes(value.c_str()));
      } else {
        xmlSetProp(old->parent, old->name, bytes(value.c_str()));
      }
      return std::nullopt;
    }
    if (node->type == XML_TEXT_NODE) {
      const std::string value = textOf(operation);
      xmlNodeSetContent(node, nullptr);
      xmlNodeAddContent(node, bytes(value.c_str()));
      return std::nullopt;
    }
    std::vector<xmlNode*> copies = content(operation);
    const bool element = node->type == XML_ELEMENT_NODE;
    // White space around the one new element is layout of the diff.
    std::erase_if(copies, [](xmlNode* copy) {
      if (!isBlank(copy)) return false;
      xmlFreeNode(copy);
      return true;
    });
    const bool fits = copies.size() == 1 && copies.front()->type == node->type &&
                      (element || node->type == XML_COMMENT_NODE || node->type == XML_PI_NODE);
    if (!fits) {
      for (xmlNode* copy : copies) xmlFreeNode(copy);
      return malformed("one node of the same kind");
    }
    xmlReplaceNode(node, copies.front());
    xmlFreeNode(node);
    return std::nullopt;
  }

  Refused remove(xmlNode* operation, xmlNode* node) {
    const std::string space = attribute(operation, "ws");
    if (!space.empty() && space != "before" && space != "after" && space != "both")
      return malformed("ws=\"before\", \"after\" or \"both\"");
    if (node->type == XML_ATTRIBUTE_NODE) {
      xmlRemoveProp(reinterpret_cast<xmlAttr*>(node));
      return std::nullopt;
    }
    if (node->parent == nullptr || node->parent->type != XML_ELEMENT_NODE) return refuse("PB-4044");
    if ((space == "before" || space == "both") && !removeBlank(node->prev))
      return refuse("PB-4041");
    if ((space == "after" || space == "both") && !removeBlank(node->next)) return refuse("PB-4041");
    xmlUnlinkNode(node);
    xmlFreeNode(node);
    return std::nullopt;
  }

  static bool removeBlank(xmlNode* node) {
    if (!isBlank(node)) return false;
    xmlUnlinkNode(node);
    xmlFreeNode(node);
    return true;
  }

  xmlDoc* diff_;
  xmlDoc* target_;
  std::string number_;
  std::string selector_;
};

}  // namespace

std::expected<std::string, Issue> applyXmlPatch(std::string diff, std::string target) {
  const auto patch = parse(diff, "the patch");
  if (!patch.has_value()) return std::unexpected(patch.error());
  const auto document = parse(target, "the resource");
  if (!document.has_value()) return std::unexpected(document.error());
  if (auto refused = XmlPatch(patch->get(), document->get()).run())
    return std::unexpected(std::move(*refused));
  xmlChar* out = nullptr;
  int size = 0;
  xmlNode* root = xmlDocGetRootElement(document->get());
  // Copied nodes may refer to declarations of the diff.
  xmlReconciliateNs(document->get(), root);
  xmlDocDumpMemoryEnc(document->get(), &out, &size, "UTF-8");
  std::string text(out == nullptr ? "" : chars(out), static_cast<std::size_t>(size));
  xmlFree(out);
  return text;
}

}  // namespace planbro::fhir
