#include "plan/journal_export.h"

#include <algorithm>
#include <string_view>

#include "fhir/canonical_base.h"
#include "fhir/resource.h"
#include "json/writer.h"
#include "plan/journal_nodes.h"
#include "plan/transaction.h"

namespace planbro::plan {
namespace {

using json::Kind;
using json::Node;

// Lists are compared as sets: each item must have its equal.
bool same(const Node& a, const Node& b);

bool hasEqual(const Node& item, std::span<const Node> items) {
  return std::any_of(items.begin(), items.end(),
                     [&](const Node& other) { return same(item, other); });
}

// The depth of both is bounded by their parsers.
bool same(const Node& a, const Node& b) {
  if (a.kind != b.kind || (a.isContainer() && a.size != b.size)) return false;
  if (!a.isContainer()) return a.text() == b.text();
  for (const Node& child : a.children()) {
    if (a.kind == Kind::kArray) {
      if (!hasEqual(child, b.children())) return false;
    } else {
      const Node* other = b.member(child.name->text);
      if (other == nullptr || !same(child, *other)) return false;
    }
  }
  return true;
}

void collectLost(const Node& a, const Node* b, const std::string& path,
                 std::vector<std::string>& lost) {
  if (b != nullptr && same(a, *b)) return;
  if (b == nullptr || a.kind != b->kind || !a.isContainer()) {
    lost.push_back(path);
    return;
  }
  std::size_t index = 0;
  for (const Node& child : a.children()) {
    if (a.kind == Kind::kObject) {
      const std::string_view name = child.name->text;
      if (path == "source" && name == "exported") continue;
      collectLost(child, b->member(name),
                  path.empty() ? std::string(name) : path + "." + std::string(name), lost);
      continue;
    }
    const std::string below = path + "[" + std::to_string(index) + "]";
    ++index;
    if (hasEqual(child, b->children())) continue;
    // What has the same key is the same thing; else the item of that place.
    const Node* other = index <= b->size ? &b->children()[index - 1] : nullptr;
    if (const std::string_view key = textOf(&child, "key"); !key.empty()) {
      other = nullptr;
      for (const Node& one : b->children()) {
        if (textOf(&one, "key") == key) other = &one;
      }
    }
    collectLost(child, other, below, lost);
  }
}

}  // namespace

Result<json::DocumentPtr> individualPlan(const StoredPlan& plan,
                                         const mapping::MapLibrary& library) {
  // Read again: what a map reads is bound to the names of its library.
  const auto bundle = fhir::readJson(json::write(*makeTransaction(plan)), library.definitions());
  if (!bundle.resource) return fail(ErrorCode::kInternal, "the transaction does not read");
  const mapping::Outcome outcome =
      library.transform(PLANBRO_CANONICAL_BASE "/StructureMap/BundleToIndividualPlan",
                        {bundle.resource.document(), nullptr, nullptr});
  if (outcome.document != nullptr && outcome.document->root().member("identifier") != nullptr)
    return outcome.document;
  std::string why = "it is no individuell plan (9602 A02-2) with an identifier";
  for (const fhir::Issue& issue : outcome.issues) {
    if (issue.severity <= fhir::Severity::kError)
      why += ": " + issue.text(fhir::Language::kEnglish);
  }
  return fail(ErrorCode::kInvalidArgument, why);
}

std::vector<std::string> lostPaths(const Node& plan, const Node& read_back) {
  std::vector<std::string> lost;
  collectLost(plan, &read_back, "", lost);
  return lost;
}

}  // namespace planbro::plan
