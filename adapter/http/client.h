// The HTTP client (libcurl): one request out, one answer back, with limits on time and size.
//
// It follows no redirect (an Authorization field never reaches another origin), takes no proxy from
// the environment, speaks http and https only, TLS 1.2 or newer with verified names, and never
// sends a request twice: POST and PATCH always go over a connection of their own, since libcurl
// re-sends a request when a kept connection turns out to be closed.
//
// Threads: one thread at a time; a Client keeps its connection between calls.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "base/error.h"
#include "service/request.h"

namespace planbro::http {

struct ClientOptions {
  std::chrono::milliseconds connect_time{5'000};
  std::chrono::milliseconds total_time{30'000};  // the whole exchange
  std::size_t max_header_bytes = std::size_t{64} << 10;
  std::size_t max_body_bytes = std::size_t{64} << 20;  // after decompression
  std::string proxy;                                   // "http://proxy:3128"; empty: none
  std::string authorities_file;                        // PEM; empty: the system's
  std::string certificate_file;                        // the client's own (PEM); empty: none
  std::string key_file;
};

enum class ClientFault : std::uint8_t {
  kAddress,    // not a URL of http or https, or the name is unknown
  kRefused,    // nobody listens there, or the connection broke while it was made
  kTls,        // handshake or certificate
  kTimeout,    // connect_time or total_time has passed; the request may have arrived
  kTooLarge,   // the answer is over a limit
  kBroken,     // the connection ended before the answer did; the request may have arrived
  kMalformed,  // the request cannot be sent, or the answer is not HTTP
};

struct ClientError {
  ClientFault fault = ClientFault::kBroken;
  std::string message;  // English, one sentence, names host and port at most
};

// The same for callers that know only base/error.h: kUnavailable when trying again may help.
Error asError(const ClientError& error);

class Client {
 public:
  explicit Client(ClientOptions options = {});
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // `base` is "https://host:port/path" without slash at the end; request.path and request.query are
  // appended as they are. Every HTTP status is an answer, not an error.
  std::expected<service::Response, ClientError> send(const std::string& base,
                                                     const service::Request& request);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace planbro::http
