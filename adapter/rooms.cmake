planbro_room(base LIBRARIES fmt::fmt spdlog::spdlog Threads::Threads PRIVATE_LIBRARIES OpenSSL::Crypto)
planbro_room(json PRIVATE_LIBRARIES rapidjson_headers PkgConfig::SIMDJSON)

include(Definitions)
planbro_room(fhir PRIVATE_LIBRARIES LibXml2::LibXml2 LibArchive::LibArchive PkgConfig::ZSTD)
planbro_embed(planbro_fhir planbro_r4_tables "${PLANBRO_R4_TABLES}")
planbro_embed(planbro_fhir planbro_r4_resources "${PLANBRO_R4_RESOURCES}")
