/* SPDX-License-Identifier: Apache-2.0 */
/* The teddy as a load: children who talk, hear the reply, and talk again; sound goes out signed, in
 * real time, acknowledgements and a reply come back. Or none of it: teddies that are only there. */
#include <stdlib.h>
#include <string.h>

#include "apps/roost-load/product.h"
#include "core/err.h"
#include "devices/teddy/teddy.h"
#include "proto/voice/down.h"
#include "world/teddy/teddy.h"

enum {
    SAID_CHUNKS = 17,
    FLYING = 32, /* chunks whose time is taken */
    NOISE = 1000,
    LOOK_MS = 40, /* whether it can talk again */
    LOAD_TIMER = WORLD_TIMERS - 1,
    HEAD_BYTES = 256 /* of a message, in which its type stands */
};

enum { CHUNKS, TURNS, OTHER, KIND_COUNT };

struct teddy_settings {
    struct load_settings all;
    const char *hub, *secret_file, *say_file;
    uint64_t talk_ms, pause_ms;
    char secret[1024];
    size_t secret_len;
    int16_t *pcm; /* what every child says; NULL: noise */
    size_t samples;
};

struct teddy_load {
    struct load_device load;
    struct world_teddy world;
    struct world_time time;
    char child_id[32];
    bool pressed;
    uint64_t ended_us; /* when the turn's end left; 0: its reply has begun */
    struct {
        uint64_t seq, sent_us;
    } sent[FLYING];
    struct roost_teddy teddy;
    uint8_t memory[]; /* of what is said, then of what is heard */
};

#define AT(member) offsetof(struct teddy_settings, member)

static const struct option_spec options[] = {
    {.name = "hub",
     .value = "URL",
     .initial = "ws://127.0.0.1:8000",
     .at = AT(hub),
     .help = "where the teddies go to"},
    {.name = "secret-file",
     .value = "FILE",
     .initial = "roost-esp32.key",
     .at = AT(secret_file),
     .help = "its first line is the secret that they share with the hub"},
    {.name = "say",
     .value = "FILE",
     .initial = "",
     .at = AT(say_file),
     .help = "what a child says: samples of 16 kHz, 16 bit, mono; else noise"},
    {.name = "talk-ms",
     .value = "MS",
     .kind = OPTION_NUMBER,
     .initial = "5000",
     .max = 29000,
     .at = AT(talk_ms),
     .help = "for which a child talks; 0: none ever does"},
    {.name = "pause-ms",
     .value = "MS",
     .kind = OPTION_NUMBER,
     .initial = "500",
     .max = 3600000,
     .at = AT(pause_ms),
     .help = "from the end of a reply to the next word"},
};

static const struct teddy_settings *settings_of(const struct load_settings *settings)
{
    return (const struct teddy_settings *)settings;
}

static struct teddy_load *teddy_of(struct load_device *device)
{
    return (struct teddy_load *)device;
}

static uint64_t now_us(void)
{
    return uv_hrtime() / 1000u;
}

/* ---- the socket, measured ---- */

static bool has(const char *text, size_t len, const char *word)
{
    return memmem(text, len < HEAD_BYTES ? len : HEAD_BYTES, word, strlen(word)) != NULL;
}

static void chunk_sent(struct teddy_load *self, const char *text, size_t len)
{
    static const char key[] = "\"seq\":";
    const char *at = memmem(text, len < HEAD_BYTES ? len : HEAD_BYTES, key, sizeof key - 1);
    uint64_t seq = at ? strtoull(at + sizeof key - 1, NULL, 10) : 0;

    self->sent[seq % FLYING].seq = seq;
    self->sent[seq % FLYING].sent_us = now_us();
}

static int measured_send(void *ctx, const void *data, size_t len, bool binary)
{
    struct teddy_load *self = ctx;
    const struct roost_ws *ws = &self->load.board.port.ws;
    int err = ws->ops->send(ws->ctx, data, len, binary);
    unsigned kind = OTHER;

    if (err < 0) {
        self->load.load->refused++;
        return err;
    }
    if (has(data, len, "\"audio_chunk\"")) {
        kind = CHUNKS;
        chunk_sent(self, data, len);
    } else if (has(data, len, "\"audio_end\"")) {
        kind = TURNS;
        self->ended_us = now_us();
    }
    self->load.load->published[kind]++;
    return err;
}

static int measured_open(void *ctx, const struct roost_ws_options *how)
{
    const struct roost_ws *ws = &((struct teddy_load *)ctx)->load.board.port.ws;

    return ws->ops->open(ws->ctx, how);
}

static int measured_close(void *ctx, uint16_t code)
{
    const struct roost_ws *ws = &((struct teddy_load *)ctx)->load.board.port.ws;

    return ws->ops->close(ws->ctx, code);
}

static const struct roost_ws_ops measured_ws = {
    .open = measured_open, .send = measured_send, .close = measured_close};

/* ---- what comes back ---- */

static void acknowledged(struct teddy_load *self, uint64_t seq)
{
    struct load *load = self->load.load;

    load->acked[CHUNKS]++;
    if (self->sent[seq % FLYING].seq == seq && seq > 0)
        histogram_add(&load->ack_us, now_us() - self->sent[seq % FLYING].sent_us);
    self->sent[seq % FLYING].seq = 0;
}

static void replied(struct teddy_load *self)
{
    struct load *load = self->load.load;

    if (self->ended_us == 0)
        return;
    load->answers++;
    load->acked[TURNS]++;
    histogram_add(&load->answer_us, now_us() - self->ended_us);
    self->ended_us = 0;
}

static int post(struct load_device *device, const struct roost_event *event)
{
    struct teddy_load *self = teddy_of(device);
    struct voice_down down;

    if (event->type == ROOST_EV_WS_TEXT && has(event->data, event->len, "audio_response"))
        replied(self);
    else if (event->type == ROOST_EV_WS_TEXT && has(event->data, event->len, "audio_ack") &&
             voice_down_parse(&down, event->data, event->len) == 0 &&
             down.type == VOICE_DOWN_AUDIO_ACK)
        acknowledged(self, down.chunk_id);
    return roost_teddy_post(&self->teddy, event);
}

/* ---- the child ---- */

static void talk(void *arg);

static void talk_in(struct teddy_load *self, uint64_t ms)
{
    (void)self->time.ops->start(self->time.ctx, LOAD_TIMER, (uint32_t)ms, talk, self);
}

static void talk(void *arg)
{
    struct teddy_load *self = arg;
    const struct teddy_settings *settings = settings_of(self->load.load->settings);

    if (self->load.load->ending || self->pressed) {
        self->pressed = false;
        world_teddy_press(&self->world, false);
        talk_in(self, settings->pause_ms + LOOK_MS);
        return;
    }
    if (self->teddy.state != TEDDY_READY) {
        talk_in(self, LOOK_MS);
        return;
    }
    self->pressed = true;
    world_teddy_press(&self->world, true);
    world_teddy_say(&self->world, settings->pcm, settings->samples);
    talk_in(self, settings->talk_ms);
}

/* ---- making one ---- */

static size_t said_bytes(const struct load_settings *settings)
{
    return settings_of(settings)->talk_ms ? (size_t)ROOST_TEDDY_SAID_BYTES(SAID_CHUNKS)
                                          : (size_t)ROOST_TEDDY_SAID_MIN;
}

static size_t heard_bytes(const struct load_settings *settings)
{
    return settings_of(settings)->talk_ms ? (size_t)ROOST_TEDDY_HEARD_BYTES
                                          : (size_t)ROOST_TEDDY_HEARD_MIN;
}

static size_t size(const struct load_settings *settings)
{
    return sizeof(struct teddy_load) + said_bytes(settings) + heard_bytes(settings);
}

static bool said_file(const struct load_settings *settings)
{
    return settings_of(settings)->say_file[0] != '\0';
}

static int attach(struct load_device *device, const struct world_time *time)
{
    struct teddy_load *self = teddy_of(device);
    const struct load_settings *settings = device->load->settings;
    const struct world_teddy_config config = {.seed = device->board.options.seed,
                                              .noise = said_file(settings) ? 0 : NOISE,
                                              .deaf_to_itself = true};

    self->time = *time;
    world_teddy_init(&self->world, &config);
    return world_teddy_attach(&self->world, time, &device->board.port);
}

/* Once for the run: the secret's first line. */
static int read_secret(struct teddy_settings *settings)
{
    FILE *file = settings->secret_len ? NULL : fopen(settings->secret_file, "re");

    if (settings->secret_len)
        return 0;
    if (!file)
        return ROOST_ERR_NOT_FOUND;
    bool read = fgets(settings->secret, sizeof settings->secret, file) != NULL;
    (void)fclose(file);
    settings->secret_len = read ? strcspn(settings->secret, "\r\n") : 0;
    return settings->secret_len ? 0 : ROOST_ERR_INVALID;
}

/* Likewise what is said, up to a turn's length; kept for the run. */
static int read_sound(struct teddy_settings *settings)
{
    enum { SAMPLES = VOICE_TURN_MAX_MS * (VOICE_RATE_HZ / 1000) };

    if (settings->pcm || settings->say_file[0] == '\0')
        return 0;
    FILE *file = fopen(settings->say_file, "re");
    if (!file)
        return ROOST_ERR_NOT_FOUND;
    settings->pcm = calloc(SAMPLES, sizeof *settings->pcm);
    if (settings->pcm)
        settings->samples = fread(settings->pcm, sizeof *settings->pcm, SAMPLES, file);
    (void)fclose(file);
    return settings->pcm ? 0 : ROOST_ERR_NO_MEMORY;
}

static int init(struct load_device *device, const struct roost_mqtt_options *broker)
{
    struct teddy_load *self = teddy_of(device);
    struct teddy_settings *settings = (struct teddy_settings *)device->load->settings;
    uint64_t cycle_ms = settings->talk_ms + settings->pause_ms;
    size_t said = said_bytes(device->load->settings);

    (void)broker;
    int err = read_secret(settings);
    if (err == 0)
        err = read_sound(settings);
    if (err < 0)
        return err;
    snprintf(self->child_id, sizeof self->child_id, "c-%.28s", device->id);
    const struct roost_teddy_config config = {.device_id = device->id,
                                              .firmware_version = "load",
                                              .hub = settings->hub,
                                              .child_id = self->child_id,
                                              .child_name = "Load",
                                              .child_age = "7",
                                              .key = settings->secret,
                                              .key_len = settings->secret_len,
                                              .said_memory = self->memory,
                                              .said_bytes = said,
                                              .heard_memory = self->memory + said,
                                              .heard_bytes = heard_bytes(device->load->settings)};

    device->port.ws = (struct roost_ws){&measured_ws, self};
    err = roost_teddy_init(&self->teddy, &device->port, &config);
    if (err == 0 && settings->talk_ms)
        talk_in(self, 1000 + device->load->made * 7919 % cycle_ms); /* not in step */
    return err;
}

static uint64_t step(struct load_device *device)
{
    return roost_teddy_step(&teddy_of(device)->teddy);
}

static bool no_answer(const char *topic)
{
    (void)topic; /* of MQTT, which it does not speak */
    return false;
}

static bool is_delivered(const struct load_device *device)
{
    return ((const struct teddy_load *)device)->ended_us == 0;
}

const struct load_product load_teddy = {
    .name = "teddy",
    .plural = "teddies",
    .spec = &teddy_spec,
    .no_broker = true,
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .settings_bytes = sizeof(struct teddy_settings),
    .kinds = {[CHUNKS] = "chunks", [TURNS] = "turns", [OTHER] = "other"},
    .kind_count = KIND_COUNT,
    .is_answer = no_answer,
    .answers = "replies",
    .answer_ms = "speech_end_to_reply_ms",
    .size = size,
    .device = offsetof(struct teddy_load, teddy),
    .attach = attach,
    .init = init,
    .post = post,
    .step = step,
    .is_delivered = is_delivered,
};
