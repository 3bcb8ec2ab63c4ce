/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/test/fake_port.h"

#include <string.h>

#include "core/assert.h"
#include "runtime/test/fake_parts.h"

/* ---- time, chance, events ---- */

static uint64_t now_ms(void *ctx)
{
    return ((struct fake_port *)ctx)->now_ms;
}

int64_t fake_unix_ms(const struct fake_port *fake)
{
    return fake->unix_at_boot_ms == 0 ? 0 : fake->unix_at_boot_ms + (int64_t)fake->now_ms;
}

static int64_t unix_ms(void *ctx)
{
    return fake_unix_ms(ctx);
}

static void fill(void *ctx, void *out, size_t len)
{
    struct fake_port *fake = ctx;
    uint8_t *bytes = out;

    for (size_t i = 0; i < len; i++) {
        fake->random = fake->random * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (uint8_t)(fake->random >> 56);
    }
}

void fake_later(struct fake_port *fake, uint64_t delay_ms, struct roost_event event)
{
    ROOST_ASSERT(fake->pending_count < FAKE_PENDING);
    fake->pending[fake->pending_count++] =
        (struct fake_pending){.due_ms = fake->now_ms + delay_ms, .event = event};
}

static void post_due(struct fake_port *fake)
{
    for (int i = 0; i < fake->pending_count;) {
        if (fake->pending[i].due_ms > fake->now_ms) {
            i++;
            continue;
        }
        struct roost_event event = fake->pending[i].event;
        memmove(&fake->pending[i], &fake->pending[i + 1],
                (size_t)(fake->pending_count - i - 1) * sizeof fake->pending[0]);
        fake->pending_count--;
        if (fake->hooks)
            fake->hooks->settle(fake->hooks_ctx, &event);
        fake_settle_broker(fake, &event);
        fake_settle_ws(fake, &event);
        fake_settle_wifi(fake, &event);
        fake_settle_http(fake, &event);
        int err = fake->device.post ? fake->device.post(fake->device.device, &event) : 0;
        if (event.type == ROOST_EV_HTTP_DATA)
            fake_http_posted(fake, &event, err);
        else
            ROOST_ASSERT(err == 0);
    }
}

static uint64_t next_pending(const struct fake_port *fake)
{
    uint64_t due = UINT64_MAX;

    for (int i = 0; i < fake->pending_count; i++)
        if (fake->pending[i].due_ms < due)
            due = fake->pending[i].due_ms;
    return due;
}

void fake_forget_pending(struct fake_port *fake, enum roost_event_type type)
{
    int kept = 0;

    for (int i = 0; i < fake->pending_count; i++)
        if (fake->pending[i].event.type != type)
            fake->pending[kept++] = fake->pending[i];
    fake->pending_count = kept;
}

void fake_run(struct fake_port *fake, uint64_t ms)
{
    uint64_t end = fake->now_ms + ms;
    int turns = 0;

    while (fake->power && fake->reboots == 0) {
        uint64_t due = fake->device.step(fake->device.device);
        uint64_t next = next_pending(fake);
        next = due < next ? due : next;
        if (fake->now_ms >= end && next > fake->now_ms)
            return;
        if (next > end)
            next = end;
        if (next > fake->now_ms) {
            turns = 0;
            if (fake->hooks)
                fake->hooks->passes(fake->hooks_ctx, next - fake->now_ms);
            fake->now_ms = next;
        } else {
            ROOST_ASSERT(++turns < 1000); /* a device that is due forever does nothing */
        }
        post_due(fake);
    }
}

/* ---- system ---- */

static enum roost_reset_reason reset_reason(void *ctx)
{
    return ((struct fake_port *)ctx)->reset_reason;
}

static void reboot(void *ctx, enum roost_reset_reason reason)
{
    struct fake_port *fake = ctx;

    fake->reboots++;
    fake->reset_reason = reason;
}

static void feed_watchdog(void *ctx)
{
    ((struct fake_port *)ctx)->fed++;
}

static void heap(void *ctx, struct roost_heap *out)
{
    *out = ((struct fake_port *)ctx)->heap;
}

static void console(void *ctx, const char *line, size_t len)
{
    struct fake_port *fake = ctx;

    if (fake->on_line)
        fake->on_line(fake->line_ctx, line, len);
}

static const struct roost_clock_ops clock_ops = {.now_ms = now_ms, .unix_ms = unix_ms};
static const struct roost_random_ops random_ops = {.fill = fill};
static const struct roost_system_ops system_ops = {.reset_reason = reset_reason,
                                                   .reboot = reboot,
                                                   .feed_watchdog = feed_watchdog,
                                                   .heap = heap,
                                                   .console = console};

void fake_init(struct fake_port *fake)
{
    memset(fake, 0, sizeof *fake);
    fake->port = (struct roost_port){
        .clock = {&clock_ops, fake},
        .random = {&random_ops, fake},
        .kv = {&fake_kv_ops, fake},
        .journal = {.ops = &fake_flash_ops,
                    .ctx = &fake->journal,
                    .sector_bytes = FAKE_SECTOR_BYTES,
                    .sector_count = FAKE_SECTORS,
                    .program_bytes = FAKE_PROGRAM_BYTES},
        .mqtt = {&fake_mqtt_ops, fake},
        .system = {&system_ops, fake},
    };
    memset(fake->flash, 0xFF, sizeof fake->flash);
    fake->journal = (struct fake_region){.fake = fake,
                                         .bytes = fake->flash,
                                         .sectors = FAKE_SECTORS,
                                         .sector_bytes = FAKE_SECTOR_BYTES,
                                         .fails = &fake->flash_fails};
    fake_kv_ops.erase_all(fake);
    fake->random = 42;
    fake->unix_at_boot_ms = 1772409600000;
    fake->cut_at = FAKE_NO_CUT;
    fake->heap = (struct roost_heap){100000, 90000};
    fake->broker_up = fake->acks = true;
    fake->room = 32;
    fake->ack_delay_ms = 20;
    fake_boot(fake, ROOST_RESET_POWER_ON);
}

void fake_boot(struct fake_port *fake, enum roost_reset_reason reason)
{
    fake->power = true;
    fake->cut_at = FAKE_NO_CUT;
    fake->reset_reason = reason;
    fake->reboots = 0;
    fake->device = (struct fake_device){.device = NULL};
    if (fake->unix_at_boot_ms != 0)
        fake->unix_at_boot_ms += (int64_t)fake->now_ms;
    fake->now_ms = 0;
    fake->open = fake->opening = fake->ws_open = fake->ws_opening = fake->wifi_scanning = false;
    fake_forget_unacked(fake);
    fake->pending_count = 0;
    fake_boot_update(fake);
    if (fake->hooks)
        fake->hooks->booted(fake->hooks_ctx);
}

void fake_attach(struct fake_port *fake, const struct fake_device *device)
{
    fake->device = *device;
}
