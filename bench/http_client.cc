#include "http_client.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace planbro::bench {
namespace {

// The value of a header field in `head`; empty if there is none.
std::string_view fieldOf(std::string_view head, std::string_view name) {
  while (true) {
    const std::size_t end = head.find("\r\n");
    if (end == std::string_view::npos) return {};
    const std::string_view line = head.substr(0, end);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        equalsIgnoreAsciiCase(line.substr(0, name.size()), name))
      return trim(line.substr(name.size() + 1));
    head.remove_prefix(end + 2);
  }
}

}  // namespace

std::optional<Address> readAddress(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const std::size_t slash = std::min(url.find('/'), url.size());
  std::string_view authority = url.substr(0, slash);
  Address address;
  address.path = url.substr(slash);
  while (address.path.ends_with('/')) address.path.pop_back();
  address.port = "80";
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    address.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']'))
    authority = authority.substr(1, authority.size() - 2);
  address.host = authority;
  if (address.host.empty() || address.port.empty()) return std::nullopt;
  return address;
}

Answer Connection::exchange(const Request& request) {
  const bool kept = socket_ >= 0;
  if (!kept && !connect()) return {};
  const bool v6 = address_.host.find(':') != std::string::npos;
  out_.assign(request.method).append(" ").append(request.path).append(" HTTP/1.1\r\nHost: ");
  out_.append(v6 ? "[" : "").append(address_.host).append(v6 ? "]:" : ":").append(address_.port);
  out_.append("\r\nAccept: application/fhir+json\r\n").append(request.more_fields);
  if (!request.body.empty()) {
    out_.append("Content-Type: application/fhir+json\r\nContent-Length: ");
    out_.append(std::to_string(request.body.size())).append("\r\n");
  }
  out_.append("\r\n").append(request.body);
  Answer result;
  if (send(out_)) result = answer();
  if (result.status != 0) return result;
  close();
  if (!kept || request.method != "GET") return result;
  if (connect() && send(out_)) result = answer();
  if (result.status == 0) close();
  return result;
}

bool Connection::connect() {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address_.host.c_str(), address_.port.c_str(), &wanted, &found) != 0)
    return false;
  for (const addrinfo* one = found; one != nullptr && socket_ < 0; one = one->ai_next) {
    socket_ = ::socket(one->ai_family, one->ai_socktype, one->ai_protocol);
    if (socket_ < 0) continue;
    const timeval time{.tv_sec = time_.count(), .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
    const int at_once = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    if (::connect(socket_, one->ai_addr, one->ai_addrlen) != 0) close();
  }
  ::freeaddrinfo(found);
  return socket_ >= 0;
}

void Connection::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  buffer_.clear();
}

bool Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Connection::more() {
  char bytes[65536];
  const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
  if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
  return got > 0;
}

Answer Connection::answer() {
  Answer result;
  std::string head;
  do {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return {};
    }
    head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    constexpr std::size_t kBeforeStatus = 9;  // "HTTP/1.1 "
    result.status = head.size() > kBeforeStatus ? std::atoi(head.c_str() + kBeforeStatus) : 0;
  } while (result.status / 100 == 1);
  result.location = fieldOf(head, "Location");
  if (!readBody(head, result.body)) return {};
  if (equalsIgnoreAsciiCase(fieldOf(head, "Connection"), "close")) close();
  return result;
}

bool Connection::readBody(std::string_view head, std::string& body) {
  const int status = std::atoi(std::string(head.substr(9, 3)).c_str());
  if (status == 204 || status == 304) return true;
  if (equalsIgnoreAsciiCase(fieldOf(head, "Transfer-Encoding"), "chunked")) return readChunks(body);
  const std::string_view field = fieldOf(head, "Content-Length");
  if (field.empty()) {  // ends with the connection
    while (more()) {
    }
    body.swap(buffer_);
    close();
    return true;
  }
  const std::size_t length = std::strtoul(std::string(field).c_str(), nullptr, 10);
  while (buffer_.size() < length) {
    if (!more()) return false;
  }
  body.assign(buffer_, 0, length);
  buffer_.erase(0, length);
  return true;
}

bool Connection::readChunks(std::string& body) {
  while (true) {
    while (buffer_.find("\r\n") == std::string::npos) {
      if (!more()) return false;
    }
    const std::size_t line = buffer_.find("\r\n");
    const std::size_t size = std::strtoul(buffer_.c_str(), nullptr, 16);
    const std::size_t whole = line + 2 + size + 2;
    while (buffer_.size() < whole) {
      if (!more()) return false;
    }
    body.append(buffer_, line + 2, size);
    buffer_.erase(0, whole);
    if (size == 0) return true;
  }
}

}  // namespace planbro::bench
