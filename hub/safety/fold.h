/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One character to the plain letters it stands for: the part of hub/safety/normalize.h that looks
 * at no neighbour. Depends on ICU.
 *
 *     uint32_t out[FOLD_MAX];
 *     size_t count = fold_character(out, 0x1d4da);      mathematical script K -> k
 */
#ifndef ROOST_HUB_SAFETY_FOLD_H
#define ROOST_HUB_SAFETY_FOLD_H

#include <stddef.h>
#include <stdint.h>

enum { FOLD_MAX = 32 }; /* Unicode's longest is 18 (U+FDFA) */

/* Writes the letters, at most FOLD_MAX; 0 when nothing of it is seen or heard. */
size_t fold_character(uint32_t out[FOLD_MAX], uint32_t c);

#endif
