// terminology::ServerExchange over libcurl.
#pragma once

#include <string>

#include "http/client.h"
#include "terminology/server.h"

namespace planbro::http {

// `base` is the terminology server's FHIR base, with or without slash at the end. Any thread: every
// call under way has a connection of its own, which is kept for the next one.
terminology::ServerExchange terminologyExchange(std::string base, ClientOptions options = {});

}  // namespace planbro::http
