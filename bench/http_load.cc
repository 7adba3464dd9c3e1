// Load on one address over kept connections, and the bare listener to compare with:
//
//   http_load URL [CONNECTIONS [SECONDS [gzip]]]  GET of that address, http://HOST:PORT/…; "gzip":
//                                                 as a client that takes it
//   http_load bare[:BYTES] [CONNECTIONS [SECONDS]]
//                                                 the listener alone with a JSON reply of that
//                                                 many bytes, 2 KB if not told
//   http_load URL CONNECTIONS post FILE           POST of each line of FILE to that address, once
//   http_load URL CONNECTIONS SECONDS below FILE  GET of the lines of FILE below that address, in
//                                                 turn
//
// Prints one JSON object: requests a second, milliseconds at the median and the 99th percentile,
// bytes of the last answer's body. Client and server share the machine.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "http/listener.h"
#include "http_client.h"
#include "service/constant_body.h"
#include "service/request.h"

namespace {

using Clock = std::chrono::steady_clock;
namespace bench = planbro::bench;

constexpr std::chrono::seconds kTime{10};

struct Load {
  bench::Address address;
  unsigned connections = 16;
  unsigned seconds = 3;
  bool gzip = false;
  std::vector<std::string> bodies;  // each posted once; none: GET until the time is over
  std::vector<std::string> paths;   // of GET in turn; none: the address'
};

struct Outcome {
  std::vector<std::uint32_t> times;  // microseconds of every answer that came with success, sorted
  std::size_t body_bytes = 0;
};

Outcome drive(const Load& load) {
  const std::string path = load.address.path.empty() ? "/" : load.address.path;
  const auto end = Clock::now() + std::chrono::seconds(load.seconds);
  std::vector<std::vector<std::uint32_t>> times(load.connections);
  std::vector<std::thread> clients;
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> body_bytes = 0;
  const std::string more_fields =
      std::string("Prefer: return=minimal\r\n") + (load.gzip ? "Accept-Encoding: gzip\r\n" : "");
  for (unsigned i = 0; i < load.connections; ++i) {
    clients.emplace_back([&, i] {
      bench::Connection connection(load.address, kTime);
      bench::Request request{.method = "GET", .path = path, .more_fields = more_fields};
      while (true) {
        if (!load.bodies.empty()) {
          const std::size_t number = next++;
          if (number >= load.bodies.size()) return;
          request.method = "POST";
          request.body = load.bodies[number];
        } else if (Clock::now() >= end) {
          return;
        } else if (!load.paths.empty()) {
          request.path = load.paths[next++ % load.paths.size()];
        }
        const auto start = Clock::now();
        const bench::Answer answer = connection.exchange(request);
        if (answer.status / 100 != 2) return;
        body_bytes.store(answer.body.size(), std::memory_order_relaxed);
        times[i].push_back(static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count()));
      }
    });
  }
  for (std::thread& client : clients) client.join();
  Outcome outcome{.times = {}, .body_bytes = body_bytes};
  for (const auto& some : times)
    outcome.times.insert(outcome.times.end(), some.begin(), some.end());
  std::sort(outcome.times.begin(), outcome.times.end());
  return outcome;
}

// The bytes of "bare" and "bare:BYTES"; nothing for another target.
std::optional<std::size_t> bareBytes(std::string_view target) {
  constexpr std::string_view kBare = "bare";
  constexpr std::size_t kPlain = 2011;
  if (!target.starts_with(kBare)) return std::nullopt;
  target.remove_prefix(kBare.size());
  if (target.empty()) return kPlain;
  std::size_t bytes = 0;
  if (!target.starts_with(':')) return std::nullopt;
  const char* end = target.data() + target.size();
  const auto read = std::from_chars(target.data() + 1, end, bytes);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return bytes;
}

// A listener whose replies cost nothing to make.
std::unique_ptr<planbro::http::Listener> bareListener(std::size_t bytes) {
  constexpr std::string_view kBegin = "{\"text\":\"";
  constexpr std::string_view kEnd = "\"}";
  std::string text(kBegin);
  text.append(bytes - std::min(bytes, kBegin.size() + kEnd.size()), 'x').append(kEnd);
  const auto body = std::make_shared<const planbro::service::ConstantBody>(std::move(text),
                                                                           "application/fhir+json");
  auto listener = planbro::http::Listener::start({}, [body](const planbro::service::Request&) {
    planbro::service::Response response;
    response.headers.set("Content-Type", body->mediaType());
    response.constant = body;
    return response;
  });
  return listener ? std::move(*listener) : nullptr;
}

std::vector<std::string> linesOf(const char* name) {
  std::vector<std::string> lines;
  std::ifstream file(name);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace

int main(int argc, char** argv) {
  Load load;
  if (argc > 2) load.connections = static_cast<unsigned>(std::atoi(argv[2]));
  if (argc > 4 && std::string_view(argv[3]) == "post") {
    load.bodies = linesOf(argv[4]);
  } else if (argc > 3) {
    load.seconds = static_cast<unsigned>(std::atoi(argv[3]));
  }
  if (argc > 4 && std::string_view(argv[4]) == "gzip") load.gzip = true;
  std::unique_ptr<planbro::http::Listener> bare;
  const std::string_view target = argc > 1 ? argv[1] : "bare";
  if (const auto bytes = bareBytes(target)) {
    bare = bareListener(*bytes);
    if (bare == nullptr) return 2;
    load.address = {"127.0.0.1", std::to_string(bare->port()), ""};
  } else if (auto address = bench::readAddress(target)) {
    load.address = std::move(*address);
  } else {
    fmt::print(stderr, "http_load: wants http://HOST:PORT/PATH, bare or bare:BYTES\n");
    return 2;
  }
  if (argc > 5 && std::string_view(argv[4]) == "below") {
    load.paths = linesOf(argv[5]);
    for (std::string& path : load.paths) path.insert(0, load.address.path + "/");
  }
  const auto begin = Clock::now();
  const auto [times, body_bytes] = drive(load);
  const std::chrono::duration<double> taken = Clock::now() - begin;
  if (times.empty() || (!load.bodies.empty() && times.size() != load.bodies.size())) {
    fmt::print(stderr, "http_load: {} answers with success\n", times.size());
    return 1;
  }
  fmt::print(
      "{{\"target\":\"{}\",\"connections\":{},\"requestsPerSecond\":{},\"p50Ms\":{:.2f},"
      "\"p99Ms\":{:.2f},\"bodyBytes\":{}}}\n",
      target, load.connections,
      static_cast<std::uint64_t>(static_cast<double>(times.size()) / taken.count()),
      times[times.size() / 2] / 1000.0, times[times.size() * 99 / 100] / 1000.0, body_bytes);
  return 0;
}
