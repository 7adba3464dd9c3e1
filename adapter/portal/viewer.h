// Who looks at the feed: the person whose plans are shown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "service/request.h"
#include "store/store.h"

namespace planbro::portal {

// Says whose plans a request may see; nobody's unless it is known (access fails closed). Any
// thread.
class ViewerSource {
 public:
  virtual ~ViewerSource() = default;
  // The logical id of the viewer's Patient; nothing if the caller is not known.
  virtual std::optional<std::string> patientOf(const service::Request& request) const = 0;
};

// Nobody is known: every request is answered with 401.
class NoViewers final : public ViewerSource {
 public:
  std::optional<std::string> patientOf(const service::Request&) const override {
    return std::nullopt;
  }
};

// The demonstration: whoever sits at this machine chooses a person from a list. The choice is a
// cookie. Only for requests from loopback, and only with `planbro serve --demo`.
class DemonstrationViewers final : public ViewerSource {
 public:
  explicit DemonstrationViewers(store::Store& store) : store_(store) {}

  std::optional<std::string> patientOf(const service::Request& request) const override;

  struct Choice {
    std::string patient;  // logical id
    std::string name;
  };
  // Everybody who has a plan, by name.
  Result<std::vector<Choice>> choices() const;

  // GET gives {"viewers":[{"id":…,"name":…,"chosen":…}]}; POST with {"id":…} chooses one, 204.
  // For the address /portal/demonstration. 403 for requests that do not come from loopback or
  // that another page sent.
  service::Response handle(const service::Request& request) const;

 private:
  store::Store& store_;
};

}  // namespace planbro::portal
