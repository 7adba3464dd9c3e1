// The one tree: a read-only JSON document in one arena.
//
// It keeps what a JSON object model usually loses: the order of members, the text of numbers
// (1.50 stays 1.50), the place of every value in the source. It knows nothing of FHIR; `tag` and
// `label` of a node are free for the layer above (fhir/element.h) and are set while the document
// is made. Trees that come from XML or CSV use the same nodes.
//
// A finished document is immutable and may be shared between threads. Nodes own nothing; they live
// as long as the document they were reached through.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/arena.h"
#include "json/names.h"

namespace planbro::json {

enum class Kind : std::uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

// A place in the source as people count: lines and columns from 1; columns count bytes.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct Node {
  const void* data = nullptr;  // first byte of the text, or first child
  const Name* name = nullptr;  // of a member; nullptr for an array's items and the root
  std::uint32_t size = 0;      // bytes of text, or number of children
  std::uint32_t offset = 0;    // of the value's first byte in the source
  std::uint32_t tag = 0;       // for the layer above
  Kind kind = Kind::kNull;
  std::uint8_t flags = 0;
  std::uint16_t label = 0;  // for the layer above

  bool isContainer() const { return kind >= Kind::kArray; }
  bool isBoolean() const { return kind == Kind::kFalse || kind == Kind::kTrue; }
  // The characters of a string (unescaped) or number, "true", "false" or "null"; "" for containers.
  std::string_view text() const;
  // The items of an array or the members of an object, in source order; empty for scalars.
  std::span<const Node> children() const {
    if (!isContainer()) return {};
    return {static_cast<const Node*>(data), size};
  }
  // The member of that name; nullptr if there is none. For code that reads plain JSON.
  const Node* member(std::string_view member_name) const;
};
static_assert(sizeof(Node) == 32);

// Node::flags, lower half for this layer, upper half for the layer above.
inline constexpr std::uint8_t kEscaped = 1;      // the source token differs from the text
inline constexpr std::uint8_t kEscapedName = 2;  // so does the member name's token

class Document {
 public:
  Document() = default;
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  const Node& root() const { return root_; }
  std::string_view source() const { return source_; }
  // Counts lines up to `offset`: for reports, not for hot paths. Any thread.
  Position positionOf(std::uint32_t offset) const;
  // The source text of a string value or member name flagged as escaped, quotes included.
  std::string_view rawValue(const Node& node) const;
  std::string_view rawName(const Node& node) const;
  // Bytes held: source, nodes and texts.
  std::size_t memoryBytes() const { return source_.size() + arena_.reservedBytes(); }

 private:
  friend class DocumentMaker;

  std::string source_;
  Arena arena_;
  Node root_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> raw_names_;  // value offset, name offset
  std::vector<std::shared_ptr<const void>> kept_;  // what borrowed nodes point into
};

using DocumentPtr = std::shared_ptr<const Document>;

// Access to a document that is still being made; used by the parsers and builders alone.
class DocumentMaker {
 public:
  explicit DocumentMaker(std::string source = {}, std::size_t arena_bytes = 4096)
      : document_(std::make_shared<Document>()) {
    document_->source_ = std::move(source);
    document_->arena_.expect(arena_bytes);
  }
  Arena& arena() { return document_->arena_; }
  Node& root() { return document_->root_; }
  std::string_view source() const { return document_->source_; }
  void noteEscapedName(std::uint32_t value_offset, std::uint32_t name_offset) {
    document_->raw_names_.emplace_back(value_offset, name_offset);
  }
  void keep(std::shared_ptr<const void> thing) { document_->kept_.push_back(std::move(thing)); }
  // An unknown name, living in the document.
  const Name* localName(std::string_view text);
  DocumentPtr finish() && { return std::move(document_); }

 private:
  std::shared_ptr<Document> document_;
};

// Nodes of a tree still owned by its maker, for a layer that sets tag, label and flags.
inline std::span<Node> mutableChildren(Node& node) {
  return {const_cast<Node*>(static_cast<const Node*>(node.data)), node.size};
}

}  // namespace planbro::json
