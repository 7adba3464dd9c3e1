#include "validation/element_tree.h"

#include <algorithm>

namespace planbro::validation {
namespace {

using json::Node;

std::string_view memberText(const Node& node, std::string_view name) {
  const Node* member = node.member(name);
  return member == nullptr ? std::string_view{} : member->text();
}

// Members whose lists grow from definition to definition.
bool isList(const Node& node) { return node.kind == json::Kind::kArray; }

void writeBranch(const Branch& branch, const std::string& parent_id, const std::string& parent_path,
                 json::Builder& out) {
  const std::string path = parent_path.empty() ? branch.name : parent_path + "." + branch.name;
  std::string id = parent_id.empty() ? branch.name : parent_id + "." + branch.name;
  if (!branch.slice_name.empty()) id += ":" + branch.slice_name;
  out.beginObject();
  out.key("id").string(id);
  out.key("path").string(path);
  if (!branch.slice_name.empty()) out.key("sliceName").string(branch.slice_name);
  for (const Part& part : branch.parts) {
    out.key(part.name);
    if (!part.list) {
      out.copy(*part.pieces[0].node, *part.pieces[0].document);
      continue;
    }
    out.beginArray();
    for (const Piece& piece : part.pieces) out.copy(*piece.node, *piece.document);
    out.endArray();
  }
  out.endObject();
  for (const auto& child : branch.children) writeBranch(*child, id, path, out);
  for (const auto& slice : branch.slices) writeBranch(*slice, parent_id, parent_path, out);
}

}  // namespace

const Part* Branch::part(std::string_view part_name) const {
  const auto found = std::find_if(parts.begin(), parts.end(),
                                  [part_name](const Part& part) { return part.name == part_name; });
  return found == parts.end() ? nullptr : &*found;
}

std::string_view Branch::text(std::string_view part_name) const {
  const Part* found = part(part_name);
  return found == nullptr || found->list ? std::string_view{} : found->pieces[0].node->text();
}

void Branch::set(std::string_view part_name, std::vector<Piece> pieces, bool list) {
  for (Part& part : parts) {
    if (part.name != part_name) continue;
    part.pieces = std::move(pieces);
    part.list = list;
    return;
  }
  parts.push_back({part_name, std::move(pieces), list});
}

Branch* Branch::child(std::string_view child_name) const {
  for (const auto& candidate : children) {
    if (candidate->name == child_name) return candidate.get();
  }
  return nullptr;
}

Branch* Branch::slice(std::string_view wanted) const {
  for (const auto& candidate : slices) {
    if (candidate->slice_name == wanted) return candidate.get();
  }
  return nullptr;
}

std::unique_ptr<Branch> Branch::clone() const {
  auto copy = std::make_unique<Branch>();
  copy->name = name;
  copy->slice_name = slice_name;
  copy->parts = parts;
  copy->cloneChildrenFrom(*this);
  return copy;
}

std::size_t Branch::size() const {
  std::size_t sum = 1;
  for (const auto& child : children) sum += child->size();
  for (const auto& one : slices) sum += one->size();
  return sum;
}

void Branch::cloneChildrenFrom(const Branch& other) {
  for (const auto& child : other.children) {
    auto copy = child->clone();
    for (const auto& slice : child->slices) {
      copy->slices.push_back(slice->clone());
      copy->slices.back()->sliced = copy.get();
    }
    children.push_back(std::move(copy));
  }
}

std::unique_ptr<Branch> readTree(std::span<const Node> elements,
                                 const json::DocumentPtr& document) {
  std::unique_ptr<Branch> root;
  std::vector<std::pair<std::string_view, Branch*>> open;  // path and branch
  for (const Node& element : elements) {
    const std::string_view path = memberText(element, "path");
    if (path.empty() ||
        static_cast<std::size_t>(std::count(path.begin(), path.end(), '.')) >= kMaxElementDepth)
      continue;
    const std::size_t dot = path.rfind('.');
    const std::string_view parent =
        dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
    auto branch = std::make_unique<Branch>();
    branch->name = dot == std::string_view::npos ? path : path.substr(dot + 1);
    branch->slice_name = memberText(element, "sliceName");
    for (const Node& member : element.children()) {
      const std::string_view name = member.name->text;
      if (name == "id" || name == "path" || name == "sliceName") continue;
      Part part{name, {}, isList(member)};
      if (part.list) {
        for (const Node& item : member.children()) part.pieces.push_back({&item, &document});
      } else {
        part.pieces.push_back({&member, &document});
      }
      branch->parts.push_back(std::move(part));
    }
    while (!open.empty() && open.back().first != parent) open.pop_back();
    Branch* placed = branch.get();
    if (open.empty()) {
      if (root != nullptr) continue;
      root = std::move(branch);
    } else {
      Branch* above = open.back().second;
      Branch* sliced = branch->slice_name.empty() ? nullptr : above->child(branch->name);
      branch->sliced = sliced;
      (sliced != nullptr ? sliced->slices : above->children).push_back(std::move(branch));
    }
    open.emplace_back(path, placed);
  }
  return root;
}

void writeTree(const Branch& root, json::Builder& out) { writeBranch(root, {}, {}, out); }

}  // namespace planbro::validation
