/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as bytes: little-endian (what we keep on flash, images, WAV) and big-endian (MQTT,
 * WebSocket). Of 1 to 8 bytes, at any address; a number that needs more than it is given keeps its
 * lower bytes. Depends on nothing.
 *
 *     roost_le_put(record + 8, time_ms, 8);
 *     time_ms = roost_le_get(record + 8, 8);
 */
#ifndef ROOST_CORE_BYTES_H
#define ROOST_CORE_BYTES_H

#include <stddef.h>
#include <stdint.h>

void roost_le_put(void *out, uint64_t value, size_t bytes);
uint64_t roost_le_get(const void *in, size_t bytes);

void roost_be_put(void *out, uint64_t value, size_t bytes);
uint64_t roost_be_get(const void *in, size_t bytes);

/* The same, of the type that the number has. */

static inline uint16_t roost_le_get16(const void *in)
{
    const uint8_t *bytes = in;
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t roost_le_get32(const void *in)
{
    return (uint32_t)roost_le_get(in, 4);
}

static inline uint16_t roost_be_get16(const void *in)
{
    const uint8_t *bytes = in;
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

#endif
