#include "pages.h"

#include <fmt/format.h>

#include <string_view>

namespace planbro::ip_package {
namespace {

using json::Node;

constexpr std::string_view kTranslation = "http://hl7.org/fhir/StructureDefinition/translation";

std::string textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr || member->isContainer() ? std::string() : std::string(member->text());
}

std::span<const Node> listOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::span<const Node>() : member->children();
}

// What the translation extension beside `name` says in bokmål.
std::string norwegian(const Node& node, std::string_view name) {
  const Node* sibling = node.member("_" + std::string(name));
  if (sibling == nullptr) return {};
  for (const Node& extension : listOf(*sibling, "extension")) {
    if (textOf(extension, "url") != kTranslation) continue;
    std::string language;
    std::string content;
    for (const Node& part : listOf(extension, "extension")) {
      if (textOf(part, "url") == "lang") language = textOf(part, "valueCode");
      if (textOf(part, "url") == "content") content = textOf(part, "valueString");
    }
    if (language == "nb") return content;
  }
  return {};
}

// Inside a table, in one line.
std::string cell(std::string text) {
  std::string made;
  for (const char c : text) {
    if (c == '|') made += '\\';
    made += c == '\n' ? ' ' : c;
  }
  return made;
}

std::string tail(std::string_view url) { return std::string(url.substr(url.rfind('/') + 1)); }

// "fixedUri", "patternCodeableConcept": what the value has to be, in short.
std::string valueOf(const Node& value) {
  if (!value.isContainer()) return std::string(value.text());
  const auto codings = listOf(value, "coding");
  if (codings.empty()) return {};
  return tail(textOf(codings.front(), "system")) + "#" + textOf(codings.front(), "code");
}

std::string asks(const Node& element) {
  std::vector<std::string> parts;
  for (const Node& member : element.children()) {
    const std::string_view name = member.name->text;
    if (name.starts_with("fixed")) parts.push_back("is `" + valueOf(member) + "`");
    if (name.starts_with("pattern")) parts.push_back("has `" + valueOf(member) + "`");
  }
  if (const Node* binding = element.member("binding"); binding != nullptr)
    parts.push_back(
        fmt::format("{} `{}`", textOf(*binding, "strength"), tail(textOf(*binding, "valueSet"))));
  for (const Node& type : listOf(element, "type")) {
    std::string names;
    for (const std::string_view list : {"profile", "targetProfile"}) {
      for (const Node& url : listOf(type, list)) {
        if (!names.empty()) names += ", ";
        names += "`" + tail(url.text()) + "`";
      }
    }
    parts.push_back(names.empty() ? textOf(type, "code") : textOf(type, "code") + " " + names);
  }
  if (const Node* slicing = element.member("slicing"); slicing != nullptr) {
    for (const Node& one : listOf(*slicing, "discriminator"))
      parts.push_back(fmt::format("sliced by {} `{}`", textOf(one, "type"), textOf(one, "path")));
  }
  if (textOf(element, "mustSupport") == "true") parts.emplace_back("must support");
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

std::string cardinality(const Node& element) {
  const std::string min = textOf(element, "min");
  const std::string max = textOf(element, "max");
  return min.empty() && max.empty() ? "" : (min.empty() ? ".." : min + "..") + max;
}

class Page {
 public:
  explicit Page(const Node& resource) : resource_(resource) {}

  std::string write() {
    heading();
    if (const Node* differential = resource_.member("differential"); differential != nullptr) {
      rules(*differential);
      elements(*differential);
    }
    concepts();
    return std::move(text_);
  }

 private:
  void heading() {
    text_ += fmt::format("# {}: {}\n\n", textOf(resource_, "id"), norwegian(resource_, "title"));
    text_ += fmt::format("<!-- Made from the package by the target ip_package_pages. -->\n\n");
    text_ += fmt::format("{}\n\n{}\n\n", norwegian(resource_, "description"),
                         textOf(resource_, "description"));
    text_ += fmt::format("`{}`\n", textOf(resource_, "url"));
    if (const std::string base = textOf(resource_, "baseDefinition"); !base.empty())
      text_ += fmt::format("on {}", tail(base));
    std::string where;
    for (const Node& context : listOf(resource_, "context"))
      where += (where.empty() ? ", may stand on `" : "`, `") + textOf(context, "expression");
    text_ += where.empty() ? "\n" : where + "`\n";
  }

  void rules(const Node& differential) {
    std::string rows;
    for (const Node& element : listOf(differential, "element")) {
      for (const Node& rule : listOf(element, "constraint"))
        rows +=
            fmt::format("| `{}` | {} | {} | {} |\n", textOf(rule, "key"), textOf(rule, "severity"),
                        cell(norwegian(rule, "human")), cell(textOf(rule, "human")));
    }
    if (!rows.empty())
      text_ +=
          "\n## Regler · Rules\n\n| Regel | Alvor | Norsk | English |\n|---|---|---|---|\n" + rows;
  }

  void elements(const Node& differential) {
    std::string rows;
    for (const Node& element : listOf(differential, "element")) {
      const std::string id = textOf(element, "id");
      if (id.find('.') == std::string::npos) continue;
      rows += fmt::format("| `{}` | {} | {} | {} | {} |\n", id.substr(id.find('.') + 1),
                          cardinality(element), cell(asks(element)),
                          cell(norwegian(element, "short")), cell(textOf(element, "short")));
    }
    if (!rows.empty())
      text_ +=
          "\n## Elementer · Elements\n\n| Element | Antall | Krav | Norsk | English |\n"
          "|---|---|---|---|---|\n" +
          rows;
  }

  void concepts() {
    std::string rows;
    for (const Node& one : listOf(resource_, "concept")) {
      std::string english;
      for (const Node& designation : listOf(one, "designation")) {
        if (textOf(designation, "language") == "en") english = textOf(designation, "value");
      }
      rows += fmt::format("| `{}` | {} | {} |\n", textOf(one, "code"), cell(textOf(one, "display")),
                          cell(english));
    }
    if (!rows.empty()) text_ += "\n| Kode | Norsk | English |\n|---|---|---|\n" + rows;
  }

  const Node& resource_;
  std::string text_;
};

}  // namespace

std::map<std::string, std::string> makePages(const std::vector<PackedFile>& files) {
  std::map<std::string, std::string> pages;
  std::map<std::string, std::string> lists;  // rows of the first page, by kind
  for (const PackedFile& file : files) {
    if (file.path.starts_with("package/example/")) continue;
    const Node& root = file.document->root();
    const std::string type = textOf(root, "resourceType");
    const std::string id = textOf(root, "id");
    std::string kind;
    if (type == "StructureDefinition" && textOf(root, "kind") == "resource")
      kind = "Profiler · Profiles";
    if (type == "StructureDefinition" && textOf(root, "type") == "Extension")
      kind = "Utvidelser · Extensions";
    // National lists are told of by their publisher.
    if (type == "CodeSystem" && !id.starts_with("volven-")) kind = "Kodeverk · Code systems";
    if (kind.empty()) continue;
    const std::string name = (type == "CodeSystem" ? "codes-" : "") + id + ".md";
    pages[name] = Page(root).write();
    lists[kind] += fmt::format("| [{}]({}) | {} | {} |\n", id, name, cell(norwegian(root, "title")),
                               cell(textOf(root, "title")));
  }
  std::string first =
      "# Profilene · The profiles\n\n<!-- Made from the package by the target ip_package_pages. "
      "-->\n\n"
      "One page each, made from `no.planbro.ip`. What they are for: "
      "[profiles.md](../profiles.md).\n";
  for (const char* const kind :
       {"Profiler · Profiles", "Utvidelser · Extensions", "Kodeverk · Code systems"})
    first += fmt::format("\n## {}\n\n| | Norsk | English |\n|---|---|---|\n{}", kind, lists[kind]);
  pages["README.md"] = first;
  return pages;
}

}  // namespace planbro::ip_package
