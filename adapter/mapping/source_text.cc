#include "mapping/source_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace planbro::mapping {
namespace {

// Windows-1252 from 0x80 to 0x9F (unicode.org, CP1252.TXT); 0 is unassigned and stays as in
// Latin-1.
constexpr std::uint16_t kWindows1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

void append(std::uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

// Lone surrogates become U+FFFD.
std::string fromUtf16(std::string_view bytes, bool big_endian) {
  std::string out;
  const auto unit = [&](std::size_t at) {
    const auto first = static_cast<unsigned char>(bytes[at]);
    const auto second = static_cast<unsigned char>(bytes[at + 1]);
    return static_cast<std::uint32_t>(big_endian ? first << 8 | second : second << 8 | first);
  };
  for (std::size_t at = 2; at + 1 < bytes.size(); at += 2) {
    std::uint32_t code = unit(at);
    if (code >= 0xD800 && code < 0xDC00 && at + 3 < bytes.size()) {
      const std::uint32_t low = unit(at + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        at += 2;
      }
    }
    append(code >= 0xD800 && code < 0xE000 ? 0xFFFD : code, out);
  }
  return out;
}

}  // namespace

std::string fromWindows1252(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 16);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const std::uint32_t known = byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80] : 0;
    append(known == 0 ? byte : known, out);
  }
  return out;
}

void EncodingScan::add(std::string_view part) {
  if (!good_) return;
  std::string joined;
  if (!rest_.empty()) {
    joined = rest_ + std::string(part);
    part = joined;
  }
  // What may be the begin of a character at the end waits for the next part.
  std::size_t end = part.size();
  for (std::size_t back = 1; back <= 3 && back <= part.size(); ++back) {
    const auto byte = static_cast<unsigned char>(part[part.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    if (length > back) end = part.size() - back;
    break;
  }
  const std::string_view whole = part.substr(0, end);
  good_ = planbro::mapping::isUtf8(whole);
  replacement_ |= whole.find("\xEF\xBF\xBD") != std::string_view::npos;
  rest_ = std::string(part.substr(end));
}

bool isUtf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return false;
    for (std::size_t i = 1; i < length; ++i) {
      if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return false;
    }
    const auto second = static_cast<unsigned char>(text[at + 1]);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
      return false;
    at += length;
  }
  return true;
}

std::string declaredXmlEncoding(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (!bytes.starts_with("<?xml")) return {};
  const std::string_view head = bytes.substr(0, bytes.find("?>"));
  const std::size_t at = head.find("encoding");
  if (at == std::string_view::npos) return {};
  const std::size_t open = head.find_first_of("\"'", at);
  if (open == std::string_view::npos) return {};
  const std::size_t close = head.find(head[open], open + 1);
  if (close == std::string_view::npos) return {};
  return std::string(head.substr(open + 1, close - open - 1));
}

std::optional<std::string> decodeText(std::string bytes, std::string_view declared,
                                      std::string_view file, std::vector<fhir::Issue>& issues) {
  fhir::Place place;
  place.source = file;
  std::string text;
  const std::string name = toLowerAscii(declared);
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    text = fromUtf16(bytes, bytes.starts_with("\xFE\xFF"));
  } else {
    const bool marked = bytes.starts_with("\xEF\xBB\xBF");
    if (marked) bytes.erase(0, 3);
    const bool utf8 = isUtf8(bytes);
    const bool ascii =
        std::none_of(bytes.begin(), bytes.end(), [](char c) { return (c & 0x80) != 0; });
    const bool says_utf8 = name.empty() || name == "utf-8" || name == "utf8" || name == "us-ascii";
    const bool says_latin = name == "iso-8859-1" || name == "latin1" || name == "iso-8859-15" ||
                            name == "windows-1252" || name == "cp1252";
    if (!says_utf8 && !says_latin && !utf8) {
      issues.push_back(fhir::makeIssue("PB-2005", place, {std::string(declared)}));
      return std::nullopt;
    }
    if (utf8 && !ascii && !says_utf8)
      issues.push_back(fhir::makeIssue("PB-2003", place, {std::string(declared), "UTF-8"}));
    if (!utf8 && (marked || (says_utf8 && !name.empty())))
      issues.push_back(fhir::makeIssue("PB-2003", place, {"UTF-8", "ISO-8859-1"}));
    text = utf8 ? std::move(bytes) : fromWindows1252(bytes);
  }
  if (text.find("\xEF\xBF\xBD") != std::string::npos)
    issues.push_back(fhir::makeIssue("PB-2004", place));
  return text;
}

}  // namespace planbro::mapping
