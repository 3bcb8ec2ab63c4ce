/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC-32 as in Ethernet and zip (IEEE 802.3: reflected, polynomial 0x04C11DB7), against accidents
 * and torn writes, not against people. A table of 64 bytes. Depends on nothing.
 *
 *     crc = roost_crc32(0, head, head_len);
 *     crc = roost_crc32(crc, body, body_len);     // as if both stood in one piece
 */
#ifndef ROOST_CORE_CRC32_H
#define ROOST_CORE_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t roost_crc32(uint32_t crc, const void *data, size_t len);

#endif
