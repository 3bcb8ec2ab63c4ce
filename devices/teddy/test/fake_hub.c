/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/teddy/test/fake_hub.h"

#include <stdio.h>
#include <string.h>

#include "core/assert.h"
#include "core/base64.h"
#include "core/bytes.h"
#include "core/err.h"
#include "proto/voice/sign.h"

enum { TICK_MS = 5, CONNECT_MS = 60, GREETING_MS = 20 };

/* The fake's event of no type carries our own timers: the world's, then these. */
enum { TOKEN_TICK = WORLD_TIMERS, TOKEN_OPENED, TOKEN_GREET, TOKEN_REPLY };
#define TOKEN(kind, life) ((uint64_t)(life) << 8 | (kind))

/* ---- cryptography of a kind ---- */

int fake_hmac(void *ctx, const void *key, size_t key_len, const void *data, size_t len,
              uint8_t out[32])
{
    const uint8_t *keys = key, *bytes = data;
    uint32_t sum = 2166136261u;

    (void)ctx;
    for (size_t i = 0; i < key_len; i++)
        sum = (sum ^ keys[i]) * 16777619u;
    for (size_t i = 0; i < len; i++)
        sum = (sum ^ bytes[i]) * 16777619u;
    for (size_t i = 0; i < 32; i++) {
        sum = sum * 1664525u + 1013904223u;
        out[i] = (uint8_t)(sum >> 24);
    }
    return 0;
}

static const struct roost_crypto_ops crypto_ops = {.hmac_sha256 = fake_hmac};

/* ---- time ---- */

static uint64_t now_ms(void *ctx)
{
    return ((struct fake_hub *)ctx)->fake->now_ms;
}

static void after(struct fake_hub *hub, uint64_t delay_ms, unsigned kind, uint32_t life)
{
    fake_later(hub->fake, delay_ms,
               (struct roost_event){.type = ROOST_EV_NONE, .token = TOKEN(kind, life)});
}

static int start_timer(void *ctx, unsigned timer, uint32_t delay_ms, world_ring_fn ring, void *arg)
{
    struct fake_hub *hub = ctx;

    hub->ring[timer] = ring;
    hub->ring_arg[timer] = arg;
    after(hub, delay_ms, timer, ++hub->ring_life[timer]);
    return 0;
}

static void stop_timer(void *ctx, unsigned timer)
{
    ((struct fake_hub *)ctx)->ring_life[timer]++;
}

static int post(struct fake_hub *hub, const struct roost_event *event)
{
    const struct fake_device *device = &hub->fake->device;

    return device->post ? device->post(device->device, event) : 0;
}

static void post_of_world(void *ctx, const struct roost_event *event)
{
    ROOST_ASSERT(post(ctx, event) == 0);
}

static bool powered(void *ctx)
{
    return ((struct fake_hub *)ctx)->fake->power;
}

static const struct world_time_ops time_ops = {.now_ms = now_ms,
                                               .start = start_timer,
                                               .stop = stop_timer,
                                               .post = post_of_world,
                                               .powered = powered};

/* ---- sound ---- */

/* A saw with numbers that can be told apart: of neighbours the next is known from the one. */
int16_t fake_said(uint64_t n)
{
    return (int16_t)(1 + n % 20000);
}

int16_t fake_replied(uint64_t n, uint32_t rate_hz)
{
    uint64_t turn = n * 400 * 4096 / rate_hz % 4096; /* 400 Hz */
    int32_t x = (int32_t)turn - 2048;

    return (int16_t)(4 * x * (2048 - (x < 0 ? -x : x)) / 512 + 1);
}

static void says(void *ctx, int16_t *out, size_t samples)
{
    struct fake_hub *hub = ctx;

    for (size_t i = 0; i < samples; i++)
        out[i] = fake_said(hub->said++);
}

static void heard(void *ctx, const int16_t *pcm, size_t samples, uint32_t rate_hz)
{
    struct fake_hub *hub = ctx;

    hub->heard_rate_hz = rate_hz;
    for (size_t i = 0; i < samples; i++) {
        int32_t jump = pcm[i] - hub->heard_last;
        if (jump < 0)
            jump = -jump;
        if (jump > hub->jump)
            hub->jump = jump;
        hub->loud += pcm[i] != 0;
        hub->heard_last = pcm[i];
    }
    hub->heard += samples;
}

/* ---- what it says ---- */

int fake_hub_send(struct fake_hub *hub, const char *text)
{
    const struct roost_event event = {.type = ROOST_EV_WS_TEXT, .data = text, .len = strlen(text)};

    return hub->open ? post(hub, &event) : ROOST_ERR_CLOSED;
}

int fake_hub_error(struct fake_hub *hub, enum voice_error error)
{
    char text[256];

    ROOST_ASSERT(voice_write_error(text, sizeof text, error, "no", 1) > 0);
    return fake_hub_send(hub, text);
}

int fake_hub_piece(struct fake_hub *hub, const struct voice_reply *reply)
{
    static char text[FAKE_HUB_PIECE / 3 * 4 + 400];
    int len = voice_write_audio_response(text, sizeof text, reply);

    ROOST_ASSERT(len > 0 && (size_t)len <= hub->message_max);
    return fake_hub_send(hub, text);
}

static uint64_t reply_samples(const struct fake_hub *hub)
{
    return (uint64_t)hub->reply_ms * hub->reply_rate_hz / 1000;
}

/* As much as may be on its way. */
static bool may_send(const struct fake_hub *hub, uint32_t ms)
{
    uint64_t ahead = hub->sent_ms - (hub->played_ms < hub->sent_ms ? hub->played_ms : hub->sent_ms);
    uint64_t limit = VOICE_AHEAD_MS;

    if (hub->buffer_bytes > 0 && hub->buffer_bytes * 500 / hub->reply_rate_hz < limit)
        limit = hub->buffer_bytes * 500 / hub->reply_rate_hz;
    return hub->careless || ahead + ms <= limit;
}

static void send_piece(struct fake_hub *hub)
{
    static uint8_t sound[FAKE_HUB_PIECE];
    uint64_t left = reply_samples(hub) - hub->reply_at;
    uint64_t count = (uint64_t)hub->piece_ms * hub->reply_rate_hz / 1000;

    if (count > left)
        count = left;
    if (count > sizeof sound / 2)
        count = sizeof sound / 2;
    for (uint64_t i = 0; i < count; i++)
        roost_le_put(sound + 2 * i, (uint16_t)fake_replied(hub->reply_at + i, hub->reply_rate_hz),
                     2);
    hub->reply_at += count;
    hub->sent_ms = hub->reply_at * 1000 / hub->reply_rate_hz;
    hub->replying = hub->reply_at < reply_samples(hub);
    (void)fake_hub_piece(hub, &(struct voice_reply){.sound = sound,
                                                    .sound_len = (size_t)count * 2,
                                                    .text = "",
                                                    .format = VOICE_PCM,
                                                    .sample_rate_hz = hub->reply_rate_hz,
                                                    .seq = ++hub->reply_seq,
                                                    .is_final = !hub->replying && !hub->never_final,
                                                    .when = 1});
}

static void go_on_replying(struct fake_hub *hub)
{
    uint32_t wait_ms = hub->piece_ms / (hub->speed ? hub->speed : 3);

    if (!hub->open || !hub->replying)
        return;
    if (may_send(hub, hub->piece_ms))
        send_piece(hub);
    else
        wait_ms = TICK_MS;
    if (hub->gap_ms > 0 && !hub->gap_over && hub->reply_at >= reply_samples(hub) / 2) {
        hub->gap_over = true;
        wait_ms += hub->gap_ms;
    }
    if (hub->replying)
        after(hub, wait_ms ? wait_ms : 1, TOKEN_REPLY, hub->reply_life);
}

void fake_hub_reply(struct fake_hub *hub)
{
    hub->replying = true;
    hub->gap_over = false;
    hub->reply_at = hub->sent_ms = hub->played_ms = 0;
    if (hub->per_reply_seq)
        hub->reply_seq = 0;
    after(hub, hub->think_ms, TOKEN_REPLY, ++hub->reply_life);
}

/* ---- what comes ---- */

static void check_sound(struct fake_hub *hub, const uint8_t *pcm, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2) {
        int16_t sample = (int16_t)roost_le_get16(pcm + i);
        if (hub->expected >= 0 && sample != fake_said((uint64_t)hub->expected))
            hub->gaps++;
        hub->expected = sample - 1 + 1; /* its number, modulo the saw's length, and one more */
    }
    hub->samples += len / 2;
}

static void check_signature(struct fake_hub *hub, const struct voice_up *up, uint8_t *memory,
                            size_t len)
{
    const struct voice_hmac hmac = {fake_hmac, NULL};
    const struct voice_signed what = {
        .audio_session_id = up->audio_session_id, .seq = up->seq, .is_final = up->is_final};
    uint8_t key[VOICE_KEY_BYTES], expected[VOICE_KEY_BYTES];

    ROOST_ASSERT(voice_sound_key(&hmac, FAKE_KEY, FAKE_KEY_BYTES, hub->session_id, key) == 0);
    ROOST_ASSERT(voice_sign(&hmac, key, &what, memory, len, expected) == 0);
    hub->unsigned_chunks += !up->has_hmac || !voice_same(expected, up->hmac, sizeof expected);
}

static void take_chunk(struct fake_hub *hub, const struct voice_up *up)
{
    static uint8_t memory[VOICE_SIGN_HEAD + VOICE_CHUNK_BYTES];
    char text[400];
    int len =
        roost_base64_decode(memory + VOICE_SIGN_HEAD, VOICE_CHUNK_BYTES, up->audio, up->audio_len);

    ROOST_ASSERT(len > 0 && len % 2 == 0 && up->has_seq);
    if (strcmp(hub->turn, up->audio_session_id) != 0) {
        hub->out_of_turn++;
        return;
    }
    check_signature(hub, up, memory, (size_t)len);
    hub->chunks++;
    if (up->seq <= hub->seq) {
        hub->repeated++;
    } else {
        hub->seq = up->seq;
        hub->finals += up->is_final;
        check_sound(hub, memory + VOICE_SIGN_HEAD, (size_t)len);
    }
    const struct voice_ack ack = {.chunk_id = up->chunk_id,
                                  .bytes = (size_t)len,
                                  .is_final = up->is_final,
                                  .audio_session_id = up->audio_session_id,
                                  .when = 1};
    if (!hub->acks)
        return;
    hub->acked_seq = up->seq;
    ROOST_ASSERT(voice_write_audio_ack(text, sizeof text, &ack) > 0);
    (void)fake_hub_send(hub, text);
}

static void take_start(struct fake_hub *hub, const struct voice_up *up)
{
    char text[256];

    if (strcmp(hub->turn, up->audio_session_id) != 0) {
        hub->samples = 0;
        hub->expected = -1;
        hub->gaps = 0;
    }
    memcpy(hub->turn, up->audio_session_id, sizeof hub->turn);
    ROOST_ASSERT(voice_write_start_ack(text, sizeof text, hub->turn, 1) > 0);
    if (hub->agrees)
        (void)fake_hub_send(hub, text);
}

static void take_message(struct fake_hub *hub, const char *text, size_t len)
{
    static struct voice_up up;
    char answer[256];

    ROOST_ASSERT(voice_up_parse(&up, text, len) == 0 && up.type != VOICE_UP_NONE);
    hub->count[up.type]++;
    if (hub->silent)
        return;
    switch (up.type) {
    case VOICE_UP_AUDIO_START:
        take_start(hub, &up);
        break;
    case VOICE_UP_AUDIO_CHUNK:
        take_chunk(hub, &up);
        break;
    case VOICE_UP_AUDIO_END:
        if (strcmp(hub->turn, up.audio_session_id) == 0 && hub->replies)
            fake_hub_reply(hub);
        break;
    case VOICE_UP_HEARTBEAT:
        ROOST_ASSERT(voice_write_heartbeat_response(answer, sizeof answer, "active", 1) > 0);
        (void)fake_hub_send(hub, answer);
        break;
    case VOICE_UP_ABORT:
        hub->replying = false;
        hub->turn[0] = '\0';
        break;
    case VOICE_UP_PLAYBACK_STATUS:
        hub->played_ms = up.played_ms;
        hub->buffered_ms = up.buffered_ms;
        break;
    case VOICE_UP_SYSTEM_STATUS:
        hub->features = up.features;
        hub->buffer_bytes = (size_t)up.buffer_bytes;
        ROOST_ASSERT(len < sizeof hub->last);
        memcpy(hub->last, text, len);
        hub->last[len] = '\0';
        break;
    case VOICE_UP_ANSWER:
    case VOICE_UP_NETWORKS:
        ROOST_ASSERT(len < sizeof hub->last_answer);
        memcpy(hub->last_answer, text, len);
        hub->last_answer[len] = '\0';
        break;
    default:
        break;
    }
}

static void tick(struct fake_hub *hub)
{
    static char text[FAKE_HUB_TEXT];

    hub->credit += (hub->fake->now_ms - hub->ticked_ms) * hub->bytes_per_s;
    hub->ticked_ms = hub->fake->now_ms;
    hub->ticking = false;
    while (hub->queue.count > 0) {
        uint32_t next_len;
        uint8_t length[4]; /* the record's, as core/queue.h keeps it */
        for (size_t i = 0; i < 4; i++)
            length[i] = hub->queue.bytes[(hub->queue.head + i) % hub->queue.size];
        memcpy(&next_len, length, sizeof next_len);
        if (hub->bytes_per_s > 0 && hub->credit < next_len * UINT64_C(1000))
            break;
        hub->credit -= hub->bytes_per_s > 0 ? next_len * UINT64_C(1000) : 0;
        int len = roost_queue_pop(&hub->queue, text, sizeof text);
        ROOST_ASSERT(len >= 0);
        take_message(hub, text, (size_t)len);
    }
    if (hub->queue.count == 0)
        hub->credit = 0;
    else
        after(hub, TICK_MS, TOKEN_TICK, 0);
    hub->ticking = hub->queue.count > 0;
}

/* ---- the socket ---- */

static int ws_open(void *ctx, const struct roost_ws_options *options)
{
    struct fake_hub *hub = ctx;

    ROOST_ASSERT(!hub->open && !hub->opening && strlen(options->url) < sizeof hub->url);
    strcpy(hub->url, options->url);
    hub->message_max = options->message_max;
    hub->ping_ms = options->ping_interval_ms;
    hub->opens++;
    hub->opening = true;
    fake_later(hub->fake, CONNECT_MS,
               (struct roost_event){.type = hub->up ? ROOST_EV_WS_OPENED : ROOST_EV_WS_CLOSED,
                                    .status = hub->up ? 0 : ROOST_ERR_REFUSED});
    return 0;
}

static int ws_send(void *ctx, const void *data, size_t len, bool binary)
{
    struct fake_hub *hub = ctx;

    ROOST_ASSERT(!binary && len <= VOICE_FRAME_MAX);
    if (!hub->open || !hub->fake->power)
        return ROOST_ERR_CLOSED;
    if (hub->send_error < 0)
        return hub->send_error;
    if (hub->queue.used + len + 4 > FAKE_HUB_QUEUE)
        return ROOST_ERR_FULL;
    ROOST_ASSERT(roost_queue_push(&hub->queue, data, len, NULL, 0) == 0);
    if (!hub->ticking) {
        hub->ticking = true;
        hub->ticked_ms = hub->fake->now_ms;
        after(hub, hub->latency_ms, TOKEN_TICK, 0);
    }
    return 0;
}

static void close_with(struct fake_hub *hub, int status, uint16_t code)
{
    if (!hub->open && !hub->opening)
        return;
    hub->open = hub->opening = false;
    roost_queue_init(&hub->queue, hub->queue_memory, sizeof hub->queue_memory);
    fake_later(hub->fake, 1,
               (struct roost_event){.type = ROOST_EV_WS_CLOSED, .status = status, .token = code});
}

/* What is queued goes out first. */
static int ws_close(void *ctx, uint16_t code)
{
    struct fake_hub *hub = ctx;

    if (hub->open && hub->bytes_per_s == 0)
        tick(hub);
    close_with(hub, 0, code);
    return 0;
}

void fake_hub_drop(struct fake_hub *hub, uint16_t code)
{
    close_with(hub, ROOST_ERR_CLOSED, code);
}

static const struct roost_ws_ops ws_ops = {.open = ws_open, .send = ws_send, .close = ws_close};

static void greet(struct fake_hub *hub)
{
    char text[400];
    bool resumed = hub->keeps_session && hub->session_id[0];

    if (!hub->open)
        return;
    if (hub->close_with) {
        fake_hub_drop(hub, hub->close_with);
        return;
    }
    if (!hub->greets)
        return;
    if (!resumed)
        snprintf(hub->session_id, sizeof hub->session_id, "00000000-0000-4000-8000-%012d",
                 ++hub->sessions);
    const struct voice_established is = {
        .session_id = hub->session_id, .message = "hello", .when = 1, .resumed = resumed};
    ROOST_ASSERT(voice_write_established(text, sizeof text, &is) > 0);
    (void)fake_hub_send(hub, text);
    if (resumed && hub->replying)
        after(hub, 1, TOKEN_REPLY, ++hub->reply_life);
}

/* ---- what it follows of the fake ---- */

static void booted(void *ctx)
{
    struct fake_hub *hub = ctx;

    hub->open = hub->opening = hub->ticking = hub->replying = false;
    roost_queue_init(&hub->queue, hub->queue_memory, sizeof hub->queue_memory);
    if (hub->world.time.ops)
        world_teddy_off(&hub->world);
}

static void passes(void *ctx, uint64_t ms)
{
    (void)ctx;
    (void)ms;
}

static void settle(void *ctx, struct roost_event *event)
{
    struct fake_hub *hub = ctx;
    unsigned kind = (unsigned)(event->token & 0xFF);
    uint32_t life = (uint32_t)(event->token >> 8);

    if (event->type == ROOST_EV_WS_OPENED) {
        hub->open = true;
        hub->opening = false;
        hub->opened_ms = hub->fake->now_ms;
        hub->credit = 0;
        after(hub, GREETING_MS, TOKEN_GREET, 0);
    }
    if (event->type == ROOST_EV_WS_CLOSED)
        hub->open = hub->opening = false;
    if (event->type != ROOST_EV_NONE)
        return;
    event->token = 0;
    if (kind < WORLD_TIMERS && life == hub->ring_life[kind])
        hub->ring[kind](hub->ring_arg[kind]);
    else if (kind == TOKEN_TICK)
        tick(hub);
    else if (kind == TOKEN_GREET)
        greet(hub);
    else if (kind == TOKEN_REPLY && life == hub->reply_life)
        go_on_replying(hub);
}

static bool said(void *ctx, unsigned topic, const char *payload, size_t len, int token)
{
    (void)ctx;
    (void)topic;
    (void)payload;
    (void)len;
    (void)token;
    return false;
}

static void acked(void *ctx, int token)
{
    (void)ctx;
    (void)token;
}

static void cut_off(void *ctx)
{
    (void)ctx;
}

void fake_hub_init(struct fake_hub *hub, struct fake_port *fake)
{
    static const struct fake_hooks hooks = {.booted = booted,
                                            .passes = passes,
                                            .settle = settle,
                                            .said = said,
                                            .acked = acked,
                                            .cut_off = cut_off};
    const struct world_time time = {.ops = &time_ops, .ctx = hub};
    const struct world_teddy_config config = {.seed = 7,
                                              .block_ms = 20,
                                              .noise = -1,
                                              .heard = heard,
                                              .heard_ctx = hub,
                                              .says = says,
                                              .says_ctx = hub};

    memset(hub, 0, sizeof *hub);
    hub->fake = fake;
    hub->up = hub->greets = hub->agrees = hub->acks = hub->keeps_session = hub->replies = true;
    hub->latency_ms = 5;
    hub->reply_ms = 3000;
    hub->think_ms = 300;
    hub->piece_ms = 192;
    hub->reply_rate_hz = VOICE_RATE_HZ;
    roost_queue_init(&hub->queue, hub->queue_memory, sizeof hub->queue_memory);
    world_teddy_init(&hub->world, &config);
    (void)world_teddy_attach(&hub->world, &time, &fake->port);
    fake->port.ws = (struct roost_ws){&ws_ops, hub};
    fake->port.crypto = (struct roost_crypto){&crypto_ops, hub};
    fake->port.mqtt = (struct roost_mqtt){NULL, NULL};
    fake->hooks = &hooks;
    fake->hooks_ctx = hub;
}

static uint64_t step_teddy(void *device)
{
    return roost_teddy_step(device);
}

static int post_to_teddy(void *device, const struct roost_event *event)
{
    return roost_teddy_post(device, event);
}

void fake_hub_attach(struct fake_hub *hub, struct roost_teddy *teddy)
{
    hub->teddy = teddy;
    fake_attach(hub->fake, &(struct fake_device){.device = teddy,
                                                 .step = step_teddy,
                                                 .post = post_to_teddy,
                                                 .id = teddy->device.id});
}
