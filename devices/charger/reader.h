/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card reader on a serial line: an NXP PN532 (UM0701-02) in its high-speed UART mode, 115200
 * baud, 8N1. It is woken, told to look for one round instead of for ever, and asked again and again
 * which card of ISO 14443 A lies before it. What comes back is checked frame by frame; noise costs
 * one round. One that is silent is woken anew. It knows no charger: the card's UID goes to
 * devices/charger/card.h. Depends on core/.
 *
 *     charger_reader_init(&reader, &(struct charger_reader_config){write, read, &line});
 *     if ((len = charger_reader_look(&reader, now_ms, uid)) > 0)     // every 20 ms or so
 *         charger_card_seen(&card, uid, (size_t)len, now_ms, tag);
 */
#ifndef ROOST_DEVICES_CHARGER_READER_H
#define ROOST_DEVICES_CHARGER_READER_H

#include <stddef.h>
#include <stdint.h>

#include "devices/charger/card.h"

enum {
    CHARGER_READER_BAUD = 115200,
    CHARGER_READER_LOOK_MS = 20,    /* between two looks, at most */
    CHARGER_READER_PAUSE_MS = 150,  /* between two questions */
    CHARGER_READER_SILENT_MS = 1000 /* an answer takes no longer */
};

struct charger_reader_config {
    /* 0 or an error: nothing was written. */
    int (*write)(void *line, const void *bytes, size_t len);
    int (*read)(void *line, void *out, size_t room); /* what is there: a count */
    void *line;
};

/* For reading, but by reader.c. */
struct charger_reader {
    struct charger_reader_config config;
    uint8_t state;   /* what it was told last */
    bool asked;      /* and has not answered */
    uint64_t due_ms; /* its answer, or the next question */
    uint8_t len, bytes[96];
    uint32_t answers, silences, broken; /* broken: frames that are none */
};

/* The configuration is copied. */
void charger_reader_init(struct charger_reader *reader, const struct charger_reader_config *config);

/* Returns the length of the UID of a card that was seen now, 0: none was, or not yet;
 * ROOST_ERR_TIMEOUT: it is silent, once for each time it should have answered. */
int charger_reader_look(struct charger_reader *reader, uint64_t now_ms,
                        uint8_t uid[CHARGER_CARD_UID_MAX]);

#endif
