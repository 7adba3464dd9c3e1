// The addresses of pages, for the links self and next. Internal to service/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "service/call.h"

namespace planbro::service {

// `start` with what was asked as its query, but with that cursor or none.
std::string pageAddress(std::string start, const Fields& asked,
                        std::optional<std::string_view> cursor);

}  // namespace planbro::service
