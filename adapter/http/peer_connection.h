// sync::PeerConnection over libcurl.
#pragma once

#include <memory>
#include <string>

#include "http/client.h"
#include "sync/peer.h"

namespace planbro::http {

// `base` is the peer's FHIR base, "https://host/fhir", with or without slash at the end.
std::unique_ptr<sync::PeerConnection> connectPeer(std::string base, ClientOptions options = {});

}  // namespace planbro::http
