/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/health.h"

#include <string.h>

#include "core/err.h"
#include "core/number.h"
#include "core/reset.h"

static const char key_boots[] = "h.boots", key_crashes[] = "h.crash", key_brown_outs[] = "h.brown",
                  key_streak[] = "h.streak";

/* ---- counters on flash ---- */

static int load(const struct roost_kv *kv, const char *key, uint32_t *out)
{
    char text[ROOST_NUMBER_MAX];
    uint64_t value;
    *out = 0;
    int len = kv->ops->get(kv->ctx, key, text, sizeof text);
    if (len == ROOST_ERR_NOT_FOUND)
        return ROOST_OK;
    if (len < 0 || roost_parse_uint64(text, (size_t)len, &value) || value > UINT32_MAX)
        return ROOST_ERR_IO;
    *out = (uint32_t)value;
    return ROOST_OK;
}

static int store(const struct roost_kv *kv, const char *key, uint32_t value)
{
    char text[ROOST_NUMBER_MAX];
    size_t len = roost_write_uint64(text, value);
    return kv->ops->set(kv->ctx, key, text, len) ? ROOST_ERR_IO : ROOST_OK;
}

/* Loads a counter and, where this boot is one of its kind, adds it and stores. */
static int count(const struct roost_kv *kv, const char *key, bool one_more, uint32_t *out)
{
    int err = load(kv, key, out);
    if (!one_more || *out == UINT32_MAX)
        return err;
    *out += 1;
    int stored = store(kv, key, *out);
    return err ? err : stored;
}

int roost_health_boot(struct roost_health *health, const struct roost_port *port, bool *safe_mode)
{
    const struct roost_kv *kv = &port->kv;
    enum roost_reset_reason reason = port->system.ops->reset_reason(port->system.ctx);
    bool crashed = reason == ROOST_RESET_CRASH || reason == ROOST_RESET_WATCHDOG;
    uint32_t streak = 0;
    memset(health, 0, sizeof *health);
    health->reset_reason = reason;

    int results[] = {
        count(kv, key_boots, true, &health->boots),
        count(kv, key_crashes, crashed, &health->crashes),
        count(kv, key_brown_outs, reason == ROOST_RESET_BROWN_OUT, &health->brown_outs),
        count(kv, key_streak, crashed, &streak),
        ROOST_OK,
    };
    *safe_mode = crashed && streak >= ROOST_HEALTH_STREAK_MAX;
    if (!crashed && streak > 0)
        results[4] = store(kv, key_streak, 0);
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
        if (results[i])
            return results[i];
    return ROOST_OK;
}

int roost_health_stable(struct roost_health *health, const struct roost_port *port)
{
    uint32_t streak;
    (void)health;
    int err = load(&port->kv, key_streak, &streak);
    /* Most boots have no streak to end: flash is spared the write. */
    return !err && streak == 0 ? ROOST_OK : store(&port->kv, key_streak, 0);
}

/* ---- figures of the moment ---- */

void roost_health_sample(struct roost_health *health, const struct roost_port *port,
                         struct roost_faults *faults, uint32_t low_bytes)
{
    struct roost_heap heap;
    port->system.ops->heap(port->system.ctx, &heap);
    health->heap_free_bytes = heap.free_bytes;
    health->heap_low_bytes = heap.low_bytes;
    health->uptime_ms = port->clock.ops->now_ms(port->clock.ctx);
    health->rssi_dbm = port->wifi.ops ? port->wifi.ops->rssi_dbm(port->wifi.ctx) : 0;
    roost_faults_set(faults, ROOST_FAULT_MEMORY_LOW, heap.free_bytes < low_bytes);
}

void roost_health_log(const struct roost_health *health, struct roost_log *log)
{
    ROOST_LOG(
        log, ROOST_LOG_INFO, "health", "state", RF_INT("up_s", health->uptime_ms / 1000),
        RF_INT("heap_free", health->heap_free_bytes), RF_INT("heap_low", health->heap_low_bytes),
        RF_INT("rssi", health->rssi_dbm), RF_INT("boots", health->boots),
        RF_INT("crashes", health->crashes), RF_INT("brown_outs", health->brown_outs),
        RF_STR("reset", roost_reset_text(health->reset_reason)),
        RF_INT("reconnects", health->reconnects), RF_INT("waiting", health->journal_waiting),
        RF_INT("dropped", health->journal_dropped), RF_INT("events_high", health->event_high_water),
        RF_INT("events_dropped", health->event_dropped), RF_INT("errors", health->log_errors));
}
