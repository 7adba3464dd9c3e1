#include "mapping/import_provenance.h"

#include "base/ids.h"
#include "fhir/canonical_base.h"
#include "json/builder.h"

namespace planbro::mapping {
namespace {

using json::Node;

constexpr std::string_view kParticipantType =
    "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
constexpr std::string_view kDataOperation =
    "http://terminology.hl7.org/CodeSystem/v3-DataOperation";

std::string_view textOf(const Node* node, std::string_view name) {
  const Node* member = node == nullptr ? nullptr : node->member(name);
  return member == nullptr ? std::string_view() : member->text();
}

class ProvenanceWriter {
 public:
  ProvenanceWriter(json::Builder& out, const ImportOrigin& origin) : out_(out), origin_(origin) {}

  void entry(std::string_view plan) {
    const std::string key(plan.substr(plan.rfind(':') + 1));
    out_.beginObject();
    out_.key("fullUrl").string("urn:uuid:" + nameUuid(std::string(plan) + "/provenance"));
    out_.key("resource").beginObject();
    out_.key("resourceType").string("Provenance");
    meta(key);
    out_.key("target").beginArray();
    out_.beginObject();
    out_.key("reference").string(plan);
    out_.endObject();
    out_.endArray();
    out_.key("recorded").string(origin_.recorded);
    out_.key("policy").beginArray();
    out_.string(origin_.map);
    out_.endArray();
    activity();
    out_.key("agent").beginArray();
    agent("assembler", [&] { out_.key("display").string(origin_.program); });
    if (!origin_.system.empty())
      agent("author", [&] { identifier("urn:ietf:rfc:3986", origin_.system); });
    out_.endArray();
    entity();
    out_.endObject();
    out_.key("request").beginObject();
    out_.key("method").string("PUT");
    out_.key("url").string("Provenance?_tag=" + importSystem(kPlanTag) + "|" + key);
    out_.endObject();
    out_.endObject();
  }

 private:
  void meta(std::string_view plan) {
    out_.key("meta").beginObject();
    out_.key("profile").beginArray();
    out_.string(PLANBRO_CANONICAL_BASE "/StructureDefinition/ip-provenance");
    out_.endArray();
    out_.key("tag").beginArray();
    tag(kPlanTag, plan);
    tag(kRecordTag, origin_.record_key);
    tag(kBatchTag, origin_.batch);
    out_.endArray();
    out_.endObject();
  }

  void tag(std::string_view name, std::string_view code) { coding(importSystem(name), code); }

  void coding(std::string_view system, std::string_view code) {
    out_.beginObject();
    out_.key("system").string(system);
    out_.key("code").string(code);
    out_.endObject();
  }

  void activity() {
    out_.key("activity").beginObject();
    out_.key("coding").beginArray();
    coding(kDataOperation, "UPDATE");
    out_.endArray();
    out_.key("text").string("import");
    out_.endObject();
  }

  template <typename Who>
  void agent(std::string_view type, const Who& who) {
    out_.beginObject();
    out_.key("type").beginObject();
    out_.key("coding").beginArray();
    coding(kParticipantType, type);
    out_.endArray();
    out_.endObject();
    out_.key("who").beginObject();
    who();
    out_.endObject();
    out_.endObject();
  }

  void identifier(std::string_view system, std::string_view value) {
    out_.key("identifier").beginObject();
    out_.key("system").string(system);
    out_.key("value").string(value);
    out_.endObject();
  }

  void entity() {
    out_.key("entity").beginArray();
    out_.beginObject();
    out_.key("role").string("source");
    out_.key("what").beginObject();
    if (!origin_.document.empty()) identifier(importSystem("source-document"), origin_.document);
    out_.key("display").string(origin_.record);
    out_.endObject();
    out_.endObject();
    out_.endArray();
  }

  json::Builder& out_;
  const ImportOrigin& origin_;
};

}  // namespace

std::string importSystem(std::string_view tag) {
  return PLANBRO_CANONICAL_BASE "/sid/" + std::string(tag);
}

std::optional<std::size_t> planEntry(const Node& bundle) {
  const Node* entries = bundle.member("entry");
  if (entries == nullptr) return std::nullopt;
  for (std::size_t i = 0; i < entries->children().size(); ++i) {
    const Node* resource = entries->children()[i].member("resource");
    if (textOf(resource, "resourceType") == "CarePlan" && resource->member("partOf") == nullptr)
      return i;
  }
  return std::nullopt;
}

json::DocumentPtr withProvenance(const json::DocumentPtr& bundle, const ImportOrigin& origin) {
  const Node& root = bundle->root();
  const auto plan = planEntry(root);
  if (!plan.has_value()) return bundle;
  const Node& entries = *root.member("entry");
  json::Builder out;
  out.beginObject();
  for (const Node& member : root.children()) {
    out.key(member.name->text);
    if (&member != &entries) {
      out.copy(member, bundle);
      continue;
    }
    out.beginArray();
    for (const Node& entry : entries.children()) out.copy(entry, bundle);
    ProvenanceWriter(out, origin).entry(textOf(&entries.children()[*plan], "fullUrl"));
    out.endArray();
  }
  out.endObject();
  return std::move(out).finish();
}

}  // namespace planbro::mapping
