#include "service/binary.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "json/builder.h"
#include "json/writer.h"
#include "service/interactions.h"
#include "service/negotiation.h"
#include "service/outcome.h"

namespace planbro::service {
namespace {

constexpr std::string_view kBinary = "Binary";

// "application/pdf" of "Application/PDF; version=1.7".
std::string mediaTypeOf(std::string_view text) {
  return toLowerAscii(trim(text.substr(0, text.find(';'))));
}

// What is no FHIR format, however it is encoded and of whatever version.
bool isForeign(std::string_view content_type) {
  const std::string name = mediaTypeOf(content_type);
  Headers bare;
  bare.set("Content-Type", name);
  return !name.empty() && !bodyFormat(bare).has_value();
}

bool isPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

bool bringsContent(const Request& request, const Route& route, const Call& call) {
  const bool writes = route.run == create || route.run == update || route.run == conditionalUpdate;
  return writes && call.type == kBinary && !request.body.empty() &&
         isForeign(request.headers.get("Content-Type").value_or(""));
}

std::expected<fhir::Resource, Answer> wrappedContent(const Request& request, const Call& call) {
  json::Builder out(&call.definitions().names());
  out.beginObject();
  out.key("resourceType").string(kBinary);
  if (!call.id.empty()) out.key("id").string(call.id);
  out.key("contentType").string(trim(request.headers.get("Content-Type").value_or("")));
  if (const std::string_view about = trim(request.headers.get("X-Security-Context").value_or(""));
      !about.empty()) {
    out.key("securityContext").beginObject();
    out.key("reference").string(about);
    out.endObject();
  }
  out.key("data").string(base64Encode(request.body));
  out.endObject();
  fhir::ReadOutcome read =
      fhir::readJson(json::write(*std::move(out).finish()), call.definitions());
  if (!read.resource || fhir::hasErrors(read.issues))
    return std::unexpected(refuse(400, std::move(read.issues)));
  return std::move(read.resource);
}

bool mayShowContent(const Route& route, std::string_view type) {
  return type == kBinary && (route.run == read || route.run == readVersion);
}

Answer contentOf(const Request& request, const Call& call, Answer answer) {
  if (answer.refused() || answer.resource.empty()) return answer;
  const fhir::ReadOutcome stored = fhir::readJson(std::move(answer.resource), call.definitions());
  if (!stored.resource) return refuse(500, "PB-4050");
  const std::string_view type = stored.resource.root().textOf("contentType");
  const std::string name = mediaTypeOf(type);
  auto bytes = base64Decode(stored.resource.root().textOf("data"));
  if (!bytes.has_value() || !isForeign(name) || !accepts(request.headers, name))
    return refuse(406, "PB-4012");
  Answer content;
  Response& response = content.plain.emplace();
  // It is somebody's file: no browser is to run it, or to make more of it than its type says.
  response.headers.set("Content-Type", isPrintable(type) ? std::string(type) : name);
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Content-Disposition", "attachment");
  response.headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
  response.headers.set("ETag", answer.etag);
  if (answer.last_modified.has_value())
    response.headers.set("Last-Modified", formatHttpDate(*answer.last_modified));
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Vary", "Accept");
  response.body = std::move(*bytes);
  return content;
}

}  // namespace planbro::service
