// A service::Handler inside an application made with cpprestsdk (Casablanca):
//
//   web::http::experimental::listener::http_listener listener("http://127.0.0.1:8080/fhir");
//   listener.support(planbro::http::cpprest::mount(handler));
//   listener.open().wait();
//
// With listen_under.h the application's listeners also run on Planbro's own listener.
#pragma once

#include <cpprest/http_msg.h>

#include <functional>

#include "service/request.h"

namespace planbro::http::cpprest {

// What http_listener::support() takes. The handler runs on a thread of cpprestsdk's pool, after the
// whole body has come; a streamed answer is collected before it is sent. A handler that throws is
// answered for with 500.
std::function<void(web::http::http_request)> mount(service::Handler handler);

}  // namespace planbro::http::cpprest
