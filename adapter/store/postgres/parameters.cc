#include "store/postgres/parameters.h"

#include <cstddef>

namespace planbro::store::postgres {
namespace {

// Types of array elements, as in pg_type.dat: fixed for ever.
constexpr std::uint32_t kBytea = 17;
constexpr std::uint32_t kBigint = 20;
constexpr std::uint32_t kText = 25;

void putBigEndian(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((number >> static_cast<unsigned>(shift)) & 0xffU));
}

// One dimension from index 1, no nulls (array_recv() of PostgreSQL).
std::string arrayHeader(std::uint32_t type, std::size_t size) {
  std::string out;
  putBigEndian(out, size == 0 ? 0 : 1, 4);
  putBigEndian(out, 0, 4);
  putBigEndian(out, type, 4);
  if (size == 0) return out;
  putBigEndian(out, size, 4);
  putBigEndian(out, 1, 4);
  return out;
}

// Bytes of the UTF-8 character (RFC 3629) that `text` begins with; 0 if it is none.
std::size_t characterAt(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool beyond = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
  return overlong || beyond ? 0 : length;
}

}  // namespace

std::string storableText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = text.front() == '\0' ? 0 : characterAt(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return out;
}

Parameters::Parameters(const std::vector<sql::Value>& values) {
  for (const sql::Value& value : values) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      add(*number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      add(std::string_view(*text));
    } else {
      all_.push_back({{}, false, true});
    }
  }
}

Parameters& Parameters::add(std::int64_t number) {
  all_.push_back({std::to_string(number), false, false});
  return *this;
}

Parameters& Parameters::add(std::string_view text) {
  all_.push_back({storableText(text), false, false});
  return *this;
}

Parameters& Parameters::addBytes(std::string_view bytes) {
  all_.push_back({std::string(bytes), true, false});
  return *this;
}

Parameters& Parameters::addNumbers(std::span<const std::int64_t> numbers) {
  std::string data = arrayHeader(kBigint, numbers.size());
  for (const std::int64_t number : numbers) {
    putBigEndian(data, sizeof number, 4);
    putBigEndian(data, static_cast<std::uint64_t>(number), 8);
  }
  all_.push_back({std::move(data), true, false});
  return *this;
}

Parameters& Parameters::addTexts(std::span<const std::string> texts) {
  std::string data = arrayHeader(kText, texts.size());
  for (const std::string& text : texts) {
    const std::string kept = storableText(text);
    putBigEndian(data, kept.size(), 4);
    data += kept;
  }
  all_.push_back({std::move(data), true, false});
  return *this;
}

Parameters& Parameters::addByteStrings(std::span<const std::string> bytes) {
  std::string data = arrayHeader(kBytea, bytes.size());
  for (const std::string& one : bytes) {
    putBigEndian(data, one.size(), 4);
    data += one;
  }
  all_.push_back({std::move(data), true, false});
  return *this;
}

}  // namespace planbro::store::postgres
