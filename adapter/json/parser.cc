#include "json/parser.h"

// Strings and white space are scanned sixteen bytes at a time where the machine can. RapidJSON then
// reads whole aligned blocks: up to fifteen bytes behind the text, on the same page. That harms
// nothing, but the address sanitizer is right to object.
#ifdef __SSE2__
#include <emmintrin.h>
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PLANBRO_READS_NO_BLOCKS
#endif
#endif
#if !defined(__SANITIZE_ADDRESS__) && !defined(PLANBRO_READS_NO_BLOCKS)
#define RAPIDJSON_SSE2
#endif
#endif
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

namespace planbro::json {
namespace {

using rapidjson::SizeType;
// Ends at the NUL behind the text, which has none inside (checked before).
using Stream = rapidjson::StringStream;

// Collects nodes on one stack; a container's children are copied behind each other into the arena
// when it ends.
class Handler {
 public:
  Handler(DocumentMaker& maker, Stream& stream, const ParseOptions& options,
          std::vector<Node>& stack)
      : maker_(maker),
        stream_(stream),
        options_(options),
        source_(maker.source()),
        nodes_(stack),
        has_escapes_(source_.find('\\') != std::string_view::npos) {}

  bool Null() { return literal(Kind::kNull, 4); }
  bool Bool(bool value) { return value ? literal(Kind::kTrue, 4) : literal(Kind::kFalse, 5); }
  bool Int(int) { return false; }  // numbers arrive as text
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  bool RawNumber(const char*, SizeType size, bool) {
    const std::uint32_t start = position();
    push(Kind::kNumber, start, source_.data() + start, size, 0);
    return true;
  }

  bool String(const char* text, SizeType size, bool) {
    const std::uint32_t start = position();
    bool escaped = false;
    std::string_view value;
    if (!textOf(text, size, start, &value, &escaped)) return false;
    push(Kind::kString, start, value.data(), size, escaped ? kEscaped : std::uint8_t{0});
    return true;
  }

  bool Key(const char* text, SizeType size, bool) {
    name_start_ = position();
    bool escaped = false;
    std::string_view name;
    if (!textOf(text, size, name_start_, &name, &escaped)) return false;
    const Name* known = options_.names == nullptr ? nullptr : options_.names->find(name);
    name_ = known == nullptr ? maker_.localName(name) : known;
    name_escaped_ = escaped;
    return true;
  }

  bool StartObject() { return start(Kind::kObject); }
  bool StartArray() { return start(Kind::kArray); }
  bool EndObject(SizeType count) { return end(count, true); }
  bool EndArray(SizeType count) { return end(count, false); }

  const ParseError* error() const { return failed_ ? &error_ : nullptr; }

 private:
  // While RapidJSON reads a string or a number it works on a copy of the stream, so that the stream
  // itself stands at the token's first byte when the handler is called; for brackets and literals
  // it stands behind them.
  std::uint32_t position() const { return static_cast<std::uint32_t>(stream_.Tell()); }

  bool stop(ParseErrorCode code, std::uint32_t offset, std::string message) {
    failed_ = true;
    error_ = {code, offset, {}, std::move(message)};
    return false;
  }

  // A view into the source where the token is the text itself, else a copy in the arena.
  bool textOf(const char* text, SizeType size, std::uint32_t start, std::string_view* value,
              bool* escaped) {
    const char* raw = source_.data() + start + 1;
    if (raw[size] == '"' && (!has_escapes_ || std::memchr(raw, '\\', size) == nullptr)) {
      *value = {raw, size};
      return true;
    }
    *escaped = true;
    const std::string_view decoded(text, size);
    for (std::size_t i = 0; i < size; ++i) {
      if (decoded[i] == '\0')
        return stop(ParseErrorCode::kNul, start, "a string contains the character NUL");
      if (decoded[i] == '\xED' && i + 1 < size &&
          static_cast<unsigned char>(decoded[i + 1]) >= 0xA0)
        return stop(ParseErrorCode::kLoneSurrogate, start,
                    "a string contains half of a surrogate pair");
    }
    *value = maker_.arena().copy(decoded);
    return true;
  }

  bool literal(Kind kind, std::uint32_t size) {
    push(kind, position() - size, nullptr, 0, 0);
    return true;
  }

  void push(Kind kind, std::uint32_t offset, const void* data, std::uint32_t size,
            std::uint8_t flags) {
    Node& node = nodes_.emplace_back();
    node.data = data;
    node.name = name_;
    node.size = size;
    node.offset = offset;
    node.kind = kind;
    node.flags = flags;
    if (name_escaped_) {
      node.flags |= kEscapedName;
      maker_.noteEscapedName(offset, name_start_);
      name_escaped_ = false;
    }
    name_ = nullptr;
  }

  bool start(Kind kind) {
    const std::uint32_t offset = position() - 1;
    if (++depth_ > options_.max_depth)
      return stop(ParseErrorCode::kTooDeep, offset,
                  "objects and arrays are nested deeper than " +
                      std::to_string(options_.max_depth) + " levels");
    push(kind, offset, nullptr, 0, 0);
    return true;
  }

  bool end(SizeType count, bool object) {
    --depth_;
    const std::size_t first = nodes_.size() - count;
    if (object && count > 1 && !namesAreUnique({nodes_.data() + first, count})) return false;
    Node& container = nodes_[first - 1];
    container.size = count;
    if (count > 0) {
      Node* place = maker_.arena().allocateArray<Node>(count);
      std::memcpy(static_cast<void*>(place), nodes_.data() + first, count * sizeof(Node));
      container.data = place;
      nodes_.resize(first);
    }
    return true;
  }

  bool namesAreUnique(std::span<const Node> members) {
    constexpr std::size_t kFew = 12;
    const Node* twice = nullptr;
    if (members.size() <= kFew) {
      for (std::size_t i = 1; i < members.size() && twice == nullptr; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          if (sameName(members[i], members[j])) twice = &members[i];
        }
      }
    } else {
      static thread_local std::vector<const Node*> sorted;
      sorted.clear();
      for (const Node& member : members) sorted.push_back(&member);
      std::sort(sorted.begin(), sorted.end(), [](const Node* a, const Node* b) {
        if (const int order = a->name->text.compare(b->name->text); order != 0) return order < 0;
        return a->offset < b->offset;
      });
      for (std::size_t i = 1; i < sorted.size() && twice == nullptr; ++i) {
        if (sameName(*sorted[i - 1], *sorted[i])) twice = sorted[i];
      }
    }
    if (twice == nullptr) return true;
    return stop(ParseErrorCode::kDuplicateName, twice->offset,
                "the member '" + std::string(twice->name->text.substr(0, 64)) +
                    "' stands twice in the same object");
  }

  static bool sameName(const Node& a, const Node& b) {
    if (a.name == b.name) return true;
    if (a.name->id != 0 || b.name->id != 0) return false;
    return a.name->text == b.name->text;
  }

  DocumentMaker& maker_;
  Stream& stream_;
  const ParseOptions& options_;
  std::string_view source_;
  std::vector<Node>& nodes_;
  const bool has_escapes_;
  const Name* name_ = nullptr;
  bool name_escaped_ = false;
  bool failed_ = false;
  std::uint32_t name_start_ = 0;
  std::uint32_t depth_ = 0;
  ParseError error_;
};

Position positionIn(std::string_view source, std::uint32_t offset) {
  const std::string_view before = source.substr(0, offset);
  const auto last = before.rfind('\n');
  return {static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n') + 1),
          static_cast<std::uint32_t>(before.size() -
                                     (last == std::string_view::npos ? 0 : last + 1) + 1)};
}

std::uint32_t firstInvalidByte(std::string_view text) {
  std::size_t good = 0;
  while (good < text.size()) {
    std::size_t length = 1;
    const auto lead = static_cast<unsigned char>(text[good]);
    if (lead >= 0xF0) {
      length = 4;
    } else if (lead >= 0xE0) {
      length = 3;
    } else if (lead >= 0xC0) {
      length = 2;
    }
    if (good + length > text.size() || !simdjson::validate_utf8(text.data() + good, length)) break;
    good += length;
  }
  return static_cast<std::uint32_t>(good);
}

// The first NUL or byte from 0x18 to 0x1F, which no JSON text contains; text.size() if there is
// none. RapidJSON's sixteen-byte scan lets some of these through.
std::size_t firstForbiddenByte(std::string_view text) {
  std::size_t i = 0;
#ifdef __SSE2__
  const __m128i zero = _mm_setzero_si128();
  const __m128i mask = _mm_set1_epi8(static_cast<char>(0xF8));
  const __m128i control = _mm_set1_epi8(0x18);
  for (; i + 16 <= text.size(); i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
    const __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, zero),
                                       _mm_cmpeq_epi8(_mm_and_si128(bytes, mask), control));
    if (_mm_movemask_epi8(found) != 0) break;
  }
#endif
  while (i < text.size() && text[i] != '\0' && (text[i] & 0xF8) != 0x18) ++i;
  return i;
}

std::unexpected<ParseError> refuse(std::string_view source, ParseErrorCode code,
                                   std::uint32_t offset, std::string message) {
  return std::unexpected(ParseError{code, offset, positionIn(source, offset), std::move(message)});
}

rapidjson::ParseResult read(Stream& stream, Handler& handler, std::size_t text_bytes) {
  constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag;
  // A reader keeps room for the longest string it has unescaped: one a thread serves all documents
  // but the large ones, whose room is given back.
  constexpr std::size_t kLarge = std::size_t{1} << 18;
  if (text_bytes > kLarge) return rapidjson::Reader().Parse<kFlags>(stream, handler);
  static thread_local rapidjson::Reader reader;
  return reader.Parse<kFlags>(stream, handler);
}

}  // namespace

std::expected<DocumentPtr, ParseError> parse(std::string text, const ParseOptions& options) {
  if (text.size() > options.max_bytes)
    return refuse("", ParseErrorCode::kTooLarge, 0,
                  "the document has " + std::to_string(text.size()) + " bytes; at most " +
                      std::to_string(options.max_bytes) + " are read");
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    const std::uint32_t at = firstInvalidByte(text);
    return refuse(text, ParseErrorCode::kEncoding, at, "the text is not UTF-8");
  }
  if (const std::size_t at = firstForbiddenByte(text); at < text.size())
    return refuse(text, text[at] == '\0' ? ParseErrorCode::kNul : ParseErrorCode::kSyntax,
                  static_cast<std::uint32_t>(at), "the text contains a control character");

#ifdef __SANITIZE_ADDRESS__
  // RapidJSON's scan reads to the end of the aligned sixteen bytes in which the text ends. That
  // never leaves a page, but the sanitizer would report it.
  text.reserve(text.size() + 16);
#endif
  // Nodes and unescaped texts take up to three times a compact text: one block holds them.
  const std::size_t text_bytes = text.size();
  DocumentMaker maker(std::move(text), 3 * text_bytes + 1024);
  const std::string_view source = maker.source();
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const std::size_t skipped = source.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  if (source.find_first_not_of(" \t\r\n", skipped) == std::string_view::npos)
    return refuse(source, ParseErrorCode::kEmpty, 0, "the document is empty");

  static thread_local std::vector<Node> stack;  // its room is kept from document to document
  stack.clear();
  // The text behind the view is a std::string: it ends with NUL.
  Stream stream(source.data());
  for (std::size_t i = 0; i < skipped; ++i) stream.Take();
  Handler handler(maker, stream, options, stack);
  const rapidjson::ParseResult result = read(stream, handler, text_bytes);
  if (const ParseError* error = handler.error()) {
    return refuse(source, error->code, error->offset, error->message);
  }
  if (result.IsError()) {
    const auto at = static_cast<std::uint32_t>(std::min(result.Offset(), source.size()));
    const bool trailing = result.Code() == rapidjson::kParseErrorDocumentRootNotSingular;
    const bool surrogate = result.Code() == rapidjson::kParseErrorStringUnicodeSurrogateInvalid;
    return refuse(source,
                  trailing    ? ParseErrorCode::kTrailing
                  : surrogate ? ParseErrorCode::kLoneSurrogate
                              : ParseErrorCode::kSyntax,
                  at, rapidjson::GetParseError_En(result.Code()));
  }
  maker.root() = stack.front();
  if (stack.capacity() > (std::size_t{1} << 16)) stack = {};
  if (options.bind) options.bind(maker);
  return std::move(maker).finish();
}

}  // namespace planbro::json
