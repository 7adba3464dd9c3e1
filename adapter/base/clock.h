// Time as it is passed in, so that every test can say what the time is.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace planbro {

// A point in time: microseconds since 1970-01-01T00:00:00Z.
struct Instant {
  std::int64_t micros = 0;
  friend auto operator<=>(const Instant&, const Instant&) = default;
};

// RFC 3339 in UTC with milliseconds: "2026-11-22T12:36:00.000Z" (a FHIR instant).
std::string formatInstant(Instant instant);

// A FHIR instant (RFC 3339, time zone required) as a point in time; digits behind the sixth of the
// second are dropped. Nothing for any other text.
std::optional<Instant> parseInstant(std::string_view text);

// The day in Norway: "2026-11-22". By the rules of Europe/Oslo since 1996 (summer time from the
// last Sunday of March to the last of October, 01:00 UTC).
std::string norwegianDay(Instant instant);

// The HTTP date of RFC 9110, section 5.6.7: "Sun, 22 Nov 2026 12:36:00 GMT".
std::string formatHttpDate(Instant instant);

// Any thread may call now().
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

// A clock that stands still until it is told to move.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Instant start) : micros_(start.micros) {}
  Instant now() const override { return {micros_.load()}; }
  void advanceMicros(std::int64_t micros) { micros_ += micros; }
  void set(Instant instant) { micros_ = instant.micros; }

 private:
  std::atomic<std::int64_t> micros_;
};

}  // namespace planbro
