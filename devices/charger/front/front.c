/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/front/front.h"

#include "core/err.h"
#include "core/timer.h"

_Static_assert(sizeof(struct charger_front) <= CHARGER_FRONT_RAM_MAX, "it is too large");

void charger_front_init(struct charger_front *front, struct roost_charger *charger,
                        const struct charger_front_config *config)
{
    *front = (struct charger_front){
        .charger = charger, .connector = config->connector, .reads = config->reader != NULL};
    charger_card_init(&front->card,
                      &(struct charger_card_config){.away_ms = CHARGER_FRONT_AWAY_MS});
    if (front->reads)
        charger_reader_init(&front->reader, config->reader);
    for (unsigned c = 0; c < CHARGER_CONNECTORS_MAX; c++)
        charger_lights_init(&front->lights[c], &config->lights[c]);
}

/* ---- cards ---- */

static uint64_t now(const struct charger_front *front)
{
    const struct roost_clock *clock = &front->charger->device.port->clock;

    return clock->ops->now_ms(clock->ctx);
}

int charger_front_card(struct charger_front *front, const uint8_t *uid, size_t len)
{
    const struct roost_settings *settings = &front->charger->device.settings;
    char tag[CHARGER_TAG_MAX + 1];

    front->card.config.reversed = roost_settings_int(settings, CHARGER_SET_CARD_REVERSED) != 0;
    int counts = charger_card_seen(&front->card, uid, len, now(front), tag);
    if (counts > 0)
        roost_charger_card(front->charger, front->connector, tag);
    return counts;
}

/* That the reader is silent is said once, and that it is there again. */
static void read_card(struct charger_front *front)
{
    struct roost_log *log = &front->charger->device.log;
    uint8_t uid[CHARGER_CARD_UID_MAX];
    uint32_t answers = front->reader.answers;
    int len = charger_reader_look(&front->reader, now(front), uid);

    if (len > 0)
        (void)charger_front_card(front, uid, (size_t)len); /* one that is none is counted there */
    if (len == ROOST_ERR_TIMEOUT && !front->silent)
        ROOST_LOG(log, ROOST_LOG_ERROR, "reader", "silent", RF_ERR("err", len));
    else if (front->silent && front->reader.answers > answers)
        ROOST_LOG(log, ROOST_LOG_INFO, "reader", "answers");
    front->silent = len == ROOST_ERR_TIMEOUT || (front->silent && front->reader.answers == answers);
}

/* ---- lights ---- */

enum charger_light charger_front_light(const struct roost_charger *charger, unsigned c)
{
    static const uint8_t lights[CHARGER_STATUS_COUNT] = {
        [CHARGER_IS_AVAILABLE] = CHARGER_LIGHT_AVAILABLE,
        [CHARGER_IS_PREPARING] = CHARGER_LIGHT_PREPARING,
        [CHARGER_IS_CHARGING] = CHARGER_LIGHT_CHARGING,
        [CHARGER_IS_SUSPENDED_EV] = CHARGER_LIGHT_CHARGING,
        [CHARGER_IS_SUSPENDED_EVSE] = CHARGER_LIGHT_CHARGING,
        [CHARGER_IS_FINISHING] = CHARGER_LIGHT_FINISHING,
        [CHARGER_IS_RESERVED] = CHARGER_LIGHT_RESERVED,
        [CHARGER_IS_UNAVAILABLE] = CHARGER_LIGHT_UNAVAILABLE,
        [CHARGER_IS_FAULTED] = CHARGER_LIGHT_FAULTED,
    };
    enum charger_light light = (enum charger_light)lights[charger->station.connectors[c].status];
    bool alone = charger->provisioned && !roost_device_online(&charger->device);

    return light == CHARGER_LIGHT_AVAILABLE && alone ? CHARGER_LIGHT_OFFLINE : light;
}

uint64_t charger_front_step(struct charger_front *front)
{
    struct roost_charger *charger = front->charger;

    if (front->reads)
        read_card(front);
    uint64_t due_ms = roost_charger_step(charger), now_ms = now(front);
    for (unsigned c = 0; c < charger->config.connectors; c++) {
        uint32_t wait_ms =
            charger_lights_show(&front->lights[c], charger_front_light(charger, c + 1), now_ms);

        if (wait_ms > 0)
            due_ms = roost_earlier(due_ms, now_ms + wait_ms);
    }
    return front->reads ? roost_earlier(due_ms, now_ms + CHARGER_READER_LOOK_MS) : due_ms;
}
