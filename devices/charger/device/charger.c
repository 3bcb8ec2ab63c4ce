/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/device/charger.h"

#include <stddef.h>
#include <string.h>

#include "core/err.h"
#include "core/timer.h"
#include "devices/charger/device/parts.h"

_Static_assert(sizeof(struct roost_charger) <= ROOST_CHARGER_RAM_MAX, "it is too large");

#define COUNTER(name, member, in_status)                                                           \
    {                                                                                              \
        name, offsetof(struct roost_charger, member), in_status                                    \
    }
static const struct roost_counter_row counters[] = {
    COUNTER("undelivered", ledger.transactions, true),
    COUNTER("samples_thinned", ledger.thinned, true),
    COUNTER("given_up", ledger.given_up, true),
    COUNTER("begins_refused", station.begins_refused, true),
    COUNTER("cards_refused", station.cards_refused, false),
    COUNTER("cards_lost", station.cards_lost, false),
    COUNTER("samples_lost", station.samples_lost, false),
    COUNTER("ledger_torn", ledger.torn, false),
    COUNTER("ledger_damaged", ledger.damaged, false),
    COUNTER("ledger_erases", ledger.erases, false),
    COUNTER("calls", ocpp.count.calls, false),
    COUNTER("calls_refused", ocpp.count.refused, false),
    COUNTER("calls_unanswered", ocpp.count.timeouts, false),
    COUNTER("answers", ocpp.count.answers, false),
    COUNTER("binary_frames", binary_frames, false),
};

const struct roost_device_spec charger_spec = {
    .type = "charger",
    .settings = charger_settings,
    .setting_count = CHARGER_SET_COUNT,
    .faults = charger_faults,
    .fault_count = CHARGER_FAULT_COUNT,
    .commands = charger_commands,
    .command_count = CHARGER_COMMANDS,
    .counters = counters,
    .counter_count = sizeof counters / sizeof counters[0],
    .timer_count = CHARGER_TIMER_COUNT,
    .link = &charger_link_limits,
    .write_health = charger_write_health,
};

/* ---- what comes ---- */

/* Texts go to the reader as they come; that an input changed or a frame is there is looked at in
 * the next step, however often it is said. */
int roost_charger_post(struct roost_charger *charger, const struct roost_event *event)
{
    const struct roost_clock *clock = &charger->device.port->clock;

    switch (event->type) {
    case ROOST_EV_WS_PART: {
        struct charger_instant now = charger_instant(charger, clock->ops->now_ms(clock->ctx));

        charger->news = true;
        charger_ocpp_feed(&charger->ocpp, event->data, event->len,
                          (event->token & ROOST_WS_FIRST) != 0, (event->token & ROOST_WS_LAST) != 0,
                          &now);
        return 0;
    }
    case ROOST_EV_WS_BINARY:
        charger->binary_frames++;
        charger_ocpp_dropped(&charger->ocpp, OCPP_DROP_BINARY);
        return 0;
    case ROOST_EV_GPIO:
        charger->woken = true;
        return 0;
    case ROOST_EV_CAN_READY:
        charger->heard = true;
        return 0;
    case ROOST_EV_HTTP_ROOM:
    case ROOST_EV_HTTP_DONE:
        return roost_upload_post(&charger->upload.job, event)
                   ? 0
                   : roost_device_post(&charger->device, event);
    case ROOST_EV_WS_CLOSED:
        if (event->status == ROOST_ERR_CRYPTO)
            charger->link.failure = (uint8_t)event->token;
        return roost_device_post(&charger->device, event);
    default:
        return roost_device_post(&charger->device, event);
    }
}

void roost_charger_emergency(struct roost_charger *charger)
{
    for (unsigned c = 0; c < charger->config.connectors; c++)
        charger_power_emergency(&charger->power[c]);
    charger->stopped = true;
}

void roost_charger_card(struct roost_charger *charger, uint8_t connector, const char *tag)
{
    charger->news = true;
    if (!roost_device_rests(&charger->device))
        charger_station_card(&charger->station, connector, tag);
}

void roost_charger_button(struct roost_charger *charger, uint8_t connector)
{
    charger->news = true;
    if (!roost_device_rests(&charger->device))
        charger_station_button(&charger->station, connector);
}

uint32_t roost_charger_reset_faults(struct roost_charger *charger)
{
    uint32_t left = 0;

    for (unsigned c = 0; c < charger->config.connectors; c++)
        left |= charger_power_reset(&charger->power[c]);
    charger->woken = true;
    return left;
}

static void happens(struct roost_charger *charger, const struct roost_what *what)
{
    charger->news = true;
    switch (what->kind) {
    case ROOST_WHAT_ONLINE:
        charger_link_opened(charger);
        break;
    case ROOST_WHAT_OFFLINE:
        charger_link_closed(charger);
        break;
    case ROOST_WHAT_SETTINGS:
        charger_apply_settings(charger);
        break;
    default:
        break;
    }
}

/* ---- a step ---- */

/* Whether anything is switched on. A transaction that waits for its battery is none: when energy is
 * to flow again, a cycle sees it and is the first of many. */
static bool busy(const struct roost_charger *charger)
{
    for (unsigned c = 0; c < charger->config.connectors; c++) {
        const struct charger_power *power = &charger->power[c];

        if (charger_power_flows(power) || power->state != CHARGER_IDLE)
            return true;
    }
    return false;
}

static uint64_t cycle_due(const struct roost_charger *charger)
{
    return charger->cycle_ms + (busy(charger) ? CHARGER_CYCLE_MS : ROOST_CHARGER_IDLE_MS);
}

/* While something is switched on, a frame is looked into at once. */
static bool to_cycle(const struct roost_charger *charger, uint64_t now_ms)
{
    return charger->woken || charger->stopped || now_ms >= cycle_due(charger) ||
           (charger->heard && busy(charger));
}

static void listen(struct roost_charger *charger, uint64_t now_ms)
{
    if (!charger->heard)
        return;
    charger->heard = false;
    for (unsigned c = 0; c < charger->config.connectors; c++)
        charger_power_listen(&charger->power[c], now_ms);
}

static void cycle(struct roost_charger *charger, uint64_t now_ms)
{
    charger->heard = false;
    charger->woken = charger->stopped = false;
    charger->cycle_ms = now_ms;
    for (unsigned c = 0; c < charger->config.connectors; c++)
        charger_power_cycle(&charger->power[c], now_ms);
    charger_record(charger);
    charger_keep_faults(charger);
}

/* Transactions are over and nothing flows: it may restart, or end. */
static bool rests(const struct roost_charger *charger)
{
    return charger_station_rests(&charger->station) && !busy(charger);
}

static bool sees_news(struct roost_charger *charger)
{
    bool news = charger->news;

    charger->news = false;
    for (unsigned c = 0; c < charger->config.connectors; c++) {
        const struct charger_power *power = &charger->power[c];
        struct charger_seen *seen = &charger->seen[c];

        if (seen->mwh == power->meter.mwh && seen->faults == power->faults &&
            seen->inputs == power->inputs && seen->lines == power->lines &&
            seen->missing == power->missing && seen->state == (uint8_t)power->state)
            continue;
        *seen = (struct charger_seen){.mwh = power->meter.mwh,
                                      .faults = power->faults,
                                      .inputs = power->inputs,
                                      .lines = power->lines,
                                      .missing = power->missing,
                                      .state = (uint8_t)power->state};
        news = true;
    }
    return news;
}

/* What ages without a word is seen in a cycle now and then. */
static bool to_look(struct roost_charger *charger, uint64_t now_ms)
{
    return sees_news(charger) || now_ms >= charger->due_ms ||
           (now_ms == charger->cycle_ms && now_ms - charger->looked_ms >= ROOST_CHARGER_IDLE_MS);
}

static void look(struct roost_charger *charger, const struct charger_instant *now)
{
    charger->looked_ms = now->now_ms;
    charger_event_clock(charger, now);
    charger->due_ms = charger_station_run(&charger->station, now);
    charger->due_ms =
        roost_earlier(charger->due_ms, charger_trust_run(charger, now, busy(charger)));
    charger->due_ms =
        roost_earlier(charger->due_ms, charger_firmware_run(charger, now, rests(charger)));
    charger->due_ms = roost_earlier(charger->due_ms, charger_ocpp_run(&charger->ocpp, now));
    charger_set_faults(charger);
}

uint64_t roost_charger_step(struct roost_charger *charger)
{
    struct roost_device *device = &charger->device;
    struct roost_what what;

    roost_device_begin(device);
    while (roost_device_next(device, &what))
        happens(charger, &what);
    if (!charger->provisioned)
        roost_device_hold_off(device, ROOST_NEVER); /* there is nowhere to go */
    if (roost_device_rests(device)) {
        charger_station_end(&charger->station, false);
        charger->news = true;
    }
    uint64_t now_ms = device->now.now_ms;
    struct charger_instant now = charger_instant(charger, now_ms);
    if (to_cycle(charger, now_ms))
        cycle(charger, now_ms);
    listen(charger, now_ms);
    uint64_t upload_ms = charger_upload_run(charger, &now);
    if (to_look(charger, now_ms))
        look(charger, &now);
    uint64_t due_ms = roost_earlier(charger->due_ms, cycle_due(charger));
    due_ms = roost_earlier(due_ms, upload_ms);
    return roost_device_finish(device, due_ms, rests(charger) && charger_firmware_may(charger),
                               NULL);
}

/* ---- its beginning and its end ---- */

int roost_charger_init(struct roost_charger *charger, const struct roost_port *port,
                       const struct roost_charger_config *config)
{
    memset((char *)charger + sizeof charger->device, 0, sizeof *charger - sizeof charger->device);
    charger->config = *config;
    if (!port->ws.ops || !port->gpio.ops || !port->can.ops || !port->ledger.ops)
        return ROOST_ERR_UNSUPPORTED;
    if (config->connectors < 1 || config->connectors > CHARGER_CONNECTORS_MAX ||
        !config->facts.vendor || !config->facts.model)
        return ROOST_ERR_INVALID;
    int err = roost_device_init(&charger->device, &(struct roost_device_config){
                                                      .spec = &charger_spec,
                                                      .port = port,
                                                      .device_id = config->device_id,
                                                      .firmware_version = config->firmware_version,
                                                      .uplink = {&charger_uplink_ops, charger},
                                                      .values = charger->values,
                                                      .timers = charger->timer,
                                                      .update = config->update,
                                                  });
    if (err == 0)
        err = charger_make(charger);
    if (err < 0)
        return err;
    charger_event_boot(charger);
    roost_device_ready(&charger->device);
    return 0;
}

void roost_charger_stop(struct roost_charger *charger)
{
    roost_device_stop(&charger->device);
}

bool roost_charger_stopped(const struct roost_charger *charger)
{
    return roost_device_over(&charger->device);
}
