# SPDX-License-Identifier: Apache-2.0
# How every folder builds. roost_module() is the one way to make a library and its tests.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_package(PkgConfig REQUIRED)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

add_library(roost_flags INTERFACE)
target_compile_options(roost_flags INTERFACE
  $<$<COMPILE_LANGUAGE:C>:-Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Werror -fno-common>)
target_include_directories(roost_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_link_libraries(roost_flags INTERFACE m)
# Sanitized code without any optimisation takes two to three times as long. Two warnings are wrong there more often than
# right; the plain build has them.
if(ROOST_SANITIZE STREQUAL "thread")
  target_compile_options(roost_flags INTERFACE -O1 -fsanitize=thread -fno-omit-frame-pointer
    -Wno-format-truncation -Wno-maybe-uninitialized)
  target_link_options(roost_flags INTERFACE -fsanitize=thread)
elseif(ROOST_SANITIZE)
  target_compile_options(roost_flags INTERFACE -O1 -fsanitize=address,undefined
    -fno-sanitize-recover=undefined -fno-omit-frame-pointer -Wno-format-truncation -Wno-maybe-uninitialized)
  target_link_options(roost_flags INTERFACE -fsanitize=address,undefined)
endif()

# roost_module(NAME [HOSTED] [FOLDERS dir...] [DEPENDS lib...] [TEST_DEPENDS lib...])
# A static library of every *.c in the folders (default: this one) that is not *_test.c or *_main.c,
# and one cmocka test program per *_test.c. HOSTED: may use POSIX (never for core, proto, devices).
function(roost_module NAME)
  cmake_parse_arguments(ARG "HOSTED" "" "FOLDERS;DEPENDS;TEST_DEPENDS" ${ARGN})
  if(NOT ARG_FOLDERS)
    set(ARG_FOLDERS .)
  endif()
  set(sources)
  set(tests)
  foreach(folder ${ARG_FOLDERS})
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.c)
    list(APPEND sources ${found})
  endforeach()
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.c$")
  list(FILTER sources EXCLUDE REGEX "(_test|_main)\\.c$")
  if(sources)
    add_library(${NAME} STATIC ${sources})
    target_link_libraries(${NAME} PUBLIC roost_flags ${ARG_DEPENDS})
    if(ARG_HOSTED)
      target_compile_definitions(${NAME} PRIVATE _GNU_SOURCE)
    endif()
  else()
    add_library(${NAME} INTERFACE)
    target_link_libraries(${NAME} INTERFACE roost_flags ${ARG_DEPENDS})
  endif()
  foreach(test ${tests})
    get_filename_component(stem ${test} NAME_WE)
    roost_test(${NAME}_${stem} SOURCES ${test} DEPENDS ${NAME} ${ARG_TEST_DEPENDS})
  endforeach()
endfunction()

# roost_test(NAME SOURCES file... [DEPENDS lib...] [LABEL label]): a cmocka program run by ctest.
function(roost_test NAME)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_compile_definitions(${NAME} PRIVATE _GNU_SOURCE)
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPENDS} roost_flags PkgConfig::CMOCKA)
  add_test(NAME ${NAME} COMMAND ${NAME})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  set_tests_properties(${NAME} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 300)
endfunction()

# roost_program(NAME SOURCES file... DEPENDS lib...): a binary in build/bin.
function(roost_program NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_compile_definitions(${NAME} PRIVATE _GNU_SOURCE ROOST_VERSION="${PROJECT_VERSION}")
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPENDS} roost_flags)
endfunction()

# Adds every folder below this one that has a CMakeLists.txt.
function(roost_subdirectories)
  file(GLOB folders CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
  foreach(list ${folders})
    get_filename_component(folder ${list} DIRECTORY)
    add_subdirectory(${folder})
  endforeach()
endfunction()
