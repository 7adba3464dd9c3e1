// gzip between client and handler: bodies that come compressed are handed on as they were, answers
// leave compressed where the client takes that.
//
// Source: RFC 9110, sections 8.4 (Content-Encoding), 12.5.3 (Accept-Encoding) and 15.5.16 (415);
// RFC 1952 (gzip). Any thread.
#pragma once

#include <cstddef>

#include "base/limits.h"
#include "service/request.h"

namespace planbro::http {

struct CodingOptions {
  // Most bytes of a request's body once it is unpacked; one more is 413, however small it came.
  std::size_t max_body_bytes = kMaxBodyBytes;
  std::size_t least_bytes = 1024;  // answers below leave as they are
};

// `handler` behind the coding. Requests: gzip and deflate; another coding is 415, a broken one 400.
// Answers: gzip, of text formats, streams as they are made but for text/event-stream. What is a
// service::ConstantBody is packed once.
service::Handler contentCoding(service::Handler handler, CodingOptions options = {});

}  // namespace planbro::http
