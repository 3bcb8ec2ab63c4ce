/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/echo/echo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

static const char authorization[] = "Basic dW5pdDpwYXNz"; /* unit:pass */

/* ---- peers ---- */

static struct echo_peer *find_open(struct echo *echo, const char *id)
{
    for (size_t i = 0; i < ECHO_PEERS_MAX; i++)
        if (echo->peers[i].peer && echo->peers[i].open && strcmp(echo->peers[i].id, id) == 0)
            return &echo->peers[i];
    return NULL;
}

static struct echo_peer *take(struct echo *echo, struct hub_peer *peer,
                              const struct hub_peer_request *request, const char *id)
{
    for (size_t i = 0; i < ECHO_PEERS_MAX; i++) {
        struct echo_peer *row = &echo->peers[i];

        if (row->peer)
            continue;
        *row = (struct echo_peer){.echo = echo, .peer = peer};
        snprintf(row->id, sizeof row->id, "%s", id);
        snprintf(row->certificate, sizeof row->certificate, "%s", request->certificate_name);
        peer->user = row;
        return row;
    }
    return NULL;
}

static void refuse(struct echo *echo, struct hub_peer *peer, int status, const char *reason)
{
    echo->refused++;
    hub_peer_refuse(peer, status, reason);
}

static void let_in(struct echo *echo, struct echo_peer *row)
{
    struct echo_peer *before = find_open(echo, row->id);

    if (hub_peer_accept(row->peer) < 0) {
        echo->left++;
        row->peer = NULL;
        return;
    }
    if (before) {
        before->open = false;
        hub_peer_close(before->peer, ECHO_REPLACED, "replaced");
    }
    echo->opened++;
    row->open = true;
    if (strcmp(row->id, "guest") == 0)
        hub_peer_close(row->peer, HUB_PEER_POLICY, "guests are not let in");
}

static void admit(void *service, struct hub_peer *peer, const struct hub_peer_request *request)
{
    struct echo *echo = service;
    const char *id = hub_peer_param(request, "id");
    const char *password = hub_peer_header(request, "Authorization");
    struct echo_peer *row = NULL;

    echo->asked++;
    if (strlen(id) > ECHO_ID_MAX || strcmp(id, "stranger") == 0)
        refuse(echo, peer, 404, "unknown_id");
    else if (strcmp(id, "secret") == 0 && (!password || strcmp(password, authorization) != 0))
        refuse(echo, peer, 401, "wrong_password");
    else if (!(row = take(echo, peer, request, id)))
        refuse(echo, peer, 503, "too_many");
    else if (strncmp(id, "late-", 5) == 0)
        row->answer_ms = echo->clock.ops->now_ms(echo->clock.ctx) + ECHO_LATE_MS;
    else
        let_in(echo, row);
}

uint64_t echo_tick(struct echo *echo, uint64_t now_ms)
{
    uint64_t next_ms = UINT64_MAX;

    for (size_t i = 0; i < ECHO_PEERS_MAX; i++) {
        struct echo_peer *row = &echo->peers[i];

        if (!row->peer || row->answer_ms == 0)
            continue;
        if (now_ms < row->answer_ms) {
            next_ms = row->answer_ms < next_ms ? row->answer_ms : next_ms;
            continue;
        }
        row->answer_ms = 0;
        if (strncmp(row->id, "late-no", 7) == 0) {
            refuse(echo, row->peer, 403, "not_today");
            row->peer = NULL;
        } else {
            let_in(echo, row);
        }
    }
    return next_ms;
}

static void closed(void *service, struct hub_peer *peer, uint16_t code)
{
    struct echo *echo = service;
    struct echo_peer *row = peer->user;

    if (row->answer_ms != 0)
        echo->left++;
    else
        echo->closed++;
    echo->code = code;
    row->peer = NULL;
}

/* ---- messages ---- */

static void say(struct echo_peer *row, enum hub_peer_type type, const void *data, size_t len)
{
    int err = hub_peer_send(row->peer, type, data, len);

    if (err == 0)
        row->echo->sent++;
    else if (err != ROOST_ERR_CLOSED) /* it closes: what comes in meanwhile is answered no more */
        row->echo->dropped++;
}

static void flood(struct echo_peer *row, unsigned long count)
{
    char text[ECHO_FLOOD_BYTES + 1];

    for (unsigned long i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%-*lu", ECHO_FLOOD_BYTES, i);
        say(row, HUB_PEER_TEXT, text, ECHO_FLOOD_BYTES);
    }
}

static void message(void *service, struct hub_peer *peer, enum hub_peer_type type, const char *data,
                    size_t len)
{
    struct echo *echo = service;
    struct echo_peer *row = peer->user;

    echo->messages++;
    if (strncmp(data, "close ", 6) == 0) {
        char *reason;
        unsigned long code = strtoul(data + 6, &reason, 10);
        hub_peer_close(peer, (uint16_t)code, *reason == ' ' ? reason + 1 : NULL);
    } else if (strncmp(data, "flood ", 6) == 0) {
        flood(row, strtoul(data + 6, NULL, 10));
    } else if (strcmp(data, "who") == 0) {
        say(row, HUB_PEER_TEXT, row->certificate, strlen(row->certificate));
    } else {
        say(row, type, data, len);
    }
}

static void writable(void *service, struct hub_peer *peer)
{
    (void)service;
    say(peer->user, HUB_PEER_TEXT, "drained", 7);
}

/* ---- the service ---- */

static const struct hub_peer_events events = {
    .admit = admit, .message = message, .writable = writable, .closed = closed};

void echo_init(struct echo *echo, const struct host_clock *clock)
{
    memset(echo, 0, sizeof *echo);
    echo->clock = *clock;
    echo->routes[0] = (struct hub_socket_route){.path = "/echo/{id}",
                                                .subprotocols = "echo",
                                                .realm = "echo",
                                                .message_max = 10000,
                                                .send_max = 20000,
                                                .ping_interval_ms = 20000,
                                                .any_origin = true,
                                                .events = &events};
}

size_t echo_count(const struct echo *echo)
{
    size_t count = 0;

    for (size_t i = 0; i < ECHO_PEERS_MAX; i++)
        count += echo->peers[i].peer && echo->peers[i].answer_ms == 0;
    return count;
}

bool echo_adds_up(const struct echo *echo)
{
    uint64_t there = 0;

    for (size_t i = 0; i < ECHO_PEERS_MAX; i++)
        there += echo->peers[i].peer != NULL;
    return echo->asked == echo->refused + echo->left + echo->closed + there;
}
