#include "portal/feed.h"

#include <algorithm>

#include "fhir/resource.h"
#include "json/builder.h"
#include "json/writer.h"
#include "service/entity_tag.h"

namespace planbro::portal {
namespace {

using service::Request;
using service::Response;

constexpr std::uint32_t kMostPlans = 100;  // one person's plans, the closed ones included

Response outcome(const Request& request, int status, std::string_view code,
                 std::vector<std::string> arguments = {}) {
  const auto language = fhir::languageOf(request.headers.get("Accept-Language").value_or("nb"));
  const fhir::Issue issue = fhir::makeIssue(code, {}, std::move(arguments));
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/fhir+json");
  response.headers.set("Cache-Control", "no-store");
  if (status == 401) response.headers.set("WWW-Authenticate", "Bearer");
  response.body = json::write(*fhir::operationOutcome({&issue, 1}, language));
  return response;
}

Response answer(const Request& request, std::string body) {
  const std::string tag = service::entityTagOf(body);
  Response response;
  response.headers.set("ETag", tag);
  // The person's browser may keep it but must ask again each time.
  response.headers.set("Cache-Control", "private, no-cache");
  response.headers.set("Vary", "Accept-Language, Cookie");
  if (service::namesTag(request.headers.joined("If-None-Match"), tag)) {
    response.status = 304;
    return response;
  }
  response.headers.set("Content-Type", "application/fhir+json");
  response.body = std::move(body);
  return response;
}

store::Query plansOf(const std::string& patient) {
  store::Query query;
  query.type = "CarePlan";
  query.where.op = store::Predicate::Op::kEquals;
  query.where.row.kind = store::IndexRow::Kind::kReference;
  query.where.row.parameter = "subject";
  query.where.row.system = "Patient";
  query.where.row.value = patient;
  query.count = kMostPlans;
  query.sort.push_back({"_lastUpdated", store::IndexRow::Kind::kDate, true});
  return query;
}

bool isOwn(const store::Version& plan, const std::string& patient) {
  const auto read = fhir::readJson(plan.body);
  return read.resource &&
         read.resource.root().child("subject").textOf("reference") == "Patient/" + patient;
}

}  // namespace

Response Feed::handle(const Request& request) const {
  const auto patient = viewers_.patientOf(request);
  if (!patient) return outcome(request, 401, "PB-5501");
  if (request.method != "GET" && request.method != "HEAD") {
    Response response = outcome(request, 405, "PB-5505", {request.method});
    response.headers.set("Allow", "GET, HEAD");
    return response;
  }
  constexpr std::string_view kPlans = "/feed/plans";
  const std::string_view path = request.path;
  if (path == kPlans) return plans(request, *patient);
  if (path.starts_with(kPlans) && path[kPlans.size()] == '/')
    return plan(request, *patient, path.substr(kPlans.size() + 1));
  return outcome(request, 404, "PB-5502");
}

Response Feed::plans(const Request& request, const std::string& patient) const {
  const auto reader = store_.snapshot();
  if (!reader) return outcome(request, 503, "PB-5504");
  const auto page = (*reader)->search(plansOf(patient));
  if (!page) return outcome(request, 503, "PB-5504");
  json::Builder out(&fhir::Definitions::r4().names());
  out.beginObject();
  out.key("resourceType").string("Bundle");
  out.key("type").string("searchset");
  out.key("total").number(std::to_string(page->matches.size()));
  if (!page->matches.empty()) {
    out.key("entry").beginArray();
    for (const store::Version& plan : page->matches) {
      const auto read = fhir::readJson(plan.body);
      if (!read.resource) return outcome(request, 503, "PB-5504");
      out.beginObject();
      out.key("fullUrl").string("/feed/plans/" + plan.id);
      out.key("resource").copy(read.resource.document()->root(), read.resource.document());
      out.key("search").beginObject();
      out.key("mode").string("match");
      out.endObject();
      out.endObject();
    }
    out.endArray();
  }
  out.endObject();
  return answer(request, json::write(*std::move(out).finish()));
}

Response Feed::plan(const Request& request, const std::string& patient, std::string_view id) const {
  const auto reader = store_.snapshot();
  if (!reader) return outcome(request, 503, "PB-5504");
  const auto found = (*reader)->read("CarePlan", id);
  // Another's plan and a plan that is not there must look the same.
  if (!found || found->deleted || !isOwn(*found, patient)) return outcome(request, 404, "PB-5502");
  const auto language = fhir::languageOf(request.headers.get("Accept-Language").value_or("nb"));
  const auto document = document_(**reader, *found, language);
  if (!document) return outcome(request, 503, "PB-5504");
  return answer(request, json::write(**document));
}

}  // namespace planbro::portal
