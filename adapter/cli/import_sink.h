// Where an import goes: a FHIR service in this process or behind a URL, as transactions.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "mapping/importer.h"
#include "service/request.h"

namespace planbro::cli {

class ServiceSink final : public mapping::Sink {
 public:
  // Sends a request whose path and query stand behind the service's base ("" is the base itself).
  using Send = std::function<Result<service::Response>(const service::Request&)>;
  explicit ServiceSink(Send send) : send_(std::move(send)) {}

  // A dry run asks only whether the plan is there: fate is created or updated.
  Result<Answer> take(const json::DocumentPtr& bundle, bool dry_run) override;

 private:
  Result<Answer> look(const json::Document& bundle);

  Send send_;
};

}  // namespace planbro::cli
