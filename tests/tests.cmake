find_package(rapidcheck CONFIG REQUIRED)

# What the tests of a room need besides the room itself.
set(PLANBRO_TEST_LIBRARIES_fhir LibArchive::LibArchive)
set(PLANBRO_TEST_LIBRARIES_plan rapidcheck LibArchive::LibArchive LibXml2::LibXml2)
set(PLANBRO_TEST_LIBRARIES_mapping rapidcheck LibArchive::LibArchive)
set(PLANBRO_TEST_LIBRARIES_service LibArchive::LibArchive)
set(PLANBRO_TEST_LIBRARIES_http ZLIB::ZLIB)

# Every folder here that is named after a room holds that room's tests.
foreach(room IN LISTS PLANBRO_ROOMS)
  file(GLOB found CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${room}/*.cc")
  if(found AND TARGET planbro_${room})
    planbro_test(${room} LIBRARIES ${PLANBRO_TEST_LIBRARIES_${room}})
  endif()
endforeach()

# What every store must do, on each of them.
file(GLOB contract_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/contract/*.cc")
add_executable(contract_test ${contract_sources})
target_link_libraries(contract_test PRIVATE planbro_store planbro_test_support planbro_postgres_server)
planbro_use_pch(contract_test)
gtest_discover_tests(contract_test DISCOVERY_MODE PRE_TEST TEST_FILTER "-Postgres*"
  PROPERTIES TIMEOUT 120 WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
# One server for all of them.
add_test(NAME contract.postgres COMMAND contract_test "--gtest_filter=Postgres*"
  WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
set_tests_properties(contract.postgres PROPERTIES TIMEOUT 300)

# The program as its users meet it.
file(GLOB e2e_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/e2e/*.cc")
add_executable(e2e_test ${e2e_sources})
target_link_libraries(e2e_test PRIVATE planbro_http planbro_test_support LibArchive::LibArchive)
target_link_libraries(e2e_test PRIVATE planbro_http planbro_test_support planbro_postgres_server)
planbro_test_paths(e2e_test)
file(RELATIVE_PATH program "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/planbro")
target_compile_definitions(e2e_test PRIVATE PLANBRO_PROGRAM="${program}")
add_dependencies(e2e_test planbro)
planbro_use_pch(e2e_test)
gtest_discover_tests(e2e_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120
  WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")

add_test(NAME browser.portal COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/browser/run.sh" $<TARGET_FILE:planbro>)
set_tests_properties(browser.portal PROPERTIES LABELS browser TIMEOUT 300)

# The bridge for cpprestsdk applications, where that library is there.
if(TARGET planbro_cpprest_bridge)
  add_executable(cpprest_bridge_test "${CMAKE_CURRENT_SOURCE_DIR}/http/cpprest_bridge/bridge_test.cc")
  target_link_libraries(cpprest_bridge_test PRIVATE planbro_cli planbro_cpprest_bridge planbro_test_support)
  gtest_discover_tests(cpprest_bridge_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120 ENVIRONMENT
    "LSAN_OPTIONS=suppressions=${CMAKE_CURRENT_SOURCE_DIR}/http/cpprest_bridge/leaks.txt")
endif()

add_subdirectory("${CMAKE_CURRENT_SOURCE_DIR}/interop")

# The FHIR package no.planbro.ip.
file(GLOB ip_package_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/ip_package/*.cc")
add_executable(ip_package_test ${ip_package_sources})
target_link_libraries(ip_package_test PRIVATE planbro_ip_package planbro_test_support)
planbro_test_paths(ip_package_test)
file(RELATIVE_PATH ip_package_path "${CMAKE_SOURCE_DIR}" "${PLANBRO_IP_PACKAGE}")
target_compile_definitions(ip_package_test PRIVATE PLANBRO_IP_PACKAGE="${ip_package_path}")
add_dependencies(ip_package_test ip_package)
planbro_use_pch(ip_package_test)
gtest_discover_tests(ip_package_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120
  WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
