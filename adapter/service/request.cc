#include "service/request.h"

#include <algorithm>

#include "base/text.h"
#include "mapping/source_text.h"

namespace planbro::service {
namespace {

int hexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool isEscape(std::string_view text) {
  return text.size() >= 3 && text[0] == '%' && hexValue(text[1]) >= 0 && hexValue(text[2]) >= 0;
}

bool isWellEncoded(std::string_view text) {
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (!isEscape(text.substr(at))) return false;
  }
  const std::string decoded = percentDecode(text);
  return decoded.find('\0') == std::string::npos && mapping::isUtf8(decoded);
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// A zone's "+" that was sent raw, as many clients do, reads as a space: it is a plus again in
// "2026-11-22T12:00:00 01:00".
void mendZones(std::string& value) {
  constexpr std::string_view kForm = "00:00";
  for (auto at = value.find(' '); at != std::string::npos; at = value.find(' ', at + 1)) {
    const std::string_view zone = std::string_view(value).substr(at + 1, kForm.size());
    const std::size_t end = at + 1 + zone.size();
    bool fits = zone.size() == kForm.size() && (end == value.size() || value[end] == ',');
    for (std::size_t i = 0; fits && i < kForm.size(); ++i)
      fits = kForm[i] == ':' ? zone[i] == ':' : isDigit(zone[i]);
    const auto time = value.rfind('T', at);
    fits = fits && at > 0 && isDigit(value[at - 1]) && time != std::string::npos && time > 0 &&
           isDigit(value[time - 1]) && value.find(',', time) >= at;
    if (fits) value[at] = '+';
  }
}

}  // namespace

void Headers::set(std::string_view name, std::string value) {
  std::erase_if(fields_,
                [&](const auto& field) { return equalsIgnoreAsciiCase(field.first, name); });
  fields_.emplace_back(std::string(name), std::move(value));
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (equalsIgnoreAsciiCase(field, name)) return value;
  }
  return std::nullopt;
}

std::string Headers::joined(std::string_view name) const {
  std::string all;
  for (const auto& [field, value] : fields_) {
    if (!equalsIgnoreAsciiCase(field, name)) continue;
    if (!all.empty()) all += ", ";
    all += value;
  }
  return all;
}

std::vector<std::pair<std::string, std::string>> parseQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parts;
  if (query.empty()) return parts;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    parts.emplace_back(percentDecode(part.substr(0, equals), true),
                       equals == std::string_view::npos
                           ? std::string()
                           : percentDecode(part.substr(equals + 1), true));
    mendZones(parts.back().second);
  }
  return parts;
}

std::optional<std::string_view> malformedParameter(std::string_view query) {
  for (const std::string_view part : split(query, '&')) {
    if (!isWellEncoded(part)) return part.substr(0, part.find('='));
  }
  return std::nullopt;
}

std::string percentDecode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (isEscape(text.substr(i))) {
      decoded += static_cast<char>(hexValue(text[i + 1]) * 16 + hexValue(text[i + 2]));
      i += 2;
    } else if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::string decodePath(std::string_view path) {
  std::string decoded;
  bool first = true;
  for (const std::string_view segment : split(path, '/')) {
    if (!first) decoded += '/';
    first = false;
    for (const char c : percentDecode(segment)) {
      if (c == '/')
        decoded += "%2F";
      else
        decoded += c;
    }
  }
  return decoded;
}

std::string percentEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kHex[static_cast<unsigned char>(c) >> 4];
      encoded += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return encoded;
}

}  // namespace planbro::service
