#include "service/async.h"

#include <charconv>
#include <exception>
#include <expected>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "service/amend.h"
#include "service/async_jobs.h"
#include "service/bundle_entry.h"
#include "service/interactions.h"
#include "service/outcome.h"
#include "service/return_preference.h"
#include "service/view.h"
#include "service/visibility.h"

namespace planbro::service {
namespace {

constexpr std::string_view kRunning = "running";
constexpr std::string_view kDone = "done";

// What a place holds: a line "state id owner time caller", then the answer.
struct Kept {
  std::string state, id, owner;
  Instant time;        // of the start, then of the end
  std::string caller;  // callerDigest(); empty: kept by a program that did not tell callers apart
  std::string answer;

  std::string text() const {
    const std::string written = std::to_string(time.micros);
    return state + ' ' + id + ' ' + owner + ' ' + written + ' ' + caller + '\n' + answer;
  }
  static std::optional<Kept> read(std::string_view text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto parts = split(text.substr(0, end), ' ');
    if (parts.size() != 4 && parts.size() != 5) return std::nullopt;
    Kept kept;
    kept.state = parts[0];
    kept.id = parts[1];
    kept.owner = parts[2];
    std::from_chars(parts[3].data(), parts[3].data() + parts[3].size(), kept.time.micros);
    if (parts.size() == 5) kept.caller = parts[4];
    kept.answer = text.substr(end + 1);
    return kept;
  }
  bool hasExpired(Instant now) const { return now.micros - time.micros > kAsyncLifeMicros; }
  bool isFor(const Call& call) const {
    return caller.empty() || caller == callerDigest(call.visibility.get());
  }
};

std::string placeName(std::size_t place) { return "async/" + std::to_string(place); }

Result<std::optional<Kept>> keptAt(std::size_t place, store::Reader& view) {
  auto text = view.value(placeName(place));
  if (!text.has_value() && text.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!text.has_value()) return std::unexpected(std::move(text.error()));
  return Kept::read(*text);
}

std::string ownerOf(const Context& context) {
  return context.async->owner([&] { return context.parts.ids->next(); });
}

// The place that the id begins with.
std::optional<std::size_t> placeOf(std::string_view id) {
  const auto dash = id.find('-');
  std::size_t place = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), place);
  if (error != std::errc() || dash == std::string_view::npos || end != id.data() + dash ||
      place >= kAsyncSlots)
    return std::nullopt;
  return place;
}

// The Bundle that the answer is kept as.
std::string bundleOf(Call& call, const Route& route) {
  Answer answer;
  try {
    answer = runRoute(call, route);
    applyReturnPreference(call, answer);
    thin(call, answer);
  } catch (const std::exception& error) {  // a library's, or memory that ran out
    log::error("a request failed: {}", error.what());
    answer = refuse(500, "PB-4050");
  }
  // What is left of a write's answer is what the caller wants of it.
  Call shown = call;
  shown.preferences.returns = ReturnPreference::kRepresentation;
  for (int tries = 0;; ++tries) {
    BundleText bundle("batch-response");
    addResponse(bundle, shown, call, &route, answer);
    std::string text = std::move(bundle).finish();
    if (text.size() <= kMaxAsyncAnswer || tries > 0) return text;
    answer = refuse(413, "PB-6071", {std::to_string(kMaxAsyncAnswer)});
  }
}

// Keeps what came of it, unless nobody waits for it any more.
void finish(const Context& context, std::size_t place, const std::string& id, std::string bundle) {
  const Status done = context.parts.store->transact([&](store::Transaction& transaction) -> Status {
    PLANBRO_ASSIGN_OR_RETURN(const std::optional<Kept> kept, keptAt(place, transaction));
    if (!kept.has_value() || kept->id != id) return {};
    const Kept finished{std::string(kDone), id,           kept->owner,
                        context.now(),      kept->caller, std::move(bundle)};
    return transaction.setValue(placeName(place), finished.text());
  });
  if (!done.has_value())
    log::error("the answer of a request could not be kept: {}", done.error().message);
}

struct Found {
  std::size_t place = 0;
  Kept kept;
};

std::expected<Found, Answer> findKept(const Call& call, store::Reader& view) {
  const auto place = placeOf(call.id);
  if (!place.has_value()) return std::unexpected(refuse(404, "PB-6070"));
  auto kept = keptAt(*place, view);
  if (!kept.has_value()) return std::unexpected(refuse(kept.error()));
  if (!kept->has_value() || (*kept)->id != call.id || (*kept)->hasExpired(call.context->now()) ||
      !(*kept)->isFor(call))
    return std::unexpected(refuse(404, "PB-6070"));
  return Found{*place, std::move(**kept)};
}

}  // namespace

bool mayBeAsync(const Route& route) {
  return route.interaction != "$export" &&
         (!route.interaction.empty() || route.pattern.starts_with("[type]") ||
          route.pattern.starts_with("Patient/"));
}

Answer runRoute(Call& call, const Route& route) {
  if (!route.body || route.method == "PATCH" || route.pattern.find('$') != std::string_view::npos)
    return route.run(call);
  std::vector<fhir::Issue> amended;
  if (auto refused = amendBody(call, amended)) return std::move(*refused);
  Answer answered = route.run(call);
  answered.issues.insert(answered.issues.begin(), amended.begin(), amended.end());
  return answered;
}

Answer startAsync(const Call& call, const Route& route) {
  const Context& context = *call.context;
  const std::string owner = ownerOf(context);
  const std::string caller = callerDigest(call.visibility.get());
  const std::string unique = context.parts.ids->next();
  std::optional<std::size_t> chosen;
  std::string id;
  const Status started =
      context.parts.store->transact([&](store::Transaction& transaction) -> Status {
        chosen.reset();
        for (std::size_t place = 0; place < kAsyncSlots && !chosen.has_value(); ++place) {
          PLANBRO_ASSIGN_OR_RETURN(const std::optional<Kept> kept, keptAt(place, transaction));
          if (!kept.has_value() || kept->hasExpired(context.now())) chosen = place;
        }
        if (!chosen.has_value()) return {};
        id = std::to_string(*chosen) + "-" + unique;
        const Kept running{std::string(kRunning), id, owner, context.now(), caller, ""};
        return transaction.setValue(placeName(*chosen), running.text());
      });
  if (!started.has_value()) return refuse(started.error());
  Answer answer;
  if (!chosen.has_value()) {
    answer = refuse(503, "PB-6072", {std::to_string(kAsyncSlots)});
    answer.headers.set("Retry-After", "60");
    return answer;
  }
  context.async->submit([call = Call(call), &route, id, place = *chosen]() mutable {
    finish(*call.context, place, id, bundleOf(call, route));
  });
  answer.status = 202;
  answer.deferred = true;
  answer.headers.set("Content-Location", context.settings.base_url + "/_async/" + id);
  return answer;
}

Answer asyncStatus(const Call& call) {
  return withView(call, [&](store::Reader& view) -> Answer {
    auto found = findKept(call, view);
    if (!found.has_value()) return std::move(found.error());
    Kept& kept = found->kept;
    const Context& context = *call.context;
    Answer answer;
    if (kept.state == kRunning) {
      const bool lost = kept.owner != ownerOf(context) &&
                        context.now().micros - kept.time.micros > kAsyncLongestMicros;
      if (lost) return refuse(500, "PB-6073");
      answer.status = 202;
      answer.headers.set("X-Progress", "in progress");
      answer.headers.set("Retry-After", "1");
      return answer;
    }
    answer.resource = std::move(kept.answer);
    answer.headers.set("Expires", formatHttpDate({kept.time.micros + kAsyncLifeMicros}));
    return answer;
  });
}

Answer asyncCancel(const Call& call) {
  Answer answer;
  const Status done = call.context->parts.store->transact([&](store::Transaction& transaction) {
    auto found = findKept(call, transaction);
    if (!found.has_value()) {
      answer = std::move(found.error());
      return Status();
    }
    answer = Answer();
    answer.status = 202;
    return transaction.setValue(placeName(found->place), "");
  });
  if (!done.has_value()) return refuse(done.error());
  return answer;
}

}  // namespace planbro::service
