#include "service/reindex.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/digest.h"
#include "base/text.h"
#include "fhir/resource.h"

namespace planbro::service {
namespace {

constexpr std::string_view kName = "reindex";

// What is to be done: parameters, address and types.
std::string workOf(const search::Parameters& parameters, const ReindexOptions& options) {
  std::string all = options.base_url + (parameters.hasWords() ? "\nwords\n" : "\n");
  for (const std::string& type : options.types) all += type + ",";
  for (const std::string_view type : parameters.types()) {
    for (const search::Parameter& parameter : parameters.of(type)) {
      all.append("\n").append(type).append(" ").append(parameter.code).append(" ");
      if (parameter.program != nullptr) all += fhirpath::sourceOf(*parameter.program);
      for (const search::Parameter& component : parameter.components)
        all.append(" ").append(fhirpath::sourceOf(*component.program));
    }
  }
  return sha256Hex(all);
}

struct Place {
  std::uint64_t as_of = 0;
  std::uint64_t after = 0;
  std::string type;
};

bool readNumber(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::string written(const std::string& work, const Place& place) {
  return fmt::format("{} {} {} {}", work, place.as_of, place.after, place.type);
}

// Where it stopped; nothing if it is done or was about something else.
Result<std::optional<Place>> stoppedAt(store::Store& store, const std::string& work) {
  PLANBRO_ASSIGN_OR_RETURN(const auto view, store.snapshot());
  const auto kept = view->value(kName);
  if (!kept.has_value() && kept.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!kept.has_value()) return std::unexpected(kept.error());
  const std::vector<std::string_view> parts = split(*kept, ' ');
  Place place;
  if (parts.size() != 4 || parts[0] != work || !readNumber(parts[1], place.as_of) ||
      !readNumber(parts[2], place.after))
    return std::nullopt;
  place.type = parts[3];
  return place;
}

class Work {
 public:
  Work(store::Store& store, const search::Parameters& parameters,
       const fhir::Definitions& definitions, const ReindexOptions& options)
      : store_(store),
        parameters_(parameters),
        definitions_(definitions),
        options_(options),
        name_(workOf(parameters, options)) {}

  Result<Reindexed> run() {
    Place place;
    if (!options_.anew) {
      PLANBRO_ASSIGN_OR_RETURN(const std::optional<Place> stopped, stoppedAt(store_, name_));
      if (stopped) place = *stopped;
      done_.resumed = stopped.has_value();
    }
    for (const std::string_view type : parameters_.types()) {
      if (type < place.type || !isAsked(type)) continue;
      if (type != place.type) place = {place.as_of, 0, std::string(type)};
      PLANBRO_RETURN_IF_ERROR(all(place));
    }
    PLANBRO_RETURN_IF_ERROR(store_.transact(
        [](store::Transaction& transaction) { return transaction.setValue(kName, "done"); }));
    return done_;
  }

 private:
  bool isAsked(std::string_view type) const {
    return options_.types.empty() ||
           std::find(options_.types.begin(), options_.types.end(), type) != options_.types.end();
  }

  // The type's resources behind the place.
  Status all(Place& place) {
    while (true) {
      store::Query query;
      query.type = place.type;
      query.as_of = place.as_of;
      query.after = place.after;
      query.count = options_.batch;
      store::SearchPage page;
      {
        PLANBRO_ASSIGN_OR_RETURN(const auto view, store_.snapshot());
        PLANBRO_ASSIGN_OR_RETURN(page, view->search(query));
      }
      if (place.as_of == 0) place.as_of = page.moment;
      if (page.matches.empty()) return {};
      place.after = page.matches.back().sequence;
      PLANBRO_RETURN_IF_ERROR(step(page.matches, place));
      if (options_.progress) options_.progress(place.type, done_.resources);
    }
  }

  Status step(const std::vector<store::Version>& versions, const Place& place) {
    std::uint64_t skipped = 0;
    PLANBRO_RETURN_IF_ERROR(store_.transact([&](store::Transaction& transaction) -> Status {
      skipped = 0;
      for (const store::Version& version : versions) {
        const auto read = fhir::readJson(version.body, definitions_);
        if (!read.resource) {
          ++skipped;
          continue;
        }
        const Status done =
            transaction.setIndex(version.type, version.id, version.version,
                                 parameters_.extract(read.resource.root(), options_.base_url));
        if (done.has_value()) continue;
        if (done.error().code != ErrorCode::kConflict) return done;
        ++skipped;  // who changed it has indexed it
      }
      return transaction.setValue(kName, written(name_, place));
    }));
    done_.resources += versions.size() - skipped;
    done_.skipped += skipped;
    return {};
  }

  store::Store& store_;
  const search::Parameters& parameters_;
  const fhir::Definitions& definitions_;
  const ReindexOptions& options_;
  std::string name_;
  Reindexed done_;
};

}  // namespace

Result<Reindexed> reindex(store::Store& store, const search::Parameters& parameters,
                          const fhir::Definitions& definitions, const ReindexOptions& options) {
  return Work(store, parameters, definitions, options).run();
}

}  // namespace planbro::service
