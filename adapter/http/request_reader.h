// Bytes of one connection to requests: HTTP/1.1's reading half without a socket.
//
// RFC 9112 by Boost.Beast's parser, and stricter where proxies and servers have been played against
// each other: a folded field, a line end without CR, two Hosts, both Content-Length and
// Transfer-Encoding, or a transfer coding other than "chunked" is refused.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "http/refusal.h"
#include "service/request.h"

namespace planbro::http {

struct ReaderLimits {
  std::size_t max_header_bytes = 0;
  std::size_t max_body_bytes = 0;
};

// Reads one request, then the next. One thread.
class RequestReader {
 public:
  enum class State {
    kHeader,    // wants (more of) a request line and fields
    kBody,      // the header is read: expectsContinue() and wantsBody() are known
    kComplete,  // take() the request
    kRefused,   // refusal() says why; the connection cannot be read further
  };

  explicit RequestReader(ReaderLimits limits);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  // Reads from the front of `bytes` and returns how many it used up. Call again with the rest and
  // what has come since, until the state is kComplete or kRefused; a header is used up only as a
  // whole. Stops after the header once, so that the caller can send an interim answer or refuse.
  std::size_t read(std::string_view bytes);

  State state() const { return state_; }
  const Refusal& refusal() const { return refusal_; }

  // From state kBody on.
  bool expectsContinue() const { return expects_continue_; }
  bool keepAlive() const { return keep_alive_; }
  bool isHttp10() const { return is_http10_; }
  // What is known so far; without a body before kComplete. Empty while the header is incomplete.
  const service::Request& request() const { return request_; }

  // The request, in state kComplete; the reader is ready for the next one.
  service::Request take();

 private:
  struct Parser;

  void refuse(int status, std::string_view code, std::string detail = {});
  std::size_t readHeader(std::string_view bytes);
  std::size_t readBody(std::string_view bytes);
  bool acceptHeader();
  bool acceptTarget(std::string_view target);
  bool acceptFraming();

  ReaderLimits limits_;
  State state_ = State::kHeader;
  Refusal refusal_;
  service::Request request_;
  std::unique_ptr<Parser> parser_;
  std::size_t searched_ = 0;  // bytes of the incomplete header known to hold no end
  bool expects_continue_ = false;
  bool keep_alive_ = false;
  bool is_http10_ = false;
};

}  // namespace planbro::http
