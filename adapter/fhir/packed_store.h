// Reads and writes the packed store of core_resources_format.h: many texts, each compressed alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "fhir/core_resources_format.h"

namespace planbro::fhir {

// zstd at that level; a frame knows its own size.
Result<std::string> compressText(std::string_view text, int level);
// `raw_size` is the size the text must have.
Result<std::string> decompressText(std::string_view frame, std::size_t raw_size);

// A view of a packed store that somebody else holds. Immutable; any thread.
class PackedStore {
 public:
  // kCorrupt if the bytes are no such store.
  static Result<PackedStore> open(std::string_view bytes);

  std::size_t size() const { return count_; }
  std::string_view url(std::size_t i) const { return at(entry(i).url, entry(i).url_size); }
  std::string_view type(std::size_t i) const { return at(entry(i).type, entry(i).type_size); }
  std::string_view version(std::size_t i) const {
    return at(entry(i).version, entry(i).version_size);
  }
  Result<std::string> text(std::size_t i) const;
  // The first entry with that URL or a later one; size() if there is none.
  std::size_t lowerBound(std::string_view url) const;

 private:
  const CoreResourceEntry& entry(std::size_t i) const { return entries_[i]; }
  std::string_view at(std::uint32_t offset, std::uint32_t size) const {
    return bytes_.substr(offset, size);
  }

  std::string_view bytes_;
  const CoreResourceEntry* entries_ = nullptr;
  std::size_t count_ = 0;
};

// One text to be packed.
struct PackedText {
  std::string url, type, version;
  std::string text;
};

// The whole store, sorted by (url, type).
Result<std::string> packStore(std::vector<PackedText> texts, int level);

}  // namespace planbro::fhir
