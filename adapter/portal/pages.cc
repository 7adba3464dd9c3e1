#include "portal/pages.h"

#include <array>
#include <string_view>

#include "base/digest.h"
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
  std::string_view path, type, bytes;
};

std::string_view bytesBetween(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

const std::array<File, 4>& files() {
  static const std::array<File, 4> all{
      File{"/portal/", "text/html; charset=utf-8",
           bytesBetween(planbro_portal_html_begin, planbro_portal_html_end)},
      File{"/portal/portal.css", "text/css; charset=utf-8",
           bytesBetween(planbro_portal_css_begin, planbro_portal_css_end)},
      File{"/portal/portal.js", "text/javascript; charset=utf-8",
           bytesBetween(planbro_portal_js_begin, planbro_portal_js_end)},
      File{"/portal/texts.json", "application/json",
           bytesBetween(planbro_portal_texts_begin, planbro_portal_texts_end)}};
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
    const std::string tag = "\"" + sha256Hex(file.bytes).substr(0, 32) + "\"";
    response.headers.set("ETag", tag);
    response.headers.set("Cache-Control", "no-cache");
    response.headers.set("Content-Security-Policy",
                         "default-src 'none'; script-src 'self'; style-src 'self'; connect-src "
                         "'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
                         "frame-ancestors 'none'");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("Referrer-Policy", "no-referrer");
    if (request.headers.get("If-None-Match") == tag) {
      response.status = 304;
      return response;
    }
    response.headers.set("Content-Type", std::string(file.type));
    response.body = file.bytes;
    return response;
  }
  return service::problem(request, 404, "PB-5507");
}

}  // namespace planbro::portal
