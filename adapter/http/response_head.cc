#include "http/response_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>

#include "base/text.h"

namespace planbro::http {
namespace {

bool isToken(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != kMarks.npos;
  });
}

bool isFieldValue(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
}

// The listener's own fields.
bool isFraming(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kNames = {
      "connection", "content-length", "transfer-encoding", "date", "keep-alive", "trailer"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view own) { return equalsIgnoreAsciiCase(own, name); });
}

}  // namespace

bool isBodiless(int status) { return status < 200 || status == 204 || status == 304; }

std::optional<std::string> writeHead(const service::Response& response,
                                     const HeadOptions& options) {
  if (response.status < 200 || response.status > 599) return std::nullopt;
  const auto reason = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(response.status)));
  std::string head;
  head.reserve(384);
  fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                 std::string_view(reason.data(), reason.size()), options.date);
  for (const auto& [name, value] : response.headers.fields()) {
    if (isFraming(name)) continue;
    if (!isToken(name) || !isFieldValue(value)) return std::nullopt;
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (options.framing == Framing::kLength)
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", response.bytes().size());
  if (options.framing == Framing::kChunked) head += "Transfer-Encoding: chunked\r\n";
  if (!options.keep_alive) {
    head += "Connection: close\r\n";
  } else if (options.http10) {
    head += "Connection: keep-alive\r\n";
  }
  head += "\r\n";
  return head;
}

}  // namespace planbro::http
