#include "service/outcome.h"

#include "base/log.h"
#include "fhir/xml.h"
#include "json/writer.h"
#include "service/constant_body.h"
#include "service/readable_json.h"
#include "service/return_preference.h"
#include "service/subset.h"
#include "store/store_issue.h"

namespace planbro::service {
namespace {

constexpr std::string_view kRetryAfterSeconds = "2";

int statusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return 400;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kGone:
      return 410;
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kPreconditionFailed:
      return 412;
    case ErrorCode::kLimitExceeded:
      return 422;
    case ErrorCode::kUnavailable:
      return 503;
    case ErrorCode::kUnsupported:
      return 501;
    case ErrorCode::kIo:
      return 507;
    case ErrorCode::kUnknownOutcome:
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      break;
  }
  return 500;
}

// What a resource is kept in.
bool isCompactJson(const Preferences& wants) {
  return wants.format == fhir::Format::kJson && !wants.pretty;
}

// The text of a resource in the caller's format. `plain` is compact JSON.
std::string inFormat(const Call& call, std::string plain) {
  const Preferences& wants = call.preferences;
  if (isCompactJson(wants)) return plain;
  const fhir::ReadOutcome read = fhir::readJson(std::move(plain), call.definitions());
  if (!read.resource) return {};  // what the service wrote itself always reads
  if (wants.format == fhir::Format::kJson)
    return json::write(*read.resource.document(), {.pretty = true});
  fhir::XmlText xml = fhir::writeXml(read.resource, {.pretty = wants.pretty});
  // Not where: a path has names of the caller's, and a log no identity numbers.
  for (const fhir::Issue& issue : xml.issues)
    log::warn("XML answer: {} in a {}", issue.code, read.resource.type());
  return std::move(xml.text);
}

// Which preferences were followed (RFC 7240, section 3). How parameters are handled concerns every
// interaction.
std::string appliedPreferences(const Call& call, const Answer& answer) {
  std::string applied;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!applied.empty()) applied += ", ";
    applied.append(name).append(value);
  };
  if (answer.deferred) add("respond-async", {});
  switch (answer.returned) {
    case ReturnPreference::kMinimal:
      add("return=", "minimal");
      break;
    case ReturnPreference::kRepresentation:
      add("return=", "representation");
      break;
    case ReturnPreference::kOutcome:
      add("return=", "OperationOutcome");
      break;
    case ReturnPreference::kUnset:
      break;
  }
  if (!call.preferences.handling.empty()) add("handling=", call.preferences.handling);
  return applied;
}

}  // namespace

Answer refuse(int status, std::string_view code, std::vector<std::string> arguments,
              fhir::Place place) {
  Answer answer;
  answer.status = status;
  answer.issues.push_back(fhir::makeIssue(code, std::move(place), std::move(arguments)));
  return answer;
}

Answer refuse(int status, std::vector<fhir::Issue> issues) {
  Answer answer;
  answer.status = status;
  answer.issues = std::move(issues);
  return answer;
}

Answer refuse(const Error& error) {
  const int status = statusOf(error.code);
  if (status >= 500) log::error("store: {}", error.message);
  Answer answer;
  answer.status = status;
  answer.issues.push_back(store::issueOf(error));
  if (status == 503) answer.headers.set("Retry-After", std::string(kRetryAfterSeconds));
  return answer;
}

std::string outcomeText(const std::vector<fhir::Issue>& issues, fhir::Language language) {
  // Issues repeat parts of addresses, header fields and bodies.
  return readableJson(json::write(*fhir::operationOutcome(issues, language)));
}

void thin(const Call& call, Answer& answer) {
  if (!answer.thinnable || answer.resourceText().empty()) return;
  auto subset = subsetOf(call);
  if (!subset.has_value()) {
    answer = std::move(subset.error());
  } else if (!subset->isWhole()) {
    const fhir::ReadOutcome read = fhir::readJson(answer.takeResource(), call.definitions());
    answer.resource = thinned(read.resource, *subset);
  }
}

Response render(const Call& call, Answer answer) {
  applyReturnPreference(call, answer);
  const std::string applied = appliedPreferences(call, answer);
  const auto tell = [&](Response& response) {
    if (!applied.empty()) response.headers.set("Preference-Applied", applied);
  };
  if (answer.plain.has_value()) {
    tell(*answer.plain);
    return std::move(*answer.plain);
  }
  thin(call, answer);
  Response response;
  response.status = answer.status;
  response.headers = std::move(answer.headers);
  tell(response);
  if (!answer.etag.empty()) response.headers.set("ETag", answer.etag);
  if (answer.last_modified.has_value())
    response.headers.set("Last-Modified", formatHttpDate(*answer.last_modified));
  if (!answer.location.empty())
    response.headers.set("Location", call.context->settings.base_url + "/" + answer.location);
  response.headers.set("Cache-Control", "no-store");
  if (answer.resourceText().empty() && !answer.issues.empty())
    answer.resource = outcomeText(answer.issues, call.preferences.language);
  const bool has_body = !answer.resourceText().empty() && answer.status != 204;
  // 304 has that of the 200 (RFC 9110, section 15.4.5).
  if (has_body || answer.status == 304)
    response.headers.set("Vary", "Accept, Accept-Language, Prefer");
  if (!has_body || answer.status == 304) return response;
  if (answer.constant != nullptr && isCompactJson(call.preferences)) {
    answerConstant(std::move(answer.constant), call.conditions.if_none_match.value_or(""),
                   response);
    return response;
  }
  response.headers.set("Content-Type", std::string(mediaType(call.preferences.format)));
  response.body = inFormat(call, answer.takeResource());
  return response;
}

}  // namespace planbro::service
