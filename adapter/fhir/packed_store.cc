#include "fhir/packed_store.h"

#include <zstd.h>

#include <algorithm>
#include <tuple>

namespace planbro::fhir {

Result<std::string> compressText(std::string_view text, int level) {
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size =
      ZSTD_compress(frame.data(), frame.size(), text.data(), text.size(), level);
  if (ZSTD_isError(size) != 0) return fail(ErrorCode::kInternal, ZSTD_getErrorName(size));
  frame.resize(size);
  return frame;
}

Result<std::string> decompressText(std::string_view frame, std::size_t raw_size) {
  std::string text(raw_size, '\0');
  const std::size_t size = ZSTD_decompress(text.data(), text.size(), frame.data(), frame.size());
  if (ZSTD_isError(size) != 0 || size != raw_size)
    return fail(ErrorCode::kCorrupt, "a packed text does not unpack to its size");
  return text;
}

Result<PackedStore> PackedStore::open(std::string_view bytes) {
  const auto damaged = [] { return fail(ErrorCode::kCorrupt, "the packed store is damaged"); };
  if (bytes.size() < sizeof(CoreResourcesHeader)) return damaged();
  const auto* header = reinterpret_cast<const CoreResourcesHeader*>(bytes.data());
  if (header->magic != kCoreResourcesMagic ||
      (bytes.size() - sizeof *header) / sizeof(CoreResourceEntry) < header->count)
    return damaged();
  PackedStore store;
  store.bytes_ = bytes;
  store.count_ = header->count;
  store.entries_ = reinterpret_cast<const CoreResourceEntry*>(bytes.data() + sizeof *header);
  return store;
}

Result<std::string> PackedStore::text(std::size_t i) const {
  return decompressText(at(entry(i).data, entry(i).data_size), entry(i).raw_size);
}

std::size_t PackedStore::lowerBound(std::string_view wanted) const {
  const auto* found = std::lower_bound(
      entries_, entries_ + count_, wanted,
      [this](const CoreResourceEntry& e, std::string_view u) { return at(e.url, e.url_size) < u; });
  return static_cast<std::size_t>(found - entries_);
}

Result<std::string> packStore(std::vector<PackedText> texts, int level) {
  std::sort(texts.begin(), texts.end(), [](const PackedText& a, const PackedText& b) {
    return std::tie(a.url, a.type) < std::tie(b.url, b.type);
  });
  std::vector<CoreResourceEntry> entries(texts.size());
  std::string blob;
  const std::size_t base = sizeof(CoreResourcesHeader) + entries.size() * sizeof(CoreResourceEntry);
  const auto put = [&](const std::string& bytes, std::uint32_t* offset, std::uint32_t* size) {
    *offset = static_cast<std::uint32_t>(base + blob.size());
    *size = static_cast<std::uint32_t>(bytes.size());
    blob += bytes;
  };
  for (std::size_t i = 0; i < texts.size(); ++i) {
    PLANBRO_ASSIGN_OR_RETURN(const std::string frame, compressText(texts[i].text, level));
    put(texts[i].url, &entries[i].url, &entries[i].url_size);
    put(texts[i].type, &entries[i].type, &entries[i].type_size);
    put(texts[i].version, &entries[i].version, &entries[i].version_size);
    put(frame, &entries[i].data, &entries[i].data_size);
    entries[i].raw_size = static_cast<std::uint32_t>(texts[i].text.size());
  }
  const CoreResourcesHeader header{kCoreResourcesMagic, static_cast<std::uint32_t>(texts.size())};
  std::string out(reinterpret_cast<const char*>(&header), sizeof header);
  out.append(reinterpret_cast<const char*>(entries.data()),
             entries.size() * sizeof(CoreResourceEntry));
  return out + blob;
}

}  // namespace planbro::fhir
