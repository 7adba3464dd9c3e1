// What the numbered scripts of both stores share.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace planbro::store::sql {

// A script linked into the program.
struct Migration {
  const char* begin;
  const char* end;

  std::string_view text() const { return {begin, end}; }
};

// A schema that this program knows can be opened: `known` is the newest.
inline Result<std::int64_t> knownSchema(std::int64_t schema, std::int64_t known) {
  if (schema <= known) return schema;
  return fail(ErrorCode::kUnsupported,
              fmt::format("The store has schema {}, this program knows {}: use a newer program.",
                          schema, known));
}

// The same for those who make and migrate nothing.
inline Status mustBeNewestSchema(std::int64_t schema, std::int64_t newest) {
  if (schema == newest) return {};
  return fail(ErrorCode::kUnsupported,
              fmt::format("The store has schema {}, this program works with {}: the service "
                          "migrates it when it starts.",
                          schema, newest));
}

}  // namespace planbro::store::sql
