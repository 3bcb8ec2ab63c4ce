/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hub of a few lines, and what surrounds the teddy, for its tests: world/teddy on the fake port
 * (runtime/test/fake_port.h), and a WebSocket peer that greets, agrees, acknowledges, checks every
 * signature, and answers a turn with a reply that it paces as the real one does. Everything a test
 * may want to bend is a plain member.
 *
 *     fake_init(&fake);
 *     fake_hub_init(&hub, &fake);
 *     roost_teddy_init(&teddy, &fake.port, &config);
 *     fake_hub_attach(&hub, &teddy);
 */
#ifndef ROOST_DEVICES_TEDDY_TEST_FAKE_HUB_H
#define ROOST_DEVICES_TEDDY_TEST_FAKE_HUB_H

#include "core/queue.h"
#include "devices/teddy/teddy.h"
#include "proto/voice/down.h"
#include "proto/voice/up.h"
#include "runtime/test/fake_port.h"
#include "world/teddy/teddy.h"

enum {
    FAKE_HUB_QUEUE = 18 * 1024,
    FAKE_HUB_TEXT = VOICE_FRAME_MAX + 1,
    FAKE_HUB_KEPT = 3072,
    FAKE_HUB_PIECE = 8 * 1024,
    FAKE_KEY_BYTES = 20
};

#define FAKE_KEY "the key of this teddy"

struct fake_hub {
    struct fake_port *fake;
    struct roost_teddy *teddy;

    /* the socket */
    bool up, open, opening;
    bool silent; /* takes everything and says nothing */
    int send_error;
    uint32_t latency_ms;
    uint32_t bytes_per_s; /* 0: as fast as it goes */
    uint64_t credit;      /* thousandths of a byte */
    uint64_t ticked_ms;
    bool ticking;
    struct roost_queue queue;
    uint8_t queue_memory[FAKE_HUB_QUEUE + 64];
    uint64_t opened_ms;
    int opens;
    size_t message_max;
    uint32_t ping_ms;
    char url[VOICE_URL_MAX];

    /* the session */
    char session_id[VOICE_UUID_CHARS + 1];
    int sessions;
    bool greets, agrees, acks;
    bool keeps_session;  /* the next connection is of the same */
    uint16_t close_with; /* after the greeting is due; 0: it stays open */

    /* what came */
    int count[VOICE_UP_TYPE_COUNT];
    char last[FAKE_HUB_KEPT];
    char last_answer[FAKE_HUB_KEPT];
    char turn[VOICE_UUID_CHARS + 1];
    uint64_t seq; /* highest */
    uint64_t acked_seq;
    int chunks, repeated, unsigned_chunks, finals, out_of_turn;
    uint64_t samples; /* of this turn, each once */
    int64_t expected; /* the next sample's number by its value, ... */
    int gaps;         /* ... and how often it was another; see fake_said() */
    unsigned features;
    size_t buffer_bytes;
    uint64_t played_ms, buffered_ms, most_ahead_ms;

    /* what it says */
    bool replies;                                  /* to a turn's end */
    uint32_t reply_ms, think_ms, piece_ms, gap_ms; /* gap: once, behind half of it */
    uint32_t speed;                                /* times real time; 0: 3 */
    uint32_t reply_rate_hz;
    bool whole;         /* in one piece, without a number, as the field does */
    bool per_reply_seq; /* numbers begin at 1 with each reply */
    bool never_final;
    bool careless;                /* paces by nothing */
    uint64_t reply_at, reply_seq; /* samples sent; */
    uint64_t sent_ms;
    bool replying, gap_over;
    uint32_t reply_life; /* guards its timer */

    /* what surrounds the teddy */
    struct world_teddy world;
    uint32_t ring_life[WORLD_TIMERS];
    world_ring_fn ring[WORLD_TIMERS];
    void *ring_arg[WORLD_TIMERS];
    uint64_t said;  /* samples that were spoken into the microphone */
    uint64_t heard; /* samples of the loudspeaker */
    uint64_t loud;  /* of them not silent */
    int32_t jump;   /* the greatest between two of them */
    int16_t heard_last;
    uint32_t heard_rate_hz;
};

void fake_hub_init(struct fake_hub *hub, struct fake_port *fake);
void fake_hub_attach(struct fake_hub *hub, struct roost_teddy *teddy);

/* To the teddy, at once. */
int fake_hub_send(struct fake_hub *hub, const char *text);
int fake_hub_error(struct fake_hub *hub, enum voice_error error);
void fake_hub_reply(struct fake_hub *hub); /* begins one */
int fake_hub_piece(struct fake_hub *hub, const struct voice_reply *reply);

/* The connection is gone, without a word or with a code. */
void fake_hub_drop(struct fake_hub *hub, uint16_t code);

/* Sample n of what is said into the microphone, and of the reply: both never silent. */
int16_t fake_said(uint64_t n);
int16_t fake_replied(uint64_t n, uint32_t rate_hz);

/* As the fake's crypto has it: keyed, and of everything. */
int fake_hmac(void *ctx, const void *key, size_t key_len, const void *data, size_t len,
              uint8_t out[32]);

#endif
