#include "http/refusal.h"

#include <span>

#include "fhir/issue.h"
#include "json/builder.h"
#include "json/writer.h"
#include "service/readable_json.h"

namespace planbro::http {

service::Response standardRefusal(const Refusal& refusal, const service::Request& request) {
  const auto language =
      fhir::languageOf(request.headers.get("Accept-Language").value_or(std::string_view()));
  const fhir::Issue issue = fhir::makeIssue(refusal.code, {}, refusal.arguments);
  service::Response response;
  response.status = refusal.status;
  const auto under = [&](std::string_view folder) {
    return request.path.starts_with(folder) &&
           (request.path.size() == folder.size() || request.path[folder.size()] == '/');
  };
  if (request.path.empty() || under("/fhir") || under("/feed")) {
    response.headers.set("Content-Type", "application/fhir+json; charset=utf-8");
    response.body =
        service::readableJson(json::write(*fhir::operationOutcome(std::span(&issue, 1), language)));
    return response;
  }
  json::Builder builder;
  builder.beginObject();
  builder.key("type").string("about:blank");
  builder.key("status").number(std::to_string(refusal.status));
  builder.key("title").string(issue.text(language));
  builder.key("code").string(refusal.code);
  builder.endObject();
  response.headers.set("Content-Type", "application/problem+json; charset=utf-8");
  response.body = service::readableJson(json::write(*std::move(builder).finish()));
  return response;
}

}  // namespace planbro::http
