// read and vread. FHIR R4, http.html, sections 3.1.0.5 and 3.1.0.6; docs/api/read.md.
#include <charconv>

#include "service/conditions.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/view.h"
#include "service/write.h"

namespace planbro::service {
namespace {

Answer shown(const Call& call, store::Version version) {
  if (version.deleted) {
    Answer gone = refuse(410, "PB-4002", {call.type, call.id});
    gone.etag = etagOf(version.version);
    gone.last_modified = version.last_updated;
    return gone;
  }
  if (auto refused = refusedByMatch(call.conditions, &version)) return std::move(*refused);
  const auto& none_match = call.conditions.if_none_match;
  if (none_match.has_value() && !namesVersion(*none_match, version.version).has_value())
    return refuse(400, "PB-4016", {"If-None-Match", "W/\"3\""});
  // An operation's POST has no copy that could be good still (RFC 9110, section 13.1.2).
  const bool unchanged =
      call.method != "POST" && isUnchanged(call.conditions, version, call.context->now());
  Answer answer = showing(200, std::move(version));
  answer.location.clear();
  answer.written = false;
  answer.thinnable = true;
  if (unchanged) {
    answer.status = 304;
    answer.resource.clear();
  }
  return answer;
}

}  // namespace

Answer read(const Call& call) {
  if (auto refused = refusedParameters(call, {}, true)) return std::move(*refused);
  auto version = lookOnce(call, [&](auto& source) { return source.read(call.type, call.id); });
  if (version.has_value()) return shown(call, std::move(*version));
  if (version.error().code == ErrorCode::kNotFound)
    return refuse(404, "PB-4001", {call.type, call.id});
  return refuse(version.error());
}

Answer readVersion(const Call& call) {
  if (auto refused = refusedParameters(call, {}, true)) return std::move(*refused);
  std::uint64_t number = 0;
  const char* end = call.version_id.data() + call.version_id.size();
  const auto parsed = std::from_chars(call.version_id.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || call.version_id.front() == '0')
    return refuse(404, "PB-4017", {call.type, call.id, call.version_id});
  auto version =
      lookOnce(call, [&](auto& source) { return source.readVersion(call.type, call.id, number); });
  if (version.has_value()) return shown(call, std::move(*version));
  if (version.error().code == ErrorCode::kNotFound)
    return refuse(404, "PB-4017", {call.type, call.id, call.version_id});
  return refuse(version.error());
}

}  // namespace planbro::service
