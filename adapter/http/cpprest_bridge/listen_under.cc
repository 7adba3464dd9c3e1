#include "http/cpprest_bridge/listen_under.h"

#include <cpprest/containerstream.h>
#include <cpprest/details/http_server.h>
#include <cpprest/details/http_server_api.h>
#include <cpprest/http_listener.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"

namespace planbro::http::cpprest {
namespace {

using web::http::experimental::listener::details::http_listener_impl;

std::string withoutSlash(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path;
}

// What marks a request as one of a server of ours; an answer finds its way by the request.
class Context final : public web::http::details::_http_server_context {};

web::http::http_request messageOf(const service::Request& request) {
  auto message = web::http::http_request::_create_request(std::make_unique<Context>());
  message.set_method(request.method);
  std::string target = escapedForUrl(request.path);
  if (!request.query.empty()) target += "?" + escapedForUrl(request.query);
  message.set_request_uri(web::uri(target));
  // Also an empty body has to be said to be complete, or extracting it would wait for ever.
  message.set_body(request.body, "");
  message.headers().clear();
  for (const auto& [name, value] : request.headers.fields()) message.headers().add(name, value);
  message._get_impl()->_set_remote_address(request.client);
  return message;
}

service::Response responseOf(const web::http::http_response& message) {
  service::Response response;
  response.status = message.status_code();
  for (const auto& [name, value] : message.headers()) response.headers.add(name, value);
  if (const auto body = message.body(); body.is_valid()) {
    concurrency::streams::container_buffer<std::string> bytes;
    body.read_to_end(bytes).get();
    response.body = std::move(bytes.collection());
  }
  return response;
}

// One port with the application's listeners on it.
class Port {
 public:
  Status open(ListenerOptions options) {
    auto listener = Listener::start(
        std::move(options), [this](const service::Request& request) { return serve(request); });
    if (!listener) return std::unexpected(std::move(listener).error());
    listener_ = std::move(*listener);
    return {};
  }

  void add(http_listener_impl* listener) {
    const std::unique_lock lock(mutex_);
    listeners_.emplace_back(withoutSlash(listener->uri().path()), listener);
  }
  // Waits for the listener's requests under way. True when no listener is left.
  bool remove(http_listener_impl* listener) {
    const std::unique_lock lock(mutex_);
    std::erase_if(listeners_, [&](const auto& entry) { return entry.second == listener; });
    return listeners_.empty();
  }
  std::uint16_t number() const { return listener_->port(); }

 private:
  service::Response serve(const service::Request& request) {
    const std::shared_lock lock(mutex_);
    http_listener_impl* best = nullptr;
    std::string_view best_path;
    for (const auto& [path, listener] : listeners_) {
      const bool fits = request.path.starts_with(path) &&
                        (request.path.size() == path.size() || request.path[path.size()] == '/');
      if (fits && (best == nullptr || path.size() > best_path.size())) {
        best = listener;
        best_path = path;
      }
    }
    if (best == nullptr) {
      service::Response response;
      response.status = 404;
      return response;
    }
    web::http::http_request message = messageOf(request);
    message._set_listener_path(best->uri().path());
    message._set_base_uri(best->uri().authority());
    best->handle_request(message);
    // This thread is the listener's worker and may wait; the answer may come from any other.
    return responseOf(message.get_response().get());
  }

  std::shared_mutex mutex_;
  std::vector<std::pair<std::string, http_listener_impl*>> listeners_;
  std::unique_ptr<Listener> listener_;  // last: it ends before what its handler uses
};

class Server final : public web::http::experimental::details::http_server {
 public:
  explicit Server(ListenerOptions options) : options_(std::move(options)) { current_ = this; }
  ~Server() override {
    Server* self = this;
    current_.compare_exchange_strong(self, nullptr);
  }

  pplx::task<void> start() override { return pplx::task_from_result(); }
  pplx::task<void> stop() override {
    const std::lock_guard lock(mutex_);
    ports_.clear();
    return pplx::task_from_result();
  }

  pplx::task<void> register_listener(http_listener_impl* listener) override {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<Port>& port = ports_[keyOf(listener->uri())];
    if (!port) {
      auto opened = std::make_unique<Port>();
      if (const auto status = opened->open(optionsFor(listener->uri())); !status) {
        ports_.erase(keyOf(listener->uri()));
        return pplx::task_from_exception<void>(web::http::http_exception(status.error().message));
      }
      port = std::move(opened);
    }
    port->add(listener);
    return pplx::task_from_result();
  }

  pplx::task<void> unregister_listener(http_listener_impl* listener) override {
    const std::lock_guard lock(mutex_);
    const auto port = ports_.find(keyOf(listener->uri()));
    if (port != ports_.end() && port->second->remove(listener)) ports_.erase(port);
    return pplx::task_from_result();
  }

  // The worker that waits in Port::serve() takes the answer; there is nothing left to do here.
  pplx::task<void> respond(web::http::http_response) override { return pplx::task_from_result(); }

  static std::uint16_t boundPort(const web::uri& uri) {
    Server* server = current_;
    if (server == nullptr) return 0;
    const std::lock_guard lock(server->mutex_);
    const auto port = server->ports_.find(keyOf(uri));
    return port == server->ports_.end() ? 0 : port->second->number();
  }

 private:
  static std::string keyOf(const web::uri& uri) {
    return uri.scheme() + "://" + uri.host() + ":" + std::to_string(uri.port());
  }

  ListenerOptions optionsFor(const web::uri& uri) const {
    ListenerOptions options = options_;
    options.address = uri.host() == "*" || uri.host() == "+" ? "0.0.0.0" : uri.host();
    options.port = static_cast<std::uint16_t>(std::max(uri.port(), 0));
    if (uri.scheme() != "https") options.tls.reset();
    return options;
  }

  inline static std::atomic<Server*> current_{nullptr};

  const ListenerOptions options_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Port>> ports_;
};

}  // namespace

void listenUnder(ListenerOptions options) {
  web::http::experimental::details::http_server_api::register_server_api(
      std::make_unique<Server>(std::move(options)));
}

std::uint16_t boundPort(const web::uri& uri) { return Server::boundPort(uri); }

}  // namespace planbro::http::cpprest
