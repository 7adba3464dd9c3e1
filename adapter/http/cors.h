// Which sites' pages a browser lets call the service: cross-origin resource sharing.
//
// Source: the Fetch standard, section 3.2 (CORS protocol). Any thread.
#pragma once

#include <string>
#include <vector>

#include "service/request.h"

namespace planbro::http {

// `handler` for pages of those origins ("https://plan.example.no"; "*": any) as well as for
// everybody who is no page. Answers preflight requests itself; credentials (cookies) are never
// allowed. Without origins it is `handler`.
service::Handler cors(service::Handler handler, std::vector<std::string> origins);

}  // namespace planbro::http
