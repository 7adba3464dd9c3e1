#include "service/mounts.h"

#include <algorithm>

#include "fhir/issue.h"
#include "json/builder.h"
#include "json/writer.h"
#include "service/call.h"
#include "service/negotiation.h"
#include "service/readable_json.h"

namespace planbro::service {
namespace {

bool covers(std::string_view prefix, std::string_view path) {
  if (prefix == "/") return true;
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

Handler mounted(Mounts mounts) {
  std::stable_sort(mounts.begin(), mounts.end(), [](const Mount& a, const Mount& b) {
    return a.prefix.size() > b.prefix.size();
  });
  return [mounts = std::move(mounts)](const Request& request) {
    for (const Mount& mount : mounts) {
      if (covers(mount.prefix, request.path)) return mount.handler(request);
    }
    return problem(request, 404, "PB-4004", {request.path.substr(0, 200)});
  };
}

Response problem(const Request& request, int status, std::string_view code,
                 std::vector<std::string> arguments) {
  const fhir::Issue issue = fhir::makeIssue(code, {}, std::move(arguments));
  json::Builder out;
  out.beginObject();
  out.key("type").string("about:blank");
  out.key("title").string(reasonPhrase(status));
  out.key("status").number(std::to_string(status));
  out.key("detail").string(issue.text(acceptedLanguage(request.headers.joined("Accept-Language"))));
  out.key("code").string(code);
  out.endObject();
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/problem+json");
  response.headers.set("Cache-Control", "no-store");
  response.body = readableJson(json::write(*std::move(out).finish()));
  return response;
}

}  // namespace planbro::service
