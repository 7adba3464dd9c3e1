#include "service/bundle_entry.h"

#include <utility>

#include "base/text.h"
#include "service/inner_resource.h"
#include "service/operation_input.h"
#include "service/outcome.h"
#include "service/replacements.h"
#include "service/view.h"

namespace planbro::service {
namespace {

// "" where it stands there without a value.
std::optional<std::string> textOf(const fhir::Element& parent, std::string_view name) {
  const fhir::Element child = parent.child(name);
  if (!child) return std::nullopt;
  return std::string(child.text());
}

// request.url without the service's own address and the slash some clients write before it.
std::string_view relativeUrl(const Context& context, std::string_view url) {
  const std::string_view base = context.settings.base_url;
  const std::string_view rest = url.starts_with(base) ? url.substr(base.size()) : url;
  if (rest.empty() || rest.front() == '/' || rest.front() == '?') url = rest;
  while (url.starts_with('/')) url.remove_prefix(1);
  return url;
}

std::optional<Answer> fill(BundleEntry& made, const Call& outer, const fhir::Element& request) {
  const std::string_view method = request.textOf("method");
  const std::string_view url = request.textOf("url");
  if (method.empty() || url.empty()) return refuse(400, "PB-4032");
  const std::string_view relative = relativeUrl(*outer.context, url);
  const auto question = relative.find('?');
  Routed routed = findRoute(method, decodePath(relative.substr(0, question)), outer.definitions());
  if (routed.route == nullptr) return std::move(routed.refused);
  if (!routed.route->bundle) return refuse(400, "PB-4033", {std::string(method)});
  Call& call = made.call;
  made.route = routed.route;
  call.method = routed.route->method;
  call.head = method == "HEAD";
  call.type = std::move(routed.type);
  call.id = std::move(routed.id);
  call.version_id = std::move(routed.version_id);
  if (question != std::string_view::npos) call.query = relative.substr(question + 1);
  if (auto refused = refusedEncoding(call.query)) return refused;
  call.parameters = parseQuery(call.query);
  call.conditions.if_match = textOf(request, "ifMatch");
  call.conditions.if_none_match = textOf(request, "ifNoneMatch");
  call.conditions.if_none_exist = textOf(request, "ifNoneExist");
  if (auto refused = refusedEncoding(call.conditions.if_none_exist.value_or(""))) return refused;
  if (const auto since = textOf(request, "ifModifiedSince")) {
    const auto instant = parseInstant(*since);  // an instant here, not an HTTP date
    if (!instant.has_value())
      return refuse(400, "PB-4016", {"ifModifiedSince", "2026-11-22T12:00:00Z"});
    call.conditions.if_modified_since = formatHttpDate(*instant);
  }
  return std::nullopt;
}

// The address of the resource that the answer shows; "" where that is not a stored one but made for
// the answer, such as a Bundle.
std::string fullUrlOf(const Call& call, const Route& route, const Answer& answer) {
  if (route.interaction == "read" || route.interaction == "vread")
    return call.context->address(call.type, call.id);
  if (!writes(route)) return {};
  const auto end = answer.location.find("/_history/");  // "Patient/1/_history/2"
  if (end == std::string::npos) return {};
  return call.context->settings.base_url + "/" + answer.location.substr(0, end);
}

}  // namespace

bool writes(const Route& route) {
  return route.method != "GET" && !route.interaction.starts_with('$');
}

std::expected<BundleEntry, Answer> parseEntry(const Call& outer, const fhir::Element& entry,
                                              std::size_t index) {
  BundleEntry made;
  made.index = index;
  made.full_url = entry.textOf("fullUrl");
  made.root = rootOf(outer.definitions(), made.full_url);
  made.call.context = outer.context;
  made.call.preferences = outer.preferences;
  made.call.rehearsal = outer.rehearsal;
  made.call.visibility = outer.visibility;
  auto refused = fill(made, outer, entry.child("request"));
  const bool patches = !refused.has_value() && made.route->method == "PATCH";
  if (!refused.has_value() && (made.route->body || patches)) {
    const fhir::Element resource = entry.child("resource");
    if (resource && resource.value() != nullptr)
      made.call.body = innerResource(resource, outer.body);
    const bool missing = !made.call.body || made.call.body.type().empty();
    if (missing && (made.route->needsBody() || patches)) refused = refuse(400, "PB-4007");
    if (made.route->form == BodyForm::kParameters) refused = takeBodyParameters(made.call);
  }
  if (patches && !refused.has_value()) {
    auto patch = readPatch(std::exchange(made.call.body, {}));
    if (patch.has_value()) {
      made.call.patch = std::move(*patch);
    } else {
      refused = refuse(400, std::move(patch.error()));
    }
  }
  if (refused.has_value()) {
    placeInEntry(refused->issues, index);
    return std::unexpected(std::move(*refused));
  }
  return made;
}

std::string placeOfEntry(std::size_t index) {
  return "Bundle.entry[" + std::to_string(index) + "]";
}

void placeInEntry(std::vector<fhir::Issue>& issues, std::size_t index) {
  for (fhir::Issue& issue : issues) {
    std::string& expression = issue.place.expression;
    if (expression.starts_with("Bundle.entry[")) continue;
    const auto dot = expression.find('.');
    const std::string rest = dot == std::string::npos ? "" : expression.substr(dot);
    expression = placeOfEntry(index) + (expression.empty() ? "" : ".resource") + rest;
    issue.place.position = {};  // counted in the entry's own tree
  }
}

void addResponse(BundleText& bundle, const Call& outer, const Call& call, const Route* route,
                 const Answer& answer) {
  const bool show =
      !answer.refused() && !answer.resourceText().empty() && !call.head &&
      (!answer.written || outer.preferences.returns == ReturnPreference::kRepresentation);
  BundleEntryText entry;
  if (show) entry.resource = answer.resourceText();
  if (show && route != nullptr) entry.full_url = fullUrlOf(call, *route, answer);
  entry.status = std::to_string(answer.status) + " " + std::string(reasonPhrase(answer.status));
  entry.location = answer.location;
  entry.etag = answer.etag;
  entry.last_modified = answer.last_modified;
  std::string outcome;
  if (!answer.issues.empty()) {
    outcome = outcomeText(answer.issues, outer.preferences.language);
    entry.outcome = outcome;
  }
  bundle.entry(entry);
}

Answer bundleAnswer(const Call& call, BundleText bundle) {
  Answer answer;
  answer.resource = std::move(bundle).finish();
  const ReturnPreference asked = call.preferences.returns;
  if (asked != ReturnPreference::kOutcome) answer.returned = asked;
  return answer;
}

}  // namespace planbro::service
