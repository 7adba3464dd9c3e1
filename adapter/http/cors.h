// Which sites' pages a browser lets call the service: cross-origin resource sharing, and no writes
// by pages of other sites.
//
// Source: the Fetch standard, section 3.2 (CORS protocol); W3C Fetch Metadata. Any thread.
#pragma once

#include <string>
#include <vector>

#include "service/request.h"

namespace planbro::http {

// `handler` for pages of those origins ("https://plan.example.no"; "*": any) as well as for
// everybody who is no page. Answers preflight requests itself; credentials (cookies) are never
// allowed. A browser asks before it sends most writes of a foreign page, but not before a form or a
// text: what would change something is refused (403) from a page that is neither of `origins` nor
// our own.
service::Handler cors(service::Handler handler, std::vector<std::string> origins);

}  // namespace planbro::http
