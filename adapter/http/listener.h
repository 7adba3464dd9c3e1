// The HTTP/1.1 server: carries requests from sockets to a service::Handler and its answers back.
//
// Every connection has limits on size and time. Handlers run on worker threads, never on an I/O
// thread; requests of one connection are handled one after the other, so pipelined answers keep
// their order. What breaks HTTP (RFC 9112), passes a limit or comes while the queue is full is
// answered by the listener itself, see refusal.h.
//
// The handler sees HEAD as it came and answers it as it would GET; the listener sends the head
// alone. The listener sets Date, Connection, Content-Length and Transfer-Encoding; fields of these
// names in a Response are ignored, but for `Connection: close`. An answer whose fields hold a line
// break or another control character is not sent: the caller gets 500.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "http/refusal.h"
#include "service/request.h"

namespace planbro::http {

// PEM files. TLS 1.2 and newer.
struct ServerCertificate {
  std::string certificate_file;  // the server's, then the chain
  std::string key_file;
};

struct ListenerOptions {
  std::string address = "127.0.0.1";  // an IP address, or "localhost"
  std::uint16_t port = 0;             // 0: any free port
  // There is no access control yet, so an address that others can reach is refused unless this is
  // set.
  bool allow_any_address = false;
  // Names (without port) that Host may say; empty: any. A browser that was led here by another
  // site's name (DNS rebinding) is turned away with 421.
  std::vector<std::string> host_names;
  std::optional<ServerCertificate> tls;

  unsigned io_threads = 1;
  unsigned workers = 4;                 // threads that run handlers
  std::size_t max_connections = 1024;   // one more is answered 503
  std::size_t max_queued = 256;         // requests waiting for a worker; one more is answered 503
  std::chrono::seconds retry_after{2};  // what such a 503 says

  std::size_t max_header_bytes = kMaxHeaderBytes;  // request line and fields
  std::size_t max_body_bytes = kMaxBodyBytes;

  std::chrono::milliseconds header_time{10'000};  // from the first byte of a request
  std::chrono::milliseconds body_time{30'000};    // from the end of its header
  std::chrono::milliseconds idle_time{60'000};    // between requests
  // For an answer: this, and one second more for every 64 KiB of it.
  std::chrono::milliseconds write_time{30'000};
  // A handler that takes longer is answered for with 503; its own answer is dropped.
  std::chrono::milliseconds handler_time{60'000};
  // What stop() grants to requests under way.
  std::chrono::milliseconds drain_time{10'000};

  RefusalAnswer refusal = standardRefusal;
  const Clock* clock = nullptr;  // for Date; must outlive the listener; nullptr: the system's
};

// Numbers since the start, for metrics.
struct ListenerCounts {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t requests = 0;  // handed to the handler
  std::uint64_t refusals = 0;  // answered without it
};

class Wire;  // http/wire.h, the only header here that knows Asio

class Listener {
 public:
  // Listens when it returns. kInvalidArgument: no IP address, or bad certificate; kUnsupported: an
  // address that is not loopback; kUnavailable: the port is taken; kIo: else.
  static Result<std::unique_ptr<Listener>> start(ListenerOptions options, service::Handler handler);
  ~Listener();  // as stop()
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const;  // the bound one
  std::string base() const;    // "http://127.0.0.1:8080", without slash at the end
  ListenerCounts counts() const;

  // Takes no new connection or request, closes idle connections, waits for requests under way (for
  // drain_time at most, then cuts them off) and for handlers to return. Any thread but a handler's;
  // again and again is allowed.
  void stop();

 private:
  explicit Listener(std::shared_ptr<Wire> wire);

  std::shared_ptr<Wire> wire_;
};

}  // namespace planbro::http
