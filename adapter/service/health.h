// Liveness, readiness and metrics: /health/live, /health/ready, /metrics. docs/api/operations.md.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "service/mounts.h"
#include "service/request.h"

namespace planbro::service {

class Metrics;

// One thing the program needs to be of use, asked at each /health/ready.
struct ReadinessCheck {
  std::string name;  // "store"
  std::function<Status()> check;
};

// Live: the process answers. Ready: every check succeeds, else 503 with the names of those that do
// not; error texts go to the log alone.
Handler healthHandler(std::vector<ReadinessCheck> checks);

// `refresh` sets gauges before the text is made; may be empty. `metrics` must outlive the handler.
Handler metricsHandler(Metrics& metrics, std::function<void(Metrics&)> refresh = {});

// `handler` with every request counted under `name`.
Handler measured(Metrics& metrics, std::string name, Handler handler);

}  // namespace planbro::service
