# Compiler, cache and linker settings shared by every target.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # With precompiled headers ccache needs this sloppiness, or it misses nearly every call.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

find_program(LLD_PROGRAM NAMES ld.lld ld.lld-19)
if(LLD_PROGRAM AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fuse-ld=lld)
endif()

add_library(planbro_options INTERFACE)
# RE2 and others ask for it; every file has it, so that the precompiled header fits all.
target_compile_options(planbro_options INTERFACE -pthread)
target_compile_options(planbro_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports uses of moved-from or unset std::expected and std::optional that are not there.
  target_compile_options(planbro_options INTERFACE -fpch-preprocess -Wno-maybe-uninitialized
    -Wno-restrict -Wno-dangling-pointer -Wno-stringop-overflow -Wno-array-bounds
    -Wno-missing-field-initializers)
else()
  # clang sees through to std::get_temporary_buffer, which libstdc++ 12 deprecates and uses itself.
  # A precompiled header without its time can be shared through ccache.
  target_compile_options(planbro_options INTERFACE -Wno-missing-field-initializers
    -Wno-deprecated-declarations "SHELL:-Xclang -fno-pch-timestamp")
endif()
target_include_directories(planbro_options INTERFACE "${CMAKE_SOURCE_DIR}/adapter")

set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(PLANBRO_FUZZ)
  # The fuzzer finds new paths only where the code reports them.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(PLANBRO_SANITIZE)
  add_compile_options(-fsanitize=${PLANBRO_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${PLANBRO_SANITIZE})
  if(PLANBRO_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Of the fences inside Asio; and reads past texts that are not read, as g++ 12 inlines here.
    add_compile_options(-Wno-tsan -Wno-error=stringop-overread)
  endif()
  if(PLANBRO_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
