#include "search/time_range.h"

#include <unicode/basictz.h>
#include <unicode/timezone.h>

#include <memory>

#include "fhirpath/temporal.h"

namespace planbro::search {
namespace {

constexpr std::int64_t kMicrosInMilli = 1000;

const icu::BasicTimeZone* oslo() {
  static const std::unique_ptr<const icu::BasicTimeZone> zone(dynamic_cast<icu::BasicTimeZone*>(
      icu::TimeZone::createTimeZone(icu::UnicodeString("Europe/Oslo"))));
  return zone.get();
}

// Norwegian wall-clock time to UTC. An hour that comes twice is its first one with `first`, else
// its second.
std::int64_t utcOf(std::int64_t local_micros, bool first) {
  const icu::BasicTimeZone* zone = oslo();
  if (zone == nullptr) return local_micros;
  std::int32_t raw = 0;
  std::int32_t summer = 0;
  UErrorCode status = U_ZERO_ERROR;
  const auto occurrence = first ? UCAL_TZ_LOCAL_FORMER : UCAL_TZ_LOCAL_LATTER;
  const std::int64_t local_millis = local_micros / kMicrosInMilli;
  zone->getOffsetFromLocal(static_cast<UDate>(local_millis), occurrence, occurrence, raw, summer,
                           status);
  if (U_FAILURE(status) != 0) return local_micros;
  return local_micros - std::int64_t{raw + summer} * kMicrosInMilli;
}

}  // namespace

std::optional<TimeRange> timeRangeOf(std::string_view text) {
  const auto temporal = fhirpath::Temporal::parseDateTime(text);
  if (!temporal) return std::nullopt;
  // An hour never stands without its minutes.
  if (const std::size_t time = text.find('T');
      time != std::string_view::npos && text.find(':', time) != time + 3)
    return std::nullopt;
  TimeRange range{temporal->firstMicros(), temporal->endMicros() - 1};
  if (!temporal->hasOffset()) {
    range.low = utcOf(range.low, true);
    const std::int64_t last = range.high;
    range.high = utcOf(last, false);
    // Of an hour that there is not the former offset counts, for both ends.
    if (range.high < range.low) range.high = utcOf(last, true);
  }
  return range;
}

}  // namespace planbro::search
