# The FHIR package no.planbro.ip: the target ip_package makes no.planbro.ip-VERSION.tgz in the build
# folder, from profiles/ip, the maps and the examples.
add_library(planbro_ip_package STATIC EXCLUDE_FROM_ALL
  "${CMAKE_SOURCE_DIR}/tools/ip_package/package.cc" "${CMAKE_SOURCE_DIR}/tools/ip_package/pages.cc")
target_include_directories(planbro_ip_package PUBLIC "${CMAKE_SOURCE_DIR}/tools/ip_package")
target_link_libraries(planbro_ip_package PUBLIC planbro_mapping planbro_validation
  PRIVATE LibArchive::LibArchive)
planbro_use_pch(planbro_ip_package)
add_executable(ip_package_tool EXCLUDE_FROM_ALL "${CMAKE_SOURCE_DIR}/tools/ip_package/main.cc")
target_link_libraries(ip_package_tool PRIVATE planbro_ip_package)
planbro_use_pch(ip_package_tool)

file(READ "${CMAKE_SOURCE_DIR}/profiles/ip/package.json" description)
string(JSON ip_package_version GET "${description}" version)
set(PLANBRO_IP_PACKAGE "${CMAKE_BINARY_DIR}/no.planbro.ip-${ip_package_version}.tgz")
file(GLOB ip_package_examples CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/profiles/examples/*.json"
  "${CMAKE_SOURCE_DIR}/fixtures/plans/*/expected/bundle.json")
add_custom_command(OUTPUT "${PLANBRO_IP_PACKAGE}"
  COMMAND ip_package_tool "${CMAKE_SOURCE_DIR}" "${PLANBRO_IP_PACKAGE}"
  DEPENDS ip_package_tool "${PLANBRO_BUILTIN_FILES}" ${ip_package_examples}
  COMMENT "Making the FHIR package no.planbro.ip" VERBATIM)
add_custom_target(ip_package DEPENDS "${PLANBRO_IP_PACKAGE}")
# Rewrites docs/profiles from the package; a test compares.
add_custom_target(ip_package_pages
  COMMAND ip_package_tool --pages "${CMAKE_SOURCE_DIR}" "${CMAKE_SOURCE_DIR}/docs/profiles"
  DEPENDS ip_package_tool COMMENT "Writing docs/profiles" VERBATIM)
