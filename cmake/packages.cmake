# SPDX-License-Identifier: Apache-2.0
# The libraries of the hosted parts, as imported targets PkgConfig::NAME.
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(LWS REQUIRED IMPORTED_TARGET libwebsockets)
pkg_check_modules(MOSQUITTO REQUIRED IMPORTED_TARGET libmosquitto)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET openssl)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(JWT REQUIRED IMPORTED_TARGET libjwt)
pkg_check_modules(ARGON2 REQUIRED IMPORTED_TARGET libargon2)
pkg_check_modules(INIH REQUIRED IMPORTED_TARGET inih)
pkg_check_modules(QRENCODE REQUIRED IMPORTED_TARGET libqrencode)
pkg_check_modules(ICU REQUIRED IMPORTED_TARGET icu-uc icu-i18n)
pkg_check_modules(POCKETSPHINX REQUIRED pocketsphinx sphinxbase)
pkg_check_modules(MODBUS REQUIRED IMPORTED_TARGET libmodbus)
pkg_check_modules(LAME REQUIRED IMPORTED_TARGET lame)
pkg_check_modules(MPG123 REQUIRED IMPORTED_TARGET libmpg123)
pkg_check_modules(OPUS REQUIRED IMPORTED_TARGET opus)
pkg_check_modules(SAMPLERATE REQUIRED IMPORTED_TARGET samplerate)
find_package(wslay CONFIG REQUIRED) # target wslay; it ships no pkg-config file

# Debian's mbedTLS 2.28 ships no pkg-config file. libmbedtls itself, the protocol, is used by tests only.
find_path(MBEDTLS_INCLUDE mbedtls/x509_crt.h REQUIRED)
find_library(MBEDX509_LIBRARY mbedx509 REQUIRED)
find_library(MBEDTLS_LIBRARY mbedtls REQUIRED)
find_library(MBEDCRYPTO_LIBRARY mbedcrypto REQUIRED)
add_library(roost_mbedtls INTERFACE)
target_include_directories(roost_mbedtls SYSTEM INTERFACE ${MBEDTLS_INCLUDE})
target_link_libraries(roost_mbedtls INTERFACE ${MBEDX509_LIBRARY} ${MBEDCRYPTO_LIBRARY})

# Debian's sphinxbase.pc names a folder that is not there, which an imported target refuses.
find_path(POCKETSPHINX_INCLUDE pocketsphinx.h HINTS ${POCKETSPHINX_INCLUDE_DIRS}
  PATH_SUFFIXES pocketsphinx REQUIRED)
add_library(roost_pocketsphinx INTERFACE)
target_include_directories(roost_pocketsphinx SYSTEM INTERFACE ${POCKETSPHINX_INCLUDE})
target_link_libraries(roost_pocketsphinx INTERFACE ${POCKETSPHINX_LIBRARIES})
add_library(PkgConfig::POCKETSPHINX ALIAS roost_pocketsphinx)
# flite ships no pkg-config file: English and three of its voices.
add_library(roost_flite INTERFACE)
target_link_libraries(roost_flite INTERFACE flite_cmu_us_slt flite_cmu_us_rms flite_cmu_us_kal16
  flite_usenglish flite_cmulex flite m)
add_library(PkgConfig::FLITE ALIAS roost_flite)
# Debian's acoustic and language model of English, which the pkg-config file names.
pkg_get_variable(ROOST_SPEECH_PACKAGE pocketsphinx modeldir)
set(ROOST_SPEECH_MODEL_DIR ${CMAKE_BINARY_DIR}/speech) # what tools/speech builds
set(ROOST_GATE_LEARNED ${CMAKE_BINARY_DIR}/safety/learned.bin) # what tools/safety builds
# LIBLINEAR ships no pkg-config file.
find_path(LINEAR_INCLUDE linear.h REQUIRED)
find_library(LINEAR_LIBRARY linear REQUIRED)
add_library(roost_linear INTERFACE)
target_include_directories(roost_linear SYSTEM INTERFACE ${LINEAR_INCLUDE})
target_link_libraries(roost_linear INTERFACE ${LINEAR_LIBRARY})
