// history of an instance, a type and the system. FHIR R4, http.html, section 3.1.0.12;
// docs/api/history.md.
#include <algorithm>
#include <charconv>

#include "service/bundle_text.h"
#include "service/conditions.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/view.h"

namespace planbro::service {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::expected<store::HistoryQuery, Answer> queryOf(const Call& call) {
  const ServiceSettings& settings = call.context->settings;
  store::HistoryQuery query;
  query.type = call.type;
  query.id = call.id;
  query.count = settings.default_count;
  if (const auto text = call.parameter("_count")) {
    const auto count = number(*text);
    if (!count.has_value() || *count == 0)
      return std::unexpected(refuse(400, "PB-4023", {"_count", std::string(*text), "1, 2, 3, …"}));
    query.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(*count, settings.max_count));
  }
  if (const auto text = call.parameter("_since")) {
    query.since = parseInstant(*text);
    if (!query.since.has_value())
      return std::unexpected(
          refuse(400, "PB-4023", {"_since", std::string(*text), "2026-11-22T12:00:00Z"}));
  }
  if (const auto text = call.parameter("_cursor")) {
    const auto cursor = number(*text);
    if (!cursor.has_value() || *cursor == 0)
      return std::unexpected(refuse(400, "PB-4023", {"_cursor", std::string(*text), "-"}));
    query.before_sequence = *cursor;
  }
  return query;
}

std::string pathOf(const Call& call) {
  std::string path;
  if (!call.type.empty()) path += call.type + "/";
  if (!call.id.empty()) path += call.id + "/";
  return path + "_history";
}

// The address of a page: what was asked, with another cursor.
std::string linkTo(const Call& call, std::optional<std::uint64_t> cursor) {
  std::string link = call.context->settings.base_url + "/" + pathOf(call);
  char separator = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    link += separator;
    link += name;
    link += '=';
    link += percentEncode(value);
    separator = '&';
  };
  for (const auto& [name, value] : call.parameters) {
    if (name != "_cursor") add(name, value);
  }
  if (cursor.has_value()) add("_cursor", std::to_string(*cursor));
  return link;
}

void addVersion(BundleText& bundle, const Call& call, const store::Version& version) {
  const std::string own = version.type + "/" + version.id;
  BundleEntryText entry;
  entry.full_url = call.context->address(version.type, version.id);
  entry.resource = version.body;
  entry.method = version.method;
  const bool created = version.method == "POST";
  entry.url = created ? std::string_view(version.type) : std::string_view(own);
  if (version.deleted) {
    entry.status = "204 No Content";
  } else {
    entry.status = version.version == 1 ? "201 Created" : "200 OK";
  }
  entry.etag = etagOf(version.version);
  entry.last_modified = version.last_updated;
  bundle.entry(entry);
}

}  // namespace

Answer history(const Call& call) {
  if (auto refused = refusedParameters(call, {"_count", "_since", "_cursor"}, false))
    return std::move(*refused);
  auto query = queryOf(call);
  if (!query.has_value()) return std::move(query.error());
  const std::uint32_t asked = query->count;
  ++query->count;  // one more tells whether there is a next page
  return withView(call, [&](store::Reader& view) -> Answer {
    std::optional<std::uint64_t> total;
    if (!call.id.empty()) {
      const auto current = view.read(call.type, call.id);
      if (!current.has_value())
        return current.error().code == ErrorCode::kNotFound
                   ? refuse(404, "PB-4001", {call.type, call.id})
                   : refuse(current.error());
      if (!query->since.has_value()) total = current->version;
    }
    auto versions = view.history(*query);
    if (!versions.has_value()) return refuse(versions.error());
    const bool more = versions->size() > asked;
    if (more) versions->resize(asked);
    BundleText bundle("history");
    if (total.has_value()) bundle.total(*total);
    const auto cursor = call.parameter("_cursor");
    bundle.link("self", linkTo(call, cursor ? number(*cursor) : std::nullopt));
    if (more) bundle.link("next", linkTo(call, versions->back().sequence));
    for (const store::Version& version : *versions) addVersion(bundle, call, version);
    Answer answer;
    answer.resource = std::move(bundle).finish();
    return answer;
  });
}

}  // namespace planbro::service
