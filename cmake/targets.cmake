# dangol_library / dangol_binary / dangol_test: the only ways to declare a target.
include(GoogleTest)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(dangol_flags INTERFACE)
target_compile_options(dangol_flags INTERFACE -Wall -Wextra $<$<CXX_COMPILER_ID:GNU>:-Werror> -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:GNU>:-fdiagnostics-color=always -Wno-maybe-uninitialized -Wno-restrict>)
target_include_directories(dangol_flags INTERFACE ${PROJECT_SOURCE_DIR})
if(DANGOL_SANITIZE)
  add_compile_options(-fsanitize=${DANGOL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DANGOL_SANITIZE})
endif()
if(DANGOL_SANITIZE STREQUAL "thread")
  # Protobuf's headers would lay maps out otherwise than Debian's library, which is not instrumented.
  add_compile_options(-U__SANITIZE_THREAD__)
endif()

# dangol_library(name SRCS a.cc … DEPS target …)
function(dangol_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  if(ARG_SRCS)
    add_library(${name} STATIC ${ARG_SRCS})
    target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE dangol_flags)
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_DEPS})
    target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR})
  endif()
endfunction()

# dangol_binary(name SRCS a.cc … DEPS target …)
function(dangol_binary name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} dangol_flags)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()

# dangol_server_binary(name SRCS a.cc … DEPS target …): many small objects made by one thread and freed
# by another, for which glibc's allocator takes a third more processor time. Nothing else depends on it.
find_library(JEMALLOC_LIBRARY jemalloc)
function(dangol_server_binary name)
  dangol_binary(${name} ${ARGN})
  if(JEMALLOC_LIBRARY)
    target_link_libraries(${name} PRIVATE ${JEMALLOC_LIBRARY})
  endif()
endfunction()

# dangol_test(name SRCS a_test.cc … DEPS target … [TIMEOUT seconds]): one binary, one ctest entry.
function(dangol_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SRCS;DEPS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} dangol_flags GTest::gmock GTest::gtest GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/cmake/tsan.supp")
endfunction()
