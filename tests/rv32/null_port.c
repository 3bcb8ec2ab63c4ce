/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/rv32/null_port.h"

#include <string.h>

#include "core/err.h"

#define UNIX_MS_AT_BOOT 1795248000000 /* 2026-11-21T08:00:00Z */

static uint64_t now_ms(void *ctx)
{
    return ((struct null_port *)ctx)->now_ms;
}

static int64_t unix_ms(void *ctx)
{
    return UNIX_MS_AT_BOOT + (int64_t)((struct null_port *)ctx)->now_ms;
}

static void fill(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 0x5A, len);
}

/* ---- flash ---- */

static struct null_key *find(struct null_port *null, const char *name)
{
    for (size_t i = 0; i < NULL_KEYS; i++) {
        if (strcmp(null->keys[i].name, name) == 0)
            return &null->keys[i];
    }
    return NULL;
}

static int kv_get(void *ctx, const char *name, void *value, size_t size)
{
    const struct null_key *key = find(ctx, name);
    if (!key)
        return ROOST_ERR_NOT_FOUND;
    if (key->len > size)
        return ROOST_ERR_TOO_LONG;
    memcpy(value, key->value, key->len);
    return key->len;
}

static int kv_set(void *ctx, const char *name, const void *value, size_t len)
{
    struct null_key *key = find(ctx, name);
    if (!key)
        key = find(ctx, "");
    if (!key)
        return ROOST_ERR_NO_SPACE;
    if (len > sizeof key->value || strlen(name) > ROOST_KV_KEY_MAX)
        return ROOST_ERR_TOO_LONG;
    strcpy(key->name, name);
    memcpy(key->value, value, len);
    key->len = (uint8_t)len;
    return 0;
}

static int kv_erase(void *ctx, const char *name)
{
    struct null_key *key = find(ctx, name);
    if (key)
        key->name[0] = '\0';
    return 0;
}

static int kv_erase_all(void *ctx)
{
    memset(((struct null_port *)ctx)->keys, 0, sizeof((struct null_port *)ctx)->keys);
    return 0;
}

static int flash_read(void *ctx, uint32_t offset, void *out, size_t len)
{
    memcpy(out, ((struct null_port *)ctx)->flash + offset, len);
    return 0;
}

static int flash_program(void *ctx, uint32_t offset, const void *data, size_t len)
{
    memcpy(((struct null_port *)ctx)->flash + offset, data, len);
    return 0;
}

static int flash_erase(void *ctx, uint32_t sector)
{
    memset(((struct null_port *)ctx)->flash + sector * NULL_SECTOR_BYTES, 0xFF, NULL_SECTOR_BYTES);
    return 0;
}

/* ---- broker ---- */

static int mqtt_open(void *ctx, const struct roost_mqtt_options *options)
{
    (void)options;
    ((struct null_port *)ctx)->opening = true;
    return 0;
}

static int mqtt_publish(void *ctx, const char *topic, const void *payload, size_t len, int qos,
                        bool retain)
{
    struct null_port *null = ctx;
    (void)topic, (void)payload, (void)len, (void)retain;
    return qos ? (int)++null->published : 0;
}

static int mqtt_subscribe(void *ctx, const char *topic)
{
    (void)ctx, (void)topic;
    return 0;
}

static int nothing(void *ctx)
{
    (void)ctx;
    return 0;
}

/* ---- sensors, motor, system ---- */

static int measure(void *ctx)
{
    ((struct null_port *)ctx)->measuring = true;
    return 0;
}

static int audio_start(void *ctx, uint32_t sample_rate_hz)
{
    (void)sample_rate_hz;
    ((struct null_port *)ctx)->recording = true;
    return 0;
}

static int audio_read(void *ctx, int16_t *out, size_t samples)
{
    (void)ctx;
    for (size_t i = 0; i < samples; i++)
        out[i] = (int16_t)(i * 37);
    return (int)samples;
}

static int audio_stop(void *ctx)
{
    ((struct null_port *)ctx)->recording = false;
    return 0;
}

static uint32_t no_overruns(void *ctx)
{
    (void)ctx;
    return 0;
}

static int motor_range(void *ctx, int32_t *min_raw, int32_t *max_raw)
{
    (void)ctx;
    *min_raw = 500;
    *max_raw = 2500;
    return 0;
}

static int motor_set(void *ctx, int32_t raw)
{
    ((struct null_port *)ctx)->set_raw = raw;
    return 0;
}

static int motor_sense(void *ctx, struct roost_motor_sense *out)
{
    int32_t set_raw = ((struct null_port *)ctx)->set_raw;
    out->position_raw = set_raw < NULL_END_CLOSED_RAW ? NULL_END_CLOSED_RAW
                        : set_raw > NULL_END_OPEN_RAW ? NULL_END_OPEN_RAW
                                                      : set_raw;
    out->current_ma = out->position_raw == set_raw ? 100 : 900;
    return 0;
}

static enum roost_reset_reason reset_reason(void *ctx)
{
    (void)ctx;
    return ROOST_RESET_POWER_ON;
}

static void reboot(void *ctx, enum roost_reset_reason reason)
{
    (void)ctx, (void)reason;
}

static void feed_watchdog(void *ctx)
{
    (void)ctx;
}

static void heap(void *ctx, struct roost_heap *out)
{
    (void)ctx;
    *out = (struct roost_heap){.free_bytes = 100000, .low_bytes = 90000};
}

static void console(void *ctx, const char *line, size_t len)
{
    (void)ctx, (void)line, (void)len;
}

static const struct roost_clock_ops clock_ops = {now_ms, unix_ms};
static const struct roost_random_ops random_ops = {fill};
static const struct roost_kv_ops kv_ops = {kv_get, kv_set, kv_erase, kv_erase_all};
static const struct roost_flash_ops flash_ops = {flash_read, flash_program, flash_erase};
static const struct roost_mqtt_ops mqtt_ops = {mqtt_open, mqtt_publish, mqtt_subscribe, nothing};
static const struct roost_climate_sensor_ops climate_ops = {measure};
static const struct roost_audio_in_ops audio_ops = {audio_start, audio_read, audio_stop,
                                                    no_overruns};
static const struct roost_motor_ops motor_ops = {motor_range, motor_set, nothing, motor_sense};
static const struct roost_system_ops system_ops = {reset_reason, reboot, feed_watchdog, heap,
                                                   console};

void null_port_init(struct null_port *null, roost_post_fn post, void *post_ctx)
{
    memset(null, 0, sizeof *null);
    memset(null->flash, 0xFF, sizeof null->flash);
    null->post = post;
    null->post_ctx = post_ctx;
    null->set_raw = 1500;
    null->port = (struct roost_port){
        .clock = {&clock_ops, null},
        .random = {&random_ops, null},
        .kv = {&kv_ops, null},
        .journal = {&flash_ops, null, NULL_SECTOR_BYTES, NULL_SECTORS, 4},
        .mqtt = {&mqtt_ops, null},
        .climate = {&climate_ops, null},
        .audio_in = {&audio_ops, null},
        .motor = {&motor_ops, null},
        .system = {&system_ops, null},
    };
}

void null_port_pump(struct null_port *null)
{
    if (null->opening) {
        null->opening = false;
        null->post(null->post_ctx, &(struct roost_event){.type = ROOST_EV_MQTT_OPENED});
    }
    if (null->measuring) {
        null->measuring = false;
        /* Never the same twice, as from a real sensor. */
        int32_t drift = (int32_t)(null->now_ms / 100 % 1000);
        null->post(null->post_ctx,
                   &(struct roost_event){.type = ROOST_EV_CLIMATE,
                                         .climate = {21000 + drift, 45000 + drift}});
    }
    while (null->acked < null->published)
        null->post(null->post_ctx,
                   &(struct roost_event){.type = ROOST_EV_MQTT_ACKED, .token = ++null->acked});
}
