#include "http/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/text.h"

namespace planbro::http {
namespace {

// What the callbacks of one exchange fill.
struct Exchange {
  const ClientOptions* options = nullptr;
  service::Response response;
  std::size_t header_bytes = 0;
  bool too_large = false;
};

std::size_t onBody(char* data, std::size_t, std::size_t bytes, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (bytes > exchange.options->max_body_bytes - exchange.response.body.size()) {
    exchange.too_large = true;
    return 0;
  }
  exchange.response.body.append(data, bytes);
  return bytes;
}

std::size_t onHeader(char* data, std::size_t, std::size_t bytes, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.header_bytes += bytes;
  if (exchange.header_bytes > exchange.options->max_header_bytes) {
    exchange.too_large = true;
    return 0;
  }
  const std::string_view line(data, bytes);
  if (line.starts_with("HTTP/")) {
    exchange.response.headers = {};  // what stood before was an interim answer
    return bytes;
  }
  if (const auto colon = line.find(':'); colon != line.npos)
    exchange.response.headers.add(std::string(line.substr(0, colon)),
                                  std::string(trim(line.substr(colon + 1))));
  return bytes;
}

bool isToken(std::string_view text) {
  return !text.empty() && text.find_first_of(" \t\r\n:\"(),/;<=>?@[\\]{}") == text.npos &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

bool isLine(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
}

ClientFault faultOf(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return ClientFault::kAddress;
    case CURLE_COULDNT_CONNECT:
      return ClientFault::kRefused;
    case CURLE_OPERATION_TIMEDOUT:
      return ClientFault::kTimeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_USE_SSL_FAILED:
      return ClientFault::kTls;
    case CURLE_FILESIZE_EXCEEDED:
      return ClientFault::kTooLarge;
    case CURLE_UNSUPPORTED_PROTOCOL:  // as HTTP/0.9 is
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return ClientFault::kMalformed;
    default:
      return ClientFault::kBroken;
  }
}

std::string_view sentenceOf(ClientFault fault) {
  switch (fault) {
    case ClientFault::kAddress:
      return "the address is not one that can be reached";
    case ClientFault::kRefused:
      return "nobody takes the connection";
    case ClientFault::kTls:
      return "TLS failed";
    case ClientFault::kTimeout:
      return "no answer in time";
    case ClientFault::kTooLarge:
      return "the answer is larger than allowed";
    case ClientFault::kBroken:
      return "the connection broke";
    case ClientFault::kMalformed:
      return "request or answer is not HTTP";
  }
  return "";
}

// Scheme, host and port of a URL: what may stand in messages.
std::string_view originOf(std::string_view url) {
  const auto scheme = url.find("://");
  const auto end = url.find_first_of("/?#", scheme == url.npos ? 0 : scheme + 3);
  return url.substr(0, end);
}

std::unexpected<ClientError> failed(ClientFault fault, std::string_view base,
                                    std::string_view detail) {
  std::string message = std::string(originOf(base)) + ": " + std::string(sentenceOf(fault));
  if (!detail.empty()) message += " (" + std::string(detail) + ")";
  return std::unexpected(ClientError{fault, std::move(message)});
}

}  // namespace

Error asError(const ClientError& error) {
  switch (error.fault) {
    case ClientFault::kAddress:
    case ClientFault::kRefused:
    case ClientFault::kTls:
    case ClientFault::kTimeout:
    case ClientFault::kBroken:
      return {ErrorCode::kUnavailable, error.message};
    case ClientFault::kTooLarge:
      return {ErrorCode::kLimitExceeded, error.message};
    case ClientFault::kMalformed:
      break;
  }
  return {ErrorCode::kInvalidArgument, error.message};
}

struct Client::Connection {
  ClientOptions options;
  CURL* curl = nullptr;

  explicit Connection(ClientOptions given) : options(std::move(given)) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    curl = curl_easy_init();
  }
  ~Connection() {
    if (curl != nullptr) curl_easy_cleanup(curl);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void set(CURLoption option, long value) { curl_easy_setopt(curl, option, value); }
  void set(CURLoption option, const std::string& value) {
    curl_easy_setopt(curl, option, value.c_str());
  }

  void setLimits() {
    curl_easy_reset(curl);  // keeps the connection and the TLS session
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROTOCOLS_STR, std::string("http,https"));
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, options.proxy);  // "" also keeps the environment's out
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_time.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.total_time.count()));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_ACCEPT_ENCODING, std::string("gzip"));
    set(CURLOPT_HTTP_TRANSFER_DECODING, 1L);
    if (!options.authorities_file.empty()) set(CURLOPT_CAINFO, options.authorities_file);
    if (!options.certificate_file.empty()) set(CURLOPT_SSLCERT, options.certificate_file);
    if (!options.key_file.empty()) set(CURLOPT_SSLKEY, options.key_file);
  }

  void setRequest(const std::string& url, const service::Request& request) {
    set(CURLOPT_URL, url);
    set(CURLOPT_PATH_AS_IS, 1L);
    const bool has_body = !request.body.empty() || request.method == "POST" ||
                          request.method == "PUT" || request.method == "PATCH";
    if (has_body) {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request.body.size()));
    }
    if (request.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else {
      set(CURLOPT_CUSTOMREQUEST, request.method);
    }
    // What is not idempotent is not sent over a connection that may have been closed meanwhile.
    if (request.method == "POST" || request.method == "PATCH") {
      set(CURLOPT_FRESH_CONNECT, 1L);
      set(CURLOPT_FORBID_REUSE, 1L);
    }
  }
};

Client::Client(ClientOptions options)
    : connection_(std::make_unique<Connection>(std::move(options))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

std::expected<service::Response, ClientError> Client::send(const std::string& base,
                                                           const service::Request& request) {
  if (connection_->curl == nullptr) return failed(ClientFault::kBroken, base, "out of memory");
  if (!base.starts_with("http://") && !base.starts_with("https://"))
    return failed(ClientFault::kAddress, base, "neither http nor https");
  if (!isToken(request.method)) return failed(ClientFault::kMalformed, base, "method");
  connection_->setLimits();
  std::string url = base + escapedForUrl(request.path);
  if (!request.query.empty()) url += "?" + escapedForUrl(request.query);
  connection_->setRequest(url, request);

  curl_slist* fields = nullptr;
  bool has_type = false;
  for (const auto& [name, value] : request.headers.fields()) {
    if (!isToken(name) || !isLine(value)) {
      curl_slist_free_all(fields);
      return failed(ClientFault::kMalformed, base, "a header field");
    }
    has_type = has_type || equalsIgnoreAsciiCase(name, "content-type");
    // libcurl takes "Name;" for a field without value.
    fields = curl_slist_append(fields, (value.empty() ? name + ";" : name + ": " + value).c_str());
  }
  if (!has_type) fields = curl_slist_append(fields, "Content-Type:");
  fields = curl_slist_append(fields, "Expect:");  // no second of waiting for 100 Continue

  Exchange exchange;
  exchange.options = &connection_->options;
  CURL* curl = connection_->curl;
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &onBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &onHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, nullptr);
  curl_slist_free_all(fields);

  if (exchange.too_large) return failed(ClientFault::kTooLarge, base, {});
  if (code != CURLE_OK) return failed(faultOf(code), base, curl_easy_strerror(code));
  exchange.response.status = static_cast<int>(status);
  return std::move(exchange.response);
}

}  // namespace planbro::http
