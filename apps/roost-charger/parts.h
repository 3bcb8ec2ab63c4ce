/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the charger's program. */
#ifndef ROOST_APPS_ROOST_CHARGER_PARTS_H
#define ROOST_APPS_ROOST_CHARGER_PARTS_H

#include "apps/device/program.h"
#include "devices/charger/dcmeter.h"
#include "devices/charger/front/front.h"
#include "world/charger/charger.h"
#include "world/charger/dcmeter.h"
#include "world/charger/reader.h"

enum {
    CHARGER_URL_MAX = 255,
    CHARGER_KEY_DIGITS_MAX = 2 * CHARGER_PASSWORD_MAX,
    CHARGER_SECRET_MAX = 128
};

/* What is around one connector. */
struct charger_gun {
    struct world_charger world;
    struct world_time time; /* with a timer of its own */
    unsigned first_timer;
    struct roost_port port; /* its gpio and can, the rest is the board's */
    struct charger_power_config power;
    struct world_dcmeter meter; /* with --dc-meter, and what reads it */
    struct charger_dcmeter reader;
};

struct charger_program {
    struct device_program program;
    struct {
        const char *url, *other_url, *ca, *cert, *key, *key_file;
        const char *vendor, *model, *serial;
        uint64_t connectors, soc_pct, profile;
        bool dc_meter, reader;
    } given;
    char url[CHARGER_URL_MAX + 1];
    char authorization_key[CHARGER_SECRET_MAX]; /* hexadecimal digits; "": none */
    struct charger_gun guns[CHARGER_CONNECTORS_MAX];
    struct roost_charger charger;
    struct world_reader reader; /* with --reader */
    struct charger_front front;
};

static inline struct charger_program *charger_of(struct device_program *program)
{
    return (struct charger_program *)program;
}

/* guns.c: the worlds of all connectors; the first one's gpio and can become the board's. */
int charger_guns_attach(struct charger_program *self, const struct world_time *time);

/* words.c */
enum { CHARGER_WORDS = 9 };
extern const struct device_word charger_words[CHARGER_WORDS];

/* state.c */
void charger_write_state(struct device_program *program, struct roost_json_writer *w);

#endif
