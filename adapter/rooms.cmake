planbro_room(base LIBRARIES fmt::fmt spdlog::spdlog Threads::Threads PRIVATE_LIBRARIES OpenSSL::Crypto)
planbro_room(json PRIVATE_LIBRARIES rapidjson_headers PkgConfig::SIMDJSON)
