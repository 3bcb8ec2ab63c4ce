/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FNV-1a, the hash for tables and for seeds made of names
 * (http://www.isthe.com/chongo/tech/comp/fnv). Its low bits are weak: fold the high ones in before
 * taking a remainder. No protection against whoever chooses the text; start from a random value
 * where that matters. Depends on nothing.
 *
 *     uint32_t hash = roost_fnv32(ROOST_FNV32, name, strlen(name));
 *     hash = roost_fnv32(hash, more, strlen(more));
 */
#ifndef ROOST_CORE_FNV_H
#define ROOST_CORE_FNV_H

#include <stddef.h>
#include <stdint.h>

#define ROOST_FNV32 UINT32_C(2166136261)
#define ROOST_FNV64 UINT64_C(14695981039346656037)

uint32_t roost_fnv32(uint32_t hash, const void *bytes, size_t len);
uint64_t roost_fnv64(uint64_t hash, const void *bytes, size_t len);

#endif
