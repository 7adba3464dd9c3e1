#include "http/content_coding.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "http/refusal.h"
#include "http/response_head.h"
#include "service/constant_body.h"

namespace planbro::http {
namespace {

constexpr int kGzip = 16;        // added to the window's bits: RFC 1952
constexpr int kGzipOrZlib = 32;  // the same for reading: told by the header
constexpr int kQuickly = 1;      // the rest of an answer costs more than it saves
constexpr int kOnceForAll = 9;
constexpr std::size_t kPiece = 16384;

Bytef* bytesOf(char* text) { return reinterpret_cast<Bytef*>(text); }
// zlib's interface takes no const, and changes nothing.
Bytef* bytesOf(const char* text) { return bytesOf(const_cast<char*>(text)); }

// Unpacks all of `packed`; kLimitExceeded past `most`, kInvalidArgument if it is damaged.
Result<std::string> unpack(std::string_view packed, std::size_t most) {
  z_stream stream{};
  if (inflateInit2(&stream, MAX_WBITS + kGzipOrZlib) != Z_OK)
    return fail(ErrorCode::kInternal, "zlib cannot be used");
  const auto end = [](z_stream* used) { inflateEnd(used); };
  const std::unique_ptr<z_stream, decltype(end)> ends(&stream, end);
  stream.next_in = bytesOf(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  std::array<char, kPiece> piece;
  while (true) {
    stream.next_out = bytesOf(piece.data());
    stream.avail_out = piece.size();
    const int state = inflate(&stream, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END)
      return fail(ErrorCode::kInvalidArgument, "the body is damaged, or not whole");
    text.append(piece.data(), piece.size() - stream.avail_out);
    if (text.size() > most) return fail(ErrorCode::kLimitExceeded, "the body is too large");
    if (state != Z_STREAM_END) continue;
    if (stream.avail_in == 0) return text;
    // Another member of the same file.
    if (inflateReset(&stream) != Z_OK) return fail(ErrorCode::kInternal, "zlib cannot be used");
  }
}

// Packs what is handed to it piece by piece.
class Packer {
 public:
  explicit Packer(int level)
      : ready_(deflateInit2(&stream_, level, Z_DEFLATED, MAX_WBITS + kGzip, 8,
                            Z_DEFAULT_STRATEGY) == Z_OK) {}
  ~Packer() {
    if (ready_) deflateEnd(&stream_);
  }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  bool isReady() const { return ready_; }
  // Appends what is ready to `out`; everything after the last piece.
  bool add(std::string_view text, bool last, std::string& out) {
    stream_.next_in = bytesOf(text.data());
    stream_.avail_in = static_cast<uInt>(text.size());
    std::array<char, kPiece> piece;
    int state = Z_OK;
    do {
      stream_.next_out = bytesOf(piece.data());
      stream_.avail_out = piece.size();
      state = deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
      if (state == Z_STREAM_ERROR) return false;
      out.append(piece.data(), piece.size() - stream_.avail_out);
    } while (stream_.avail_out == 0 || (last && state != Z_STREAM_END));
    return true;
  }

 private:
  z_stream stream_{};
  bool ready_;
};

// Whether the client takes gzip: a quality above 0 for it, or for everything.
bool takesGzip(const service::Headers& headers) {
  const std::string accepted = headers.joined("Accept-Encoding");
  std::optional<bool> named, any;
  for (const std::string_view part : split(accepted, ',')) {
    const auto semicolon = part.find(';');
    const std::string name = toLowerAscii(trim(part.substr(0, semicolon)));
    bool wanted = true;
    if (semicolon != std::string_view::npos) {
      const std::string_view weight = trim(part.substr(semicolon + 1));
      double quality = 1;
      const auto equals = weight.find('=');
      if (equals != std::string_view::npos)
        std::from_chars(weight.data() + equals + 1, weight.data() + weight.size(), quality);
      wanted = quality > 0;
    }
    if (name == "gzip" || name == "x-gzip") named = wanted;
    if (name == "*") any = wanted;
  }
  return named.value_or(any.value_or(false));
}

// Formats that shrink; live events have to leave at once.
bool shrinks(std::string_view content_type) {
  const std::string type = toLowerAscii(trim(content_type.substr(0, content_type.find(';'))));
  if (type == "text/event-stream") return false;
  return type.starts_with("text/") || type.ends_with("json") || type.ends_with("xml") ||
         type.ends_with("javascript") || type.ends_with("yaml");
}

void addVary(service::Headers& headers) {
  std::string vary = headers.joined("Vary");
  if (vary == "*") return;
  headers.set("Vary", vary.empty() ? "Accept-Encoding" : vary + ", Accept-Encoding");
}

void packStream(service::Response& response) {
  auto packer = std::make_shared<Packer>(kQuickly);
  if (!packer->isReady()) return;
  response.stream = [packer, source = std::move(response.stream)](std::string& out) {
    std::string piece;
    const service::Streamed state = source(piece);
    if (state == service::Streamed::kBroken) return state;
    if (!packer->add(piece, state == service::Streamed::kLast, out))
      return service::Streamed::kBroken;
    return state;
  };
  response.headers.set("Content-Encoding", "gzip");
}

std::optional<std::string> packed(std::string_view text, int level) {
  Packer packer(level);
  std::string out;
  if (!packer.isReady() || !packer.add(text, true, out)) return std::nullopt;
  return out;
}

void pack(service::Response& response) {
  if (response.constant != nullptr) {
    auto made =
        response.constant->packed([](std::string_view text) { return packed(text, kOnceForAll); });
    if (made == nullptr) return;
    response.constant = std::move(made);
  } else {
    auto made = packed(response.body, kQuickly);
    if (!made.has_value()) return;
    response.body = std::move(*made);
  }
  response.headers.set("Content-Encoding", "gzip");
}

// The bytes are no longer those that a strong tag vouches for.
void weakenTag(service::Headers& headers) {
  const std::string tag(headers.get("ETag").value_or(""));
  if (tag.starts_with('"')) headers.set("ETag", "W/" + tag);
}

void packAnswer(const service::Request& request, service::Response& response,
                const CodingOptions& options) {
  // Tells of the answer that the caller keeps, which may be a packed one.
  if (response.status == 304) {
    addVary(response.headers);
    if (takesGzip(request.headers)) weakenTag(response.headers);
    return;
  }
  if (isBodiless(response.status) || response.headers.get("Content-Encoding").has_value() ||
      !shrinks(response.headers.get("Content-Type").value_or("")))
    return;
  addVary(response.headers);
  if (!takesGzip(request.headers)) return;
  if (response.stream) {
    packStream(response);
  } else if (response.bytes().size() >= options.least_bytes) {
    pack(response);
  }
  if (response.headers.get("Content-Encoding").has_value()) weakenTag(response.headers);
}

service::Response refused(const service::Request& request, const Refusal& refusal) {
  service::Response response = standardRefusal(refusal, request);
  if (refusal.status == 415) response.headers.set("Accept-Encoding", "gzip, deflate");
  return response;
}

// The request without its coding; or the refusal.
std::expected<service::Request, Refusal> unpacked(const service::Request& request,
                                                  std::string_view coding,
                                                  const CodingOptions& options) {
  if (coding != "gzip" && coding != "x-gzip" && coding != "deflate")
    return std::unexpected(
        Refusal{.status = 415, .code = "PB-4059", .arguments = {std::string(coding)}});
  auto text = unpack(request.body, options.max_body_bytes);
  if (!text.has_value()) {
    if (text.error().code == ErrorCode::kLimitExceeded)
      return std::unexpected(Refusal{
          .status = 413, .code = "PB-4082", .arguments = {std::to_string(options.max_body_bytes)}});
    return std::unexpected(Refusal{.status = 400, .code = "PB-6078", .arguments = {}});
  }
  service::Request plain = request;
  plain.body = std::move(*text);
  plain.headers.set("Content-Encoding", "identity");
  return plain;
}

}  // namespace

service::Handler contentCoding(service::Handler handler, CodingOptions options) {
  return [handler = std::move(handler), options](const service::Request& request) {
    const std::string coding = toLowerAscii(trim(request.headers.joined("Content-Encoding")));
    service::Response response;
    if (coding.empty() || coding == "identity" || request.body.empty()) {
      response = handler(request);
    } else if (auto plain = unpacked(request, coding, options); plain.has_value()) {
      response = handler(*plain);
    } else {
      response = refused(request, plain.error());
    }
    packAnswer(request, response, options);
    return response;
  };
}

}  // namespace planbro::http
