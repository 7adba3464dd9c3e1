# What the tests of a room need besides the room itself.
set(PLANBRO_TEST_LIBRARIES_fhir LibArchive::LibArchive)

# Every folder here that is named after a room holds that room's tests.
foreach(room IN LISTS PLANBRO_ROOMS)
  file(GLOB found CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${room}/*.cc")
  if(found AND TARGET planbro_${room})
    planbro_test(${room} LIBRARIES ${PLANBRO_TEST_LIBRARIES_${room}})
  endif()
endforeach()
