#include "service/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace planbro::service {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter()
          .Name("planbro_http_requests_total")
          .Help("Requests answered, by route and class of status")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& seconds =
      prometheus::BuildHistogram()
          .Name("planbro_http_request_seconds")
          .Help("Time to answer a request, by route")
          .Register(registry);
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::observe(std::string_view route, int status, double seconds) {
  const std::string name(route);
  const std::string status_class = std::to_string(status / 100) + "xx";
  state_->requests.Add({{"route", name}, {"status", status_class}}).Increment();
  state_->seconds.Add({{"route", name}}, kSeconds).Observe(seconds);
}

void Metrics::set(std::string_view name, std::string_view help, double value) {
  prometheus::BuildGauge()
      .Name(std::string(name))
      .Help(std::string(help))
      .Register(state_->registry)
      .Add({})
      .Set(value);
}

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace planbro::service
