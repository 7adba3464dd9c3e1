// Planbro's listener under the http_listeners of a cpprestsdk application.
//
// cpprestsdk lets its server side be replaced (web::http::experimental::details::http_server_api).
// After listenUnder() every http_listener opened in this process is served by http/listener.h: with
// its limits, time-outs, drain and TLS. The application's own code stays as it is.
#pragma once

#include <cpprest/base_uri.h>

#include <cstdint>

#include "http/listener.h"

namespace planbro::http::cpprest {

// To be called before the first http_listener is opened, and again when all have been closed and
// one is opened anew (cpprestsdk then forgets the server). The address and port of `options` are
// not used: every http_listener's URI says its own, "*" and "+" being all addresses (which needs
// allow_any_address, as names other than localhost do). An https URI needs options.tls.
// Listeners whose URIs differ in the path alone share a port; the longest path that fits serves.
// What cannot be listened on makes http_listener::open() fail with an http_exception.
void listenUnder(ListenerOptions options);

// The port an open http_listener with that URI is bound to: for URIs whose port is 0. 0 when none
// is open.
std::uint16_t boundPort(const web::uri& uri);

}  // namespace planbro::http::cpprest
