/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts an incremental encoder from the levels of its two lines, four counts a period. Always
 * inlined, for interrupts. Depends on nothing.
 *
 *     A  __|--|__|--|__        position += quadrature_step(before, now);
 *     B  ___|--|__|--|_        upwards: A leads
 */
#ifndef ROOST_PORT_PARTS_QUADRATURE_H
#define ROOST_PORT_PARTS_QUADRATURE_H

#include <stdint.h>

/* The place in the order 00, 10, 11, 01 of A << 1 | B. */
static inline __attribute__((always_inline)) unsigned quadrature_place(unsigned levels)
{
    unsigned a = levels >> 1 & 1u;
    unsigned b = levels & 1u;

    return b << 1 | (a ^ b);
}

/* Each is A << 1 | B. Returns +1, -1 or 0. A change of both lines at once is an edge that was
 * missed: counted as none, for nobody knows its direction. */
static inline __attribute__((always_inline)) int32_t quadrature_step(unsigned before, unsigned now)
{
    switch ((quadrature_place(now) - quadrature_place(before)) & 3u) {
    case 1:
        return 1;
    case 3:
        return -1;
    default:
        return 0;
    }
}

#endif
