// What operations see of the service: counters and times for Prometheus. No personal data: labels
// are route patterns, methods and status classes, never addresses.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace planbro::service {

// Any thread.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // One request done. `route` is a pattern ("GET [type]/[id]") or a mount's prefix.
  void observe(std::string_view route, int status, double seconds);
  // A number that goes up and down, set from outside before text() ("planbro_connections_open").
  void set(std::string_view name, std::string_view help, double value);

  // Prometheus text format 0.0.4.
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace planbro::service
