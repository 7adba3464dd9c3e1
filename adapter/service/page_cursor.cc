#include "service/page_cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "service/cursor_seal.h"
#include "service/outcome.h"

namespace planbro::service {
namespace {

std::string boundOf(const Call& call, std::string_view place) {
  std::string bound(place);
  bound += '\n';
  if (call.visibility != nullptr) bound += call.visibility->caller();
  return bound;
}

// Takes a number and the full stop behind it away from the front.
template <typename Number>
bool takeNumber(std::string_view& text, Number& number) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + dot, number);
  if (dot == text.size() || error != std::errc() || end != text.data() + dot) return false;
  text.remove_prefix(dot + 1);
  return true;
}

}  // namespace

std::expected<std::string, Answer> sealedCursor(const Call& call, std::string_view place,
                                                std::string_view cursor) {
  auto sealed = call.context->cursors->seal(cursor, boundOf(call, place));
  if (!sealed.has_value()) return std::unexpected(refuse(sealed.error()));
  return std::move(*sealed);
}

std::expected<std::string, Answer> openedCursor(const Call& call, std::string_view place,
                                                std::string_view sealed) {
  auto cursor = call.context->cursors->open(sealed, boundOf(call, place));
  if (cursor.has_value()) return std::move(*cursor);
  if (cursor.error().code == ErrorCode::kInvalidArgument)
    return std::unexpected(refuse(400, "PB-5030"));
  return std::unexpected(refuse(cursor.error()));
}

Answer refusePage(const Error& error, const store::Query& query) {
  if (query.cursor.has_value() && error.code == ErrorCode::kInvalidArgument)
    return refuse(400, "PB-5030");
  return refuse(error);
}

std::string writeSearchCursor(const SearchCursor& cursor) {
  return fmt::format("{}.{}", cursor.now.micros, cursor.inner);
}

std::expected<std::optional<SearchCursor>, Answer> askedSearchCursor(const Call& call,
                                                                     std::string_view place) {
  const auto sealed = call.parameter("_cursor");
  if (!sealed.has_value()) return std::nullopt;
  auto text = openedCursor(call, place, *sealed);
  if (!text.has_value()) return std::unexpected(std::move(text.error()));
  std::string_view rest = *text;
  SearchCursor cursor;
  if (!takeNumber(rest, cursor.now.micros)) return std::unexpected(refuse(400, "PB-5030"));
  cursor.inner = rest;
  return cursor;
}

std::string writeTypeCursor(const TypeCursor& cursor) {
  return fmt::format("{}.{}.{}.{}", cursor.type, cursor.moment, cursor.now.micros, cursor.inner);
}

std::optional<TypeCursor> readTypeCursor(std::string_view text, std::size_t types) {
  TypeCursor cursor;
  if (!takeNumber(text, cursor.type) || !takeNumber(text, cursor.moment) ||
      !takeNumber(text, cursor.now.micros) || cursor.type >= types)
    return std::nullopt;
  cursor.inner = text;
  return cursor;
}

std::expected<TypeCursor, Answer> askedTypeCursor(const Call& call, std::string_view place,
                                                  std::size_t types) {
  const auto sealed = call.parameter("_cursor");
  if (!sealed.has_value()) return TypeCursor{};
  auto text = openedCursor(call, place, *sealed);
  if (!text.has_value()) return std::unexpected(std::move(text.error()));
  auto cursor = readTypeCursor(*text, types);
  if (!cursor.has_value()) return std::unexpected(refuse(400, "PB-5030"));
  return std::move(*cursor);
}

}  // namespace planbro::service
