# SPDX-License-Identifier: Apache-2.0
# The portable folders as ESP-IDF components, as they stand.

# roost_esp_sources(OUT folder...): their *.c but the tests.
macro(roost_esp_sources OUT)
  set(${OUT})
  foreach(folder ${ARGN})
    file(GLOB found ${CMAKE_CURRENT_LIST_DIR}/${folder}/*.c)
    list(APPEND ${OUT} ${found})
  endforeach()
  list(FILTER ${OUT} EXCLUDE REGEX "(_test|_main)\\.c$")
endmacro()

# jsmn is a managed component (core/idf_component.yml). A build without the component manager, for
# want of a network, takes the header of the host (Debian: libjsmn-dev), alone in a folder so that
# no other one comes along.
function(roost_esp_jsmn)
  idf_build_get_property(managed IDF_COMPONENT_MANAGER)
  if(managed EQUAL 1)
    return()
  endif()
  find_path(JSMN_FOLDER jsmn.h PATHS /usr/include /usr/local/include NO_CMAKE_FIND_ROOT_PATH)
  if(NOT JSMN_FOLDER)
    message(FATAL_ERROR "jsmn.h is missing: build with the component manager, or install it "
      "(Debian: libjsmn-dev), or give its folder with -D JSMN_FOLDER=")
  endif()
  file(COPY ${JSMN_FOLDER}/jsmn.h DESTINATION ${CMAKE_CURRENT_BINARY_DIR}/jsmn)
  target_include_directories(${COMPONENT_LIB} PUBLIC ${CMAKE_CURRENT_BINARY_DIR}/jsmn)
endfunction()
