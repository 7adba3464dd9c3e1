// HTTP as plain data: what the service takes and gives. Only http/ knows a web library.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/constant_body.h"

namespace planbro::service {

// Names compare without regard to ASCII case (RFC 9110, section 5.1). Order is kept.
class Headers {
 public:
  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  // Replaces every field of that name.
  void set(std::string_view name, std::string value);
  // The first field of that name; nothing if there is none.
  std::optional<std::string_view> get(std::string_view name) const;
  // All fields of that name, joined with ", " as RFC 9110, section 5.2 says; "" if there is none.
  std::string joined(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  std::string method;  // upper case: "GET"
  std::string path;    // percent-encoded as sent, without query: "/fhir/CarePlan/1"
  std::string query;   // without "?", as sent (a raw | or UTF-8 may stand in it)
  Headers headers;
  std::string body;
  std::string client;  // address of the peer, for the access log; never trusted further
  bool loopback = false;
};

// What a call of Response::stream came to.
enum class Streamed : std::uint8_t {
  kMore,
  kLast,    // the piece was the last one
  kBroken,  // it cannot go on: the client is to see that the answer is incomplete
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  // When set, its bytes are sent and `body` is not used.
  std::shared_ptr<const ConstantBody> constant = nullptr;
  // For answers made while they are sent (exports, live events): called until it returns something
  // else than kMore; appends the next piece to its argument. When set, neither `body` nor
  // `constant` is used.
  std::function<Streamed(std::string&)> stream;

  // The body of an answer that is no stream.
  std::string_view bytes() const {
    return constant != nullptr ? constant->bytes() : std::string_view(body);
  }
};

// What a listener calls for every request. Any thread; may take its time (never on an I/O thread).
using Handler = std::function<Response(const Request&)>;

// The parts of a query or form body, percent-decoded ("+" is a space), in order.
std::vector<std::pair<std::string, std::string>> parseQuery(std::string_view query);
// The name, as it is written, of the first part of a query or form whose escapes are incomplete or
// wrong, or mean bytes that are no UTF-8 or NUL.
std::optional<std::string_view> malformedParameter(std::string_view query);
// "%C3%B8" to "ø"; an incomplete or wrong escape stays as it is written.
std::string percentDecode(std::string_view text, bool plus_is_space = false);
// The segments of a path, percent-decoded; an encoded slash separates none and stays "%2F".
std::string decodePath(std::string_view path);
std::string percentEncode(std::string_view text);

}  // namespace planbro::service
