// A Bundle of stored resources as JSON text, written piece by piece: stored texts go in as they
// are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace planbro::service {

// One entry; what is empty is left out.
struct BundleEntryText {
  std::string full_url;
  std::string_view resource;     // compact JSON
  std::string_view search_mode;  // "match", "include", "outcome"
  std::string_view method, url;  // of Bundle.entry.request
  std::string status;            // of Bundle.entry.response: "201 Created"
  std::string location, etag;
  std::optional<Instant> last_modified;
  std::string_view outcome;  // compact JSON of an OperationOutcome
};

class BundleText {
 public:
  explicit BundleText(std::string_view type);
  // total and links before the first entry.
  void total(std::uint64_t number);
  void link(std::string_view relation, std::string_view url);
  void entry(const BundleEntryText& entry);
  std::string finish() &&;

 private:
  std::string text_;
  std::string links_;
  bool entries_ = false;
};

}  // namespace planbro::service
