// Where records wait that could not be imported: their original bytes and what was wrong.
//
// DIR/quarantine/SOURCE/HASH.xml and HASH.findings.json, HASH from the bytes, so that the same
// record lies there once however often it is imported.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "fhir/issue.h"

namespace planbro::mapping {

class Quarantine {
 public:
  // The folder is made when the first record comes.
  Quarantine(std::filesystem::path folder, std::string source)
      : folder_(std::move(folder)), source_(std::move(source)) {}

  // Durable when it returns. The path of the original. kIo when it cannot be written.
  Result<std::filesystem::path> keep(std::string_view record, std::string_view original,
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
