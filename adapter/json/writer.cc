#include "json/writer.h"

#include <array>
#include <cstdint>

namespace planbro::json {
namespace {

constexpr auto kNeedsEscape = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

class Writer {
 public:
  Writer(const Document& document, std::string& out, bool pretty)
      : document_(document), out_(out), pretty_(pretty), raw_(!document.source().empty()) {}

  // The depth of a tree is bounded by the parsers (kMaxJsonDepth).
  void value(const Node& node) {
    switch (node.kind) {
      case Kind::kString:
        if (raw_ && (node.flags & kEscaped) != 0) {
          out_ += document_.rawValue(node);
        } else {
          writeString(node.text(), out_);
        }
        break;
      case Kind::kArray:
        container(node, '[', ']');
        break;
      case Kind::kObject:
        container(node, '{', '}');
        break;
      default:
        out_ += node.text();
    }
  }

 private:
  void container(const Node& node, char open, char close) {
    out_ += open;
    ++depth_;
    bool first = true;
    for (const Node& child : node.children()) {
      if (!first) out_ += ',';
      first = false;
      newLine();
      if (child.name != nullptr) {
        if (raw_ && (child.flags & kEscapedName) != 0) {
          out_ += document_.rawName(child);
        } else {
          writeString(child.name->text, out_);
        }
        out_ += ':';
        if (pretty_) out_ += ' ';
      }
      value(child);
    }
    --depth_;
    if (!first) newLine();
    out_ += close;
  }

  void newLine() {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(depth_ * 2, ' ');
  }

  const Document& document_;
  std::string& out_;
  bool pretty_;
  // Nodes shared with another document keep its flags, not its text.
  bool raw_;
  std::size_t depth_ = 0;
};

}  // namespace

void write(const Document& document, const Node& node, std::string& out,
           const WriteOptions& options) {
  Writer(document, out, options.pretty).value(node);
}

std::string write(const Document& document, const WriteOptions& options) {
  std::string out;
  out.reserve(document.source().size() + 64);
  write(document, document.root(), out, options);
  return out;
}

void writeString(std::string_view text, std::string& out) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!kNeedsEscape[c]) continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default: {
        static constexpr char kHex[] = "0123456789abcdef";
        out += "\\u00";
        out += kHex[c >> 4];
        out += kHex[c & 15];
      }
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

}  // namespace planbro::json
