// What maps read of their sources and write of their targets, added up over records: the fields of
// a source that no rule ever looks at, and the required elements that some record's result lacks.
//
// A Coverage belongs to one thread; those of several threads are put together with merge(). Given
// to MapLibrary::transform() it counts the records that were mapped.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "fhir/definitions.h"
#include "json/document.h"
#include "mapping/source.h"

namespace planbro::mapping {

// The nodes of one source that a run looked at.
struct SourceReads {
  std::unordered_set<const json::Node*> read;
  std::unordered_set<const json::Node*> whole;  // with all that is below
};

class Coverage {
 public:
  struct SourceField {
    std::string path;           // "goals.mal_id": names from the record down, without indexes
    std::uint64_t records = 0;  // that have it
    std::uint64_t read = 0;     // of these, where it was looked at
  };
  struct RequiredElement {
    std::string path;           // "CarePlan.activity.detail.status"
    std::string profile;        // that requires it; empty: the type itself
    std::uint64_t objects = 0;  // that must have it
    std::uint64_t missing = 0;  // of these, without it
  };
  struct Report {
    std::uint64_t records = 0;
    std::uint64_t fields = 0;                // different paths in the sources
    std::vector<SourceField> unread;         // in no record; the outermost only
    std::vector<RequiredElement> unwritten;  // never written
    std::vector<RequiredElement> sometimes;  // missing in some
  };

  // Resources that say they follow this profile must have what it requires beyond their type.
  void require(const json::Node& structure_definition);

  // The columns that tie the tables of a CSV or XLSX export together: reading them is enough.
  void tiedBy(const CsvTable& table);

  void add(const json::Node& source, const SourceReads& reads, const json::Document& target,
           const fhir::Definitions& definitions);
  void merge(const Coverage& other);
  Report report() const;

 private:
  struct Counts {
    std::uint64_t all = 0;
    std::uint64_t met = 0;
  };
  using Profile = std::multimap<std::string, std::string, std::less<>>;  // parent path to element

  void addSource(const json::Node& source, const SourceReads& reads);
  void addTarget(const json::Node& root, const fhir::Definitions& definitions);
  std::vector<std::string_view> profilesOf(const json::Node& resource) const;

  std::uint64_t records_ = 0;
  std::map<std::string, Counts> fields_;
  std::map<std::pair<std::string, std::string>, Counts> required_;  // path and profile
  std::map<std::string, Profile, std::less<>> profiles_;
  std::set<std::string> tied_;  // paths of source fields
};

}  // namespace planbro::mapping
