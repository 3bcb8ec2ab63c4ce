/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody stands before: a reader's cards go to the station, and what a connector is at shows
 * on its lights. A charger without either is one, too: whoever has them steps the front, which
 * steps the charger. Depends on devices/charger/device, devices/charger/{card,lights,reader}.h.
 *
 *     charger_front_init(&front, &charger, &config);
 *     due_ms = charger_front_step(&front);                    // for roost_charger_step
 *     charger_front_card(&front, uid, len);                   // of a reader with a driver of its
 * own
 */
#ifndef ROOST_DEVICES_CHARGER_FRONT_FRONT_H
#define ROOST_DEVICES_CHARGER_FRONT_FRONT_H

#include "devices/charger/device/charger.h"
#include "devices/charger/lights.h"
#include "devices/charger/reader.h"

enum {
    CHARGER_FRONT_AWAY_MS = 1500, /* a card that is taken away counts again after it */
    CHARGER_FRONT_RAM_MAX = 768
};

/* Copied; what it points to is borrowed for good. */
struct charger_front_config {
    /* Of each connector; one without light and gpio shows nothing. */
    struct charger_lights_config lights[CHARGER_CONNECTORS_MAX];
    const struct charger_reader_config *reader; /* NULL: none on a serial line */
    uint8_t connector;                          /* whose the cards are; 0: the station's */
};

struct charger_front {
    struct roost_charger *charger;
    uint8_t connector;
    bool reads, silent; /* it has a reader, which does not answer */
    struct charger_card card;
    struct charger_reader reader;
    struct charger_lights lights[CHARGER_CONNECTORS_MAX];
};

/* After the charger's. */
void charger_front_init(struct charger_front *front, struct roost_charger *charger,
                        const struct charger_front_config *config);
/* As roost_charger_step. */
uint64_t charger_front_step(struct charger_front *front);

/* A card is before the reader; however often it is said, it counts once. As charger_card_seen. */
int charger_front_card(struct charger_front *front, const uint8_t *uid, size_t len);

/* What connector c, from 1, shows now. */
enum charger_light charger_front_light(const struct roost_charger *charger, unsigned c);

#endif
