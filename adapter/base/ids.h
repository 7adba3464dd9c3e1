// New identifiers, passed in so that tests can foresee them.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace planbro {

// Any thread may call next().
class IdSource {
 public:
  virtual ~IdSource() = default;
  // A new UUID in lower case, 36 characters; also a valid FHIR id.
  virtual std::string next() = 0;
};

// Random UUIDs (RFC 9562, version 4) from the operating system's generator.
class RandomIds final : public IdSource {
 public:
  std::string next() override;
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
