#include "service/smart.h"

#include <algorithm>

#include "json/writer.h"
#include "service/interactions.h"
#include "service/outcome.h"

namespace planbro::service {
namespace {

void writeList(json::Builder& out, std::string_view name, const std::vector<std::string>& values) {
  out.key(name).beginArray();
  for (const std::string& value : values) out.string(value);
  out.endArray();
}

void writeAddress(json::Builder& out, std::string_view name, const std::string& address) {
  if (!address.empty()) out.key(name).string(address);
}

// Whether a capability needs no page where a person logs in (SMART App Launch, "Conformance": what
// launches an app has an authorization_endpoint).
bool isWithoutPage(const std::string& capability) {
  return !capability.starts_with("launch-") && !capability.starts_with("context-") &&
         capability != "authorize-post" && capability != "sso-openid-connect";
}

// Both addresses must stand in it.
void writeOauthUris(json::Builder& out, const SmartSettings& smart) {
  const auto part = [&](std::string_view name, const std::string& address) {
    out.beginObject();
    out.key("url").string(name);
    out.key("valueUri").string(address);
    out.endObject();
  };
  out.key("extension").beginArray();
  out.beginObject();
  out.key("url").string("http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris");
  out.key("extension").beginArray();
  part("token", smart.token_endpoint);
  part("authorize", smart.authorization_endpoint);
  out.endArray();
  out.endObject();
  out.endArray();
}

}  // namespace

void writeSecurity(json::Builder& out, const ServiceSettings& settings) {
  const SmartSettings& smart = settings.smart;
  if (!smart.isConfigured() && !settings.cors) return;
  out.key("security").beginObject();
  if (smart.isConfigured() && !smart.authorization_endpoint.empty()) writeOauthUris(out, smart);
  out.key("cors").boolean(settings.cors);
  if (smart.isConfigured()) {
    out.key("service").beginArray();
    out.beginObject();
    out.key("coding").beginArray();
    out.beginObject();
    out.key("system").string("http://terminology.hl7.org/CodeSystem/restful-security-service");
    out.key("code").string("SMART-on-FHIR");
    out.endObject();
    out.endArray();
    out.endObject();
    out.endArray();
  }
  out.endObject();
}

Answer smartConfiguration(const Call& call) {
  const SmartSettings& smart = call.context->settings.smart;
  if (!smart.isConfigured()) return refuse(404, "PB-4058");
  json::Builder out;
  out.beginObject();
  writeAddress(out, "issuer", smart.issuer);
  writeAddress(out, "jwks_uri", smart.jwks_uri);
  writeAddress(out, "authorization_endpoint", smart.authorization_endpoint);
  writeAddress(out, "token_endpoint", smart.token_endpoint);
  const bool has_page = !smart.authorization_endpoint.empty();
  std::vector<std::string> capabilities = smart.capabilities;
  if (!has_page)
    std::erase_if(capabilities, [](const std::string& one) { return !isWithoutPage(one); });
  std::vector<std::string> grants;
  if (has_page) grants.emplace_back("authorization_code");
  if (std::find(smart.capabilities.begin(), smart.capabilities.end(),
                "client-confidential-asymmetric") != smart.capabilities.end())
    grants.emplace_back("client_credentials");
  writeList(out, "grant_types_supported", grants);
  if (has_page) writeList(out, "response_types_supported", {"code"});
  writeList(out, "code_challenge_methods_supported", {"S256"});
  writeList(out, "capabilities", capabilities);
  out.endObject();
  Answer answer;
  answer.plain.emplace();
  answer.plain->headers.set("Content-Type", "application/json");
  answer.plain->headers.set("Cache-Control", "no-store");
  answer.plain->body = json::write(*std::move(out).finish());
  return answer;
}

}  // namespace planbro::service
