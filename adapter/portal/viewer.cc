#include "portal/viewer.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "fhir/resource.h"
#include "json/builder.h"
#include "json/parser.h"
#include "json/writer.h"
#include "service/mounts.h"

namespace planbro::portal {
namespace {

constexpr std::string_view kCookie = "planbro-demonstration";

std::string cookieOf(const service::Request& request) {
  const std::string cookies = request.headers.joined("Cookie");
  for (const std::string_view part : split(cookies, ';')) {
    const std::string_view cookie = trim(part);
    if (cookie.size() > kCookie.size() && cookie.starts_with(kCookie) &&
        cookie[kCookie.size()] == '=')
      return std::string(cookie.substr(kCookie.size() + 1));
  }
  return {};
}

bool isLogicalId(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
}

std::string nameOf(const fhir::Element& patient) {
  const fhir::Element name = patient.child("name");
  std::string text(name.textOf("text"));
  if (!text.empty()) return text;
  name.forEachChild("given", [&](const fhir::Element& given) {
    text += given.text();
    text += ' ';
  });
  text += name.textOf("family");
  return std::string(trim(text));
}

// A page of another site may not choose for the user: browsers say where a request comes from.
bool sentByOurPage(const service::Request& request) {
  const auto site = request.headers.get("Sec-Fetch-Site");
  return !site || *site == "same-origin" || *site == "none";
}

}  // namespace

std::optional<std::string> DemonstrationViewers::patientOf(const service::Request& request) const {
  if (!request.loopback) return std::nullopt;
  std::string id = cookieOf(request);
  if (!isLogicalId(id)) return std::nullopt;
  return id;
}

Result<std::vector<DemonstrationViewers::Choice>> DemonstrationViewers::choices() const {
  PLANBRO_ASSIGN_OR_RETURN(const auto reader, store_.snapshot());
  std::map<std::string, std::string> names;  // id -> name
  store::Query plans;
  plans.type = "CarePlan";
  plans.count = 1000;
  PLANBRO_ASSIGN_OR_RETURN(const auto page, reader->search(plans));
  for (const store::Version& plan : page.matches) {
    const auto read = fhir::readJson(plan.body);
    if (!read.resource) continue;
    std::string_view reference = read.resource.root().child("subject").textOf("reference");
    if (!reference.starts_with("Patient/")) continue;
    reference.remove_prefix(std::string_view("Patient/").size());
    if (names.contains(std::string(reference))) continue;
    const auto patient = reader->read("Patient", reference);
    if (!patient || patient->deleted) continue;
    if (const auto person = fhir::readJson(patient->body); person.resource)
      names.emplace(reference, nameOf(person.resource.root()));
  }
  std::vector<Choice> choices;
  for (const auto& [id, name] : names) choices.push_back({id, name});
  std::sort(choices.begin(), choices.end(),
            [](const Choice& a, const Choice& b) { return a.name < b.name; });
  return choices;
}

service::Response DemonstrationViewers::handle(const service::Request& request) const {
  if (!request.loopback || !sentByOurPage(request))
    return service::problem(request, 403, "PB-5503");
  const auto choices_found = choices();
  if (!choices_found) return service::problem(request, 503, "PB-5504");
  service::Response response;
  if (request.method == "GET" || request.method == "HEAD") {
    const auto chosen = patientOf(request);
    json::Builder out;
    out.beginObject();
    out.key("viewers").beginArray();
    for (const Choice& choice : *choices_found) {
      out.beginObject();
      out.key("id").string(choice.patient);
      out.key("name").string(choice.name);
      out.key("chosen").boolean(choice.patient == chosen);
      out.endObject();
    }
    out.endArray();
    out.endObject();
    response.headers.set("Content-Type", "application/json");
    response.headers.set("Cache-Control", "no-store");
    response.body = json::write(*std::move(out).finish());
    return response;
  }
  if (request.method != "POST") {
    response = service::problem(request, 405, "PB-5505", {request.method});
    response.headers.set("Allow", "GET, HEAD, POST");
    return response;
  }
  const auto body = json::parse(request.body);
  const json::Node* id = body ? (*body)->root().member("id") : nullptr;
  const bool known = id != nullptr && std::any_of(choices_found->begin(), choices_found->end(),
                                                  [&](const Choice& choice) {
                                                    return choice.patient == id->text();
                                                  });
  if (!known) return service::problem(request, 400, "PB-5506");
  response.status = 204;
  response.headers.set("Set-Cookie", std::string(kCookie) + "=" + std::string(id->text()) +
                                         "; Path=/; HttpOnly; SameSite=Strict");
  return response;
}

}  // namespace planbro::portal
