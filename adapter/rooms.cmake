# The rooms from the bottom up; a room links every open room below it. A room opens when its first
# file moves in.
planbro_room(base LIBRARIES fmt::fmt spdlog::spdlog Threads::Threads PRIVATE_LIBRARIES OpenSSL::Crypto)
planbro_room(json PRIVATE_LIBRARIES rapidjson_headers PkgConfig::SIMDJSON)
if(PLANBRO_SANITIZE MATCHES "undefined")
  # RapidJSON adds to a null pointer while its stack is empty.
  set_source_files_properties("${CMAKE_SOURCE_DIR}/adapter/json/parser.cc" PROPERTIES
    COMPILE_OPTIONS -fno-sanitize=pointer-overflow)
endif()

include(Definitions)
planbro_room(fhir PRIVATE_LIBRARIES LibXml2::LibXml2 LibArchive::LibArchive PkgConfig::ZSTD)
planbro_embed(planbro_fhir planbro_r4_tables "${PLANBRO_R4_TABLES}")
planbro_embed(planbro_fhir planbro_r4_resources "${PLANBRO_R4_RESOURCES}")
planbro_embed(planbro_fhir planbro_builtin_files "${PLANBRO_BUILTIN_FILES}")
planbro_embed(planbro_fhir planbro_issues "${CMAKE_SOURCE_DIR}/adapter/fhir/issues.tsv")

planbro_room(store PRIVATE_LIBRARIES SQLite::SQLite3 PkgConfig::LIBPQ PkgConfig::ZSTD)
foreach(database sqlite postgres)
  file(GLOB migrations CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/adapter/store/${database}/migrations/*.sql")
  foreach(migration IN LISTS migrations)
    string(REGEX REPLACE ".*/([0-9]+)_.*" "\\1" number "${migration}")
    planbro_embed(planbro_store planbro_store_${database}_${number} "${migration}")
  endforeach()
endforeach()
planbro_room(fhirpath PRIVATE_LIBRARIES PkgConfig::RE2 ICU::uc)
planbro_room(search PRIVATE_LIBRARIES ICU::uc ICU::i18n)
planbro_room(terminology PRIVATE_LIBRARIES PkgConfig::RE2)
planbro_room(validation PRIVATE_LIBRARIES PkgConfig::RE2)
planbro_room(mapping PRIVATE_LIBRARIES LibXml2::LibXml2 LibArchive::LibArchive)
planbro_room(plan PRIVATE_LIBRARIES PkgConfig::PANGOCAIRO LibArchive::LibArchive)
planbro_room(service PRIVATE_LIBRARIES prometheus-cpp::core LibArchive::LibArchive)
planbro_room(sync)
planbro_room(portal)
if(TARGET planbro_portal)
  planbro_embed(planbro_portal planbro_portal_html "${CMAKE_SOURCE_DIR}/web/portal/index.html")
  planbro_embed(planbro_portal planbro_portal_css "${CMAKE_SOURCE_DIR}/web/portal/portal.css")
  planbro_embed(planbro_portal planbro_portal_js "${CMAKE_SOURCE_DIR}/web/portal/portal.js")
  planbro_embed(planbro_portal planbro_portal_texts "${CMAKE_SOURCE_DIR}/web/portal/texts.json")
endif()
planbro_room(http EXCLUDE "/cpprest_bridge/" PRIVATE_LIBRARIES Boost::headers CURL::libcurl OpenSSL::SSL ZLIB::ZLIB)

planbro_program(planbro cli PRIVATE_LIBRARIES CLI11::CLI11 yaml-cpp)
if(NOT PLANBRO_SANITIZE)  # the sanitizers bring their own
  target_link_libraries(planbro PRIVATE PkgConfig::JEMALLOC)
endif()

# The bridge for applications made with cpprestsdk: not part of planbro.
if(cpprestsdk_FOUND)
  file(GLOB bridge_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/http/cpprest_bridge/*.cc")
  planbro_check_includes(http ${bridge_sources})
  add_library(planbro_cpprest_bridge STATIC ${bridge_sources})
  # Without this definition cpprestsdk's U() macro breaks Boost's headers.
  target_compile_definitions(planbro_cpprest_bridge PUBLIC _TURN_OFF_PLATFORM_STRING)
  target_link_libraries(planbro_cpprest_bridge PUBLIC planbro_options planbro_http cpprestsdk::cpprest)
  if(PLANBRO_SANITIZE MATCHES "undefined")
    # Debian's cpprestsdk hides the type information that this check compares.
    target_compile_options(planbro_cpprest_bridge PUBLIC -fno-sanitize=vptr)
  endif()
endif()
