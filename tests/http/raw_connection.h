// A client that sends exactly the bytes it is given.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"

namespace planbro::http {

struct RawAnswer {
  int status = 0;  // 0: none came
  std::string head;
  std::string body;

  bool says(std::string_view field) const {
    return toLowerAscii(head).find(toLowerAscii(field)) != std::string::npos;
  }
};

class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawConnection() { ::close(socket_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  bool connected() const { return connected_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // The next answer, interim ones too; status 0 when the connection ended or 10 s passed before.
  // `head_only`: to a HEAD request.
  RawAnswer answer(bool head_only = false) {
    RawAnswer result;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return result;
    }
    result.head = buffer_.substr(0, end + 4);
    buffer_.erase(0, end + 4);
    result.status = std::atoi(result.head.c_str() + 9);
    if (head_only || result.status < 200 || result.status == 204 || result.status == 304)
      return result;
    const std::string lower = toLowerAscii(result.head);
    if (lower.find("transfer-encoding: chunked") != std::string::npos) {
      readChunks(result.body);
    } else if (const auto field = lower.find("content-length: "); field != std::string::npos) {
      const auto length = static_cast<std::size_t>(std::atol(lower.c_str() + field + 16));
      while (buffer_.size() < length && more()) {
      }
      result.body = buffer_.substr(0, length);
      buffer_.erase(0, length);
    } else {
      while (more()) {
      }
      result.body.swap(buffer_);
    }
    return result;
  }

  // All bytes up to the end of the connection.
  std::string rest() {
    while (more()) {
    }
    return std::move(buffer_);
  }

  // Whether the peer ends the connection, with nothing more to read.
  bool ends() {
    while (more()) {
    }
    return ended_ && buffer_.empty();
  }

 private:
  bool more() {
    pollfd wait{socket_, POLLIN, 0};
    if (::poll(&wait, 1, 10'000) <= 0) return false;
    char bytes[65536];
    const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
    ended_ = got <= 0;
    if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }

  void readChunks(std::string& body) {
    while (true) {
      std::size_t line = 0;
      while ((line = buffer_.find("\r\n")) == std::string::npos) {
        if (!more()) return;
      }
      const auto size = std::strtoul(buffer_.c_str(), nullptr, 16);
      while (buffer_.size() < line + 4 + size && more()) {
      }
      if (buffer_.size() < line + 4 + size) return;
      body += buffer_.substr(line + 2, size);
      buffer_.erase(0, line + 4 + size);
      if (size == 0) return;
    }
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string buffer_;
};

}  // namespace planbro::http
