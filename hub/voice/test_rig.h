/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The voice service with devices played by a test, in virtual time: a real fleet on a registry in
 * memory, the providers of voice_fake.h, peers of hub/peer_fake.h whose messages are kept as what a
 * device reads in them. Whatever a test does, at its end nothing may be left.
 *
 *     struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
 *     rig_turn(peer, "one", 8);                 audio_start, eight chunks, audio_end
 *     rig_pass(2000);
 *     assert_non_null(rig_seen(peer, VOICE_DOWN_AUDIO_RESPONSE));
 */
#ifndef ROOST_HUB_VOICE_TEST_RIG_H
#define ROOST_HUB_VOICE_TEST_RIG_H

#include "hub/voice/voice_fake.h"

#include "core/base64.h"
#include "core/json_read.h"
#include "hub/fleet/parts_fake.h"
#include "hub/peer_fake.h"
#include "hub/settings.h"
#include "hub/store/registry_sqlite.h"
#include "hub/voice/voice_internal.h"

#define RIG_SECRET "5f0c61d3a94e4be7b3f2a1d08c77e6f1"

enum { RIG_PEERS = 16, RIG_SEEN = 4096, RIG_TURN_ID = VOICE_UUID_CHARS + 1 };

/* What a device read. */
struct rig_seen {
    enum voice_down_type type;
    enum voice_error error;
    enum voice_format format;
    uint64_t seq, at_ms;
    uint32_t ms; /* of sound */
    bool is_final, resumed;
    size_t sound_bytes, len;
    char text[1100]; /* of a reply or an error; of a command its name */
    char session_id[VOICE_UUID_CHARS + 1];
};

struct rig_peer {
    struct hub_peer_fake fake;
    struct hub_peer_ops ops;
    bool there; /* `closed` has not been said */
    char device_id[40], child_id[60];
    struct rig_seen *seen;
    size_t count;
    uint64_t seq;
    bool stuck; /* its socket takes nothing */
};

struct rig {
    struct parts_fake fake;
    struct registry registry;
    struct settings settings;
    struct fleet *fleet;
    struct voice *voice;
    struct hub_set set;
    struct hub_extra extras[2];
    struct hub_parts parts;
    struct voice_fake with;
    struct rig_peer peers[RIG_PEERS];
    size_t peer_count;
    const char *secret; /* tokens are made with it */
};

static struct rig rig;

/* Puts more to a text, which has room for it. */
static inline void rig_add(char *text, size_t size, const char *more)
{
    size_t len = strlen(text), more_len = strlen(more);

    assert_true(len + more_len < size);
    memcpy(text + len, more, more_len + 1);
}

#include "hub/voice/test_reads.h"

/* ---- time ---- */

static inline void rig_tick(void)
{
    (void)voice_service.tick(rig.voice, rig.fake.now_ms);
}

/* So many milliseconds, whatever is due in them in its order. */
static inline void rig_pass(uint64_t ms)
{
    uint64_t end_ms = rig.fake.now_ms + ms;

    for (;;) {
        while (voice_fake_run(&rig.with))
            ;
        uint64_t due_ms = voice_service.tick(rig.voice, rig.fake.now_ms);
        due_ms = roost_earlier(due_ms, voice_fake_due(&rig.with));
        if (due_ms > end_ms)
            break;
        if (due_ms > rig.fake.now_ms)
            fake_pass(&rig.fake, due_ms - rig.fake.now_ms);
    }
    fake_pass(&rig.fake, end_ms - rig.fake.now_ms);
    rig.registry.ops->wait(rig.registry.ctx);
    (void)fleet_tick(rig.fleet, rig.fake.now_ms);
    rig.registry.ops->wait(rig.registry.ctx);
}

/* ---- peers ---- */

static inline const struct hub_peer_events *rig_events(void)
{
    return voice_service.sockets[0].events;
}

static inline struct rig_peer *rig_peer_new(void)
{
    static struct hub_peer_ops ops;
    struct rig_peer *peer = NULL;

    for (size_t i = 0; i < RIG_PEERS && !peer; i++)
        if (!rig.peers[i].there)
            peer = &rig.peers[i];
    assert_non_null(peer);
    struct rig_seen *seen = peer->seen ? peer->seen : calloc(RIG_SEEN, sizeof *seen);
    assert_non_null(seen);
    hub_peer_fake_init(&peer->fake);
    ops = *peer->fake.peer.ops;
    ops.send = rig_send_op;
    peer->fake.peer.ops = &ops;
    peer->seen = seen;
    peer->count = 0;
    peer->seq = 0;
    peer->there = true;
    peer->stuck = false;
    return peer;
}

static inline void rig_token(const char *device_id, const char *secret,
                             char out[VOICE_TOKEN_CHARS + 1])
{
    assert_int_equal(voice_token(&rig.voice->hmac, secret, strlen(secret), device_id, out), 0);
}

/* Asks to come in with these; NULL leaves one out. It may be refused. */
static inline struct rig_peer *rig_ask(const char *device_id, const char *child_id,
                                       const char *name, const char *age, const char *token)
{
    struct rig_peer *peer = rig_peer_new();
    const char *const names[] = {"device_id", "child_id", "child_name", "child_age", "token"};
    const char *const values[] = {device_id, child_id, name, age, token};
    struct hub_field query[5];
    struct hub_peer_request request = hub_peer_fake_request(VOICE_PATH, NULL);

    for (size_t i = 0; i < 5; i++)
        if (values[i])
            query[request.query_count++] = (struct hub_field){names[i], values[i]};
    request.query = query;
    snprintf(peer->device_id, sizeof peer->device_id, "%s", device_id ? device_id : "");
    snprintf(peer->child_id, sizeof peer->child_id, "%s", child_id ? child_id : "");
    rig_events()->admit(rig.voice, &peer->fake.peer, &request);
    if (peer->fake.state == HUB_PEER_FAKE_REFUSED || peer->fake.state == HUB_PEER_FAKE_GONE)
        peer->there = false;
    return peer;
}

static inline struct rig_peer *rig_try(const char *device_id, const char *child_id)
{
    char token[VOICE_TOKEN_CHARS + 1];

    rig_token(device_id, rig.secret, token);
    struct rig_peer *peer = rig_ask(device_id, child_id, "Mia", "7", token);
    rig_pass(10);
    return peer;
}

/* `closed`, with any code: HUB_PEER_LOST for a connection that broke. */
static inline void rig_close(struct rig_peer *peer, uint16_t code)
{
    assert_true(peer->there);
    peer->there = false;
    rig_events()->closed(rig.voice, &peer->fake.peer,
                         peer->fake.state == HUB_PEER_FAKE_CLOSING ? peer->fake.code : code);
}

static inline void rig_say(struct rig_peer *peer, const char *text)
{
    char copy[VOICE_MESSAGE_MAX + 1];
    size_t len = strlen(text);

    assert_true(len < sizeof copy);
    memcpy(copy, text, len + 1);
    if (peer->fake.state == HUB_PEER_FAKE_OPEN)
        rig_events()->message(rig.voice, &peer->fake.peer, HUB_PEER_TEXT, copy, len);
    memset(copy, 'x', len); /* borrowed for the call */
}

/* One that takes pieces of PCM and says what it plays. */
static inline void rig_announce(struct rig_peer *peer)
{
    rig_say(peer, "{\"type\":\"system_status\",\"features\":[\"stream\",\"pcm_s16le\",\"resume\"],"
                  "\"status\":{\"online\":true,\"seq\":1,\"type\":\"teddy\",\"firmware\":\"1.0.0\","
                  "\"heap_free_bytes\":120000}}");
}

static inline struct rig_peer *rig_connect(const char *device_id, const char *child_id)
{
    struct rig_peer *peer = rig_try(device_id, child_id);

    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
    assert_int_equal(rig_at(peer, 0)->type, VOICE_DOWN_ESTABLISHED);
    rig_announce(peer);
    return peer;
}

#include "hub/voice/test_turns.h"

/* ---- looking ---- */

static inline struct voice_session *rig_session(const struct rig_peer *peer)
{
    const struct fleet_device *device = fleet_find(rig.fleet, peer->device_id);
    const struct voice_device *part = device ? device->part[0] : NULL;

    return part ? part->session : NULL;
}

static inline struct voice_turn *rig_turn_of(const struct rig_peer *peer)
{
    return rig_session(peer) ? rig_session(peer)->turn : NULL;
}

static inline size_t rig_ended(enum voice_turn_end end)
{
    return (size_t)metric_value(rig.voice->metrics.turns[end]);
}

static inline size_t rig_all_ended(void)
{
    size_t count = 0;

    for (int i = 0; i < VOICE_TURN_ENDS; i++)
        count += rig_ended((enum voice_turn_end)i);
    return count;
}

/* Every turn ended once, and nothing of any is left. */
static inline void rig_nothing_is_left(void)
{
    assert_int_equal(rig.voice->talking, 0);
    assert_int_equal(rig.voice->turns_begun, rig.voice->turns_ended);
    assert_int_equal(rig_all_ended(), rig.voice->turns_ended);
    assert_int_equal(rig.voice->bytes, 0);
    assert_int_equal(rig.with.hear.live, 0);
    assert_int_equal(rig.with.speak.live, 0);
}

/* ---- life ---- */

static inline void rig_open_with(const struct fleet_config *config)
{
    void *service;

    rig.fleet = fleet_new(config, &rig.registry, &rig.fake.bus, &rig.fake.clock, &rig.fake.feed,
                          rig.fake.metrics);
    rig.parts = (struct hub_parts){.settings = &rig.settings,
                                   .registry = &rig.registry,
                                   .bus = &rig.fake.bus,
                                   .clock = &rig.fake.clock,
                                   .feed = &rig.fake.feed,
                                   .metrics = rig.fake.metrics,
                                   .fleet = rig.fleet,
                                   .extras = rig.extras};
    assert_int_equal(voice_service.open(&service, &rig.parts), 0);
    rig.voice = service;
    rig.set.at[0].row = &voice_service;
    rig.set.at[0].service = service;
    rig.set.count = 1;
    fleet_join(rig.fleet, &rig.set);
    assert_int_equal(fleet_load(rig.fleet), 0);
}

static inline void rig_open(void)
{
    static const struct fleet_config config = {.policy = FLEET_POLICY_OPEN,
                                               .inactive_after_ms = 300000,
                                               .command_timeout_ms = 10000,
                                               .device_max = 1000};

    rig_open_with(&config);
}

static inline void rig_shut(void)
{
    rig.registry.ops->wait(rig.registry.ctx);
    fleet_free(rig.fleet);
    voice_service.close(rig.voice);
    metrics_free(rig.fake.metrics);
}

/* With other settings; nothing is under way. */
static inline void rig_again(void)
{
    rig_shut();
    rig.fake.metrics = metrics_new();
    rig_open();
}

static inline int rig_set_up(void **state)
{
    struct rig_seen *seen[RIG_PEERS];

    (void)state;
    for (size_t i = 0; i < RIG_PEERS; i++)
        seen[i] = rig.peers[i].seen;
    memset(&rig, 0, sizeof rig);
    for (size_t i = 0; i < RIG_PEERS; i++)
        rig.peers[i].seen = seen[i];
    fake_init(&rig.fake);
    if (registry_sqlite_open(&rig.registry, NULL, ":memory:", NULL, 0) != 0)
        return -1;
    rig.settings = (struct settings){.esp32_secret = RIG_SECRET,
                                     .esp32_sessions_max = 10,
                                     .esp32_session_min = 30,
                                     .voice_talk_min = 30,
                                     .voice_rate_per_s = 40};
    rig.secret = RIG_SECRET;
    voice_fake_init(&rig.with, &rig.fake.now_ms);
    rig.extras[0] = (struct hub_extra){VOICE_EXTRA, &rig.with.parts};
    rig_open();
    return 0;
}

static inline int rig_tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < RIG_PEERS; i++)
        if (rig.peers[i].there)
            rig_close(&rig.peers[i], HUB_PEER_GOING_AWAY);
    rig_pass(VOICE_RESUME_MS + 1000);
    assert_int_equal(rig.voice->session_count, 0);
    assert_int_equal(rig.voice->link_count, 0);
    assert_int_equal(rig.with.answer.live, 0);
    rig_nothing_is_left();
    rig_shut();
    rig.registry.ops->close(rig.registry.ctx);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

#endif
