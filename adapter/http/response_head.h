// The head of an answer as bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "service/request.h"

namespace planbro::http {

// How the end of the body is told.
enum class Framing : std::uint8_t { kNone, kLength, kChunked, kClose };

struct HeadOptions {
  Framing framing = Framing::kLength;
  bool keep_alive = true;
  bool http10 = false;  // what the request was
  std::string_view date;
};

// Status line and fields, with the empty line. Nothing when a field of the response holds what
// would break out of its line (RFC 9112, section 5.5; response splitting).
std::optional<std::string> writeHead(const service::Response& response, const HeadOptions& options);

// Whether answers of that status have no body at all (RFC 9110, section 6.4.1).
bool isBodiless(int status);

}  // namespace planbro::http
