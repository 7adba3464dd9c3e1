#include "http/cpprest_bridge/mount.h"

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/text.h"

namespace planbro::http::cpprest {
namespace {

service::Request requestOf(const web::http::http_request& message,
                           std::vector<unsigned char> body) {
  service::Request request;
  request.method = message.method();
  const web::uri uri = message.absolute_uri();
  request.path = uri.path();
  request.query = uri.query();
  for (const auto& [name, value] : message.headers()) request.headers.add(name, value);
  request.body.assign(body.begin(), body.end());
  request.client = message.remote_address();
  request.loopback = request.client == "::1" || request.client.starts_with("127.");
  return request;
}

web::http::http_response responseOf(service::Response response) {
  if (response.stream) {
    response.body.clear();
    auto state = service::Streamed::kMore;
    while (state == service::Streamed::kMore) state = response.stream(response.body);
    // Nothing has been sent yet, so that a broken answer can still be told.
    if (state == service::Streamed::kBroken) response = {.status = 500};
  } else if (response.constant != nullptr) {
    response.body = response.constant->bytes();
  }
  web::http::http_response message(static_cast<web::http::status_code>(response.status));
  const auto type = response.headers.get("Content-Type");
  if (!response.body.empty())
    message.set_body(std::move(response.body), type ? std::string(*type) : "text/plain");
  for (const auto& [name, value] : response.headers.fields()) {
    if (!equalsIgnoreAsciiCase(name, "content-type") &&
        !equalsIgnoreAsciiCase(name, "content-length"))
      message.headers().add(name, value);
  }
  return message;
}

}  // namespace

std::function<void(web::http::http_request)> mount(service::Handler handler) {
  return [handler = std::move(handler)](const web::http::http_request& message) {
    message.extract_vector()
        .then([handler, message](std::vector<unsigned char> body) {
          return message.reply(responseOf(handler(requestOf(message, std::move(body)))));
        })
        .then([message](const pplx::task<void>& replied) {
          try {
            replied.get();
          } catch (const std::exception& error) {
            log::error("a handler failed: {}", error.what());
            message.reply(web::http::status_codes::InternalError);
          }
        });
  };
}

}  // namespace planbro::http::cpprest
