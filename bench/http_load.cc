// Load on one address over kept connections, and the bare listener to compare with:
//
//   http_load URL [CONNECTIONS [SECONDS]]   GET of that address, http://127.0.0.1:PORT/…
//   http_load bare [CONNECTIONS [SECONDS]]  the listener alone with a 2 KB JSON reply
//
// Prints one JSON object: requests a second, and milliseconds at the median and the 99th
// percentile. Client and server share the machine.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/listener.h"
#include "http/raw_connection.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Load {
  std::uint16_t port = 0;
  std::string path;
  unsigned connections = 16;
  unsigned seconds = 3;
};

// Microseconds of every answer that came with 200.
std::vector<std::uint32_t> drive(const Load& load) {
  const std::string request =
      "GET " + load.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/fhir+json\r\n\r\n";
  const auto end = Clock::now() + std::chrono::seconds(load.seconds);
  std::vector<std::vector<std::uint32_t>> times(load.connections);
  std::vector<std::thread> clients;
  for (unsigned i = 0; i < load.connections; ++i) {
    clients.emplace_back([&, i] {
      planbro::http::RawConnection connection(load.port);
      while (Clock::now() < end) {
        const auto start = Clock::now();
        if (!connection.send(request) || connection.answer().status != 200) return;
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

bool readAddress(std::string_view url, Load& load) {
  constexpr std::string_view kPrefix = "http://127.0.0.1:";
  if (!url.starts_with(kPrefix)) return false;
  url.remove_prefix(kPrefix.size());
  const auto slash = std::min(url.find('/'), url.size());
  load.path = slash == url.size() ? "/" : std::string(url.substr(slash));
  return std::from_chars(url.data(), url.data() + slash, load.port).ec == std::errc();
}

}  // namespace

int main(int argc, char** argv) {
  Load load;
  if (argc > 2) load.connections = static_cast<unsigned>(std::atoi(argv[2]));
  if (argc > 3) load.seconds = static_cast<unsigned>(std::atoi(argv[3]));
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
    load.port = bare->port();
    load.path = "/";
  } else if (!readAddress(target, load)) {
    fmt::print(stderr, "http_load: wants http://127.0.0.1:PORT/PATH or bare\n");
    return 2;
  }
  const auto times = drive(load);
  if (times.empty()) {
    fmt::print(stderr, "http_load: no answer with status 200\n");
    return 1;
  }
  fmt::print(
      "{{\"target\":\"{}\",\"connections\":{},\"requestsPerSecond\":{},\"p50Ms\":{:.2f},"
      "\"p99Ms\":{:.2f}}}\n",
      target, load.connections, times.size() / load.seconds, times[times.size() / 2] / 1000.0,
      times[times.size() * 99 / 100] / 1000.0);
  return 0;
}
