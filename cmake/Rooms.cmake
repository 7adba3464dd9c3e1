# planbro_room(NAME [LIBRARIES lib...] [PRIVATE_LIBRARIES lib...] [NO_PCH])
#
# Makes the static library of one room from adapter/NAME, registers its headers for the
# self-containment check, and stops the configuration when one of its files includes a room that
# stands above it. The order below is the architecture: a room may include only rooms after it.
set(PLANBRO_ROOMS cli http portal sync service access plan mapping validation terminology search
  fhirpath store fhir json base)

define_property(GLOBAL PROPERTY PLANBRO_OPEN_ROOMS BRIEF_DOCS "Rooms opened so far")

function(planbro_check_includes room)
  list(FIND PLANBRO_ROOMS ${room} rank)
  if(rank EQUAL -1)
    message(FATAL_ERROR "'${room}' is not a room of cmake/Rooms.cmake")
  endif()
  foreach(file IN LISTS ARGN)
    file(STRINGS "${file}" includes REGEX "^[ \t]*#[ \t]*include[ \t]+\"[a-z0-9_]+/")
    foreach(line IN LISTS includes)
      string(REGEX REPLACE ".*\"([a-z0-9_]+)/.*" "\\1" other "${line}")
      list(FIND PLANBRO_ROOMS ${other} other_rank)
      if(NOT other_rank EQUAL -1 AND other_rank LESS rank)
        message(FATAL_ERROR "${file}: ${room}/ may not include ${other}/, which stands above it:\n  ${line}")
      endif()
    endforeach()
  endforeach()
endfunction()

function(planbro_room name)
  cmake_parse_arguments(ROOM "NO_PCH" "" "LIBRARIES;PRIVATE_LIBRARIES;EXCLUDE" ${ARGN})
  set(folder "${CMAKE_SOURCE_DIR}/adapter/${name}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cc")
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${folder}/*.h")
  foreach(pattern IN LISTS ROOM_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${pattern}")
    list(FILTER headers EXCLUDE REGEX "${pattern}")
  endforeach()
  planbro_check_includes(${name} ${sources} ${headers})

  add_library(planbro_${name} STATIC ${sources} ${headers})
  set_target_properties(planbro_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(planbro_${name} PUBLIC planbro_options ${ROOM_LIBRARIES}
                        PRIVATE ${ROOM_PRIVATE_LIBRARIES})
  # Everything below a room may be used by it.
  get_property(open GLOBAL PROPERTY PLANBRO_OPEN_ROOMS)
  list(FIND PLANBRO_ROOMS ${name} rank)
  foreach(other IN LISTS open)
    list(FIND PLANBRO_ROOMS ${other} other_rank)
    if(other_rank GREATER rank)
      target_link_libraries(planbro_${name} PUBLIC planbro_${other})
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY PLANBRO_OPEN_ROOMS ${name})
  if(NOT ROOM_NO_PCH)
    planbro_use_pch(planbro_${name})
  endif()

  # Every header compiles alone.
  set(checks)
  foreach(header IN LISTS headers)
    file(RELATIVE_PATH relative "${CMAKE_SOURCE_DIR}/adapter" "${header}")
    string(MAKE_C_IDENTIFIER "${relative}" id)
    set(check "${CMAKE_BINARY_DIR}/header_checks/${id}.cc")
    file(CONFIGURE OUTPUT "${check}" CONTENT "#include \"${relative}\"\n")
    list(APPEND checks "${check}")
  endforeach()
  if(checks)
    add_library(planbro_${name}_headers OBJECT EXCLUDE_FROM_ALL ${checks})
    target_link_libraries(planbro_${name}_headers PRIVATE planbro_${name} ${ROOM_PRIVATE_LIBRARIES})
    if(NOT TARGET check_headers)
      add_custom_target(check_headers)
    endif()
    add_dependencies(check_headers planbro_${name}_headers)
  endif()
endfunction()

# One precompiled header of standard headers, built once and shared.
function(planbro_use_pch target)
  if(NOT TARGET planbro_pch)
    file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/pch.cc" CONTENT "// anchor of the precompiled header\n")
    add_library(planbro_pch OBJECT "${CMAKE_BINARY_DIR}/pch.cc")
    target_link_libraries(planbro_pch PRIVATE planbro_options)
    target_precompile_headers(planbro_pch PRIVATE <algorithm> <array> <atomic> <charconv> <chrono>
      <cstdint> <cstring> <deque> <expected> <filesystem> <fstream> <functional> <map> <memory>
      <mutex> <optional> <set> <span> <string> <string_view> <thread> <unordered_map>
      <unordered_set> <utility> <variant> <vector>)
  endif()
  target_precompile_headers(${target} REUSE_FROM planbro_pch)
endfunction()
