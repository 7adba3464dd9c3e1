// New identifiers, passed in so that tests can foresee them.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace planbro {

// Any thread may call next().
class IdSource {
 public:
  virtual ~IdSource() = default;
  // A new UUID in lower case, 36 characters; also a valid FHIR id.
  virtual std::string next() = 0;
};

// UUIDs that rise with time (RFC 9562, version 7; the counter is that of section 6.2, method 1):
// what is written one after the other stands together in the store's tables. Like
// meta.lastUpdated of a first version they tell when they were made; the other 62 bits are random,
// from the operating system's generator.
class TimeOrderedIds final : public IdSource {
 public:
  // `clock` must outlive it.
  explicit TimeOrderedIds(const Clock& clock) : clock_(clock) {}
  // Above all that it has given before, also when the clock goes back.
  std::string next() override;

 private:
  const Clock& clock_;
  std::atomic<std::uint64_t> last_{0};  // milliseconds since 1970, then 12 bits of counter
};

// 00000000-0000-4000-8000-000000000001, …0002, …
class SequentialIds final : public IdSource {
 public:
  std::string next() override;

 private:
  std::atomic<std::uint64_t> last_{0};
};

// The UUID that belongs to a name: always the same for the same characters, in lower case.
// RFC 9562, version 5, in the namespace of URLs.
std::string nameUuid(std::string_view name);

}  // namespace planbro
