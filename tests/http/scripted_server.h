// A server that gives one connection after the other the bytes it was told, right or wrong.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace planbro::http {

class ScriptedServer {
 public:
  // Takes the request and keeps still until the server ends.
  static constexpr const char* kSilence = "(silence)";

  // One connection an answer; "" hangs up after the request.
  explicit ScriptedServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
    listening_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(listening_, reinterpret_cast<const sockaddr*>(&address), length);
    ::listen(listening_, 16);
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~ScriptedServer() { finish(); }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string base() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // Requests that came, counted by their heads.
  int requests() const { return requests_; }

  void finish() {
    if (!thread_.joinable()) return;
    ending_ = true;
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
    for (const int socket : kept_) ::close(socket);
  }

 private:
  void run() {
    for (std::size_t next = 0; !ending_; ++next) {
      const int socket = ::accept(listening_, nullptr, nullptr);
      if (socket < 0) return;
      readHead(socket);
      ++requests_;
      const std::string_view answer = next < answers_.size() ? answers_[next] : std::string_view();
      if (answer == kSilence) {
        kept_.push_back(socket);
        continue;
      }
      std::string_view rest = answer;
      while (!rest.empty()) {
        const auto sent = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(sent));
      }
      ::shutdown(socket, SHUT_WR);
      drain(socket);
      ::close(socket);
    }
  }

  static void readHead(int socket) {
    std::string head;
    char byte = 0;
    while (head.find("\r\n\r\n") == std::string::npos && ::recv(socket, &byte, 1, 0) == 1)
      head += byte;
  }

  static void drain(int socket) {
    char bytes[4096];
    pollfd wait{socket, POLLIN, 0};
    while (::poll(&wait, 1, 2000) > 0 && ::recv(socket, bytes, sizeof bytes, 0) > 0) {
    }
  }

  std::vector<std::string> answers_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_{0};
  std::atomic<bool> ending_{false};
  std::vector<int> kept_;
  std::thread thread_;
};

}  // namespace planbro::http
