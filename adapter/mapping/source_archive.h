// The source documents of imports, kept as they came, so that whoever asks where a plan came from
// can be shown it.
//
// DIR/sources/SOURCE/DIGEST.ext, DIGEST the SHA-256 of the bytes: the same file lies there once. An
// export of several tables is one document: DIGEST.sha256 lists its files with their digests (as
// sha256sum does), DIGEST being that list's own. DIR/sources/batches.ndjson has a line a batch. For
// its owner alone: it is health data of many persons, and not served.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "mapping/source.h"

namespace planbro::mapping {

class SourceArchive {
 public:
  // The folder is made when the first document comes.
  SourceArchive(std::filesystem::path folder, const SourceDescriptor& source)
      : folder_(std::move(folder)), source_(source) {}

  // Keeps what these inputs hold; on disk when it returns. Standard input ("-") is kept first and
  // then read from there: `inputs` name the kept file afterwards. kIo.
  Status keep(std::vector<std::filesystem::path>& inputs);

  // The digest of the document that records of that file, workbook or folder come from
  // (SourceRecord::input); empty if none was kept.
  std::string_view documentOf(const std::string& input) const;
  // All documents kept, by what they were called.
  const std::map<std::string, std::string>& documents() const { return documents_; }

  // One more line in batches.ndjson.
  Status note(std::string_view line) const;

 private:
  Result<std::string> keepFile(const std::filesystem::path& file);
  Status keepSet(const std::filesystem::path& input);
  Status keepStandardInput(std::filesystem::path& input);
  std::filesystem::path place() const { return folder_ / source_.name; }

  std::filesystem::path folder_;
  const SourceDescriptor& source_;
  std::map<std::string, std::string> documents_;  // input: digest
};

}  // namespace planbro::mapping
