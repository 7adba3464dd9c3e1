#include "validation/snapshot.h"

#include "fhir/element.h"
#include "json/builder.h"
#include "validation/element_merge.h"
#include "validation/snapshot_merge.h"

namespace planbro::validation {
namespace {

using json::Node;

std::string_view textOf(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::string_view{} : member->text();
}

fhir::Resource withSnapshot(const fhir::Resource& definition, const Branch& tree) {
  const json::DocumentPtr& document = definition.document();
  json::Builder out(&definition.definitions().names());
  const auto writeSnapshot = [&] {
    out.key("snapshot").beginObject();
    out.key("element").beginArray();
    writeTree(tree, out);
    out.endArray();
    out.endObject();
  };
  bool written = false;
  out.beginObject();
  for (const Node& member : document->root().children()) {
    if (member.name->text == "snapshot") continue;
    if (member.name->text == "differential") {
      writeSnapshot();
      written = true;
    }
    out.key(member.name->text).copy(member, document);
  }
  if (!written) writeSnapshot();
  out.endObject();
  const fhir::Definitions& definitions = definition.definitions();
  return {std::move(out).finish(
              [&definitions](json::DocumentMaker& maker) { fhir::bind(maker, definitions); }),
          definitions};
}

}  // namespace

Snapshot generateSnapshot(const fhir::Resource& definition, SnapshotSource& source) {
  Snapshot made{definition, {}};
  const Node& root = definition.document()->root();
  const std::string_view base_url = textOf(root, "baseDefinition");
  const Snapshot* base = source.find(base_url);
  const auto tree = base == nullptr
                        ? nullptr
                        : mergeDifferential(definition, base->definition, source, made.issues);
  if (tree != nullptr) {
    made.definition = withSnapshot(definition, *tree);
  } else {
    made.issues.push_back(
        fhir::makeIssue("PB-1368", {}, {std::string(textOf(root, "url")), std::string(base_url)}));
  }
  return made;
}

Snapshots::Snapshots(std::shared_ptr<const fhir::Registry> registry, std::recursive_mutex& lock)
    : registry_(std::move(registry)),
      snapshots_(lock, [this](std::string_view canonical) { return make(canonical); }) {}

std::unique_ptr<const Snapshot> Snapshots::make(std::string_view canonical) {
  const fhir::Resource* found = registry_->find(canonical, "StructureDefinition");
  if (found == nullptr || depth_ == kMaxBaseDepth) return nullptr;
  if (elementsOf(*found) != nullptr) return std::make_unique<const Snapshot>(Snapshot{*found, {}});
  ++depth_;
  auto made = std::make_unique<const Snapshot>(generateSnapshot(*found, *this));
  --depth_;
  return made;
}

}  // namespace planbro::validation
