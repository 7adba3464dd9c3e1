// One worker of a load: what it asks, request by request.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "load.h"

namespace planbro::bench {

// One thread.
class Worker {
 public:
  Worker(const LoadOptions& options, const Suite& suite, Pools& pools,
         const std::vector<const Query*>& queries, std::uint64_t seed);

  // One request of the load; an update is two. Counted only if `counts`.
  void step(Load load, bool counts);

  // Creates one resource of the type; its id, or nothing if that was refused.
  std::optional<std::string> create(const std::string& type, const std::string& patient);

  const std::string& anyType();
  // Status and text of the newest answer, for those who care why something was refused.
  int status() const { return answer_.status; }
  std::string said() const;

  Measured take() && { return std::move(measured_); }

 private:
  Verb anyVerb();
  bool readOne(const std::string& type);
  bool update(const std::string& type);
  bool search(std::size_t number);
  std::string filled(std::string text, const std::string& patient);
  bool exchange(std::string_view method, const std::string& path, std::string_view body = {});

  const LoadOptions& options_;
  const Suite& suite_;
  Pools& pools_;
  const std::vector<const Query*>& queries_;
  Random random_;
  Connection connection_;
  Answer answer_;
  std::string asked_;  // the type or the query that the newest request was about
  Measured measured_;
};

}  // namespace planbro::bench
