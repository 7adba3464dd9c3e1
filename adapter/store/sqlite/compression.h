// Bodies as zstd frames with a checksum: about a quarter of the size, and damage does not pass.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace planbro::store::sqlite {

// One thread at a time; keeps its working memory.
class Compression {
 public:
  Compression();
  ~Compression();
  Compression(const Compression&) = delete;
  Compression& operator=(const Compression&) = delete;

  Result<std::string> compress(std::string_view body);
  // kCorrupt if it is not what compress() gave.
  Result<std::string> decompress(std::string_view frame);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace planbro::store::sqlite
