#include "plan/transaction.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/ids.h"
#include "fhir/canonical_base.h"
#include "json/builder.h"

namespace planbro::plan {
namespace {

using fhir::Element;
using json::Kind;
using json::Node;

class TransactionWriter {
 public:
  explicit TransactionWriter(const StoredPlan& stored)
      : stored_(stored), out_(&fhir::Definitions::r4().names()) {
    for (const PlanResource& one : stored.set().resources()) {
      if (one.address.find('#') != std::string::npos) continue;  // comes with its container
      addresses_.emplace(one.address,
                         "urn:uuid:" + nameUuid(PLANBRO_CANONICAL_BASE "/" + one.address));
    }
  }

  json::DocumentPtr write() {
    out_.beginObject();
    out_.key("resourceType").string("Bundle");
    out_.key("type").string("transaction");
    out_.key("timestamp").string(formatInstant(stored_.newest()));
    out_.key("entry").beginArray();
    for (const PlanResource& one : stored_.set().resources()) {
      const auto address = addresses_.find(one.address);
      if (address == addresses_.end()) continue;
      // Two resources with one identifier would be the same entry twice, which no server takes.
      std::string url = updateUrl(one);
      if (!urls_.insert(url).second) url = one.address;
      out_.beginObject();
      out_.key("fullUrl").string(address->second);
      out_.key("resource");
      resource(one, url == one.address);
      out_.key("request").beginObject();
      out_.key("method").string("PUT");
      out_.key("url").string(url);
      out_.endObject();
      out_.endObject();
    }
    out_.endArray();
    out_.endObject();
    return std::move(out_).finish(
        [](json::DocumentMaker& maker) { fhir::bind(maker, fhir::Definitions::r4()); });
  }

 private:
  // "Goal?identifier=system|value", or "Goal/id". What has a meaning of its own in a query or a
  // token is escaped.
  static std::string updateUrl(const PlanResource& one) {
    Element first;
    one.element.forEachChild("identifier", [&](const Element& identifier) {
      if (!first && !identifier.textOf("system").empty() && !identifier.textOf("value").empty())
        first = identifier;
    });
    if (!first) return one.address;
    return std::string(one.element.typeName()) + "?identifier=" + escaped(first.textOf("system")) +
           "|" + escaped(first.textOf("value"));
  }

  static std::string escaped(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == ',' || c == '|' || c == '$' || c == '\\') out += "%5C";
      if (byte <= 0x20 || byte >= 0x7F || std::string_view("%&+#,|$\\\"<>").contains(c)) {
        out += '%';
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
      } else {
        out += c;
      }
    }
    return out;
  }

  void resource(const PlanResource& one, bool with_id) {
    const Node& root = *one.element.value();
    out_.beginObject();
    for (const Node& member : root.children()) {
      const std::string_view name = member.name->text;
      if (name == "id" && !with_id) continue;
      if (name == "meta" && member.kind == Kind::kObject) {
        meta(member, one.document);
      } else {
        out_.key(name);
        value(member, one.document, name);
      }
    }
    out_.endObject();
  }

  void meta(const Node& meta, const json::DocumentPtr& from) {
    const auto isOfThisStore = [](const Node& member) {
      return member.name->text == "versionId" || member.name->text == "lastUpdated";
    };
    std::size_t kept = 0;
    for (const Node& member : meta.children()) kept += isOfThisStore(member) ? 0 : 1;
    if (kept == 0) return;
    out_.key("meta").beginObject();
    for (const Node& member : meta.children()) {
      if (!isOfThisStore(member)) out_.key(member.name->text).copy(member, from);
    }
    out_.endObject();
  }

  // The depth of a document is bounded by its parser.
  void value(const Node& node, const json::DocumentPtr& from, std::string_view name) {
    if (node.kind == Kind::kObject) {
      out_.beginObject();
      for (const Node& member : node.children()) {
        out_.key(member.name->text);
        value(member, from, member.name->text);
      }
      out_.endObject();
    } else if (node.kind == Kind::kArray) {
      out_.beginArray();
      for (const Node& item : node.children()) value(item, from, {});
      out_.endArray();
    } else if (const auto known = name == "reference" && node.kind == Kind::kString
                                      ? addresses_.find(node.text())
                                      : addresses_.end();
               known != addresses_.end()) {
      out_.string(known->second);
    } else {
      out_.copy(node, from);
    }
  }

  const StoredPlan& stored_;
  std::map<std::string, std::string, std::less<>> addresses_;
  std::set<std::string> urls_;
  json::Builder out_;
};

}  // namespace

json::DocumentPtr makeTransaction(const StoredPlan& plan) {
  return TransactionWriter(plan).write();
}

}  // namespace planbro::plan
