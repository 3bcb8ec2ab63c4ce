/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/card.h"

#include <string.h>

#include "core/err.h"

enum { CASCADE = 0x88 }; /* ISO 14443-3, 6.5.4: more of the UID follows; never its first byte */

void charger_card_init(struct charger_card *card, const struct charger_card_config *config)
{
    *card = (struct charger_card){.config = *config};
}

static void write_tag(const struct charger_card *card, const uint8_t *uid, size_t len, char *tag)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < len; i++) {
        uint8_t byte = uid[card->config.reversed ? len - 1 - i : i];
        *tag++ = digits[byte >> 4];
        *tag++ = digits[byte & 15];
    }
    *tag = '\0';
}

/* Where it is remembered, or the place to remember it: a free one, or that of the card seen least
 * recently. */
static unsigned place_of(const struct charger_card *card, const uint8_t *uid, size_t len)
{
    unsigned oldest = 0;

    for (unsigned i = 0; i < CHARGER_CARDS_HELD; i++) {
        if (card->held[i].len == len && memcmp(card->held[i].uid, uid, len) == 0)
            return i;
        if (card->held[oldest].len > 0 &&
            (card->held[i].len == 0 || card->held[i].seen_ms < card->held[oldest].seen_ms))
            oldest = i;
    }
    return oldest;
}

int charger_card_seen(struct charger_card *card, const uint8_t *uid, size_t len, uint64_t now_ms,
                      char tag[CHARGER_TAG_MAX + 1])
{
    tag[0] = '\0';
    if (len != 4 && len != 7 && len != 10) {
        card->refused++;
        return ROOST_ERR_RANGE;
    }
    if (len == 4 && uid[card->config.reversed ? 3 : 0] == CASCADE) {
        card->refused++;
        return ROOST_ERR_INVALID;
    }
    unsigned at = place_of(card, uid, len);
    bool same = card->held[at].len == len && memcmp(card->held[at].uid, uid, len) == 0;
    bool held = same && now_ms - card->held[at].seen_ms < card->config.away_ms;

    card->held[at].seen_ms = now_ms;
    if (held) {
        card->repeats++;
        return 0;
    }
    memcpy(card->held[at].uid, uid, len);
    card->held[at].len = (uint8_t)len;
    card->counted++;
    write_tag(card, uid, len, tag);
    return 1;
}
