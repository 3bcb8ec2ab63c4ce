/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peer played by a test: it writes down what the service does with it, and the test says what it
 * does by calling the service's events. Answers of the network are set by hand. For unit tests of
 * services on hub/peer.h.
 *
 *     struct hub_peer_fake fake;
 *     hub_peer_fake_init(&fake);
 *     events.admit(&service, &fake.peer, &request);
 *     assert_int_equal(fake.state, HUB_PEER_FAKE_OPEN);
 *     events.message(&service, &fake.peer, HUB_PEER_TEXT, "hello", 5);
 *     assert_string_equal(hub_peer_fake_last(&fake), "hello");
 */
#ifndef ROOST_HUB_PEER_FAKE_H
#define ROOST_HUB_PEER_FAKE_H

#include <stdio.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "hub/peer.h"

enum { HUB_PEER_FAKE_SENT = 32, HUB_PEER_FAKE_BYTES = 16384 };

enum hub_peer_fake_state {
    HUB_PEER_FAKE_ASKING,
    HUB_PEER_FAKE_OPEN,
    HUB_PEER_FAKE_REFUSED,
    HUB_PEER_FAKE_CLOSING,
    HUB_PEER_FAKE_GONE, /* an accept that failed */
};

struct hub_peer_fake_message {
    enum hub_peer_type type;
    size_t len;
    char data[HUB_PEER_FAKE_BYTES + 1];
};

struct hub_peer_fake {
    struct hub_peer peer;
    enum hub_peer_fake_state state;
    int accept_err, send_err; /* what the next calls return */
    size_t unsent;
    int status; /* of a refusal */
    uint16_t code;
    char reason[HUB_PEER_REASON_MAX + 1];                  /* of a refusal or a close */
    struct hub_peer_fake_message sent[HUB_PEER_FAKE_SENT]; /* the newest, by number modulo size */
    size_t sent_count;
};

static inline int hub_peer_fake_accept(void *ctx)
{
    struct hub_peer_fake *fake = ctx;

    ROOST_ASSERT(fake->state == HUB_PEER_FAKE_ASKING);
    fake->state = fake->accept_err < 0 ? HUB_PEER_FAKE_GONE : HUB_PEER_FAKE_OPEN;
    return fake->accept_err;
}

static inline void hub_peer_fake_refuse(void *ctx, int status, const char *reason)
{
    struct hub_peer_fake *fake = ctx;

    ROOST_ASSERT(fake->state == HUB_PEER_FAKE_ASKING);
    fake->state = HUB_PEER_FAKE_REFUSED;
    fake->status = status;
    snprintf(fake->reason, sizeof fake->reason, "%s", reason);
}

static inline int hub_peer_fake_send(void *ctx, enum hub_peer_type type, const void *data,
                                     size_t len)
{
    struct hub_peer_fake *fake = ctx;

    ROOST_ASSERT(fake->state == HUB_PEER_FAKE_OPEN || fake->state == HUB_PEER_FAKE_CLOSING);
    if (fake->state == HUB_PEER_FAKE_CLOSING)
        return ROOST_ERR_CLOSED;
    if (fake->send_err < 0)
        return fake->send_err;
    if (len > HUB_PEER_FAKE_BYTES)
        return ROOST_ERR_TOO_LONG;
    struct hub_peer_fake_message *message = &fake->sent[fake->sent_count++ % HUB_PEER_FAKE_SENT];
    message->type = type;
    message->len = len;
    if (len > 0)
        memcpy(message->data, data, len);
    message->data[len] = '\0';
    return 0;
}

static inline size_t hub_peer_fake_unsent(void *ctx)
{
    return ((struct hub_peer_fake *)ctx)->unsent;
}

static inline void hub_peer_fake_close(void *ctx, uint16_t code, const char *reason)
{
    struct hub_peer_fake *fake = ctx;

    ROOST_ASSERT(fake->state == HUB_PEER_FAKE_OPEN || fake->state == HUB_PEER_FAKE_CLOSING);
    if (fake->state == HUB_PEER_FAKE_CLOSING)
        return;
    fake->state = HUB_PEER_FAKE_CLOSING;
    fake->code = code;
    snprintf(fake->reason, sizeof fake->reason, "%s", reason ? reason : "");
}

static inline void hub_peer_fake_init(struct hub_peer_fake *fake)
{
    static const struct hub_peer_ops ops = {
        .accept = hub_peer_fake_accept,
        .refuse = hub_peer_fake_refuse,
        .send = hub_peer_fake_send,
        .unsent = hub_peer_fake_unsent,
        .close = hub_peer_fake_close,
    };

    memset(fake, 0, sizeof *fake);
    fake->peer = (struct hub_peer){.ops = &ops, .ctx = fake};
}

/* The text of the last message sent, "" when there was none. */
static inline const char *hub_peer_fake_last(const struct hub_peer_fake *fake)
{
    return fake->sent_count > 0 ? fake->sent[(fake->sent_count - 1) % HUB_PEER_FAKE_SENT].data : "";
}

/* A request with nothing but a path and one path parameter, borrowed. */
static inline struct hub_peer_request hub_peer_fake_request(const char *path,
                                                            const struct hub_field *param)
{
    return (struct hub_peer_request){.path = path,
                                     .remote = "192.0.2.7",
                                     .correlation_id = "unit",
                                     .offered = "",
                                     .subprotocol = "",
                                     .certificate_name = "",
                                     .certificate_subject = "",
                                     .params = param,
                                     .param_count = param ? 1 : 0};
}

#endif
