#include "service/draft.h"

#include <utility>

#include "base/text.h"
#include "json/builder.h"
#include "json/parser.h"
#include "json/writer.h"
#include "search/parameters.h"

namespace planbro::service {
namespace {

enum class AddressKind : std::uint8_t { kNone, kWhole, kNarrative };

// Whether a value is an address that a transaction replaces: "elements of type uri, url, oid,
// uuid, and Reference.reference", and the links of the narrative.
AddressKind addressKindOf(const json::Node& node, const fhir::Definitions& definitions) {
  if (node.tag == 0 || node.kind != json::Kind::kString) return AddressKind::kNone;
  const fhir::Member& member = definitions.member(node.tag);
  const std::string_view type = definitions.type(member.type).name;
  if (type == "uri" || type == "url" || type == "oid" || type == "uuid") return AddressKind::kWhole;
  if (type == "xhtml") return AddressKind::kNarrative;
  return member.path == "Reference.reference" ? AddressKind::kWhole : AddressKind::kNone;
}

// Whether something stands there that is whole in itself, with addresses of its own: an entry of a
// stored Bundle, a resource in Parameters.
bool isForeign(const json::Node& node, const fhir::Definitions& definitions) {
  if (node.tag == 0 || node.kind != json::Kind::kObject) return false;
  const std::string_view path = definitions.member(node.tag).path;
  return path == "Bundle.entry" || path == "Parameters.parameter.resource";
}

// The values of href and src, in order: [begin, end) of each inside the narrative.
std::vector<std::pair<std::size_t, std::size_t>> linksOf(std::string_view narrative) {
  std::vector<std::pair<std::size_t, std::size_t>> links;
  for (const std::string_view attribute : {"href=", "src="}) {
    for (std::size_t at = narrative.find(attribute); at != std::string_view::npos;
         at = narrative.find(attribute, at + 1)) {
      const std::size_t quote = at + attribute.size();
      if (quote >= narrative.size() || (narrative[quote] != '"' && narrative[quote] != '\''))
        continue;
      const std::size_t end = narrative.find(narrative[quote], quote + 1);
      if (end != std::string_view::npos) links.emplace_back(quote + 1, end);
    }
  }
  std::sort(links.begin(), links.end());
  return links;
}

using Replaced = std::vector<std::pair<std::string, std::string>>;

std::string replacedLinks(std::string_view narrative, const EntryReplacements& replacements,
                          Replaced& replaced) {
  std::string result;
  std::size_t done = 0;
  for (const auto& [begin, end] : linksOf(narrative)) {
    const std::string_view link = narrative.substr(begin, end - begin);
    const auto found = replacements.find(link);
    if (!found.has_value()) continue;
    result += narrative.substr(done, begin - done);
    result += *found;
    replaced.emplace_back(link, *found);
    done = end;
  }
  result += narrative.substr(done);
  return result;
}

class Copier {
 public:
  Copier(json::Builder& out, const fhir::Resource& source, const EntryReplacements& replacements)
      : out_(out), source_(source), replacements_(replacements) {}

  // Depth is bounded by the parsers.
  void copy(const json::Node& node) {
    if (replacements_.empty() || isForeign(node, source_.definitions())) {
      out_.copy(node, source_.document());
      return;
    }
    if (node.kind == json::Kind::kObject) {
      out_.beginObject();
      for (const json::Node& child : node.children()) {
        out_.key(child.name->text);
        copy(child);
      }
      out_.endObject();
    } else if (node.kind == json::Kind::kArray) {
      out_.beginArray();
      for (const json::Node& child : node.children()) copy(child);
      out_.endArray();
    } else {
      copyScalar(node);
    }
  }

  Replaced replaced;  // so far

 private:
  void copyScalar(const json::Node& node) {
    const AddressKind kind = addressKindOf(node, source_.definitions());
    if (kind == AddressKind::kWhole) {
      if (const auto found = replacements_.find(node.text()); found.has_value()) {
        replaced.emplace_back(node.text(), *found);
        return out_.string(*found);
      }
    } else if (kind == AddressKind::kNarrative) {
      return out_.string(replacedLinks(node.text(), replacements_, replaced));
    }
    out_.copy(node, source_.document());
  }

  json::Builder& out_;
  const fhir::Resource& source_;
  const EntryReplacements& replacements_;
};

bool isStamp(std::string_view member) { return member == "versionId" || member == "lastUpdated"; }

bool isOwn(std::string_view member) {
  return member == "resourceType" || member == "id" || member == "meta";
}

void appendMember(const json::Document& document, const json::Node& member, std::string& out) {
  out += ',';
  json::writeString(member.name->text, out);
  out += ':';
  json::write(document, member, out);
}

constexpr std::string_view kBetween = "\",\"lastUpdated\":\"";

bool sameValue(const json::Node& a, const json::Node& b, std::uint32_t depth);

bool sameMembers(const json::Node& a, const json::Node& b, std::uint32_t depth) {
  const bool is_meta = depth == 1 && a.name != nullptr && a.name->text == "meta";
  std::size_t counted = 0;
  std::size_t other = 0;
  for (const json::Node& member : b.children()) {
    if (!is_meta || !isStamp(member.name->text)) ++other;
  }
  for (const json::Node& member : a.children()) {
    if (is_meta && isStamp(member.name->text)) continue;
    ++counted;
    const json::Node* twin = b.member(member.name->text);
    if (twin == nullptr || !sameValue(member, *twin, depth + 1)) return false;
  }
  return counted == other;
}

// Numbers are compared as written: 1.0 is another value than 1.00.
bool sameValue(const json::Node& a, const json::Node& b, std::uint32_t depth) {
  if (a.kind != b.kind) return false;
  if (!a.isContainer()) return a.text() == b.text();
  if (a.kind == json::Kind::kObject) return sameMembers(a, b, depth);
  if (a.size != b.size) return false;
  for (std::uint32_t i = 0; i < a.size; ++i) {
    if (!sameValue(a.children()[i], b.children()[i], depth + 1)) return false;
  }
  return true;
}

}  // namespace

std::string Draft::body(std::uint64_t version, Instant last_updated) const {
  std::string text;
  text.reserve(head.size() + tail.size() + 64);
  text += head;
  text += std::to_string(version);
  text += kBetween;
  text += formatInstant(last_updated);
  text += tail;
  return text;
}

bool Draft::sameAs(const store::Version& version) const {
  if (version.deleted) return false;
  const std::string own = body(version.version, version.last_updated);
  if (own == version.body) return true;
  const auto left = json::parse(own);
  const auto right = json::parse(version.body);
  return left.has_value() && right.has_value() && sameValue((*left)->root(), (*right)->root(), 0);
}

std::vector<store::IndexRow> indexRows(const Context& context, const fhir::Resource& resource) {
  return context.parts.parameters->extract(resource.root(), context.settings.base_url);
}

Draft makeDraft(const Context& context, const fhir::Resource& source, std::string_view id,
                const EntryReplacements& replacements, DraftIndex index) {
  const json::Node& root = source.document()->root();
  const json::Node* meta = root.member("meta");
  const fhir::Definitions& definitions = source.definitions();

  json::Builder out(&definitions.names());
  Copier copier(out, source, replacements);
  out.beginObject();
  out.key("resourceType").string(source.type());
  out.key("id").string(id);
  if (meta != nullptr && meta->kind == json::Kind::kObject) {
    out.key("meta").beginObject();
    for (const json::Node& member : meta->children()) {
      if (isStamp(member.name->text)) continue;
      out.key(member.name->text);
      copier.copy(member);
    }
    out.endObject();
  }
  for (const json::Node& member : root.children()) {
    if (isOwn(member.name->text)) continue;
    out.key(member.name->text);
    copier.copy(member);
  }
  out.endObject();
  Draft draft;
  draft.type = source.type();
  draft.id = id;
  draft.replaced = std::move(copier.replaced);
  draft.resource = fhir::Resource(
      std::move(out).finish([&](json::DocumentMaker& maker) { fhir::bind(maker, definitions); }),
      definitions);

  const json::Document& document = *draft.resource.document();
  draft.head = R"({"resourceType":)";
  json::writeString(draft.type, draft.head);
  draft.head += R"(,"id":)";
  json::writeString(id, draft.head);
  draft.head += R"(,"meta":{"versionId":")";
  draft.tail = "\"";
  if (const json::Node* kept = document.root().member("meta")) {
    for (const json::Node& member : kept->children()) appendMember(document, member, draft.tail);
  }
  draft.tail += '}';
  for (const json::Node& member : document.root().children()) {
    if (!isOwn(member.name->text)) appendMember(document, member, draft.tail);
  }
  draft.tail += '}';
  if (index == DraftIndex::kNow) draft.index = indexRows(context, draft.resource);
  return draft;
}

std::vector<std::string> referencesIn(const fhir::Resource& resource) {
  const fhir::Definitions& definitions = resource.definitions();
  std::vector<std::string> references;
  std::vector<const json::Node*> open{&resource.document()->root()};
  while (!open.empty()) {
    const json::Node& node = *open.back();
    open.pop_back();
    const auto children = node.children();
    for (auto child = children.rbegin(); child != children.rend(); ++child) {
      if (!isForeign(*child, definitions)) open.push_back(&*child);
    }
    if (node.tag != 0 && node.kind == json::Kind::kString &&
        definitions.member(node.tag).path == "Reference.reference")
      references.emplace_back(node.text());
  }
  return references;
}

std::size_t questionIn(std::string_view reference) {
  const auto question = reference.find('?');
  if (question == std::string_view::npos || reference.find(':') < question)
    return std::string_view::npos;
  return question;
}

}  // namespace planbro::service
