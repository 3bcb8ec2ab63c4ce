# SPDX-License-Identifier: Apache-2.0
# Writes the bytes of INPUT as the C array NAME (and NAME_len) that HEADER declares.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT}
  "#include \"${HEADER}\"\n\nconst char ${NAME}[] = {${bytes}0};\n"
  "const size_t ${NAME}_len = sizeof ${NAME} - 1;\n")
