// A FHIR server that plans are exchanged with, and the way to reach it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "service/request.h"

namespace planbro::sync {

struct Peer {
  std::string name;  // "hospital": in the configuration, the status and the store
  std::string base;  // FHIR base, "https://fhir.hospital.example/fhir", no slash at the end
  // The organisation behind it, as sharing consents name it: system and value of its identifier.
  // Nothing is pushed to a peer without one.
  std::string organization_system;
  std::string organization_value;
};

// Sends requests to one peer. One thread. Handed in by cli/, implemented in http/.
class PeerConnection {
 public:
  virtual ~PeerConnection() = default;
  // `request.path` is relative to the FHIR base ("" or "/Patient/1"). Any HTTP status is an answer;
  // kUnavailable when the peer could not be reached or did not answer in time.
  virtual Result<service::Response> exchange(const service::Request& request) = 0;
};

}  // namespace planbro::sync
