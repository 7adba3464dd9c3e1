// A client for load: plain HTTP/1.1 over a kept connection, one request at a time, nothing but what
// the answers of FHIR servers need. No TLS.
//
// Threads: one at a time a Connection.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace planbro::bench {

struct Address {
  std::string host;  // name or number, IPv6 without its brackets
  std::string port;
  std::string path;  // without slash at the end
};

// "http://host:port/path"; nothing if it is not of that form.
std::optional<Address> readAddress(std::string_view url);

struct Request {
  std::string_view method;
  std::string_view path;  // with query, from the host's root on
  std::string_view body = {};
  std::string_view more_fields = {};  // whole lines
};

struct Answer {
  int status = 0;        // 0: no whole answer came in time
  std::string location;  // the field's value
  std::string body;
};

class Connection {
 public:
  // `time`: how long to wait for a connection, and for each piece of an answer.
  Connection(Address address, std::chrono::seconds time)
      : address_(std::move(address)), time_(time) {}
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Connects where it has to. Sent a second time only where a kept connection turned out to be
  // closed and the method is GET.
  Answer exchange(const Request& request);

 private:
  bool connect();
  void close();
  bool send(std::string_view bytes);
  bool more();
  Answer answer();
  bool readBody(std::string_view head, std::string& body);
  bool readChunks(std::string& body);

  Address address_;
  std::chrono::seconds time_;
  int socket_ = -1;
  std::string out_;
  std::string buffer_;
};

}  // namespace planbro::bench
