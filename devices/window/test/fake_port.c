/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/window/test/fake_port.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "proto/climate/payload.h"

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

static void acknowledge(struct fake_port *fake, int token)
{
    fake->unacked--;
    for (int i = fake->reading_count - 1; i >= 0; i--)
        fake->readings[i].acked |= fake->readings[i].token == token;
}

/* The connection is gone, and with it what the broker may or may not have received. */
static void forget_unacked(struct fake_port *fake)
{
    int kept = 0;

    for (int i = 0; i < fake->reading_count; i++)
        if (fake->readings[i].acked || !fake->lossy)
            fake->readings[kept++] = fake->readings[i];
    fake->reading_count = kept;
    fake->unacked = 0;
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
        if (event.type == ROOST_EV_CLIMATE)
            fake->measuring = false;
        if (event.type == ROOST_EV_MQTT_OPENED) {
            fake->open = true;
            fake->opening = false;
        }
        if (event.type == ROOST_EV_MQTT_CLOSED)
            fake->opening = false;
        if (event.type == ROOST_EV_MQTT_ACKED)
            acknowledge(fake, (int)event.token);
        if (fake->window)
            ROOST_ASSERT(roost_window_post(fake->window, &event) == 0);
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

static void forget_pending(struct fake_port *fake, enum roost_event_type type)
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
        uint64_t due = roost_window_step(fake->window);
        uint64_t next = next_pending(fake);
        next = due < next ? due : next;
        if (fake->now_ms >= end && next > fake->now_ms)
            return;
        if (next > end)
            next = end;
        if (next > fake->now_ms) {
            turns = 0;
            world_sash_step(&fake->sash, (double)(next - fake->now_ms) / 1000.0);
            fake->now_ms = next;
        } else {
            ROOST_ASSERT(++turns < 1000); /* a device that is due forever does nothing */
        }
        post_due(fake);
    }
}

/* ---- flash ---- */

/* Counts one operation; true when it is the one that loses power. */
static bool cuts(struct fake_port *fake)
{
    if (fake->operations++ != fake->cut_at)
        return false;
    fake->power = false;
    return true;
}

static int flash_read(void *ctx, uint32_t offset, void *out, size_t len)
{
    struct fake_port *fake = ctx;

    ROOST_ASSERT(offset + len <= sizeof fake->flash);
    if (fake->flash_fails)
        return ROOST_ERR_IO;
    memcpy(out, fake->flash + offset, len);
    return 0;
}

static int flash_program(void *ctx, uint32_t offset, const void *data, size_t len)
{
    struct fake_port *fake = ctx;
    const uint8_t *bytes = data;
    bool cut;

    ROOST_ASSERT(offset % FAKE_PROGRAM_BYTES == 0 && len % FAKE_PROGRAM_BYTES == 0);
    ROOST_ASSERT(len > 0 && offset + len <= sizeof fake->flash);
    ROOST_ASSERT(offset / FAKE_SECTOR_BYTES == (offset + len - 1) / FAKE_SECTOR_BYTES);
    if (!fake->power || fake->flash_fails)
        return ROOST_ERR_IO;
    cut = cuts(fake);
    size_t done = cut ? len / 2 : len;
    for (size_t i = 0; i < done; i++)
        fake->flash[offset + i] &= bytes[i];
    if (cut && len > 0)
        fake->flash[offset + done] &= (uint8_t)(bytes[done] | 0x5A); /* a torn byte */
    return cut ? ROOST_ERR_IO : 0;
}

static int flash_erase(void *ctx, uint32_t sector)
{
    struct fake_port *fake = ctx;

    ROOST_ASSERT(sector < FAKE_SECTORS);
    if (!fake->power || fake->flash_fails)
        return ROOST_ERR_IO;
    uint8_t *bytes = fake->flash + sector * FAKE_SECTOR_BYTES;
    if (cuts(fake)) {
        memset(bytes, 0xFF, FAKE_SECTOR_BYTES / 3);
        return ROOST_ERR_IO;
    }
    memset(bytes, 0xFF, FAKE_SECTOR_BYTES);
    return 0;
}

static struct fake_key *find_key(struct fake_port *fake, const char *key)
{
    for (int i = 0; i < FAKE_KEYS; i++)
        if (fake->keys[i].len >= 0 && strcmp(fake->keys[i].key, key) == 0)
            return &fake->keys[i];
    return NULL;
}

static int kv_get(void *ctx, const char *key, void *value, size_t size)
{
    struct fake_port *fake = ctx;
    const struct fake_key *found = find_key(fake, key);

    ROOST_ASSERT(strlen(key) <= ROOST_KV_KEY_MAX);
    if (fake->kv_fails)
        return ROOST_ERR_IO;
    if (!found)
        return ROOST_ERR_NOT_FOUND;
    if ((size_t)found->len > size)
        return ROOST_ERR_TOO_LONG;
    memcpy(value, found->value, (size_t)found->len);
    return found->len;
}

/* The cut falls before the new value holds on every other operation, after it on the others. */
static int kv_change(struct fake_port *fake, const char *key, const void *value, int len)
{
    if (!fake->power || fake->kv_fails)
        return ROOST_ERR_IO;
    if (cuts(fake) && fake->operations % 2)
        return ROOST_ERR_IO;
    struct fake_key *slot = find_key(fake, key);
    for (int i = 0; !slot && i < FAKE_KEYS; i++)
        if (fake->keys[i].len < 0)
            slot = &fake->keys[i];
    ROOST_ASSERT(slot != NULL);
    memcpy(slot->key, key, strlen(key) + 1);
    slot->len = len;
    if (len > 0)
        memcpy(slot->value, value, (size_t)len);
    return fake->power ? 0 : ROOST_ERR_IO;
}

static int kv_set(void *ctx, const char *key, const void *value, size_t len)
{
    if (strlen(key) > ROOST_KV_KEY_MAX || len > FAKE_VALUE_MAX)
        return ROOST_ERR_TOO_LONG;
    return kv_change(ctx, key, value, (int)len);
}

static int kv_erase(void *ctx, const char *key)
{
    return find_key(ctx, key) ? kv_change(ctx, key, NULL, -1) : 0;
}

static int kv_erase_all(void *ctx)
{
    struct fake_port *fake = ctx;

    for (int i = 0; i < FAKE_KEYS; i++)
        fake->keys[i].len = -1;
    return 0;
}

/* ---- broker ---- */

static int mqtt_open(void *ctx, const struct roost_mqtt_options *options)
{
    struct fake_port *fake = ctx;

    ROOST_ASSERT(options->client_id != NULL);
    ROOST_ASSERT(options->will_topic != NULL);
    ROOST_ASSERT(strcmp(options->will_payload, "{\"online\":false}") == 0);
    if (fake->open || fake->opening)
        return ROOST_ERR_BUSY;
    fake->opens++;
    fake->opening = true;
    struct roost_event event = {.type =
                                    fake->broker_up ? ROOST_EV_MQTT_OPENED : ROOST_EV_MQTT_CLOSED,
                                .status = fake->broker_up ? 0 : ROOST_ERR_REFUSED};
    fake_later(fake, 30, event);
    return 0;
}

static void keep_reading(struct fake_port *fake, enum roost_topic_kind kind, const char *payload,
                         size_t len, int token)
{
    struct roost_reading reading;

    ROOST_ASSERT(roost_reading_parse(&reading, kind, payload, len) == 0);
    ROOST_ASSERT(fake->reading_count < FAKE_READINGS);
    fake->readings[fake->reading_count++] = (struct fake_reading){
        .kind = kind,
        .unix_ms = reading.unix_ms,
        .seq = reading.seq,
        .value_milli = (int32_t)(reading.value * 1000.0 + (reading.value < 0 ? -0.5 : 0.5)),
        .token = token,
    };
}

static int mqtt_publish(void *ctx, const char *text, const void *payload, size_t len, int qos,
                        bool retain)
{
    struct fake_port *fake = ctx;
    struct roost_topic topic;

    if (!fake->open || !fake->power)
        return ROOST_ERR_CLOSED;
    if (fake->publish_error < 0)
        return fake->publish_error;
    if (fake->unacked >= fake->room)
        return ROOST_ERR_FULL;
    ROOST_ASSERT(qos == 1);
    ROOST_ASSERT(roost_topic_parse(&topic, text, strlen(text)) == 0);
    ROOST_ASSERT(!fake->window || strcmp(topic.device_id, fake->window->device_id) == 0);
    int token = ++fake->next_token;
    fake->publishes++;
    fake->count[topic.kind]++;
    fake->retained[topic.kind] = retain;
    if (topic.kind == ROOST_TOPIC_AUDIO) {
        if (fake->on_audio)
            fake->on_audio(fake->audio_ctx, payload, len);
    } else {
        ROOST_ASSERT(len <= ROOST_ANSWER_MAX);
        memcpy(fake->last[topic.kind], payload, len);
        fake->last[topic.kind][len] = '\0';
    }
    if (topic.kind == ROOST_TOPIC_TEMPERATURE || topic.kind == ROOST_TOPIC_HUMIDITY)
        keep_reading(fake, topic.kind, payload, len, token);
    fake->unacked++;
    if (fake->acks)
        fake_later(fake, fake->ack_delay_ms,
                   (struct roost_event){.type = ROOST_EV_MQTT_ACKED, .token = (uint64_t)token});
    return token;
}

static int mqtt_subscribe(void *ctx, const char *topic)
{
    struct fake_port *fake = ctx;

    (void)topic;
    if (!fake->open)
        return ROOST_ERR_CLOSED;
    fake->subscribes++;
    return 0;
}

static void close_with(struct fake_port *fake, int status)
{
    if (!fake->open && !fake->opening)
        return;
    fake->open = false;
    fake->opening = false;
    forget_unacked(fake);
    forget_pending(fake, ROOST_EV_MQTT_ACKED);
    forget_pending(fake, ROOST_EV_MQTT_OPENED);
    forget_pending(fake, ROOST_EV_MQTT_CLOSED);
    fake_later(fake, 0, (struct roost_event){.type = ROOST_EV_MQTT_CLOSED, .status = status});
}

static int mqtt_close(void *ctx)
{
    close_with(ctx, 0);
    return 0;
}

void fake_disconnect(struct fake_port *fake)
{
    close_with(fake, ROOST_ERR_IO);
}

int fake_deliver(struct fake_port *fake, enum roost_topic_kind kind, const char *payload)
{
    char topic[ROOST_TOPIC_MAX + 1];
    struct roost_event event = {
        .type = ROOST_EV_MQTT_MESSAGE, .topic = topic, .data = payload, .len = strlen(payload)};

    ROOST_ASSERT(roost_topic_write(topic, sizeof topic, kind, fake->window->device_id) > 0);
    return roost_window_post(fake->window, &event);
}

/* ---- sensor, microphone, motor ---- */

static int measure(void *ctx)
{
    struct fake_port *fake = ctx;
    struct roost_event event = {.type = ROOST_EV_CLIMATE};

    if (fake->measuring)
        return ROOST_ERR_BUSY;
    fake->measuring = true;
    fake->measurements++;
    if (!fake->climate_frozen)
        fake->climate.temperature_mdegc += fake->measurements % 7 < 3 ? 10 : -10;
    event.status = fake->sensor_silent ? ROOST_ERR_TIMEOUT : fake->climate_status;
    event.climate = fake->climate;
    fake_later(fake, fake->sensor_silent ? 3000 : 20, event);
    return 0;
}

int16_t fake_sample(uint64_t n)
{
    return (int16_t)(uint16_t)((n * 2654435761u) >> 13);
}

static int audio_start(void *ctx, uint32_t sample_rate_hz)
{
    struct fake_port *fake = ctx;

    if (fake->mic_gone)
        return ROOST_ERR_FAULT;
    ROOST_ASSERT(!fake->mic_open);
    fake->mic_open = true;
    fake->mic_rate = sample_rate_hz;
    fake->mic_start_ms = fake->now_ms;
    fake->mic_read = 0;
    fake->mic_starts++;
    return 0;
}

static int audio_read(void *ctx, int16_t *out, size_t samples)
{
    struct fake_port *fake = ctx;

    if (!fake->mic_open)
        return ROOST_ERR_STATE;
    if (fake->mic_gone)
        return ROOST_ERR_FAULT;
    if (fake->mic_dead)
        return 0;
    uint64_t there = (fake->now_ms - fake->mic_start_ms) * fake->mic_rate / 1000;
    size_t n = 0;
    for (; n < samples && fake->mic_read < there; n++, fake->mic_read++)
        out[n] = fake->mic_flat ? 7 : fake_sample(fake->mic_read);
    return (int)n;
}

static int audio_stop(void *ctx)
{
    ((struct fake_port *)ctx)->mic_open = false;
    return 0;
}

static uint32_t audio_overruns(void *ctx)
{
    (void)ctx;
    return 0;
}

static int motor_range(void *ctx, int32_t *min_raw, int32_t *max_raw)
{
    (void)ctx;
    *min_raw = WORLD_SASH_MIN_RAW;
    *max_raw = WORLD_SASH_MAX_RAW;
    return 0;
}

static int motor_set(void *ctx, int32_t raw)
{
    struct fake_port *fake = ctx;

    ROOST_ASSERT(raw >= WORLD_SASH_MIN_RAW && raw <= WORLD_SASH_MAX_RAW);
    fake->sets++;
    if (fake->set_error < 0)
        return fake->set_error;
    world_sash_set(&fake->sash, raw);
    return 0;
}

static int motor_release(void *ctx)
{
    struct fake_port *fake = ctx;

    fake->releases++;
    world_sash_release(&fake->sash);
    return 0;
}

static int motor_sense(void *ctx, struct roost_motor_sense *out)
{
    struct fake_port *fake = ctx;

    if (fake->sense_error < 0)
        return fake->sense_error;
    out->position_raw = world_sash_feedback_raw(&fake->sash);
    out->current_ma = (int32_t)fake->sash.current_ma;
    return 0;
}

/* ---- Wi-Fi ---- */

static int wifi_connect(void *ctx, const char *ssid, const char *psk)
{
    (void)ssid;
    (void)psk;
    ((struct fake_port *)ctx)->wifi_connects++;
    return 0;
}

static int wifi_rssi_dbm(void *ctx)
{
    return ((struct fake_port *)ctx)->rssi_dbm;
}

void fake_use_wifi(struct fake_port *fake)
{
    static const struct roost_wifi_ops ops = {.connect = wifi_connect, .rssi_dbm = wifi_rssi_dbm};

    fake->port.wifi = (struct roost_wifi){&ops, fake};
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
    (void)ctx;
    (void)line;
    (void)len;
}

static const struct roost_clock_ops clock_ops = {.now_ms = now_ms, .unix_ms = unix_ms};
static const struct roost_random_ops random_ops = {.fill = fill};
static const struct roost_kv_ops kv_ops = {
    .get = kv_get, .set = kv_set, .erase = kv_erase, .erase_all = kv_erase_all};
static const struct roost_flash_ops flash_ops = {
    .read = flash_read, .program = flash_program, .erase = flash_erase};
static const struct roost_mqtt_ops mqtt_ops = {
    .open = mqtt_open, .publish = mqtt_publish, .subscribe = mqtt_subscribe, .close = mqtt_close};
static const struct roost_climate_sensor_ops climate_ops = {.measure = measure};
static const struct roost_audio_in_ops audio_ops = {
    .start = audio_start, .read = audio_read, .stop = audio_stop, .overruns = audio_overruns};
static const struct roost_motor_ops motor_ops = {
    .range = motor_range, .set = motor_set, .release = motor_release, .sense = motor_sense};
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
        .kv = {&kv_ops, fake},
        .journal = {.ops = &flash_ops,
                    .ctx = fake,
                    .sector_bytes = FAKE_SECTOR_BYTES,
                    .sector_count = FAKE_SECTORS,
                    .program_bytes = FAKE_PROGRAM_BYTES},
        .mqtt = {&mqtt_ops, fake},
        .climate = {&climate_ops, fake},
        .audio_in = {&audio_ops, fake},
        .motor = {&motor_ops, fake},
        .system = {&system_ops, fake},
    };
    memset(fake->flash, 0xFF, sizeof fake->flash);
    kv_erase_all(fake);
    fake->random = 42;
    fake->unix_at_boot_ms = 1772409600000;
    fake->cut_at = FAKE_NO_CUT;
    fake->climate = (struct roost_climate_sample){21000, 50000};
    fake->heap = (struct roost_heap){100000, 90000};
    fake->broker_up = fake->acks = true;
    fake->room = 32;
    fake->ack_delay_ms = 20;
    world_sash_init(&fake->sash, 7);
    fake_boot(fake, ROOST_RESET_POWER_ON);
}

void fake_boot(struct fake_port *fake, enum roost_reset_reason reason)
{
    fake->power = true;
    fake->cut_at = FAKE_NO_CUT;
    fake->reset_reason = reason;
    fake->reboots = 0;
    fake->window = NULL;
    if (fake->unix_at_boot_ms != 0)
        fake->unix_at_boot_ms += (int64_t)fake->now_ms;
    fake->now_ms = 0;
    fake->open = fake->opening = fake->measuring = fake->mic_open = false;
    forget_unacked(fake);
    fake->pending_count = 0;
    world_sash_release(&fake->sash);
}

void fake_attach(struct fake_port *fake, struct roost_window *window)
{
    fake->window = window;
}
