#include "json/builder.h"

#include <cassert>
#include <cstring>
#include <utility>

namespace planbro::json {

Builder::Builder(const NameTable* names, std::string source)
    : maker_(std::move(source)), names_(names) {}

Builder& Builder::key(std::string_view name) {
  const Name* known = names_ == nullptr ? nullptr : names_->find(name);
  name_ = known == nullptr ? maker_.localName(name) : known;
  return *this;
}

Builder& Builder::at(std::uint32_t offset) {
  offset_ = offset;
  return *this;
}

Node& Builder::push(Kind kind) {
  Node node;
  node.kind = kind;
  node.name = std::exchange(name_, nullptr);
  node.offset = std::exchange(offset_, 0);
  return nodes_.emplace_back(node);
}

void Builder::beginObject() {
  push(Kind::kObject);
  open_.push_back({nodes_.size() - 1});
}

void Builder::beginArray() {
  push(Kind::kArray);
  open_.push_back({nodes_.size() - 1});
}

void Builder::end() {
  assert(!open_.empty());
  const std::size_t container = open_.back().node;
  open_.pop_back();
  const std::size_t first = container + 1;
  const std::size_t count = nodes_.size() - first;
  nodes_[container].size = static_cast<std::uint32_t>(count);
  if (count > 0) {
    Node* place = maker_.arena().allocateArray<Node>(count);
    std::memcpy(static_cast<void*>(place), nodes_.data() + first, count * sizeof(Node));
    nodes_[container].data = place;
    nodes_.resize(first);
  }
}

void Builder::endObject() { end(); }
void Builder::endArray() { end(); }

void Builder::string(std::string_view text) {
  const std::string_view kept = maker_.arena().copy(text);
  Node& node = push(Kind::kString);
  node.data = kept.data();
  node.size = static_cast<std::uint32_t>(kept.size());
}

void Builder::number(std::string_view text) {
  const std::string_view kept = maker_.arena().copy(text);
  Node& node = push(Kind::kNumber);
  node.data = kept.data();
  node.size = static_cast<std::uint32_t>(kept.size());
}

void Builder::boolean(bool value) { push(value ? Kind::kTrue : Kind::kFalse); }
void Builder::null() { push(Kind::kNull); }

Node Builder::copied(const Node& node) {
  // Depth is bounded by the parsers. Offsets and escapes belong to the other source.
  Node result = node;
  result.offset = 0;
  result.flags = 0;
  if (node.isContainer() && node.size > 0) {
    Node* place = maker_.arena().allocateArray<Node>(node.size);
    std::uint32_t i = 0;
    for (const Node& child : node.children()) place[i++] = copied(child);
    result.data = place;
  }
  return result;
}

void Builder::copy(const Node& node, const DocumentPtr& from) {
  if (from.get() != last_kept_) {
    maker_.keep(from);
    last_kept_ = from.get();
  }
  Node result = copied(node);
  result.name = std::exchange(name_, nullptr);
  result.offset = std::exchange(offset_, 0);
  nodes_.push_back(result);
}

DocumentPtr Builder::finish(const std::function<void(DocumentMaker&)>& bind) && {
  assert(open_.empty() && nodes_.size() == 1);
  maker_.root() = nodes_.front();
  if (bind) bind(maker_);
  return std::move(maker_).finish();
}

}  // namespace planbro::json
