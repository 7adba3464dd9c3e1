#include "sync/plan_bundle.h"

#include <optional>
#include <string_view>
#include <utility>

#include "base/digest.h"
#include "base/ids.h"
#include "base/limits.h"
#include "json/builder.h"
#include "json/writer.h"
#include "service/request.h"

namespace planbro::sync {
namespace {

struct Identifier {
  std::string system;
  std::string value;
};

// The first with system and value that is not out of use.
Identifier identifierOf(const fhir::Element& resource) {
  Identifier found;
  resource.forEachChild("identifier", [&](const fhir::Element& identifier) {
    if (!found.value.empty() || identifier.textOf("use") == "old") return;
    const auto system = identifier.textOf("system");
    const auto value = identifier.textOf("value");
    if (!system.empty() && !value.empty()) found = {std::string(system), std::string(value)};
  });
  return found;
}

std::string fullUrl(const LocalId& id) { return "urn:uuid:" + nameUuid("planbro/" + id.text()); }

std::string write(const PlanContent& content, const std::map<LocalId, Identifier>& identifiers,
                  const std::map<LocalId, std::string>& etags) {
  const auto address = [&](const LocalId& id) -> std::optional<std::string> {
    if (!identifiers.contains(id)) return std::nullopt;
    return fullUrl(id);
  };
  json::Builder builder;
  builder.beginObject();
  builder.key("resourceType").string("Bundle");
  builder.key("type").string("transaction");
  builder.key("entry").beginArray();
  for (const Member& member : content.members) {
    const Identifier& identifier = identifiers.at(member.id);
    builder.beginObject();
    builder.key("fullUrl").string(fullUrl(member.id));
    builder.key("resource");
    writeForPeer(member.resource, address, builder);
    builder.key("request").beginObject();
    builder.key("method").string("PUT");
    builder.key("url").string(member.id.type +
                              "?identifier=" + service::percentEncode(identifier.system) + "|" +
                              service::percentEncode(identifier.value));
    if (const auto etag = etags.find(member.id); etag != etags.end())
      builder.key("ifMatch").string(etag->second);
    builder.endObject();
    builder.endObject();
  }
  builder.endArray();
  builder.endObject();
  return json::write(*std::move(builder).finish());
}

}  // namespace

PlanBundle buildBundle(const PlanContent& content, const std::map<LocalId, std::string>& etags) {
  PlanBundle bundle;
  if (content.members.size() > kMaxTransactionEntries) {
    bundle.issues.push_back(fhir::makeIssue(
        "PB-5007", {}, {content.plan().id.text(), std::to_string(kMaxTransactionEntries)}));
    return bundle;
  }
  std::map<LocalId, Identifier> identifiers;
  for (const Member& member : content.members) {
    Identifier identifier = identifierOf(member.resource.root());
    if (identifier.value.empty())
      bundle.issues.push_back(fhir::makeIssue("PB-5004", {}, {member.id.text()}));
    identifiers.emplace(member.id, std::move(identifier));
    bundle.order.push_back(member.id);
  }
  if (fhir::hasErrors(bundle.issues)) return bundle;
  for (const Member& member : content.members) {
    for (const LocalId& id : localReferences(member.resource.root())) {
      if (!identifiers.contains(id))
        bundle.issues.push_back(fhir::makeIssue("PB-5006", {}, {member.id.text(), id.text()}));
    }
  }
  bundle.body = write(content, identifiers, {});
  bundle.hash = sha256Hex(bundle.body);
  if (!etags.empty()) bundle.body = write(content, identifiers, etags);
  return bundle;
}

}  // namespace planbro::sync
