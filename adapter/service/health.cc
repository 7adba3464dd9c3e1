#include "service/health.h"

#include <chrono>

#include "base/log.h"
#include "json/builder.h"
#include "json/writer.h"
#include "service/metrics.h"

namespace planbro::service {
namespace {

bool isReading(const Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

Response notAllowed(const Request& request) {
  Response response = problem(request, 405, "PB-4005", {request.method, "GET, HEAD"});
  response.headers.set("Allow", "GET, HEAD");
  return response;
}

Response ready(const std::vector<ReadinessCheck>& checks) {
  Response response;
  json::Builder out;
  out.beginObject();
  out.key("checks").beginObject();
  bool all = true;
  for (const ReadinessCheck& check : checks) {
    const Status status = check.check();
    if (!status.has_value()) log::error("not ready: {}: {}", check.name, status.error().message);
    all = all && status.has_value();
    out.key(check.name).string(status.has_value() ? "ok" : "failed");
  }
  out.endObject();
  out.key("status").string(all ? "ready" : "not ready");
  out.endObject();
  response.status = all ? 200 : 503;
  if (!all) response.headers.set("Retry-After", "5");
  response.headers.set("Content-Type", "application/json");
  response.headers.set("Cache-Control", "no-store");
  response.body = json::write(*std::move(out).finish());
  return response;
}

}  // namespace

Handler healthHandler(std::vector<ReadinessCheck> checks) {
  return [checks = std::move(checks)](const Request& request) {
    if (!isReading(request)) return notAllowed(request);
    if (request.path == "/health/ready") return ready(checks);
    if (request.path != "/health/live") return problem(request, 404, "PB-4004", {request.path});
    Response response;
    response.headers.set("Content-Type", "application/json");
    response.headers.set("Cache-Control", "no-store");
    response.body = R"({"status":"live"})";
    return response;
  };
}

Handler metricsHandler(Metrics& metrics, std::function<void(Metrics&)> refresh) {
  return [&metrics, refresh = std::move(refresh)](const Request& request) {
    if (!isReading(request)) return notAllowed(request);
    if (refresh) refresh(metrics);
    Response response;
    response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.headers.set("Cache-Control", "no-store");
    response.body = metrics.text();
    return response;
  };
}

Handler measured(Metrics& metrics, std::string name, Handler handler) {
  return [&metrics, name = std::move(name), handler = std::move(handler)](const Request& request) {
    const auto begin = std::chrono::steady_clock::now();
    Response response = handler(request);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    metrics.observe(name, response.status, taken.count());
    return response;
  };
}

}  // namespace planbro::service
