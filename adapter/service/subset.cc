#include "service/subset.h"

#include <algorithm>

#include "base/text.h"
#include "json/builder.h"
#include "json/writer.h"
#include "service/outcome.h"

namespace planbro::service {
namespace {

constexpr std::string_view kSubsettedSystem =
    "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";

std::string_view elementName(const json::Node& member, const fhir::Definitions& definitions) {
  if (member.tag != 0) return definitions.member(member.tag).element->text;
  std::string_view name = member.name->text;
  if (name.starts_with('_')) name.remove_prefix(1);
  return name;
}

bool isKept(const json::Node& member, const fhir::Resource& resource, const Subset& subset) {
  using fhir::Member;
  const std::string_view name = elementName(member, resource.definitions());
  if (name == "resourceType" || name == "id") return true;
  const fhir::Member* definition =
      member.tag == 0 ? nullptr : &resource.definitions().member(member.tag);
  const bool required = definition != nullptr && definition->is(Member::kRequired);
  const bool modifier = definition != nullptr && definition->is(Member::kModifier);
  switch (subset.summary) {
    case search::Summary::kTrue:
      return required || modifier || (definition != nullptr && definition->is(Member::kSummary));
    case search::Summary::kText:
      return name == "text" || required;
    case search::Summary::kData:
      return name != "text";
    case search::Summary::kCount:
    case search::Summary::kNone:
      break;
  }
  const std::string qualified = std::string(resource.type()) + "." + std::string(name);
  return required || modifier ||
         std::any_of(subset.elements.begin(), subset.elements.end(), [&](const std::string& asked) {
           return asked == name || asked == qualified || asked.starts_with(qualified + ".");
         });
}

// Inside backbone elements, too, only what belongs to the summary; data types stay whole.
void copySummary(json::Builder& out, const json::Node& node, const fhir::Resource& resource) {
  const fhir::Definitions& definitions = resource.definitions();
  const bool backbone = node.tag != 0 && definitions.type(definitions.member(node.tag).type).name ==
                                             "BackboneElement";
  if (!backbone || !node.isContainer()) return out.copy(node, resource.document());
  if (node.kind == json::Kind::kArray) {
    out.beginArray();
    for (const json::Node& item : node.children()) copySummary(out, item, resource);
    out.endArray();
    return;
  }
  out.beginObject();
  for (const json::Node& member : node.children()) {
    const bool kept =
        member.tag != 0 &&
        (definitions.member(member.tag).is(fhir::Member::kSummary) ||
         definitions.member(member.tag).is(fhir::Member::kRequired) || member.name->text == "id");
    if (!kept) continue;
    out.key(member.name->text);
    copySummary(out, member, resource);
  }
  out.endObject();
}

void writeMeta(json::Builder& out, const json::Node* meta, const fhir::Resource& resource) {
  out.key("meta").beginObject();
  const json::Node* tags = nullptr;
  if (meta != nullptr) {
    for (const json::Node& member : meta->children()) {
      if (member.name->text == "tag") {
        tags = &member;
        continue;
      }
      out.key(member.name->text).copy(member, resource.document());
    }
  }
  out.key("tag").beginArray();
  if (tags != nullptr) {
    for (const json::Node& tag : tags->children()) out.copy(tag, resource.document());
  }
  out.beginObject();
  out.key("system").string(kSubsettedSystem);
  out.key("code").string("SUBSETTED");
  out.endObject();
  out.endArray();
  out.endObject();
}

}  // namespace

std::expected<Subset, Answer> subsetOf(const Call& call) {
  Subset subset;
  if (const auto summary = call.parameter("_summary")) {
    using search::Summary;
    if (*summary == "true") {
      subset.summary = Summary::kTrue;
    } else if (*summary == "text") {
      subset.summary = Summary::kText;
    } else if (*summary == "data") {
      subset.summary = Summary::kData;
    } else if (*summary != "false") {
      return std::unexpected(
          refuse(400, "PB-4023", {"_summary", std::string(*summary), "true, text, data, false"}));
    }
  }
  if (const auto elements = call.parameter("_elements")) {
    for (const std::string_view element : split(*elements, ',')) {
      if (!trim(element).empty()) subset.elements.emplace_back(trim(element));
    }
  }
  return subset;
}

std::string thinned(const fhir::Resource& resource, const Subset& subset) {
  const json::Node& root = resource.document()->root();
  json::Builder out(&resource.definitions().names());
  out.beginObject();
  const json::Node* meta = root.member("meta");
  bool meta_done = false;
  for (const json::Node& member : root.children()) {
    const bool is_own = member.name->text == "resourceType" || member.name->text == "id";
    if (!is_own && !meta_done) {
      writeMeta(out, meta, resource);
      meta_done = true;
    }
    if (&member == meta || !isKept(member, resource, subset)) continue;
    out.key(member.name->text);
    if (subset.summary == search::Summary::kTrue) {
      copySummary(out, member, resource);
    } else {
      out.copy(member, resource.document());
    }
  }
  out.endObject();
  return json::write(*std::move(out).finish());
}

std::string thinnedBody(const Call& call, const store::Version& version, const Subset& subset) {
  if (subset.isWhole() || version.deleted) return {};
  const fhir::ReadOutcome read = fhir::readJson(version.body, call.definitions());
  return read.resource ? thinned(read.resource, subset) : std::string();
}

}  // namespace planbro::service
