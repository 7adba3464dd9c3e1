// One interaction as it was asked, and what it comes to: what the files of the interactions share.
// Internal to service/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "fhir/issue.h"
#include "fhir/resource.h"
#include "service/constant_body.h"
#include "service/context.h"
#include "service/negotiation.h"
#include "service/patch.h"
#include "service/request.h"
#include "store/store.h"

namespace planbro::service {

// Decoded names and values in order.
using Fields = std::vector<std::pair<std::string, std::string>>;

// The conditions of a request, as the headers or a bundle entry's `request` write them.
struct Conditions {
  std::optional<std::string> if_match;
  std::optional<std::string> if_none_match;
  std::optional<std::string> if_modified_since;
  std::optional<std::string> if_none_exist;  // criteria, percent-encoded
  std::optional<std::string> if_unmodified_since;
};

struct Call {
  const Context* context = nullptr;
  std::string method;      // "GET" also for HEAD
  bool head = false;       // HEAD: what the answer would be, without its body
  std::string type;        // "" at system level
  std::string id;          // "" but at instance level
  std::string version_id;  // "" but for vread
  Fields parameters;       // of the query; of a search by POST the form's behind it
  std::string query;       // the same as written
  Conditions conditions;
  Preferences preferences;
  fhir::Resource body;         // empty if the interaction takes none
  std::string text;            // NDJSON, instead of `body`, where the route takes that
  std::optional<Patch> patch;  // of a PATCH
  std::shared_ptr<const Visibility> visibility;  // nullptr: the caller sees everything
  // Everything is done but the last step: the store's transaction is given up.
  bool rehearsal = false;
  // Inside a bundle's entry or a running transaction: what to read from. Otherwise nullptr.
  store::Reader* view = nullptr;

  const fhir::Definitions& definitions() const { return context->definitions(); }
  std::optional<std::string_view> parameter(std::string_view name) const;
  // A snapshot of what the caller sees.
  Result<std::unique_ptr<store::Reader>> snapshot() const {
    return visibleSnapshot(*context->parts.store, visibility);
  }
};

// What an interaction comes to, before it is written in the caller's format.
struct Answer {
  int status = 200;
  std::string resource;  // compact JSON; empty: the issues, or nothing
  // Instead of `resource`, where it is the same for every call.
  std::shared_ptr<const ConstantBody> constant;
  std::vector<fhir::Issue> issues;  // become the OperationOutcome when there is no resource
  std::string etag;                 // W/"3"
  std::optional<Instant> last_modified;
  std::string location;    // relative: "CarePlan/1/_history/3"
  Headers headers;         // others
  bool thinnable = false;  // _summary and _elements of the call apply to `resource`
  bool written = false;    // a write: Prefer: return decides what is shown of it
  bool unchanged = false;  // a write that found nothing to do
  bool deferred = false;   // Prefer: respond-async was followed
  // Prefer: return was followed; set where it was.
  ReturnPreference returned = ReturnPreference::kUnset;
  // A whole answer that is no FHIR resource (a bulk export's manifest and files); the rest of this
  // is not used.
  std::optional<Response> plain;

  bool refused() const { return status >= 400; }
  std::string_view resourceText() const {
    return constant != nullptr ? constant->bytes() : std::string_view(resource);
  }
  // The same to keep; the answer holds it no longer.
  std::string takeResource() {
    if (constant == nullptr) return std::move(resource);
    return std::string(std::exchange(constant, nullptr)->bytes());
  }
};

// The reason phrase of RFC 9110: "Created".
std::string_view reasonPhrase(int status);

}  // namespace planbro::service
