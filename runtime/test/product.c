/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/test/product.h"

#include <string.h>

#include "core/assert.h"
#include "core/bytes.h"
#include "core/err.h"

const struct roost_topic product_topics[PRODUCT_TOPIC_COUNT] = {
    [PRODUCT_TOPIC_TUNE] = {"bell/", "/tune", "tune"},
    [PRODUCT_TOPIC_RING] = {"bell/", "/ring", "ring"},
    [PRODUCT_TOPIC_STATE] = {"bell/", "/state", "state"},
};

/* ---- its records ---- */

static int send_ring(void *ctx, unsigned message, const struct roost_record *record)
{
    struct product *product = ctx;
    struct roost_json_writer w;
    char text[64];

    ROOST_ASSERT(message == 0);
    roost_json_begin(&w, text, sizeof text);
    roost_json_object(&w);
    roost_json_put_uint(&w, "rings", (uint32_t)roost_le_get(record->bytes, 4));
    roost_json_put_uint(&w, "seq", record->seq);
    roost_json_end(&w);
    int len = roost_json_finish(&w);
    ROOST_ASSERT(len > 0);
    return roost_uplink_mqtt_publish(&product->mqtt, &product_topics[PRODUCT_TOPIC_RING], text,
                                     (size_t)len, false);
}

static const struct roost_outbox_kind rings = {
    .bytes = PRODUCT_RING_BYTES, .messages = 1, .send = send_ring};

static void ring(struct product *product)
{
    struct roost_device *device = &product->device;
    uint8_t bytes[PRODUCT_RING_BYTES];

    if (device->safe_mode || roost_device_rests(device))
        return;
    roost_le_put(bytes, ++product->rings, sizeof bytes);
    if (device->outbox)
        roost_outbox_add(device->outbox, bytes, device->now);
}

/* ---- what happens ---- */

static void note(struct product *product, const struct roost_what *what)
{
    struct roost_what *kept = &product->happened[product->happenings++ % PRODUCT_HAPPENED];

    *kept = *what;
    kept->data = NULL;
}

static void ring_by_itself(struct product *product)
{
    struct roost_device *device = &product->device;

    if (!roost_settings_int(&device->settings, PRODUCT_SET_NIGHT))
        ring(product);
    roost_timers_start(&device->timers, PRODUCT_TIMER_RING,
                       device->now.now_ms + roost_device_u32(device, PRODUCT_SET_INTERVAL));
}

static void take_tune(struct product *product, const struct roost_what *what)
{
    size_t len = what->len < sizeof product->tune ? what->len : sizeof product->tune - 1;

    product->tunes++;
    memcpy(product->tune, what->data, len);
    product->tune[len] = '\0';
}

static void happens(struct product *product, const struct roost_what *what)
{
    struct roost_device *device = &product->device;

    note(product, what);
    switch (what->kind) {
    case ROOST_WHAT_EVENT:
        if (what->status == 1)
            ring(product);
        break;
    case ROOST_WHAT_MESSAGE:
        take_tune(product, what);
        break;
    case ROOST_WHAT_TIMER:
        ring_by_itself(product);
        break;
    case ROOST_WHAT_ONLINE:
        product->state_dirty = true;
        break;
    case ROOST_WHAT_SETTINGS:
        roost_device_start_by(device, PRODUCT_TIMER_RING,
                              device->now.now_ms + roost_device_u32(device, PRODUCT_SET_INTERVAL));
        break;
    case ROOST_WHAT_OFFLINE:
    case ROOST_WHAT_HEALTH:
        break;
    }
}

uint64_t product_step(void *ctx)
{
    struct product *product = ctx;
    struct roost_what what;

    roost_device_begin(&product->device);
    while (roost_device_next(&product->device, &what))
        happens(product, &what);
    roost_faults_set(&product->device.faults, PRODUCT_FAULT_STUCK, product->stuck);
    return roost_device_finish(&product->device, product->due_ms, !product->busy, product->missing);
}

int product_post(void *ctx, const struct roost_event *event)
{
    struct product *product = ctx;

    return event->type == ROOST_EV_WS_TEXT
               ? roost_device_post_command(&product->device, event->data, event->len)
               : roost_device_post(&product->device, event);
}

/* ---- what it says of itself ---- */

static void write_health(const struct roost_device *device, struct roost_json_writer *out)
{
    roost_json_put_object(out, "bell");
    roost_json_put_str(out, "tune", ((const struct product *)device)->tune);
    roost_json_end(out);
}

static void report(struct roost_device *device, bool faults_changed)
{
    struct product *product = (struct product *)device;
    static const char text[] = "{\"here\":true}";

    product->reports++;
    product->reports_of_faults += faults_changed;
    product->state_dirty |= faults_changed;
    if (product->over_ws || !product->state_dirty)
        return;
    if (roost_uplink_mqtt_publish(&product->mqtt, &product_topics[PRODUCT_TOPIC_STATE], text,
                                  sizeof text - 1, true) > 0)
        product->state_dirty = false;
}

static ROOST_COMMAND(product, ring)
{
    if (device->safe_mode) {
        roost_say(message, "bell: safe mode");
        return ROOST_ERR_STATE;
    }
    ring((struct product *)device);
    roost_write_nothing(out);
    return 0;
}

/* ---- an uplink of its own ---- */

static int ws_open(void *ctx)
{
    const struct roost_ws *ws = &((struct product *)ctx)->device.port->ws;
    static const struct roost_ws_options options = {.url = "wss://hub/bell", .message_max = 1024};

    return ws->ops->open(ws->ctx, &options);
}

static int ws_opened(void *ctx)
{
    struct product *product = ctx;
    const struct roost_ws *ws = &product->device.port->ws;

    return product->greeting_error < 0 ? product->greeting_error
                                       : ws->ops->send(ws->ctx, "hello", 5, false);
}

static void ws_close(void *ctx)
{
    const struct roost_ws *ws = &((struct product *)ctx)->device.port->ws;

    (void)ws->ops->close(ws->ctx, 1000);
}

static int ws_report(void *ctx, enum roost_report what, const char *text, size_t len)
{
    static const char *const words[] = {
        [ROOST_REPORT_ONLINE] = "online ",
        [ROOST_REPORT_OFFLINE] = "offline ",
        [ROOST_REPORT_ANSWER] = "answer ",
    };
    struct product *product = ctx;
    const struct roost_ws *ws = &product->device.port->ws;
    size_t word_len = strlen(words[what]);

    ROOST_ASSERT(word_len + len <= sizeof product->said);
    memcpy(product->said, words[what], word_len);
    memcpy(product->said + word_len, text, len);
    return ws->ops->send(ws->ctx, product->said, word_len + len, false);
}

static const struct roost_uplink_ops ws_ops = {
    .open = ws_open, .opened = ws_opened, .close = ws_close, .report = ws_report};

/* ---- what it is ---- */

static const struct roost_setting settings[PRODUCT_SET_COUNT] = {
    ROOST_DEVICE_SETTINGS,
    [PRODUCT_SET_INTERVAL] =
        ROOST_SETTING_INT_ROW("ring_interval_ms", 60000, 500, 24 * 3600 * 1000, "ms"),
    [PRODUCT_SET_VOLUME] =
        {.key = "volume", .type = ROOST_SETTING_MILLI, .initial = 300, .min = 0, .max = 1000},
    [PRODUCT_SET_NIGHT] =
        {.key = "night", .type = ROOST_SETTING_BOOL, .initial = 0, .min = 0, .max = 1},
};
static const struct roost_fault_info faults[] = {
    ROOST_FAULT_ROW(STUCK, 901, WARNING, "the button does not come back", "Free it.")};
static const struct roost_command_row commands[] = {{"ring", product_command_ring}};
static const struct roost_counter_row counters[] = {
    {"rings", offsetof(struct product, rings), true},
    {"tunes", offsetof(struct product, tunes), false},
};

static const struct roost_device_spec spec = {
    .type = "bell",
    .settings = settings,
    .setting_count = PRODUCT_SET_COUNT,
    .faults = faults,
    .fault_count = 1,
    .commands = commands,
    .command_count = 1,
    .counters = counters,
    .counter_count = 2,
    .topics = &product_topics[PRODUCT_TOPIC_TUNE],
    .topic_count = 1,
    .events = 1u << ROOST_EV_GPIO,
    .timer_count = PRODUCT_TIMER_COUNT,
    .write_health = write_health,
    .report = report,
};

static int init_uplink(struct product *product, const struct roost_port *port)
{
    static const struct roost_mqtt_options broker = {.host = "broker", .port = 8883, .tls = true};
    struct roost_device *device = &product->device;

    if (product->over_ws)
        return 0;
    int err = roost_uplink_mqtt_init(&product->mqtt, port, &broker, device->id, spec.topics,
                                     spec.topic_count);
    if (err < 0)
        return err;
    device->outbox = &product->outbox;
    return roost_outbox_init(&product->outbox, &rings, product, port, roost_device_boot(device),
                             &device->log);
}

int product_init(struct product *product, const struct roost_port *port,
                 const struct product_config *config)
{
    const struct roost_uplink over_ws = {.ops = &ws_ops, .ctx = product};

    memset(product, 0, sizeof *product);
    product->due_ms = ROOST_NEVER;
    product->over_ws = config->over_ws;
    int err = roost_device_init(
        &product->device,
        &(struct roost_device_config){.spec = &spec,
                                      .port = port,
                                      .device_id = config->id,
                                      .firmware_version = config->version,
                                      .uplink = config->over_ws ? over_ws
                                                                : roost_uplink_mqtt(&product->mqtt),
                                      .values = product->values,
                                      .timers = product->timer,
                                      .update = config->update});
    if (err == 0)
        err = init_uplink(product, port);
    if (err < 0)
        return err;
    roost_timers_start(&product->device.timers, PRODUCT_TIMER_RING,
                       product->device.now.now_ms +
                           roost_device_u32(&product->device, PRODUCT_SET_INTERVAL));
    roost_device_ready(&product->device);
    return 0;
}
