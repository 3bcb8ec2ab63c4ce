/* SPDX-License-Identifier: Apache-2.0 */
/* The charger as a load: vehicles come, charge to nearly full and are followed by others, so that
 * there is always something to measure; begins, values and ends go to a central system. Or nobody
 * comes: chargers that are only there. Between battery and module on one side and the central
 * system on the other is the whole firmware, cycles of 10 ms and flash included. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "apps/roost-load/product.h"
#include "core/err.h"
#include "devices/charger/device/charger.h"
#include "host/secret.h"
#include "world/charger/charger.h"

enum {
    LOAD_TIMER = WORLD_TIMERS - 1, /* the world's own are the first ones */
    LOOK_MS = 1000,
    BETWEEN_MS = 3000, /* from one vehicle to the next */
    FIRST_MS = 1000,
    SOC_PERMILLE = 100, /* it comes with, and goes with: */
    SOC_ENOUGH_PERMILLE = 950,
    ID_MAX = 36, /* of a message, OCPP-J 4.2 */
    LEDGER_SECTORS = 8,
    KV_BYTES = 8192,
    KEY_DIGITS_MAX = 2 * CHARGER_PASSWORD_MAX
};

enum { VALUES, TRANSACTIONS, OTHER, KIND_COUNT };

struct charger_settings {
    struct load_settings all;
    const char *url, *key_dir, *tag;
    uint64_t interval_s;
};

struct charger_load {
    struct load_device load;
    struct world_charger world;
    struct world_time time;
    struct charger_power_config power;
    struct { /* the CALL that is under way: there is one at most */
        char id[ID_MAX + 1];
        unsigned kind;
        uint64_t sent_us; /* 0: none is */
    } call;
    char key[KEY_DIGITS_MAX + 2]; /* AuthorizationKey, hexadecimal; "": none */
    struct roost_charger charger;
};

#define AT(member) offsetof(struct charger_settings, member)

static const struct option_spec options[] = {
    {.name = "url",
     .value = "URL",
     .initial = "ws://127.0.0.1:8080/ocpp",
     .min = 1,
     .max = ROOST_CHARGER_URL_MAX - 1,
     .at = AT(url),
     .help = "central system: ws://HOST:PORT/PATH or wss://, to which /ID is added"},
    {.name = "key-dir",
     .value = "DIR",
     .initial = "",
     .at = AT(key_dir),
     .help = "a file for each charger, named as it is, whose first line is its AuthorizationKey; "
             "default: none has one"},
    {.name = "tag",
     .value = "TEXT",
     .initial = "FREE",
     .min = 1,
     .max = CHARGER_TAG_MAX,
     .at = AT(tag),
     .help = "whose the transactions are; the central system has to know it"},
    {.name = "interval",
     .value = "S",
     .kind = OPTION_NUMBER,
     .initial = "10",
     .max = 86400,
     .at = AT(interval_s),
     .help = "MeterValueSampleInterval, with seven measurands; 0: nobody comes to charge"},
};

static const struct charger_settings *settings_of(const struct load_settings *settings)
{
    return (const struct charger_settings *)settings;
}

static struct charger_load *charger_of(struct load_device *device)
{
    return (struct charger_load *)device;
}

static uint64_t now_us(void)
{
    return uv_hrtime() / 1000u;
}

/* ---- the socket, measured ---- */

/* The text behind `"` at `at`, up to its end; "" where it is too long to be an id or an action. */
static const char *text_at(const char *at, size_t len, char out[ID_MAX + 1])
{
    const char *end = len > 0 && at[0] == '"' ? memchr(at + 1, '"', len - 1) : NULL;
    size_t text_len = end ? (size_t)(end - at) - 1 : 0;

    out[0] = '\0';
    if (!end || text_len > ID_MAX)
        return at + len;
    memcpy(out, at + 1, text_len);
    out[text_len] = '\0';
    return end + 1;
}

static unsigned kind_of(const char *action)
{
    if (strcmp(action, "MeterValues") == 0)
        return VALUES;
    if (strcmp(action, "StartTransaction") == 0 || strcmp(action, "StopTransaction") == 0)
        return TRANSACTIONS;
    return OTHER;
}

static void look_now(struct charger_load *self, uint32_t ms);

/* The beginning of a message of ours: [2,"id","Action", or an answer to one of theirs. */
static void sent(struct charger_load *self, const char *text, size_t len)
{
    static const char call[] = "[2,";
    char action[ID_MAX + 1];
    const char *end = text + len;

    if (len < sizeof call - 1 || memcmp(text, call, sizeof call - 1) != 0)
        return;
    if (self->call.sent_us)
        self->load.load->forgotten++;
    const char *at = text_at(text + 3, len - 3, self->call.id);
    at += at < end; /* the comma */
    text_at(at, (size_t)(end - at), action);
    self->call.kind = kind_of(action);
    self->call.sent_us = now_us();
    self->load.load->published[self->call.kind]++;
    if (self->call.kind != VALUES)
        return;
    self->load.measured++;
    if (!load_device_may_measure(&self->load))
        look_now(self, 0); /* the last one: the gun is pulled before there is another */
}

/* The beginning of one of theirs: [3,"id", or [4,"id", answers ours. */
static void came(struct charger_load *self, const char *text, size_t len)
{
    struct load *load = self->load.load;
    char id[ID_MAX + 1];

    if (!self->call.sent_us || len < 4 || text[0] != '[' || (text[1] != '3' && text[1] != '4'))
        return;
    text_at(text + 3, len - 3, id);
    if (strcmp(id, self->call.id) != 0)
        return;
    load->refused += text[1] == '4';
    load->acked[self->call.kind]++;
    histogram_add(&load->ack_us, now_us() - self->call.sent_us);
    self->call.sent_us = 0;
}

static const struct roost_ws *inner(void *ctx)
{
    return &((struct charger_load *)ctx)->load.board.port.ws;
}

static int measured_part(void *ctx, const void *data, size_t len, bool first, bool last)
{
    int err = inner(ctx)->ops->send_part(inner(ctx)->ctx, data, len, first, last);

    if (err == 0 && first)
        sent(ctx, data, len);
    return err;
}

static int measured_send(void *ctx, const void *data, size_t len, bool binary)
{
    int err = inner(ctx)->ops->send(inner(ctx)->ctx, data, len, binary);

    if (err == 0)
        sent(ctx, data, len);
    return err;
}

static int measured_open(void *ctx, const struct roost_ws_options *how)
{
    return inner(ctx)->ops->open(inner(ctx)->ctx, how);
}

static int measured_close(void *ctx, uint16_t code)
{
    return inner(ctx)->ops->close(inner(ctx)->ctx, code);
}

static const struct roost_ws_ops measured_ws = {.open = measured_open,
                                                .send = measured_send,
                                                .close = measured_close,
                                                .send_part = measured_part};

static int post(struct load_device *device, const struct roost_event *event)
{
    struct charger_load *self = charger_of(device);

    if (event->type == ROOST_EV_WS_PART && (event->token & ROOST_WS_FIRST))
        came(self, event->data, event->len);
    if (event->type == ROOST_EV_WS_CLOSED && self->call.sent_us) {
        self->call.sent_us = 0;
        device->load->forgotten++;
    }
    return roost_charger_post(&self->charger, event);
}

/* ---- who comes and goes ---- */

static void plug(struct charger_load *self, bool in)
{
    world_charger_plug(&self->world, in);
    self->charger.woken = true;
    roost_board_wake(&self->load.board);
}

static void look(void *arg)
{
    struct charger_load *self = arg;
    struct world_charger *world = &self->world;
    bool more = !self->load.load->ending && load_device_may_measure(&self->load);

    world_charger_update(world);
    if (!world->plugged && more) {
        world_charger_battery(world, world->config.capacity_mah, SOC_PERMILLE);
        plug(self, true);
    } else if (world->plugged && (!more || world->battery.soc * 1000 > SOC_ENOUGH_PERMILLE)) {
        plug(self, false);
    }
    look_now(self, world->plugged ? LOOK_MS : BETWEEN_MS);
}

static void look_now(struct charger_load *self, uint32_t ms)
{
    (void)self->time.ops->start(self->time.ctx, LOAD_TIMER, ms, look, self);
}

/* ---- making one ---- */

static size_t size(const struct load_settings *settings)
{
    (void)settings;
    return sizeof(struct charger_load);
}

static size_t changes(const struct load_settings *settings, struct load_change *out)
{
    out[0] = (struct load_change){.setting = CHARGER_SET_START, .value = CHARGER_START_PLUG};
    out[1] =
        (struct load_change){.setting = CHARGER_SET_FREE_TAG, .text = settings_of(settings)->tag};
    return 2;
}

static void on_stop(void *ctx)
{
    roost_charger_emergency(&((struct charger_load *)ctx)->charger);
}

static int attach(struct load_device *device, const struct world_time *time)
{
    struct charger_load *self = charger_of(device);
    const struct world_charger_config config = {
        .soc_permille = SOC_PERMILLE, .stop = on_stop, .stop_ctx = self};

    self->time = *time;
    world_charger_init(&self->world, &config);
    return world_charger_attach(&self->world, time, &device->board.port);
}

static void wire(struct charger_load *self)
{
    self->power = (struct charger_power_config){
        .port = &self->load.port,
        .can_bus = {WORLD_CHARGER_BATTERY_BUS, WORLD_CHARGER_MODULE_BUS},
        .gun_mdegc = world_charger_gun_mdegc,
        .gun_ctx = &self->world};
    for (unsigned i = 0; i < CHARGER_INPUT_COUNT; i++)
        self->power.input[i] = (uint8_t)(WORLD_CHARGER_LINE_PLUG + i);
    for (unsigned i = 0; i < CHARGER_OUTPUT_COUNT; i++)
        self->power.output[i] = (uint8_t)(WORLD_CHARGER_LINE_TEST + i);
}

static int read_key(struct charger_load *self, const char *dir)
{
    char path[PATH_MAX];

    if (!dir[0])
        return 0;
    if (snprintf(path, sizeof path, "%s/%s", dir, self->load.id) >= (int)sizeof path)
        return ROOST_ERR_TOO_LONG;
    int len = secret_read(path, self->key, sizeof self->key);
    return len < 0 ? len : 0;
}

/* What an operator would set. */
static int configure(struct charger_load *self, const struct charger_settings *settings)
{
    static const char measurands[] =
        "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC,"
        "Temperature,Current.Offered";
    static const char list[] = "MeterValuesSampledData";
    struct charger_keys *keys = &self->charger.keys;
    int id;

    if (charger_keys_set(keys, list, sizeof list - 1, measurands, sizeof measurands - 1, &id) !=
        CHARGER_KEY_ACCEPTED)
        return ROOST_ERR_INVALID;
    return charger_keys_set_int(keys, CHARGER_KEY_SAMPLE_INTERVAL, (int64_t)settings->interval_s);
}

static int init(struct load_device *device, const struct roost_mqtt_options *broker)
{
    struct charger_load *self = charger_of(device);
    const struct charger_settings *settings = settings_of(device->load->settings);

    (void)broker;
    int err = read_key(self, settings->key_dir);
    if (err < 0)
        return err;
    wire(self);
    const struct roost_charger_config config = {
        .device_id = device->id,
        .firmware_version = "load",
        .url = settings->url,
        .authorization_key = self->key[0] ? self->key : NULL,
        .security_profile = self->key[0] != '\0',
        .connectors = 1,
        .power = &self->power,
        .facts = {.vendor = "Roost", .model = "Load", .serial = device->id}};

    device->port.ws = (struct roost_ws){&measured_ws, self};
    err = roost_charger_init(&self->charger, &device->port, &config);
    if (err == 0)
        err = configure(self, settings);
    if (err == 0 && settings->interval_s) /* not in step */
        look_now(self,
                 (uint32_t)(FIRST_MS + device->load->made * 7919 % (settings->interval_s * 1000)));
    return err;
}

static uint64_t step(struct load_device *device)
{
    return roost_charger_step(&charger_of(device)->charger);
}

static bool is_delivered(const struct load_device *device)
{
    const struct charger_load *self = (const struct charger_load *)device;

    return self->call.sent_us == 0 && self->charger.ledger.transactions == 0;
}

const struct load_product load_charger = {
    .name = "charger",
    .plural = "chargers",
    .spec = &charger_spec,
    .no_broker = true,
    .kv_bytes = KV_BYTES,
    .ledger_sectors = LEDGER_SECTORS,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .settings_bytes = sizeof(struct charger_settings),
    .kinds = {[VALUES] = "values", [TRANSACTIONS] = "transactions", [OTHER] = "other"},
    .kind_count = KIND_COUNT,
    .size = size,
    .device = offsetof(struct charger_load, charger),
    .attach = attach,
    .changes = changes,
    .init = init,
    .post = post,
    .step = step,
    .is_delivered = is_delivered,
};
