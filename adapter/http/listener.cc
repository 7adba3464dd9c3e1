#include "http/listener.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <utility>

#include "base/log.h"
#include "http/wire.h"

namespace planbro::http {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// Connections over the limit that may be told so at the same time; more are closed unheard.
constexpr std::size_t kMaxOverflow = 64;
constexpr std::chrono::milliseconds kAcceptPause{100};  // after accept() failed (no descriptors)
constexpr std::chrono::milliseconds kCutTime{2'000};

// How often deadlines are looked at: a quarter of the shortest, within reason.
std::chrono::milliseconds sweepTime(const ListenerOptions& options) {
  const auto shortest = std::min({options.header_time, options.body_time, options.idle_time,
                                  options.write_time, options.handler_time});
  return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

}  // namespace

Wire::Wire(ListenerOptions options, service::Handler handler)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      workers_(options_.workers, options_.max_queued),
      context_(static_cast<int>(std::max(options_.io_threads, 1U))),
      acceptor_(asio::make_strand(context_)),
      sweeper_(context_),
      accept_pause_(acceptor_.get_executor()) {}

Wire::~Wire() { stop(); }

Status Wire::loadCertificate() {
  if (!options_.tls) return {};
  error_code error;
  tls_.emplace(asio::ssl::context::tls_server);
  tls_->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                        asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                        asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression,
                    error);
  if (!error) tls_->use_certificate_chain_file(options_.tls->certificate_file, error);
  if (error)
    return fail(ErrorCode::kInvalidArgument,
                "the certificate cannot be used: " + options_.tls->certificate_file);
  tls_->use_private_key_file(options_.tls->key_file, asio::ssl::context::pem, error);
  if (error)
    return fail(ErrorCode::kInvalidArgument,
                "the key cannot be used with the certificate: " + options_.tls->key_file);
  return {};
}

Status Wire::open() {
  error_code error;
  const bool named = options_.address == "localhost";
  const auto address = asio::ip::make_address(named ? "127.0.0.1" : options_.address, error);
  if (error) return fail(ErrorCode::kInvalidArgument, "not an IP address: " + options_.address);
  if (!address.is_loopback() && !options_.allow_any_address)
    return fail(ErrorCode::kUnsupported,
                "refusing to listen on " + options_.address +
                    ": there is no access control yet, so only loopback addresses are allowed");
  PLANBRO_RETURN_IF_ERROR(loadCertificate());

  endpoint_ = tcp::endpoint(address, options_.port);
  acceptor_.open(endpoint_.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint_, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) endpoint_ = acceptor_.local_endpoint(error);
  if (error) {
    const auto code =
        error == asio::error::address_in_use ? ErrorCode::kUnavailable : ErrorCode::kIo;
    return fail(code, "cannot listen on " + options_.address + " port " +
                          std::to_string(options_.port) + ": " + error.message());
  }
  accept();
  sweep();
  for (unsigned i = 0; i < std::max(options_.io_threads, 1U); ++i)
    threads_.emplace_back([this] { context_.run(); });
  return {};
}

void Wire::accept() {
  acceptor_.async_accept(asio::make_strand(context_), [this](error_code error, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (!error) {
      accepted(std::move(socket));
      accept();
      return;
    }
    // Out of descriptors, most likely: trying again at once would only burn time.
    log::warn("accepting a connection failed: {}", error.message());
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](error_code cancelled) {
      if (!cancelled && acceptor_.is_open()) accept();
    });
  });
}

void Wire::accepted(tcp::socket socket) {
  std::size_t open = 0;
  {
    const std::lock_guard lock(sessions_mutex_);
    ++accepted_;
    open = sessions_.size();
    if (open >= options_.max_connections) ++refused_;
  }
  error_code ignored;
  if (open >= options_.max_connections + kMaxOverflow ||
      (open >= options_.max_connections && tls_)) {
    socket.close(ignored);
    return;
  }
  socket.set_option(tcp::no_delay(true), ignored);
  const auto welcome = open >= options_.max_connections ? Welcome::kTooMany : Welcome::kServe;
  const auto session = makeSession(*this, std::move(socket), tls_ ? &*tls_ : nullptr, welcome);
  add(session.get(), session);
  session->start();
}

void Wire::sweep() {
  sweeper_.expires_after(sweepTime(options_));
  sweeper_.async_wait([this](error_code error) {
    if (error) return;
    const SteadyTime now = std::chrono::steady_clock::now();
    for (const auto& session : sessions()) session->checkDeadline(now);
    sweep();
  });
}

std::string Wire::date() {
  const Clock& clock = options_.clock != nullptr ? *options_.clock : system_clock_;
  const Instant now = clock.now();
  const std::int64_t second = now.micros / 1'000'000;
  const std::lock_guard lock(date_mutex_);
  if (second != date_second_) {
    date_second_ = second;
    date_ = formatHttpDate(now);
  }
  return date_;
}

std::string Wire::base() const {
  const std::string host = endpoint_.address().is_v6() ? "[" + endpoint_.address().to_string() + "]"
                                                       : endpoint_.address().to_string();
  return (tls_ ? "https://" : "http://") + host + ":" + std::to_string(endpoint_.port());
}

ListenerCounts Wire::counts() const {
  const std::lock_guard lock(sessions_mutex_);
  return {.connections_open = sessions_.size(),
          .connections_accepted = accepted_,
          .connections_refused = refused_,
          .requests = requests,
          .refusals = refusals};
}

void Wire::add(SessionBase* session, const std::shared_ptr<SessionBase>& owner) {
  const std::lock_guard lock(sessions_mutex_);
  sessions_.emplace(session, owner);
}

void Wire::remove(SessionBase* session) {
  {
    const std::lock_guard lock(sessions_mutex_);
    sessions_.erase(session);
  }
  session_ended_.notify_all();
}

std::vector<std::shared_ptr<SessionBase>> Wire::sessions() {
  std::vector<std::shared_ptr<SessionBase>> alive;
  const std::lock_guard lock(sessions_mutex_);
  alive.reserve(sessions_.size());
  for (const auto& [key, session] : sessions_) {
    if (auto owner = session.lock()) alive.push_back(std::move(owner));
  }
  return alive;
}

bool Wire::waitForSessions(std::chrono::milliseconds time) {
  std::unique_lock lock(sessions_mutex_);
  return session_ended_.wait_for(lock, time, [this] { return sessions_.empty(); });
}

void Wire::stop() {
  const std::lock_guard lock(stop_mutex_);
  if (stopped_) return;
  stopped_ = true;
  draining_ = true;
  asio::post(acceptor_.get_executor(), [this] {
    error_code ignored;
    acceptor_.close(ignored);
    accept_pause_.cancel();
  });
  if (!threads_.empty()) {
    for (const auto& session : sessions()) session->drain();
    if (!waitForSessions(options_.drain_time)) {
      log::warn("requests were still under way when the time to drain was over");
      for (const auto& session : sessions()) session->cut();
      waitForSessions(kCutTime);
    }
  }
  context_.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  workers_.stop();
}

Listener::Listener(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}

Listener::~Listener() { stop(); }

Result<std::unique_ptr<Listener>> Listener::start(ListenerOptions options,
                                                  service::Handler handler) {
  auto wire = std::make_shared<Wire>(std::move(options), std::move(handler));
  PLANBRO_RETURN_IF_ERROR(wire->open());
  return std::unique_ptr<Listener>(new Listener(std::move(wire)));
}

std::uint16_t Listener::port() const { return wire_->port(); }
std::string Listener::base() const { return wire_->base(); }
ListenerCounts Listener::counts() const { return wire_->counts(); }
void Listener::stop() { wire_->stop(); }

}  // namespace planbro::http
