// Load on one address over kept connections, and the bare listener to compare with:
//
//   http_load URL [CONNECTIONS [SECONDS]]   GET of that address, http://HOST:PORT/…
//   http_load bare [CONNECTIONS [SECONDS]]  the listener alone with a 2 KB JSON reply
//   http_load URL CONNECTIONS post FILE     POST of each line of FILE to that address, once
//
// Prints one JSON object: requests a second, and milliseconds at the median and the 99th
// percentile. Client and server share the machine.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/listener.h"
#include "http_client.h"

namespace {

using Clock = std::chrono::steady_clock;
namespace bench = planbro::bench;

constexpr std::chrono::seconds kTime{10};

struct Load {
  bench::Address address;
  unsigned connections = 16;
  unsigned seconds = 3;
  std::vector<std::string> bodies;  // each posted once; none: GET until the time is over
};

// Microseconds of every answer that came with success.
std::vector<std::uint32_t> drive(const Load& load) {
  const std::string path = load.address.path.empty() ? "/" : load.address.path;
  const auto end = Clock::now() + std::chrono::seconds(load.seconds);
  std::vector<std::vector<std::uint32_t>> times(load.connections);
  std::vector<std::thread> clients;
  std::atomic<std::size_t> next = 0;
  for (unsigned i = 0; i < load.connections; ++i) {
    clients.emplace_back([&, i] {
      bench::Connection connection(load.address, kTime);
      bench::Request request{
          .method = "GET", .path = path, .more_fields = "Prefer: return=minimal\r\n"};
      while (true) {
        if (!load.bodies.empty()) {
          const std::size_t number = next++;
          if (number >= load.bodies.size()) return;
          request.method = "POST";
          request.body = load.bodies[number];
        } else if (Clock::now() >= end) {
          return;
        }
        const auto start = Clock::now();
        if (connection.exchange(request).status / 100 != 2) return;
        times[i].push_back(static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count()));
      }
    });
  }
  for (std::thread& client : clients) client.join();
  std::vector<std::uint32_t> all;
  for (const auto& some : times) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  Load load;
  if (argc > 2) load.connections = static_cast<unsigned>(std::atoi(argv[2]));
  if (argc > 4 && std::string_view(argv[3]) == "post") {
    std::ifstream file(argv[4]);
    for (std::string line; std::getline(file, line);) load.bodies.push_back(line);
  } else if (argc > 3) {
    load.seconds = static_cast<unsigned>(std::atoi(argv[3]));
  }
  std::unique_ptr<planbro::http::Listener> bare;
  const std::string_view target = argc > 1 ? argv[1] : "bare";
  if (target == "bare") {
    auto listener = planbro::http::Listener::start({}, [](const planbro::service::Request&) {
      planbro::service::Response response;
      response.headers.set("Content-Type", "application/fhir+json");
      response.body = "{\"text\":\"" + std::string(2000, 'x') + "\"}";
      return response;
    });
    if (!listener) return 2;
    bare = std::move(*listener);
    load.address = {"127.0.0.1", std::to_string(bare->port()), ""};
  } else if (auto address = bench::readAddress(target)) {
    load.address = std::move(*address);
  } else {
    fmt::print(stderr, "http_load: wants http://HOST:PORT/PATH or bare\n");
    return 2;
  }
  const auto begin = Clock::now();
  const auto times = drive(load);
  const std::chrono::duration<double> taken = Clock::now() - begin;
  if (times.empty() || (!load.bodies.empty() && times.size() != load.bodies.size())) {
    fmt::print(stderr, "http_load: {} answers with success\n", times.size());
    return 1;
  }
  fmt::print(
      "{{\"target\":\"{}\",\"connections\":{},\"requestsPerSecond\":{},\"p50Ms\":{:.2f},"
      "\"p99Ms\":{:.2f}}}\n",
      target, load.connections,
      static_cast<std::uint64_t>(static_cast<double>(times.size()) / taken.count()),
      times[times.size() / 2] / 1000.0, times[times.size() * 99 / 100] / 1000.0);
  return 0;
}
