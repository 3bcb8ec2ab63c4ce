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
