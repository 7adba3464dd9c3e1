#include "json/document.h"

#include <algorithm>
#include <new>

namespace planbro::json {

std::string_view Node::text() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kFalse:
      return "false";
    case Kind::kTrue:
      return "true";
    case Kind::kNumber:
    case Kind::kString:
      return {static_cast<const char*>(data), size};
    case Kind::kArray:
    case Kind::kObject:
      break;
  }
  return {};
}

const Node* Node::member(std::string_view member_name) const {
  if (kind != Kind::kObject) return nullptr;
  for (const Node& child : children()) {
    if (child.name->text == member_name) return &child;
  }
  return nullptr;
}

Position Document::positionOf(std::uint32_t offset) const {
  // Positions are asked for when something is wrong: counting then is cheaper than an index kept
  // for every document.
  const std::string_view before = std::string_view(source_).substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const auto last = before.rfind('\n');
  const std::size_t start = last == std::string_view::npos ? 0 : last + 1;
  return {static_cast<std::uint32_t>(lines + 1),
          static_cast<std::uint32_t>(before.size() - start + 1)};
}

namespace {

// The string token that begins at `offset`, quotes included.
std::string_view stringToken(std::string_view source, std::uint32_t offset) {
  std::size_t end = offset + 1;
  while (source[end] != '"') end += source[end] == '\\' ? 2 : 1;
  return source.substr(offset, end + 1 - offset);
}

}  // namespace

std::string_view Document::rawValue(const Node& node) const {
  return stringToken(source_, node.offset);
}

std::string_view Document::rawName(const Node& node) const {
  const auto found = std::lower_bound(raw_names_.begin(), raw_names_.end(),
                                      std::pair{node.offset, std::uint32_t{0}});
  return stringToken(source_, found->second);
}

const Name* DocumentMaker::localName(std::string_view text) {
  void* place = arena().allocate(sizeof(Name), alignof(Name));
  return new (place) Name{arena().copy(text), 0};
}

}  // namespace planbro::json
