/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card held before the reader, as the identifier it stands for: the bytes of its UID (ISO
 * 14443-3: 4, 7 or 10) in upper-case hexadecimal. A reader says many times a second which card it
 * sees; one that is held counts once, another one at once, and the first again when it has been
 * away for long enough. The driver's bytes come in, a tag comes out; it knows no reader and no
 * message. Pure. Depends on core/, devices/charger/tags.h for the length of a tag.
 *
 *     charger_card_init(&card, &(struct charger_card_config){.away_ms = 2000});
 *     if (charger_card_seen(&card, uid, len, now_ms, tag) > 0)      // each time the reader sees
 * one authorise(tag);
 *
 * The last CHARGER_CARDS_HELD cards are remembered: so many may lie before the reader together
 * without counting again and again.
 */
#ifndef ROOST_DEVICES_CHARGER_CARD_H
#define ROOST_DEVICES_CHARGER_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/charger/tags.h"

enum { CHARGER_CARD_UID_MAX = 10, CHARGER_CARDS_HELD = 4 };
_Static_assert(2 * CHARGER_CARD_UID_MAX <= CHARGER_TAG_MAX, "the longest UID is a tag");

struct charger_card_config {
    bool reversed;    /* the reader says the last byte first, or the tags were enrolled that way */
    uint16_t away_ms; /* until a card that was taken away counts again */
};

struct charger_card {
    struct charger_card_config config;
    struct {
        uint8_t uid[CHARGER_CARD_UID_MAX], len; /* 0: none */
        uint64_t seen_ms;
    } held[CHARGER_CARDS_HELD];
    uint32_t counted, repeats, refused;
};

/* The configuration is copied. */
void charger_card_init(struct charger_card *card, const struct charger_card_config *config);

/* The reader sees a card. Returns 1: it counts, and `tag` is its identifier, NUL-terminated; 0: it
 * is still held, `tag` is empty. ROOST_ERR_RANGE: no UID has that length. ROOST_ERR_INVALID: four
 * bytes that begin with 0x88 are half of a longer one. */
int charger_card_seen(struct charger_card *card, const uint8_t *uid, size_t len, uint64_t now_ms,
                      char tag[CHARGER_TAG_MAX + 1]);

#endif
