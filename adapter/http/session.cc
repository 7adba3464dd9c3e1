// One connection: reads a request, has it handled, writes the answer, reads the next.
//
// Everything but the handler runs on the connection's strand. One deadline is set for whatever the
// connection waits for; the wire's sweep finds those that have passed.
#include <array>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "http/request_reader.h"
#include "http/response_head.h"
#include "http/wire.h"

namespace planbro::http {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

SessionBase::SessionBase(Wire& wire) : wire_(wire) {}
SessionBase::~SessionBase() { wire_.remove(this); }

namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;
constexpr std::size_t kSlowestWrite = std::size_t{64} << 10;  // bytes a second
// How long what the peer still sends is read and dropped, so that our last answer is not lost in a
// reset (RFC 9112, section 9.6).
constexpr milliseconds kLingerTime{2'000};
constexpr milliseconds kLingerTimeWhenDraining{200};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

template <typename Stream>
constexpr bool kIsTls = !std::is_same_v<Stream, tcp::socket>;

// The worker's side: what handlers and streams throw stops here.
template <typename Work>
bool guarded(Work&& work) {
  try {
    work();
    return true;
  } catch (const std::exception& error) {
    log::error("a handler failed: {}", error.what());
  } catch (...) {
    log::error("a handler failed");
  }
  return false;
}

std::string_view hostName(std::string_view host) {
  const auto end = host.starts_with('[') ? host.find(']') : host.find(':');
  if (host.starts_with('[')) return end == host.npos ? host : host.substr(1, end - 1);
  return host.substr(0, end);
}

template <typename Stream>
class Session final : public SessionBase {
 public:
  template <typename... More>
  Session(Wire& wire, Welcome welcome, tcp::socket socket, More&... more)
      : SessionBase(wire),
        welcome_(welcome),
        stream_(std::move(socket), more...),
        executor_(stream_.get_executor()),
        reader_({.max_header_bytes = wire.options().max_header_bytes,
                 .max_body_bytes = wire.options().max_body_bytes}),
        capacity_(std::max(kBufferBytes, wire.options().max_header_bytes + 4)),
        buffer_(std::make_unique_for_overwrite<char[]>(capacity_)) {
    error_code ignored;
    const auto peer = stream_.lowest_layer().remote_endpoint(ignored).address();
    client_ = peer.to_string(ignored);
    loopback_ = peer.is_loopback();
  }

  void start() override {
    asio::post(executor_, [self = self()] { self->begin(); });
  }
  void drain() override {
    asio::post(executor_, [self = self()] {
      if (self->phase_ == Phase::kIdle) self->closeNow();
    });
  }
  void cut() override {
    asio::post(executor_, [self = self()] { self->closeNow(); });
  }
  void checkDeadline(SteadyTime now) override {
    if (now < deadline()) return;
    asio::post(executor_, [self = self()] {
      if (steady_clock::now() >= self->deadline()) self->expired();
    });
  }

 private:
  enum class Phase { kHandshake, kIdle, kHeader, kBody, kHandling, kWriting, kPulling, kClosing };

  std::shared_ptr<Session> self() { return std::static_pointer_cast<Session>(shared_from_this()); }
  const ListenerOptions& options() const { return wire_.options(); }

  SteadyTime deadline() const { return SteadyTime(SteadyTime::duration(deadline_)); }
  void waitFor(Phase phase, milliseconds time) {
    phase_ = phase;
    deadline_ = (steady_clock::now() + time).time_since_epoch().count();
  }
  void waitForever(Phase phase) {
    phase_ = phase;
    deadline_ = SteadyTime::max().time_since_epoch().count();
  }

  void begin() {
    if (welcome_ == Welcome::kTooMany) {
      refuse({.status = 503, .code = "PB-4086", .arguments = {}}, {});
      return;
    }
    if constexpr (kIsTls<Stream>) {
      waitFor(Phase::kHandshake, options().header_time);
      stream_.async_handshake(asio::ssl::stream_base::server, [self = self()](error_code error) {
        if (error) return self->closeNow();
        self->nextRequest(self->options().header_time);
      });
    } else {
      nextRequest(options().header_time);
    }
  }

  void nextRequest(milliseconds idle_time) {
    if (begin_ != end_) {
      waitFor(Phase::kHeader, options().header_time);
      return proceed();
    }
    if (wire_.draining()) return closeGently();
    waitFor(Phase::kIdle, idle_time);
    receive();
  }

  std::string_view buffered() const { return {buffer_.get() + begin_, end_ - begin_}; }

  void proceed() {
    while (true) {
      const auto before = reader_.state();
      begin_ += reader_.read(buffered());
      switch (reader_.state()) {
        case RequestReader::State::kHeader:
          return receive();
        case RequestReader::State::kBody:
          if (before != RequestReader::State::kHeader) return receive();
          if (!isOurHost())
            return refuse({.status = 421, .code = "PB-4091", .arguments = {}}, reader_.request());
          waitFor(Phase::kBody, options().body_time);
          if (reader_.expectsContinue() && begin_ == end_) return sendContinue();
          break;
        case RequestReader::State::kComplete:
          return handle();
        case RequestReader::State::kRefused:
          return refuse(reader_.refusal(), reader_.request());
      }
    }
  }

  bool isOurHost() const {
    if (options().host_names.empty()) return true;
    const auto field = reader_.request().headers.get("Host");
    // HTTP/1.0 knows no Host, and probes of load balancers send none; browsers always do.
    if (!field.has_value()) return true;
    const auto host = hostName(*field);
    return std::any_of(options().host_names.begin(), options().host_names.end(),
                       [&](const std::string& name) { return equalsIgnoreAsciiCase(name, host); });
  }

  void sendContinue() {
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = self()](error_code error, std::size_t) {
                        if (self->phase_ != Phase::kBody) return;
                        if (error) return self->closeNow();
                        self->proceed();
                      });
  }

  void receive() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ == capacity_) {
      if (begin_ == 0)
        return refuse(
            {.status = 400, .code = "PB-4080", .arguments = {"a chunk's header is too long"}},
            reader_.request());
      std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    reading_ = true;
    stream_.async_read_some(
        asio::buffer(buffer_.get() + end_, capacity_ - end_),
        [self = self()](error_code error, std::size_t bytes) { self->received(error, bytes); });
  }

  void received(error_code error, std::size_t bytes) {
    reading_ = false;
    if (phase_ == Phase::kClosing) return error ? closeNow() : linger();
    // A deadline was faster: its answer is on the way and nothing more is read.
    if (phase_ != Phase::kIdle && phase_ != Phase::kHeader && phase_ != Phase::kBody) return;
    if (error) return closeNow();
    end_ += bytes;
    if (phase_ == Phase::kIdle) waitFor(Phase::kHeader, options().header_time);
    proceed();
  }

  void handle() {
    keep_alive_ = reader_.keepAlive();
    http10_ = reader_.isHttp10();
    auto request = std::make_shared<service::Request>(reader_.take());
    request->client = client_;
    request->loopback = loopback_;
    head_only_ = request->method == "HEAD";
    current_ = request;
    waitFor(Phase::kHandling, options().handler_time);
    const std::uint64_t ticket = ++ticket_;
    const bool queued = wire_.workers().submit([self = self(), request, ticket] {
      auto response = std::make_shared<service::Response>();
      const bool done = guarded([&] { *response = self->wire_.handler()(*request); });
      asio::post(self->executor_, [self, response, ticket, done] {
        if (ticket == self->ticket_ && self->phase_ == Phase::kHandling)
          self->answered(done, std::move(*response));
      });
    });
    if (!queued)
      return refuseButStay({.status = 503, .code = "PB-4086", .arguments = {}}, *request);
    ++wire_.requests;
  }

  void answered(bool done, service::Response response) {
    if (!done) return refuseButStay({.status = 500, .code = "PB-4088", .arguments = {}}, *current_);
    send(std::move(response));
  }

  void send(service::Response response) {
    response_ = std::move(response);
    if (response_.stream) response_.body.clear();
    framing_ = Framing::kLength;
    if (response_.stream) framing_ = http10_ ? Framing::kClose : Framing::kChunked;
    if (isBodiless(response_.status)) framing_ = Framing::kNone;
    if (framing_ == Framing::kNone || head_only_) response_.stream = nullptr;
    if (wire_.draining() || framing_ == Framing::kClose ||
        equalsIgnoreAsciiCase(response_.headers.get("Connection").value_or(""), "close"))
      keep_alive_ = false;

    const std::string date = wire_.date();
    auto head = writeHead(
        response_,
        {.framing = framing_, .keep_alive = keep_alive_, .http10 = http10_, .date = date});
    if (!head) {
      log::error("an answer with status {} was not sent: a field is not valid", response_.status);
      if (refusing_ || !current_) return closeNow();
      return refuseButStay({.status = 500, .code = "PB-4088", .arguments = {}}, *current_);
    }
    out_ = std::move(*head);
    const bool with_body = framing_ == Framing::kLength && !head_only_;
    const std::string_view body = with_body ? response_.bytes() : std::string_view();
    write({asio::buffer(out_), asio::buffer(body)}, out_.size() + body.size());
  }

  void write(const std::array<asio::const_buffer, 2>& buffers, std::size_t bytes) {
    waitFor(Phase::kWriting, options().write_time + milliseconds(1000 * (bytes / kSlowestWrite)));
    asio::async_write(stream_, buffers, [self = self()](error_code error, std::size_t) {
      if (self->phase_ != Phase::kWriting) return;
      if (error) return self->closeNow();
      self->written();
    });
  }

  void written() {
    if (response_.stream) return pull();
    refusing_ = false;
    response_ = {};
    current_.reset();
    if (!keep_alive_) return closeGently();
    nextRequest(options().idle_time);
  }

  // The next piece of a streamed answer, made by a worker.
  void pull() {
    waitForever(Phase::kPulling);
    const bool queued = wire_.workers().submitMore([self = self()] {
      auto piece = std::make_shared<std::string>();
      auto state = service::Streamed::kBroken;
      const bool done = guarded([&] { state = self->response_.stream(*piece); });
      const bool whole = done && state != service::Streamed::kBroken;
      const bool more = state == service::Streamed::kMore;
      asio::post(self->executor_, [self, piece, more, whole] {
        if (self->phase_ == Phase::kPulling) self->pulled(whole, *piece, more);
      });
    });
    if (!queued) closeNow();
  }

  void pulled(bool whole, const std::string& piece, bool more) {
    if (!whole) return closeNow();  // without the last chunk: the client sees that it is cut
    if (piece.empty() && more) return pull();
    out_.clear();
    if (framing_ == Framing::kChunked) {
      if (!piece.empty()) {
        std::array<char, 20> size{};
        const int digits = std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
        out_.append(size.data(), static_cast<std::size_t>(digits)).append(piece).append("\r\n");
      }
      if (!more) out_ += "0\r\n\r\n";
    } else {
      out_ = piece;
    }
    if (!more) response_.stream = nullptr;
    write({asio::buffer(out_), asio::const_buffer()}, out_.size());
  }

  // An answer of our own; the connection ends with it.
  void refuse(const Refusal& refusal, const service::Request& request) {
    keep_alive_ = false;
    http10_ = reader_.isHttp10();
    head_only_ = request.method == "HEAD";
    sendRefusal(refusal, request);
  }
  // The same after a request that was read to its end: the connection may go on.
  void refuseButStay(const Refusal& refusal, const service::Request& request) {
    sendRefusal(refusal, request);
  }
  void sendRefusal(const Refusal& refusal, const service::Request& request) {
    ++wire_.refusals;
    refusing_ = true;
    service::Response response = options().refusal(refusal, request);
    response.status = refusal.status;
    response.stream = nullptr;
    if (refusal.status == 503)
      response.headers.set("Retry-After", std::to_string(options().retry_after.count()));
    send(std::move(response));
  }

  void expired() {
    switch (phase_) {
      case Phase::kHeader:
      case Phase::kBody:
        return refuse({.status = 408, .code = "PB-4083", .arguments = {}}, reader_.request());
      case Phase::kHandling:
        ++ticket_;  // its answer comes too late
        keep_alive_ = false;
        return sendRefusal({.status = 503, .code = "PB-4087", .arguments = {}}, *current_);
      default:
        return closeNow();
    }
  }

  void closeGently() {
    waitFor(Phase::kClosing, wire_.draining() ? kLingerTimeWhenDraining : kLingerTime);
    if constexpr (kIsTls<Stream>) {
      if (reading_) return closeNow();
      stream_.async_shutdown([self = self()](error_code) { self->closeNow(); });
    } else {
      error_code error;
      stream_.shutdown(tcp::socket::shutdown_send, error);
      if (error) return closeNow();
      if (!reading_) linger();
    }
  }

  void linger() {
    begin_ = end_ = 0;
    reading_ = true;
    stream_.async_read_some(
        asio::buffer(buffer_.get(), capacity_),
        [self = self()](error_code error, std::size_t bytes) { self->received(error, bytes); });
  }

  void closeNow() {
    waitForever(Phase::kClosing);
    error_code ignored;
    stream_.lowest_layer().close(ignored);
  }

  const Welcome welcome_;
  Stream stream_;
  const typename Stream::executor_type executor_;
  RequestReader reader_;
  const std::size_t capacity_;
  const std::unique_ptr<char[]> buffer_;  // bytes from begin_ to end_ wait to be read
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string client_;
  bool loopback_ = false;

  Phase phase_ = Phase::kIdle;
  std::atomic<SteadyTime::rep> deadline_{SteadyTime::max().time_since_epoch().count()};
  bool reading_ = false;

  // The request under way and its answer.
  std::shared_ptr<const service::Request> current_;
  std::uint64_t ticket_ = 0;
  bool keep_alive_ = false;
  bool http10_ = false;
  bool head_only_ = false;
  bool refusing_ = false;
  Framing framing_ = Framing::kLength;
  service::Response response_;
  std::string out_;
};

}  // namespace

std::shared_ptr<SessionBase> makeSession(Wire& wire, tcp::socket socket, asio::ssl::context* tls,
                                         Welcome welcome) {
  if (tls != nullptr)
    return std::make_shared<Session<asio::ssl::stream<tcp::socket>>>(wire, welcome,
                                                                     std::move(socket), *tls);
  return std::make_shared<Session<tcp::socket>>(wire, welcome, std::move(socket));
}

}  // namespace planbro::http
