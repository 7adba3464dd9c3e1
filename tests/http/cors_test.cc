#include "http/cors.h"

#include <gtest/gtest.h>

#include <string>

namespace planbro::http {
namespace {

service::Response answer(const service::Request&) {
  service::Response response;
  response.headers.set("ETag", "W/\"1\"");
  response.headers.set("Vary", "Accept");
  return response;
}

service::Response send(const service::Handler& handler, std::string method, std::string origin,
                       bool preflight = false) {
  service::Request request;
  request.method = std::move(method);
  request.path = "/fhir/Patient";
  if (!origin.empty()) request.headers.add("Origin", std::move(origin));
  if (preflight) request.headers.add("Access-Control-Request-Method", "PUT");
  return handler(request);
}

constexpr std::string_view kAllowed = "Access-Control-Allow-Origin";

TEST(Cors, APageOfAnAllowedSiteMayReadTheAnswer) {
  const auto handler = cors(answer, {"https://a.example.no", "https://b.example.no:8443"});
  const auto response = send(handler, "GET", "https://b.example.no:8443");
  EXPECT_EQ(response.headers.get(kAllowed), "https://b.example.no:8443");
  EXPECT_EQ(response.headers.get("Vary"), "Accept, Origin");
  EXPECT_NE(response.headers.get("Access-Control-Expose-Headers").value_or("").find("ETag"),
            std::string_view::npos);
  EXPECT_FALSE(response.headers.get("Access-Control-Allow-Credentials").has_value());
}

TEST(Cors, OtherSitesAndNoSitesGetNoWordOfIt) {
  const auto handler = cors(answer, {"https://a.example.no"});
  for (const std::string origin :
       {"", "https://a.example.no.evil.example", "http://a.example.no", "null"}) {
    const auto response = send(handler, "GET", origin);
    EXPECT_EQ(response.status, 200);
    EXPECT_FALSE(response.headers.get(kAllowed).has_value()) << origin;
    EXPECT_EQ(response.headers.get("Vary"), "Accept, Origin");
  }
}

TEST(Cors, APreflightIsAnsweredWithoutTheHandler) {
  const auto handler = cors(answer, {"https://a.example.no"});
  const auto response = send(handler, "OPTIONS", "https://a.example.no", true);
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.get(kAllowed), "https://a.example.no");
  EXPECT_EQ(response.headers.get("Access-Control-Allow-Methods"),
            "GET, HEAD, POST, PUT, PATCH, DELETE");
  EXPECT_NE(response.headers.get("Access-Control-Allow-Headers").value_or("").find("If-Match"),
            std::string_view::npos);
  EXPECT_FALSE(response.headers.get("ETag").has_value());
  EXPECT_EQ(send(handler, "OPTIONS", "https://b.example.no", true).status, 403);
  EXPECT_EQ(send(handler, "OPTIONS", "https://a.example.no").headers.get("ETag"), "W/\"1\"");
}

TEST(Cors, AnyOriginMayBeAllowed) {
  const auto handler = cors(answer, {"*"});
  const auto response = send(handler, "GET", "https://anywhere.example");
  EXPECT_EQ(response.headers.get(kAllowed), "*");
  EXPECT_EQ(response.headers.get("Vary"), "Accept");
}

TEST(Cors, WithoutOriginsNoPageOfAnotherSiteReads) {
  const auto response = send(cors(answer, {}), "GET", "https://a.example.no");
  EXPECT_EQ(response.status, 200);
  EXPECT_FALSE(response.headers.get(kAllowed).has_value());
  EXPECT_EQ(response.headers.get("Vary"), "Accept");
  EXPECT_EQ(send(cors(answer, {}), "OPTIONS", "https://a.example.no", true).status, 403);
}

// Pages that were not asked for beforehand: a form, or a text without a type.
TEST(Cors, APageOfAnotherSiteChangesNothing) {
  struct Case {
    std::string_view origin, site;
    int status;
  };
  const Case cases[] = {
      {"", "", 200},  // no browser
      {"https://a.example.no", "cross-site", 200},
      {"https://evil.example", "", 403},
      {"https://evil.example", "cross-site", 403},
      {"https://evil.example", "same-site", 403},
      {"null", "", 403},
      {"", "cross-site", 403},
      {"http://127.0.0.1:8080", "same-origin", 200},
      {"http://127.0.0.1:8080", "", 200},
      {"http://127.0.0.1:9090", "", 403},
      {"", "none", 200},
  };
  const auto handler = cors(answer, {"https://a.example.no"});
  for (const Case& one : cases) {
    service::Request request;
    request.method = "POST";
    request.headers.add("Host", "127.0.0.1:8080");
    if (!one.origin.empty()) request.headers.add("Origin", std::string(one.origin));
    if (!one.site.empty()) request.headers.add("Sec-Fetch-Site", std::string(one.site));
    EXPECT_EQ(handler(request).status, one.status) << one.origin << " " << one.site;
    request.method = "GET";
    EXPECT_EQ(handler(request).status, 200) << one.origin << " " << one.site;
  }
}

}  // namespace
}  // namespace planbro::http
