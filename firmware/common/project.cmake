# SPDX-License-Identifier: Apache-2.0
# What every product's ESP-IDF project (5.3 to 5.5) begins with; docs/esp32.md begins at the bare
# board. A product's CMakeLists.txt includes this and then says project(roost-<product>).
#
# ROOST_IMAGE: development, production or emulator. Each is sdkconfig.defaults and on top of it
# sdkconfig.<image>, where there is one, of this folder and then of the product's.
get_filename_component(roost ${CMAKE_CURRENT_LIST_DIR}/../.. ABSOLUTE)
set(EXTRA_COMPONENT_DIRS ${roost}/core ${roost}/proto ${roost}/runtime ${roost}/world ${roost}/devices
  ${roost}/port/parts ${roost}/port/pki ${roost}/port/esp-idf ${roost}/firmware/common)

# One version for the programs and the firmware. Reading a file makes it no dependency by itself:
# without the next line a raised version would stay out of an incremental build.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${roost}/CMakeLists.txt)
file(STRINGS ${roost}/CMakeLists.txt version REGEX "^project\\(roost VERSION ")
string(REGEX REPLACE ".*VERSION ([0-9.]+).*" "\\1" PROJECT_VER "${version}")

set(ROOST_IMAGE development CACHE STRING "development, production or emulator")
if(NOT ROOST_IMAGE MATCHES "^(development|production|emulator)$")
  message(FATAL_ERROR "ROOST_IMAGE ${ROOST_IMAGE}: allowed is development, production, emulator")
endif()
if(NOT SDKCONFIG_DEFAULTS)
  foreach(folder ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_SOURCE_DIR})
    foreach(fragment ${folder}/sdkconfig.defaults ${folder}/sdkconfig.${ROOST_IMAGE})
      if(EXISTS ${fragment})
        list(APPEND SDKCONFIG_DEFAULTS ${fragment})
      endif()
    endforeach()
  endforeach()
endif()

# One partition table, wherever the product's project lies: ESP-IDF looks for it from there. A product that keeps
# something else brings its own.
if(EXISTS ${CMAKE_SOURCE_DIR}/partitions.csv)
  set(table partitions.csv)
else()
  file(RELATIVE_PATH table ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_LIST_DIR}/partitions.csv)
endif()
file(WRITE ${CMAKE_BINARY_DIR}/sdkconfig.partitions
  "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\"${table}\"\n")
list(APPEND SDKCONFIG_DEFAULTS ${CMAKE_BINARY_DIR}/sdkconfig.partitions)

include($ENV{IDF_PATH}/tools/cmake/project.cmake)
