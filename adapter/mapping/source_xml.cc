#include "mapping/source_xml.h"

#include <fmt/format.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include <cstring>
#include <deque>
#include <unordered_map>

#include "base/text.h"
#include "fhir/element.h"
#include "fhir/xml.h"
#include "json/builder.h"
#include "mapping/source_files.h"
#include "mapping/source_text.h"

namespace planbro::mapping {
namespace {

using json::Kind;
using json::Node;

struct XmlElement {
  std::string name;
  std::string name_space;
  std::string text;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<std::size_t> children;
  std::uint32_t offset = 0;
};

std::string toString(const xmlChar* text) {
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

// Collects the elements; libxml2 calls it.
class Collector {
 public:
  Collector(std::string_view text, std::string_view file, std::vector<fhir::Issue>& issues)
      : text_(text), file_(file), issues_(issues) {}

  bool run() {
    if (text_.empty()) {
      report("PB-2001", 0, {"it is empty"});
      return false;
    }
    context_ = xmlCreateMemoryParserCtxt(text_.data(), static_cast<int>(text_.size()));
    if (context_ == nullptr) {
      report("PB-2001", 0, {"no parser"});
      return false;
    }
    xmlSAXHandler handler;
    std::memset(&handler, 0, sizeof handler);
    handler.initialized = XML_SAX2_MAGIC;
    handler.startElementNs = &start;
    handler.endElementNs = &end;
    handler.characters = &characters;
    handler.cdataBlock = &characters;
    handler.internalSubset = &doctype;
    handler.serror = &structured;
    *context_->sax = handler;
    context_->userData = this;
    xmlCtxtUseOptions(context_, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_HUGE);
    // The options put handlers of libxml2's own in place of some of ours.
    *context_->sax = handler;
    xmlParseDocument(context_);
    const bool good = context_->wellFormed == 1 && !failed_;
    if (!good && !failed_) report("PB-2001", offset(), {"it is not well-formed"});
    xmlFreeParserCtxt(context_);
    return good;
  }

  std::deque<XmlElement>& elements() { return elements_; }

 private:
  static Collector& self(void* data) { return *static_cast<Collector*>(data); }

  static void start(void* data, const xmlChar* name, const xmlChar* /*prefix*/, const xmlChar* uri,
                    int, const xmlChar**, int attribute_count, int, const xmlChar** attributes) {
    self(data).begin(name, uri, attribute_count, attributes);
  }
  static void end(void* data, const xmlChar*, const xmlChar*, const xmlChar*) {
    auto& open = self(data).open_;
    if (!open.empty()) open.pop_back();
  }
  static void characters(void* data, const xmlChar* text, int size) {
    Collector& collector = self(data);
    if (collector.open_.empty()) return;
    collector.elements_[collector.open_.back()].text.append(reinterpret_cast<const char*>(text),
                                                            static_cast<std::size_t>(size));
  }
  static void doctype(void* data, const xmlChar*, const xmlChar*, const xmlChar*) {
    self(data).refuse("PB-2002", {"it has a document type declaration"});
  }
  static void structured(void* data, xmlErrorPtr error) {
    Collector& collector = self(data);
    if (collector.failed_ || error == nullptr || error->level < XML_ERR_ERROR) return;
    // Namespace prefixes that are not declared do not matter: names count without them.
    if (error->domain == XML_FROM_NAMESPACE) return;
    const std::string message(trim(error->message == nullptr ? "" : error->message));
    collector.report("PB-2001", collector.offset(), {message});
  }

  std::uint32_t offset() const {
    const long at = xmlByteConsumed(context_);
    return at < 0 ? 0
                  : static_cast<std::uint32_t>(
                        std::min<std::size_t>(static_cast<std::size_t>(at), text_.size()));
  }

  void report(std::string_view code, std::uint32_t at, std::vector<std::string> arguments) {
    failed_ = true;
    fhir::Place place;
    place.source = file_;
    place.position = {1, 1};
    for (std::uint32_t i = 0; i < at && i < text_.size(); ++i) {
      ++place.position.column;
      if (text_[i] != '\n') continue;
      ++place.position.line;
      place.position.column = 1;
    }
    for (const std::size_t element : open_) {
      if (!place.expression.empty()) place.expression += '/';
      place.expression += elements_[element].name;
    }
    issues_.push_back(fhir::makeIssue(code, std::move(place), std::move(arguments)));
  }

  void refuse(std::string_view code, std::vector<std::string> arguments) {
    if (!failed_) report(code, offset(), std::move(arguments));
    xmlStopParser(context_);
  }

  void begin(const xmlChar* name, const xmlChar* uri, int count, const xmlChar** attributes) {
    if (failed_) return;
    if (open_.size() >= kMaxSourceXmlDepth)
      return refuse("PB-2008", {std::to_string(kMaxSourceXmlDepth)});
    if (count > static_cast<int>(kMaxSourceXmlAttributes))
      return refuse("PB-2002", {fmt::format("an element has more than {} attributes",
                                            kMaxSourceXmlAttributes)});
    if (elements_.size() >= kMaxSourceXmlElements)
      return refuse("PB-2002",
                    {fmt::format("it has more than {} elements", kMaxSourceXmlElements)});
    const std::size_t index = elements_.size();
    XmlElement& element = elements_.emplace_back();
    element.name = toString(name);
    element.name_space = toString(uri);
    const std::size_t at = text_.rfind('<', offset());
    element.offset = at == std::string_view::npos ? 0 : static_cast<std::uint32_t>(at);
    for (int i = 0; i < count; ++i) {
      const xmlChar** attribute = attributes + i * 5;
      if (attribute[2] != nullptr) continue;  // xsi:…, xml:…
      element.attributes.emplace_back(toString(attribute[0]),
                                      std::string(reinterpret_cast<const char*>(attribute[3]),
                                                  reinterpret_cast<const char*>(attribute[4])));
    }
    if (!open_.empty()) elements_[open_.back()].children.push_back(index);
    open_.push_back(index);
  }

  std::string_view text_;
  std::string_view file_;
  std::vector<fhir::Issue>& issues_;
  xmlParserCtxtPtr context_ = nullptr;
  std::deque<XmlElement> elements_;
  std::vector<std::size_t> open_;
  bool failed_ = false;
};

// Writes the collected elements as a tree. Recursion is bounded by kMaxSourceXmlDepth.
class TreeWriter {
 public:
  TreeWriter(const std::deque<XmlElement>& elements, json::Builder& builder)
      : elements_(elements), builder_(builder) {}

  void write(const XmlElement& element, std::string_view parent_space) {
    const std::string_view text = trim(element.text);
    builder_.at(element.offset);
    if (element.attributes.empty() && element.children.empty() && !text.empty()) {
      builder_.string(text);
      return;
    }
    builder_.beginObject();
    const bool filled = !element.attributes.empty() || !element.children.empty();
    if (filled && element.name_space != parent_space)
      builder_.key("namespace").at(element.offset).string(element.name_space);
    members(element);
    if (!text.empty()) builder_.key("value").at(element.offset).string(text);
    builder_.endObject();
  }

 private:
  struct Group {
    const std::string* attribute = nullptr;
    std::vector<std::size_t> children;
  };

  void members(const XmlElement& element) {
    std::vector<std::pair<std::string_view, Group>> groups;
    std::unordered_map<std::string_view, std::size_t> known;
    const auto groupOf = [&](std::string_view name) -> Group& {
      const auto [at, fresh] = known.try_emplace(name, groups.size());
      if (fresh) groups.emplace_back(name, Group{});
      return groups[at->second].second;
    };
    for (const auto& [name, value] : element.attributes) groupOf(name).attribute = &value;
    for (const std::size_t child : element.children)
      groupOf(elements_[child].name).children.push_back(child);
    for (const auto& [name, group] : groups) {
      builder_.key(name);
      const bool list = group.children.size() + (group.attribute != nullptr ? 1 : 0) > 1;
      if (list) builder_.at(element.offset).beginArray();
      if (group.attribute != nullptr) builder_.at(element.offset).string(*group.attribute);
      for (const std::size_t child : group.children) write(elements_[child], element.name_space);
      if (list) builder_.endArray();
    }
  }

  const std::deque<XmlElement>& elements_;
  json::Builder& builder_;
};

class XmlReader final : public SourceReader {
 public:
  XmlReader(SourceDescriptor descriptor, std::vector<std::filesystem::path> files,
            const fhir::Definitions& definitions)
      : descriptor_(std::move(descriptor)), files_(std::move(files)), definitions_(definitions) {}

  std::optional<SourceRecord> next() override {
    while (true) {
      if (at_record_ < records_.size()) return record();
      if (at_file_ == files_.size()) return std::nullopt;
      if (auto failed = openFile(files_[at_file_++])) return failed;
    }
  }

 private:
  std::optional<SourceRecord> openFile(const std::filesystem::path& path) {
    records_.clear();
    at_record_ = 0;
    file_ = path.string();
    SourceRecord failed;
    failed.name = file_;
    failed.input = file_;
    failed.extension = ".xml";
    auto bytes = readSourceFile(path);
    if (!bytes) {
      fhir::Place place;
      place.source = file_;
      failed.issues.push_back(fhir::makeIssue("PB-2002", place, {bytes.error().message}));
      return failed;
    }
    original_ = std::move(*bytes);
    issues_.clear();
    document_ = readSourceXml(original_, file_, definitions_, issues_);
    if (document_ != nullptr) records_ = xmlRecords(*document_, descriptor_.record);
    if (!records_.empty()) return std::nullopt;
    if (document_ != nullptr) {
      fhir::Place place;
      place.source = file_;
      issues_.push_back(fhir::makeIssue("PB-2006", place, {descriptor_.record}));
    }
    failed.issues = issues_;
    failed.original = std::move(original_);
    return failed;
  }

  SourceRecord record() {
    SourceRecord record;
    record.root = records_[at_record_++];
    record.name = records_.size() == 1 ? file_ : fmt::format("{} record {}", file_, at_record_);
    record.input = file_;
    record.document = document_;
    record.extension = ".xml";
    // One of several: its own element is what has to be kept.
    record.original = original_;
    if (records_.size() > 1) record.original = slice(at_record_ - 1);
    auto places = std::make_shared<SourcePlaces>();
    places->add({0, file_, 1, false, ','});
    record.places = std::move(places);
    record.issues = issues_;
    return record;
  }

  std::string slice(std::size_t index) const {
    const std::string_view text = document_->source();
    const std::size_t begin = records_[index]->offset;
    const std::size_t end = index + 1 < records_.size() ? records_[index + 1]->offset : text.size();
    std::string_view part = text.substr(begin, end - begin);
    if (const std::size_t close = part.rfind("</"); index + 1 == records_.size()) {
      // The last one ends with its own closing tag, not with its wrapper's.
      const std::string tag = fmt::format("{}>", descriptor_.record);
      const std::size_t own = part.rfind(tag);
      if (close != std::string_view::npos && own != std::string_view::npos)
        part = part.substr(0, own + tag.size());
    }
    return std::string(part);
  }

  SourceDescriptor descriptor_;
  std::vector<std::filesystem::path> files_;
  const fhir::Definitions& definitions_;
  std::size_t at_file_ = 0;
  std::string file_;
  std::string original_;
  json::DocumentPtr document_;
  std::vector<const Node*> records_;
  std::size_t at_record_ = 0;
  std::vector<fhir::Issue> issues_;
};

bool isResource(const Node& node) {
  const Node* type = node.kind == Kind::kObject ? node.member("resourceType") : nullptr;
  return type != nullptr && (type->flags & fhir::kIsResourceType) != 0;
}

}  // namespace

json::DocumentPtr readSourceXml(std::string bytes, std::string_view file,
                                const fhir::Definitions& definitions,
                                std::vector<fhir::Issue>& issues) {
  if (bytes.size() > kMaxSourceBytes) {
    fhir::Place place;
    place.source = file;
    issues.push_back(fhir::makeIssue("PB-2007", place, {std::to_string(kMaxSourceBytes)}));
    return nullptr;
  }
  if (fhir::isFhirXml(bytes))
    return readSourceResource(std::move(bytes), file, definitions, issues);
  const std::string declared = declaredXmlEncoding(bytes);
  auto text = decodeText(std::move(bytes), declared, file, issues);
  if (!text) return nullptr;
  Collector collector(*text, file, issues);
  if (!collector.run() || collector.elements().empty()) return nullptr;
  const std::deque<XmlElement> elements = std::move(collector.elements());
  json::Builder builder(&definitions.names(), std::move(*text));
  builder.beginObject();
  builder.key(elements.front().name);
  TreeWriter(elements, builder).write(elements.front(), "");
  builder.endObject();
  return std::move(builder).finish(
      [&](json::DocumentMaker& maker) { fhir::bind(maker, definitions); });
}

json::DocumentPtr readSourceResource(std::string bytes, std::string_view file,
                                     const fhir::Definitions& definitions,
                                     std::vector<fhir::Issue>& issues) {
  fhir::ReadOutcome read = fhir::readXml(std::move(bytes), definitions);
  for (fhir::Issue& issue : read.issues) {
    issue.place.source = file;
    issues.push_back(std::move(issue));
  }
  return read.resource.document();
}

std::vector<const Node*> xmlRecords(const json::Document& document, std::string_view name) {
  const Node& whole = document.root();
  const bool resource = isResource(whole);
  const Node& root = resource ? whole : whole.children().front();
  if (name.empty()) return {&root};
  const auto matches = [&](const Node& node) {
    if (!resource) return node.name != nullptr && node.name->text == name;
    return isResource(node) && node.member("resourceType")->text() == name;
  };
  std::vector<const Node*> found;
  std::vector<const Node*> todo{&root};
  while (!todo.empty()) {
    const Node& node = *todo.back();
    todo.pop_back();
    if (matches(node)) {
      if (node.kind == Kind::kArray) {
        for (const Node& item : node.children()) found.push_back(&item);
      } else {
        found.push_back(&node);
      }
      continue;
    }
    const auto children = node.children();
    for (auto it = children.rbegin(); it != children.rend(); ++it) {
      if (it->isContainer() || it->name != nullptr) todo.push_back(&*it);
    }
  }
  return found;
}

std::unique_ptr<SourceReader> openXmlSource(const SourceDescriptor& descriptor,
                                            std::vector<std::filesystem::path> files,
                                            const fhir::Definitions& definitions) {
  return std::make_unique<XmlReader>(descriptor, std::move(files), definitions);
}

}  // namespace planbro::mapping
