// Bodies as zstd frames with a checksum: about a quarter of the size, with a dictionary of what
// they have in common a sixth; damage does not pass.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace planbro::store {

// Dictionaries of zstd (RFC 8878, section 5). Frames name the one they were made with. Any thread
// may use it when it is complete.
class Dictionaries {
 public:
  Dictionaries();
  ~Dictionaries();
  Dictionaries(const Dictionaries&) = delete;
  Dictionaries& operator=(const Dictionaries&) = delete;

  // The last one added is used for new frames. kCorrupt if it is none.
  Status add(std::string_view dictionary);

 private:
  friend class Compression;
  struct Prepared;
  std::unique_ptr<Prepared> prepared_;
};

// One thread at a time; keeps its working memory.
class Compression {
 public:
  // Without dictionaries, only frames made without one can be read.
  explicit Compression(std::shared_ptr<const Dictionaries> dictionaries = nullptr);
  ~Compression();
  Compression(const Compression&) = delete;
  Compression& operator=(const Compression&) = delete;

  Result<std::string> compress(std::string_view body);
  // kCorrupt if it is not what compress() gave, or made with a dictionary that is not there.
  Result<std::string> decompress(std::string_view frame);

 private:
  struct Contexts;
  std::shared_ptr<const Dictionaries> dictionaries_;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace planbro::store
