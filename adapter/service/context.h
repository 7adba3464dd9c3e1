// What every interaction of the service works with. Internal to service/. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "service/constant_body.h"
#include "service/fhir_service.h"

namespace planbro::service {

class AsyncJobs;   // async_jobs.h
class CursorSeal;  // cursor_seal.h

struct Context {
  ServiceParts parts;
  ServiceSettings settings;
  std::shared_ptr<const ConstantBody> capability_statement;  // compact JSON
  std::shared_ptr<const ConstantBody> open_api;
  // Made when it is first asked for: that takes a look through every code system.
  mutable std::once_flag terminology_asked;
  mutable std::shared_ptr<const ConstantBody> terminology_capabilities;
  AsyncJobs* async = nullptr;     // of the service
  CursorSeal* cursors = nullptr;  // of the service

  const fhir::Definitions& definitions() const { return *parts.definitions; }
  // "http://127.0.0.1:8080/fhir/CarePlan/1"
  std::string address(std::string_view type, std::string_view id) const {
    return settings.base_url + "/" + std::string(type) + "/" + std::string(id);
  }
  // The time to stamp a write with: whole milliseconds, as meta.lastUpdated shows it.
  Instant now() const {
    const std::int64_t micros = parts.clock->now().micros;
    return {micros - micros % 1000};
  }
};

}  // namespace planbro::service
