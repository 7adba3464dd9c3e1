# The rooms from the bottom up; a room links every open room below it. A room opens when its first
# file moves in.
planbro_room(base LIBRARIES fmt::fmt spdlog::spdlog Threads::Threads PRIVATE_LIBRARIES OpenSSL::Crypto)
planbro_room(json PRIVATE_LIBRARIES rapidjson_headers PkgConfig::SIMDJSON)

include(Definitions)
planbro_room(fhir PRIVATE_LIBRARIES LibXml2::LibXml2 LibArchive::LibArchive PkgConfig::ZSTD)
planbro_embed(planbro_fhir planbro_r4_tables "${PLANBRO_R4_TABLES}")
planbro_embed(planbro_fhir planbro_r4_resources "${PLANBRO_R4_RESOURCES}")
planbro_embed(planbro_fhir planbro_builtin_files "${PLANBRO_BUILTIN_FILES}")
planbro_embed(planbro_fhir planbro_issues "${CMAKE_SOURCE_DIR}/adapter/fhir/issues.tsv")

planbro_room(store PRIVATE_LIBRARIES SQLite::SQLite3 PkgConfig::ZSTD)
planbro_room(fhirpath PRIVATE_LIBRARIES PkgConfig::RE2)
planbro_room(search PRIVATE_LIBRARIES ICU::uc ICU::i18n)
planbro_room(terminology)
planbro_room(validation PRIVATE_LIBRARIES PkgConfig::RE2)
planbro_room(mapping PRIVATE_LIBRARIES LibXml2::LibXml2)
planbro_room(plan)
planbro_room(service)
planbro_room(sync)
planbro_room(portal)
planbro_room(http EXCLUDE "/cpprest_bridge/" PRIVATE_LIBRARIES Boost::headers CURL::libcurl OpenSSL::SSL)

planbro_program(planbro cli PRIVATE_LIBRARIES CLI11::CLI11 yaml-cpp)
