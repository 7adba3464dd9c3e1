// Cursors of pages as interactions hand them out and take them back: sealed for this caller and
// a place (cursor_seal.h). Internal to service/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "service/call.h"
#include "store/query.h"

namespace planbro::service {

// `place`: what the cursor is good for, the same on opening, such as "Goal/_history". Or the
// refusal: 400 (PB-5030) if it was not given to this caller for this place.
std::expected<std::string, Answer> sealedCursor(const Call& call, std::string_view place,
                                                std::string_view cursor);
std::expected<std::string, Answer> openedCursor(const Call& call, std::string_view place,
                                                std::string_view sealed);

// Why the store did not go on with that query. Its cursor may have been given for another search at
// the same place: 400 (PB-5030).
Answer refusePage(const Error& error, const store::Query& query);

// Where a page of a search begins: the store's cursor, and when the first page was asked for, which
// the prefix ap compares with.
struct SearchCursor {
  Instant now;
  std::string inner;
};

std::string writeSearchCursor(const SearchCursor& cursor);
// The call's _cursor, opened; nothing when it has none.
std::expected<std::optional<SearchCursor>, Answer> askedSearchCursor(const Call& call,
                                                                     std::string_view place);

// Where a page over several types begins, one behind the other: the place of a type, and the
// store's cursor in it. All pages show the moment of the first one, whatever type they have come
// to.
struct TypeCursor {
  std::size_t type = 0;
  std::uint64_t moment = 0;  // the newest sequence then; 0: nothing was searched yet
  Instant now = {};          // as in SearchCursor
  std::string inner = {};    // empty: the type's beginning
};

std::string writeTypeCursor(const TypeCursor& cursor);
// nullopt: none, or past the last of `types`.
std::optional<TypeCursor> readTypeCursor(std::string_view text, std::size_t types);
// The call's _cursor, opened; the beginning when it has none.
std::expected<TypeCursor, Answer> askedTypeCursor(const Call& call, std::string_view place,
                                                  std::size_t types);

}  // namespace planbro::service
