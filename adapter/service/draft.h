// A resource about to be stored: its id given, its references resolved, its index rows taken, and
// only version and time still open, so that the store's one writer does as little as possible.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "fhir/resource.h"
#include "service/context.h"
#include "service/replacements.h"
#include "store/store.h"

namespace planbro::service {

// The index rows of a resource as this service takes them.
std::vector<store::IndexRow> indexRows(const Context& context, const fhir::Resource& resource);

struct Draft {
  std::string type;
  std::string id;
  fhir::Resource resource;  // with id, without meta.versionId and meta.lastUpdated
  std::optional<std::vector<store::IndexRow>> index;  // nothing: not taken yet

  // Compact JSON with that version and time in meta.
  std::string body(std::uint64_t version, Instant last_updated) const;
  // Whether `version` holds the same content; meta.versionId, meta.lastUpdated and the order of
  // members do not count.
  bool sameAs(const store::Version& version) const;

  std::string head, tail;  // what stands before the version and after the time
  std::vector<std::pair<std::string, std::string>>
      replaced;  // addresses, and what stands there now
};

// When index rows are taken: with the draft, before the store's transaction, or only when it is
// written, which what has not changed never is.
enum class DraftIndex : std::uint8_t { kNow, kWhenWritten };

// The server gives id, meta.versionId and meta.lastUpdated; what the caller wrote there is dropped.
// References, uris and links in the narrative are replaced where `replacements` names them (FHIR
// R4, http.html, section 3.1.0.11.2).
Draft makeDraft(const Context& context, const fhir::Resource& source, std::string_view id,
                const EntryReplacements& replacements = {}, DraftIndex index = DraftIndex::kNow);

// Every Reference.reference in the resource, in document order; not those inside an entry of a
// Bundle or a resource in Parameters.
std::vector<std::string> referencesIn(const fhir::Resource& resource);

// Where the question mark of a conditional reference stands ("Patient?identifier=1"); npos: it is
// none.
std::size_t questionIn(std::string_view reference);

}  // namespace planbro::service
