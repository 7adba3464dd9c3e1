// Makes a new document value by value, in order.
//
//   Builder b(&names);
//   b.beginObject();
//   b.key("resourceType").string("Patient");
//   b.key("name").copy(old_name, old_document);   // borrows the texts, copies the nodes
//   b.endObject();
//   DocumentPtr document = std::move(b).finish();
//
// One thread. Calls must nest as JSON does; that is the caller's duty and is asserted.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace planbro::json {

class Builder {
 public:
  // `names` may be nullptr and must outlive the document. `source` is the text (XML, CSV, …) that
  // offsets given to at() count in; the document keeps it.
  explicit Builder(const NameTable* names = nullptr, std::string source = {});

  Builder& key(std::string_view name);
  // The source offset of the next value (0 unless said).
  Builder& at(std::uint32_t offset);

  void beginObject();
  void endObject();
  void beginArray();
  void endArray();
  // The text is copied.
  void string(std::string_view text);
  // `text` must be a JSON number; it is kept as written.
  void number(std::string_view text);
  void boolean(bool value);
  void null();
  // A whole value of another document, which is kept alive as long as this one needs its texts.
  void copy(const Node& node, const DocumentPtr& from);

  // Depth of open containers.
  std::size_t depth() const { return open_.size(); }
  std::string_view source() const { return maker_.source(); }

  // Everything must be closed and one value written. `bind` as in ParseOptions.
  DocumentPtr finish(const std::function<void(DocumentMaker&)>& bind = {}) &&;

 private:
  struct Open {
    std::size_t node;  // index of the container in nodes_
  };
  Node& push(Kind kind);
  void end();
  Node copied(const Node& node);

  DocumentMaker maker_;
  const NameTable* names_;
  std::vector<Node> nodes_;
  std::vector<Open> open_;
  const Name* name_ = nullptr;
  std::uint32_t offset_ = 0;
  const void* last_kept_ = nullptr;
};

}  // namespace planbro::json
