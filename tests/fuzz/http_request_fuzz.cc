// Whatever bytes a connection brings, in whatever pieces, end as requests or a refusal, and the
// pieces make no difference.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_reader.h"

namespace {

using planbro::http::RequestReader;

struct Reading {
  std::vector<std::string> requests;
  int refused = 0;
};

Reading read(std::string_view bytes, std::size_t piece) {
  Reading reading;
  RequestReader reader({.max_header_bytes = 2048, .max_body_bytes = 4096});
  std::string buffer;
  while (true) {
    const auto before = reader.state();
    const std::size_t used = reader.read(buffer);
    if (used > buffer.size()) std::abort();
    buffer.erase(0, used);
    if (reader.state() == RequestReader::State::kRefused) {
      reading.refused = reader.refusal().status;
      return reading;
    }
    if (reader.state() == RequestReader::State::kComplete) {
      const auto request = reader.take();
      if (request.body.size() > 4096) std::abort();
      reading.requests.push_back(request.method + " " + request.path + "?" + request.query + "\n" +
                                 request.body);
      continue;
    }
    if (used > 0 || reader.state() != before) continue;
    if (bytes.empty()) return reading;
    buffer.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Reading whole = read(bytes, bytes.size() + 1);
  for (const std::size_t piece : {1, 7}) {
    if (read(bytes, piece).requests != whole.requests) std::abort();
  }
  return 0;
}
