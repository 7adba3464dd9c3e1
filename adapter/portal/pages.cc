#include "portal/pages.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "service/constant_body.h"
#include "service/mounts.h"

// Files of web/portal, linked in by planbro_embed().
extern "C" {
extern const char planbro_portal_html_begin[], planbro_portal_html_end[];
extern const char planbro_portal_css_begin[], planbro_portal_css_end[];
extern const char planbro_portal_js_begin[], planbro_portal_js_end[];
extern const char planbro_portal_texts_begin[], planbro_portal_texts_end[];
}

namespace planbro::portal {
namespace {

struct File {
  std::string_view path;
  std::shared_ptr<const service::ConstantBody> body;
};

std::shared_ptr<const service::ConstantBody> bodyOf(const char* begin, const char* end,
                                                    std::string media_type) {
  return std::make_shared<const service::ConstantBody>(std::string(begin, end),
                                                       std::move(media_type));
}

const std::array<File, 4>& files() {
  static const std::array<File, 4> all{
      File{"/portal/",
           bodyOf(planbro_portal_html_begin, planbro_portal_html_end, "text/html; charset=utf-8")},
      File{"/portal/portal.css",
           bodyOf(planbro_portal_css_begin, planbro_portal_css_end, "text/css; charset=utf-8")},
      File{"/portal/portal.js", bodyOf(planbro_portal_js_begin, planbro_portal_js_end,
                                       "text/javascript; charset=utf-8")},
      File{"/portal/texts.json",
           bodyOf(planbro_portal_texts_begin, planbro_portal_texts_end, "application/json")}};
  return all;
}

}  // namespace

service::Response Pages::handle(const service::Request& request) const {
  if (demonstration_ == nullptr || !request.loopback) {
    service::Response refused = service::problem(request, 401, "PB-5501");
    refused.headers.set("WWW-Authenticate", "Bearer");
    return refused;
  }
  if (request.path == "/portal/demonstration") return demonstration_->handle(request);
  if (request.method != "GET" && request.method != "HEAD") {
    service::Response refused = service::problem(request, 405, "PB-5505", {request.method});
    refused.headers.set("Allow", "GET, HEAD");
    return refused;
  }
  service::Response response;
  if (request.path == "/portal") {
    response.status = 308;
    response.headers.set("Location", "/portal/");
    return response;
  }
  for (const File& file : files()) {
    if (request.path != file.path) continue;
    response.headers.set("Content-Security-Policy",
                         "default-src 'none'; script-src 'self'; style-src 'self'; connect-src "
                         "'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
                         "frame-ancestors 'none'");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("Referrer-Policy", "no-referrer");
    service::answerConstant(file.body, request.headers.joined("If-None-Match"), response);
    return response;
  }
  return service::problem(request, 404, "PB-5507");
}

}  // namespace planbro::portal
