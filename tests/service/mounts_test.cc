#include "service/mounts.h"

#include <gtest/gtest.h>

#include "service/health.h"
#include "service/metrics.h"

namespace planbro::service {
namespace {

Handler saying(std::string text) {
  return [text](const Request&) {
    Response response;
    response.body = text;
    return response;
  };
}

Request get(std::string path) {
  Request request;
  request.method = "GET";
  request.path = std::move(path);
  return request;
}

TEST(Mounts, TheLongestPrefixAnswersAndOnlyWholeParts) {
  const Handler handler = mounted(
      {{"/fhir", saying("fhir")}, {"/fhir/deep", saying("deep")}, {"/feed", saying("feed")}});
  EXPECT_EQ(handler(get("/fhir/Patient/1")).body, "fhir");
  EXPECT_EQ(handler(get("/fhir")).body, "fhir");
  EXPECT_EQ(handler(get("/fhir/deep/x")).body, "deep");
  EXPECT_EQ(handler(get("/fhirx")).status, 404);
}

TEST(Mounts, WhatNobodyServesIsAProblemInTheCallersLanguage) {
  Request request = get("/nothing");
  request.headers.add("Accept-Language", "nb");
  const Response response = mounted({})(request);
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
  EXPECT_EQ(
      response.body,
      R"({"type":"about:blank","title":"Not Found","status":404,"detail":"Det finnes ingenting på denne adressen: /nothing.","code":"PB-4004"})");
}

TEST(Health, LiveAlwaysReadyOnlyWhenEveryCheckSucceeds) {
  bool store_works = true;
  const Handler handler = healthHandler({{"store", [&]() -> Status {
                                            if (store_works) return {};
                                            return fail(ErrorCode::kIo, "secret path");
                                          }}});
  EXPECT_EQ(handler(get("/health/live")).status, 200);
  EXPECT_EQ(handler(get("/health/ready")).body, R"({"checks":{"store":"ok"},"status":"ready"})");
  store_works = false;
  const Response response = handler(get("/health/ready"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.get("Retry-After"), "5");
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
  EXPECT_EQ(handler(get("/health/live")).status, 200);
  EXPECT_EQ(handler(get("/health/other")).status, 404);
  Request post = get("/health/live");
  post.method = "POST";
  EXPECT_EQ(handler(post).status, 405);
}

TEST(Metrics, CountsByRouteAndClassOfStatus) {
  Metrics metrics;
  const Handler counted = measured(metrics, "/x", saying("x"));
  counted(get("/x"));
  counted(get("/x"));
  metrics.observe("GET [type]/[id]", 404, 0.003);
  metrics.set("planbro_connections_open", "Open connections", 7);
  metrics.set("planbro_connections_open", "Open connections", 8);
  const std::string text = metricsHandler(metrics)(get("/metrics")).body;
  EXPECT_NE(text.find(R"(planbro_http_requests_total{route="/x",status="2xx"} 2)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(planbro_http_requests_total{route="GET [type]/[id]",status="4xx"} 1)"),
            std::string::npos);
  EXPECT_NE(
      text.find(R"(planbro_http_request_seconds_bucket{route="GET [type]/[id]",le="0.005"} 1)"),
      std::string::npos);
  EXPECT_NE(text.find("planbro_connections_open 8"), std::string::npos);
}

}  // namespace
}  // namespace planbro::service
