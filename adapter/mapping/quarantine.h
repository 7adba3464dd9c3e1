// Where records wait that could not be imported: their original bytes and what was wrong.
//
// DIR/quarantine/SOURCE/HASH.xml and HASH.xml.findings.json, HASH from the bytes, so that the same
// record lies there once however often it is imported. One thread an object.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "fhir/issue.h"

namespace planbro::mapping {

// One record that waits.
struct KeptRecord {
  std::string id;  // name of the file without its ending
  std::string source, record, time;
  std::string document;            // digest of the source document it came in; empty: not kept
  std::filesystem::path original;  // its bytes as they came
  struct Finding {
    std::string severity, code, text, place;
  };
  std::vector<Finding> findings;  // of the last time it was tried
};

// What waits in the folder, of one source or of all (""), in the order of source and file. A file
// whose findings cannot be read is listed without them. kIo when a folder cannot be read.
Result<std::vector<KeptRecord>> keptRecords(const std::filesystem::path& folder,
                                            std::string_view source = {});

// Takes it out for good, findings and all.
Status discard(const KeptRecord& record);

class Quarantine {
 public:
  // The folder is made when the first record comes.
  Quarantine(std::filesystem::path folder, std::string source)
      : folder_(std::move(folder)), source_(std::move(source)) {}

  struct Origin {
    std::string_view record;    // for people: "plans.csv row 2"
    std::string_view document;  // digest of the source document; may be empty
  };
  // Durable when it returns. The path of the original. kIo when it cannot be written.
  Result<std::filesystem::path> keep(const Origin& origin, std::string_view original,
                                     std::string_view extension,
                                     std::span<const fhir::Issue> findings, const Clock& clock);
  // Takes a record out that has been imported since; nothing happens if it is not there.
  void release(std::string_view original, std::string_view extension);

 private:
  std::filesystem::path pathOf(std::string_view original, std::string_view extension) const;

  std::filesystem::path folder_;
  std::string source_;
};

}  // namespace planbro::mapping
