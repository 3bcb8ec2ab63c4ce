/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card reader as physics: an NXP PN532 on its serial line (UM0701-02), and the card that lies
 * before it. It sleeps until it is woken, answers what a charger asks, and goes silent when it is
 * told to be. Depends on nothing.
 *
 *     world_reader_init(&reader);
 *     world_reader_lay(&reader, uid, 7);                     // 0: nothing lies there any more
 *     the line's ops: world_reader_write, world_reader_read, its ctx the reader
 */
#ifndef ROOST_WORLD_CHARGER_READER_H
#define ROOST_WORLD_CHARGER_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WORLD_READER_UID_MAX = 10, WORLD_READER_BYTES = 96 };

struct world_reader {
    uint8_t uid[WORLD_READER_UID_MAX], uid_len;
    bool silent, awake, noisy; /* noisy: a bit of each answer falls over */
    uint8_t bytes[WORLD_READER_BYTES];
    size_t len;
    uint32_t asked;
};

void world_reader_init(struct world_reader *reader);
void world_reader_lay(struct world_reader *reader, const uint8_t *uid, size_t len);
int world_reader_write(void *ctx, const void *bytes, size_t len);
int world_reader_read(void *ctx, void *out, size_t room);

#endif
