#include "service/page_cursor.h"

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

std::string writeTypeCursor(const TypeCursor& cursor) {
  return std::to_string(cursor.type) + "." + cursor.inner;
}

std::optional<TypeCursor> readTypeCursor(std::string_view text, std::size_t types) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  TypeCursor cursor;
  const auto [end, error] = std::from_chars(text.data(), text.data() + dot, cursor.type);
  if (error != std::errc() || end != text.data() + dot || cursor.type >= types) return std::nullopt;
  cursor.inner = text.substr(dot + 1);
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
