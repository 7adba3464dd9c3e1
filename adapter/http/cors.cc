#include "http/cors.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "http/refusal.h"

namespace planbro::http {
namespace {

constexpr std::string_view kMethods = "GET, HEAD, POST, PUT, PATCH, DELETE";
constexpr std::string_view kRequestHeaders =
    "Accept, Accept-Language, Authorization, Content-Encoding, Content-Type, If-Match, "
    "If-Modified-Since, If-None-Exist, If-None-Match, If-Unmodified-Since, Prefer, "
    "X-Requested-With, X-Security-Context";
constexpr std::string_view kAnswerHeaders =
    "Accept-Patch, Allow, Content-Location, ETag, Expires, Last-Modified, Location, "
    "Preference-Applied, Retry-After, X-Progress";
constexpr std::string_view kMaxAge =
    "600";  // seconds that a browser remembers a preflight's answer

bool mayChange(const service::Request& request) {
  return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

// Whether a page of another site sends it. Browsers tell where from; older ones the origin alone,
// and who is no browser neither.
bool isOfOtherSite(const service::Request& request) {
  if (const auto site = request.headers.get("Sec-Fetch-Site"))
    return *site != "same-origin" && *site != "none";
  const auto origin = request.headers.get("Origin");
  if (!origin.has_value()) return false;
  const auto host = request.headers.get("Host");
  const std::size_t scheme = origin->find("://");
  return scheme == std::string_view::npos || !host.has_value() ||
         !equalsIgnoreAsciiCase(origin->substr(scheme + 3), *host);
}

class Cors {
 public:
  Cors(service::Handler handler, std::vector<std::string> origins)
      : handler_(std::move(handler)),
        origins_(std::move(origins)),
        any_(std::find(origins_.begin(), origins_.end(), "*") != origins_.end()) {}

  service::Response operator()(const service::Request& request) const {
    const auto origin = request.headers.get("Origin");
    const bool preflight = request.method == "OPTIONS" && origin.has_value() &&
                           request.headers.get("Access-Control-Request-Method").has_value();
    const bool allowed = origin.has_value() && isAllowed(*origin);
    const bool foreign = !allowed && (preflight || (mayChange(request) && isOfOtherSite(request)));
    service::Response response;
    if (foreign) {
      response = standardRefusal({.status = 403, .code = "PB-6079", .arguments = {}}, request);
    } else if (preflight) {
      response.status = 204;
      response.headers.set("Access-Control-Allow-Methods", std::string(kMethods));
      response.headers.set("Access-Control-Allow-Headers", std::string(kRequestHeaders));
      response.headers.set("Access-Control-Max-Age", std::string(kMaxAge));
    } else {
      response = handler_(request);
      if (allowed)
        response.headers.set("Access-Control-Expose-Headers", std::string(kAnswerHeaders));
    }
    if (allowed)
      response.headers.set("Access-Control-Allow-Origin", any_ ? "*" : std::string(*origin));
    if (!any_ && !origins_.empty()) {
      const std::string vary = response.headers.joined("Vary");
      response.headers.set("Vary", vary.empty() ? "Origin" : vary + ", Origin");
    }
    return response;
  }

 private:
  bool isAllowed(std::string_view origin) const {
    return any_ || std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
  }

  service::Handler handler_;
  std::vector<std::string> origins_;
  bool any_;
};

}  // namespace

service::Handler cors(service::Handler handler, std::vector<std::string> origins) {
  return Cors(std::move(handler), std::move(origins));
}

}  // namespace planbro::http
