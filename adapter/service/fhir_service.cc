#include "service/fhir_service.h"

#include <array>
#include <chrono>
#include <exception>

#include "base/log.h"
#include "base/text.h"
#include "fhir/xml.h"
#include "search/search_request.h"
#include "service/async.h"
#include "service/async_jobs.h"
#include "service/binary.h"
#include "service/call.h"
#include "service/capability.h"
#include "service/constant_body.h"
#include "service/context.h"
#include "service/cursor_seal.h"
#include "service/interactions.h"
#include "service/metrics.h"
#include "service/openapi.h"
#include "service/operation_input.h"
#include "service/outcome.h"
#include "service/routes.h"
#include "service/validate.h"
#include "service/view.h"

namespace planbro::service {
namespace {

std::optional<std::string> header(const Request& request, std::string_view name) {
  if (!request.headers.get(name).has_value()) return std::nullopt;
  return request.headers.joined(name);  // "" where it stands there without a value
}

std::optional<std::string_view> find(const Fields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return std::nullopt;
}

// An address must not carry a national identity number: it ends up in logs and histories.
std::optional<Answer> refusedAddress(const Fields& parameters, std::string_view path) {
  bool found = false;
  for (const std::string_view part : split(path, '/'))
    found = found || search::mentionsNationalIdentityNumber(part);
  for (const auto& [name, value] : parameters)
    found = found || search::mentionsNationalIdentityNumber(name) ||
            search::mentionsNationalIdentityNumber(value);
  if (!found) return std::nullopt;
  // The refusal repeats no part of the address but the type.
  const std::string_view type = path.substr(0, path.find('/'));
  return refuse(400, "PB-4019",
                {search::mentionsNationalIdentityNumber(type) ? "Patient" : std::string(type)});
}

// The form of a search by POST.
std::optional<Answer> readForm(const Request& request, Call& call) {
  if (request.body.empty()) return std::nullopt;
  const std::string type = toLowerAscii(request.headers.get("Content-Type").value_or(""));
  if (trim(std::string_view(type).substr(0, type.find(';'))) != "application/x-www-form-urlencoded")
    return refuse(415, "PB-4011", {type, "application/x-www-form-urlencoded"});
  if (!isUtf8(type)) return refuse(415, "PB-4011", {type, "UTF-8"});
  if (auto refused = refusedEncoding(request.body)) return refused;
  for (auto& field : parseQuery(request.body)) call.parameters.push_back(std::move(field));
  return std::nullopt;
}

// $validate judges what can be read at all: what is wrong with the text becomes `faults`.
std::optional<Answer> readBody(const Request& request, const Route& route, Call& call,
                               std::vector<fhir::Issue>& faults) {
  if (trim(request.body).empty()) return refuse(400, "PB-4007");
  if (bringsContent(request, route, call)) {
    auto wrapped = wrappedContent(request, call);
    if (!wrapped.has_value()) return std::move(wrapped.error());
    call.body = std::move(*wrapped);
    return std::nullopt;
  }
  const auto format = bodyFormat(request.headers);
  if (!format.has_value()) {
    const std::string type(request.headers.get("Content-Type").value_or(""));
    return refuse(415, "PB-4011", {type, "application/fhir+json, application/fhir+xml"});
  }
  fhir::ReadOutcome read = *format == fhir::Format::kXml
                               ? fhir::readXml(request.body, call.definitions())
                               : fhir::readJson(request.body, call.definitions());
  const bool judged = route.run == validate;
  if (!read.resource || (fhir::hasErrors(read.issues) && !judged))
    return refuse(400, std::move(read.issues));
  if (judged) faults = std::move(read.issues);
  call.body = std::move(read.resource);
  return std::nullopt;
}

std::optional<Answer> readPatchBody(const Request& request, Call& call) {
  if (trim(request.body).empty()) return refuse(400, "PB-4007");
  const auto form = patchFormOf(request.headers);
  if (!form.has_value()) {
    std::string accepted;
    for (const std::string_view type : patchMediaTypes()) {
      if (!accepted.empty()) accepted += ", ";
      accepted += type;
    }
    Answer answer = refuse(
        415, "PB-4011", {std::string(request.headers.get("Content-Type").value_or("")), accepted});
    answer.headers.set("Accept-Patch", accepted);
    return answer;
  }
  auto patch = readPatch(*form, request.body, call.definitions());
  if (!patch.has_value()) return refuse(400, std::move(patch.error()));
  call.patch = std::move(*patch);
  return std::nullopt;
}

// What the request brings for its route: a patch, lines, a resource, Parameters or a form.
std::optional<Answer> readInput(const Request& request, const Route& route, Call& call,
                                std::vector<fhir::Issue>& faults) {
  if (route.method == "PATCH") return readPatchBody(request, call);
  if (route.form == BodyForm::kLines && isNdjson(request.headers)) {
    call.text = request.body;
    return std::nullopt;
  }
  if (route.body && (route.needsBody() || !trim(request.body).empty())) {
    if (auto refused = readBody(request, route, call, faults)) return refused;
    return route.form == BodyForm::kParameters ? takeBodyParameters(call) : std::nullopt;
  }
  if (route.method != "POST" || !route.pattern.ends_with("_search")) return std::nullopt;
  if (auto refused = readForm(request, call)) return refused;
  // The form may say how to answer, too.
  Negotiated again = negotiate(request.headers, find(call.parameters, "_format"),
                               find(call.parameters, "_pretty"));
  call.preferences = again.preferences;
  if (again.refused.has_value()) return refuse(406, {std::move(*again.refused)});
  return std::nullopt;
}

// Whether the route answers in a format of its own that the caller takes, or that is the only one.
bool hasOwnFormat(const Route& route, const Request& request, const Call& call) {
  if (route.run == exportFile)
    return acceptsNdjson(request.headers, find(call.parameters, "_format"));
  return route.run == openApi || route.run == smartConfiguration;
}

// Of fields that are no lists two contradict each other (RFC 9110, section 5.3).
std::optional<Answer> refusedRepetition(const Headers& headers) {
  constexpr std::array<std::string_view, 5> kSingle = {"Content-Type", "If-Modified-Since",
                                                       "If-None-Exist", "If-Unmodified-Since",
                                                       "X-Security-Context"};
  std::array<int, kSingle.size()> seen{};
  for (const auto& [name, value] : headers.fields()) {
    for (std::size_t i = 0; i < kSingle.size(); ++i) {
      if (equalsIgnoreAsciiCase(name, kSingle[i]) && ++seen[i] > 1)
        return refuse(400, "PB-4025", {std::string(kSingle[i])});
    }
  }
  return std::nullopt;
}

Conditions conditionsOf(const Request& request) {
  return {header(request, "If-Match"), header(request, "If-None-Match"),
          header(request, "If-Modified-Since"), header(request, "If-None-Exist"),
          header(request, "If-Unmodified-Since")};
}

// The path below the service's own, decoded, without slashes at its ends; nothing if it is not
// below.
std::optional<std::string> pathBelow(std::string_view path, std::string_view own) {
  if (!path.starts_with(own)) return std::nullopt;
  path.remove_prefix(own.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return decodePath(path);
}

}  // namespace

FhirService::FhirService(ServiceParts parts, ServiceSettings settings) {
  auto context = std::make_unique<Context>();
  context->parts = std::move(parts);
  context->settings = std::move(settings);
  async_ = std::make_unique<AsyncJobs>();
  context->async = async_.get();
  cursors_ = std::make_unique<CursorSeal>(*context->parts.store);
  if (const Status ready = cursors_->prepare(); !ready.has_value())
    log::warn("the key of the cursors is not ready yet: {}", ready.error().message);
  context->cursors = cursors_.get();
  context->capability_statement = std::make_shared<const ConstantBody>(
      makeCapabilityStatement(*context), std::string(mediaType(fhir::Format::kJson)));
  context->open_api = std::make_shared<const ConstantBody>(
      makeOpenApi(*context), "application/vnd.oai.openapi+json;version=3.1");
  context_ = std::move(context);
}

FhirService::~FhirService() = default;

Handler FhirService::handler() const {
  return [this](const Request& request) { return handle(request); };
}

namespace {

// Fills `call` and runs it; `pattern` is what was found, for the metrics.
Answer answer(const Request& request, Call& call, std::string& pattern) {
  call.query = request.query;
  call.parameters = parseQuery(request.query);
  Negotiated negotiated = negotiate(request.headers, find(call.parameters, "_format"),
                                    find(call.parameters, "_pretty"));
  call.preferences = negotiated.preferences;
  const auto path = pathBelow(request.path, call.context->settings.path);
  if (!path.has_value()) return refuse(404, "PB-4004", {request.path.substr(0, 200)});
  if (auto refused = refusedAddress(call.parameters, *path)) return std::move(*refused);
  Routed routed = findRoute(request.method, *path, call.definitions());
  const bool own_format = routed.route != nullptr && hasOwnFormat(*routed.route, request, call);
  const bool as_content = negotiated.refused.has_value() && routed.route != nullptr &&
                          mayShowContent(*routed.route, routed.type);
  if (negotiated.refused.has_value() && !own_format && !as_content)
    return refuse(406, {std::move(*negotiated.refused)});
  if (auto refused = refusedEncoding(request.query)) return std::move(*refused);
  if (const auto pretty = find(call.parameters, "_pretty");
      pretty.has_value() && *pretty != "true" && *pretty != "false" && !call.preferences.lenient)
    return refuse(400, "PB-4023", {"_pretty", std::string(*pretty), "true, false"});

  if (routed.route == nullptr) return std::move(*routed.refused);
  if (auto refused = refusedRepetition(request.headers)) return std::move(*refused);
  const Route& route = *routed.route;
  pattern = std::string(route.method) + " " + std::string(route.pattern);
  call.method = route.method;
  call.head = request.method == "HEAD";
  call.type = std::move(routed.type);
  call.id = std::move(routed.id);
  call.version_id = std::move(routed.version_id);
  call.conditions = conditionsOf(request);
  if (auto refused = refusedEncoding(call.conditions.if_none_exist.value_or("")))
    return std::move(*refused);
  std::vector<fhir::Issue> faults;
  if (auto refused = readInput(request, route, call, faults)) return std::move(*refused);
  if (!faults.empty()) return validateFaulty(call, std::move(faults));
  if (call.preferences.async && !call.rehearsal && mayBeAsync(route))
    return startAsync(call, route);
  return as_content ? contentOf(request, call, runRoute(call, route)) : runRoute(call, route);
}

}  // namespace

Response FhirService::handle(const Request& request) const { return respond(request, false); }

Response FhirService::rehearse(const Request& request) const { return respond(request, true); }

Response FhirService::respond(const Request& request, bool rehearsal) const {
  const auto begin = std::chrono::steady_clock::now();
  Call call;
  call.context = context_.get();
  call.rehearsal = rehearsal;
  if (context_->parts.visibility) call.visibility = context_->parts.visibility(request);
  std::string pattern = "none";
  Response response;
  try {
    response = render(call, answer(request, call, pattern));
  } catch (const std::exception& error) {  // a library's, or memory that ran out
    log::error("a request failed: {}", error.what());
    response = render(call, refuse(500, "PB-4050"));
  }
  if (context_->parts.metrics != nullptr) {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    context_->parts.metrics->observe(pattern, response.status, taken.count());
  }
  return response;
}

}  // namespace planbro::service
