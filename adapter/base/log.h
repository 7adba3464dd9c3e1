// The program's log: one line an event on standard error. Never personal data in it: no name, no
// national identity number, no request query.
#pragma once

#include <spdlog/spdlog.h>

#include <string_view>

namespace planbro::log {

// Sends the log to standard error; `level` is trace, debug, info, warn, error or off.
// Called once, before threads start.
void setUp(std::string_view level);

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

}  // namespace planbro::log
