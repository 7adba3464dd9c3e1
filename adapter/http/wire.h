// What the connections of one listener share: I/O context, workers, limits, the list of sessions.
//
// Internal to http/: listener.cc owns it, session.cc works in it.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "http/listener.h"
#include "http/worker_pool.h"

namespace planbro::http {

using SteadyTime = std::chrono::steady_clock::time_point;

class Wire;

// One connection as the wire sees it. Lives as long as an operation of it is under way.
class SessionBase : public std::enable_shared_from_this<SessionBase> {
 public:
  explicit SessionBase(Wire& wire);
  virtual ~SessionBase();
  SessionBase(const SessionBase&) = delete;
  SessionBase& operator=(const SessionBase&) = delete;

  virtual void start() = 0;
  // Any thread: closes the connection when it is idle, or after its current answer.
  virtual void drain() = 0;
  // Any thread: closes the connection now.
  virtual void cut() = 0;
  // Any thread: the deadline may have passed.
  virtual void checkDeadline(SteadyTime now) = 0;

 protected:
  Wire& wire_;
};

class Wire {
 public:
  Wire(ListenerOptions options, service::Handler handler);
  ~Wire();

  // Binds, then runs the threads.
  Status open();
  void stop();

  const ListenerOptions& options() const { return options_; }
  const service::Handler& handler() const { return handler_; }
  WorkerPool& workers() { return workers_; }
  bool draining() const { return draining_; }
  // The Date of an answer, made once a second.
  std::string date();
  std::uint16_t port() const { return endpoint_.port(); }
  std::string base() const;
  ListenerCounts counts() const;

  void add(SessionBase* session, const std::shared_ptr<SessionBase>& owner);
  void remove(SessionBase* session);

  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> refusals{0};

 private:
  Status loadCertificate();
  void accept();
  void accepted(boost::asio::ip::tcp::socket socket);
  void sweep();
  std::vector<std::shared_ptr<SessionBase>> sessions();
  bool waitForSessions(std::chrono::milliseconds time);

  const ListenerOptions options_;
  const service::Handler handler_;
  const SystemClock system_clock_;
  std::atomic<bool> draining_{false};
  std::mutex stop_mutex_;
  bool stopped_ = false;

  mutable std::mutex sessions_mutex_;
  std::condition_variable session_ended_;
  std::unordered_map<SessionBase*, std::weak_ptr<SessionBase>> sessions_;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;

  std::mutex date_mutex_;
  std::int64_t date_second_ = -1;
  std::string date_;

  // Sessions still queued in the context end with it: what they use stands above.
  WorkerPool workers_;
  boost::asio::io_context context_;
  std::optional<boost::asio::ssl::context> tls_;
  boost::asio::ip::tcp::endpoint endpoint_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer sweeper_;
  boost::asio::steady_timer accept_pause_;
  std::vector<std::thread> threads_;
};

// How a connection is met.
enum class Welcome : std::uint8_t { kServe, kTooMany };

std::shared_ptr<SessionBase> makeSession(Wire& wire, boost::asio::ip::tcp::socket socket,
                                         boost::asio::ssl::context* tls, Welcome welcome);

}  // namespace planbro::http
