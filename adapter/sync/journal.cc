#include "sync/journal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "fhir/definitions.h"
#include "json/builder.h"
#include "json/parser.h"
#include "json/writer.h"

namespace planbro::sync {
namespace {

constexpr std::array<std::string_view, 3> kKinds = {"held-back", "refused", "conflict"};

std::string_view textOf(const json::Node& object, std::string_view name) {
  const json::Node* member = object.member(name);
  return member != nullptr ? member->text() : std::string_view();
}

template <typename Number>
Number numberOf(std::string_view text) {
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Result<json::DocumentPtr> parsed(std::string text) {
  auto document = json::parse(std::move(text));
  if (!document) return fail(ErrorCode::kCorrupt, "what sync had noted does not read");
  return std::move(*document);
}

}  // namespace

std::string_view kindCode(OpenItem::Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

Result<std::optional<std::string>> Journal::value(store::Reader& reader,
                                                  std::string_view name) const {
  auto found = reader.value(prefix_ + std::string(name));
  if (found) return std::move(*found);
  if (found.error().code == ErrorCode::kNotFound) return std::nullopt;
  return std::unexpected(std::move(found).error());
}

Result<std::uint64_t> Journal::cursor(store::Reader& reader) const {
  PLANBRO_ASSIGN_OR_RETURN(const auto text, value(reader, "cursor"));
  return text ? numberOf<std::uint64_t>(*text) : 0;
}

Result<PeerStatus> Journal::status(store::Reader& reader) const {
  PeerStatus status;
  PLANBRO_ASSIGN_OR_RETURN(auto text, value(reader, "status"));
  if (!text) return status;
  PLANBRO_ASSIGN_OR_RETURN(const auto document, parsed(std::move(*text)));
  const json::Node& root = document->root();
  status.last_run = textOf(root, "lastRun");
  status.last_success = textOf(root, "lastSuccess");
  status.failing_since = textOf(root, "failingSince");
  status.error = textOf(root, "error");
  return status;
}

Result<std::vector<OpenItem>> Journal::open(store::Reader& reader) const {
  std::vector<OpenItem> items;
  PLANBRO_ASSIGN_OR_RETURN(auto text, value(reader, "open"));
  if (!text) return items;
  PLANBRO_ASSIGN_OR_RETURN(const auto document, parsed(std::move(*text)));
  for (const json::Node& node : document->root().children()) {
    OpenItem item;
    item.plan = textOf(node, "plan");
    const auto kind = std::find(kKinds.begin(), kKinds.end(), textOf(node, "kind"));
    if (kind == kKinds.end()) return fail(ErrorCode::kCorrupt, "an open item of an unknown kind");
    item.kind = static_cast<OpenItem::Kind>(kind - kKinds.begin());
    item.since = textOf(node, "since");
    item.last_tried = textOf(node, "lastTried");
    item.tries = numberOf<std::uint32_t>(textOf(node, "tries"));
    item.status = numberOf<int>(textOf(node, "status"));
    item.hash = textOf(node, "hash");
    item.outcome = textOf(node, "outcome");
    items.push_back(std::move(item));
  }
  return items;
}

Result<SentPlan> Journal::sent(store::Reader& reader, std::string_view plan) const {
  SentPlan sent;
  PLANBRO_ASSIGN_OR_RETURN(auto text, value(reader, "plan/" + std::string(plan)));
  if (!text) return sent;
  PLANBRO_ASSIGN_OR_RETURN(const auto document, parsed(std::move(*text)));
  const json::Node& root = document->root();
  sent.hash = textOf(root, "hash");
  sent.sent = textOf(root, "sent");
  if (const json::Node* etags = root.member("etags")) {
    for (const json::Node& etag : etags->children()) {
      if (auto id = localId(etag.name->text, fhir::Definitions::r4()))
        sent.etags.emplace(std::move(*id), etag.text());
    }
  }
  return sent;
}

Status Journal::setCursor(store::Transaction& transaction, std::uint64_t cursor) const {
  return transaction.setValue(prefix_ + "cursor", std::to_string(cursor));
}

Status Journal::setStatus(store::Transaction& transaction, const PeerStatus& status) const {
  json::Builder builder;
  builder.beginObject();
  builder.key("lastRun").string(status.last_run);
  builder.key("lastSuccess").string(status.last_success);
  builder.key("failingSince").string(status.failing_since);
  builder.key("error").string(status.error);
  builder.endObject();
  return transaction.setValue(prefix_ + "status", json::write(*std::move(builder).finish()));
}

Status Journal::setOpen(store::Transaction& transaction, const std::vector<OpenItem>& items) const {
  json::Builder builder;
  builder.beginArray();
  for (const OpenItem& item : items) {
    builder.beginObject();
    builder.key("plan").string(item.plan);
    builder.key("kind").string(kindCode(item.kind));
    builder.key("since").string(item.since);
    builder.key("lastTried").string(item.last_tried);
    builder.key("tries").number(std::to_string(item.tries));
    builder.key("status").number(std::to_string(item.status));
    builder.key("hash").string(item.hash);
    builder.key("outcome").string(item.outcome);
    builder.endObject();
  }
  builder.endArray();
  return transaction.setValue(prefix_ + "open", json::write(*std::move(builder).finish()));
}

Status Journal::setSent(store::Transaction& transaction, std::string_view plan,
                        const SentPlan& sent) const {
  json::Builder builder;
  builder.beginObject();
  builder.key("hash").string(sent.hash);
  builder.key("sent").string(sent.sent);
  builder.key("etags").beginObject();
  for (const auto& [id, etag] : sent.etags) builder.key(id.text()).string(etag);
  builder.endObject();
  builder.endObject();
  return transaction.setValue(prefix_ + "plan/" + std::string(plan),
                              json::write(*std::move(builder).finish()));
}

}  // namespace planbro::sync
