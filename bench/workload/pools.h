// What requests choose from: the ids that the server holds, and values of its resources.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "edits.h"
#include "http_client.h"
#include "suite.h"

namespace planbro::bench {

// Filled by one thread; then the pools are read by any, and ids made by the run are kept and taken
// by any.
class Pools {
 public:
  // Asks the server page by page. kUnavailable: it does not answer as a FHIR server does.
  Status fill(Connection& connection, const Address& base, const Suite& suite);

  // One of the pool at random; nullptr: it is empty. The names are those of types, for their ids,
  // and those of the suite's variables ("condition_code").
  const std::string* any(std::string_view pool, Random& random) const;
  std::size_t size(std::string_view pool) const;

  // Ids that this run has created, the oldest out first; the newest 20,000 of each type are kept.
  void created(std::string_view type, std::string id);
  std::optional<std::string> oldestCreated(std::string_view type);

 private:
  Status page(Connection& connection, const Address& base, std::string_view type,
              std::string_view elements, std::size_t most, std::string_view pool);

  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::mutex mutex_;
  std::map<std::string, std::deque<std::string>, std::less<>> created_;
};

}  // namespace planbro::bench
