/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may come in. What the address says is checked at once; then the book is asked whose key the
 * token has to be made with, and only when that is known the token is looked at: by one computation
 * and one comparison for whoever asks, so that an answer's time tells nothing of who is known. A
 * wrong one never touches the session of the device that it names. Whoever is refused is let in and
 * closed with a reason, as devices in the field expect.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "core/assert.h"
#include "core/err.h"
#include "host/log.h"
#include "hub/voice/voice_internal.h"

/* ---- links that are not signed in ---- */

static void list(struct voice_link *link)
{
    struct voice *voice = link->voice;

    link->listed = true;
    link->next = voice->links;
    if (link->next)
        link->next->previous = link;
    voice->links = link;
    voice->link_count++;
}

static void unlist(struct voice_link *link)
{
    struct voice *voice = link->voice;

    if (!link->listed)
        return;
    link->listed = false;
    if (link->next)
        link->next->previous = link->previous;
    if (link->previous)
        link->previous->next = link->next;
    else
        voice->links = link->next;
    link->next = link->previous = NULL;
    voice->link_count--;
}

static void link_free(struct voice_link *link)
{
    unlist(link);
    explicit_bzero(link, sizeof *link);
    free(link);
}

void voice_link_forget(struct voice_link *link)
{
    link->session = NULL;
    if (!link->listed)
        list(link);
}

void voice_links_free(struct voice *voice)
{
    while (voice->links) {
        struct voice_link *link = voice->links;
        voice->links = link->next;
        voice->link_count--;
        explicit_bzero(link, sizeof *link);
        free(link);
    }
}

/* Of this address, not signed in: waiting for the book, or refused and not gone. */
static size_t count_of(const struct voice *voice, const char *remote)
{
    size_t count = 0;

    for (const struct voice_link *link = voice->links; link; link = link->next)
        count += strcmp(link->remote, remote) == 0;
    return count;
}

/* ---- out again ---- */

void voice_link_close(struct voice_link *link, enum voice_end end, uint16_t code,
                      const char *reason)
{
    link->session = NULL;
    link->end = end;
    hub_peer_close(link->peer, code, reason);
    if (!link->listed)
        list(link); /* until it is gone it counts as one that is not signed in */
}

/* `reason` may be shown to the device; `label` counts. The link is gone when it cannot be let in.
 */
static void refuse(struct voice_link *link, uint16_t code, const char *label, const char *reason)
{
    voice_count_refused(link->voice, link, label);
    if (hub_peer_accept(link->peer) < 0) {
        link_free(link);
        return;
    }
    voice_link_close(link, VOICE_END_REFUSED, code, reason);
}

/* ---- what the book says ---- */

static bool token_is_right(const struct voice_link *link, const struct voice_known *known)
{
    const struct voice *voice = link->voice;
    bool own = known->claimed;
    const void *key = own ? (const void *)known->key : voice->config.secret;
    size_t key_len = own ? known->key_len : voice->config.secret_len;
    char token[VOICE_TOKEN_CHARS + 1];

    /* Without a key it is computed all the same, and never right. */
    int err = voice_token(&voice->hmac, key_len ? key : "", key_len, link->device_id, token);
    bool same = voice_same(token, link->token, VOICE_TOKEN_CHARS);
    explicit_bzero(token, sizeof token);
    return same && err == 0 && key_len > 0;
}

static const char *fleet_reason(int err)
{
    switch (err) {
    case ROOST_ERR_AUTH:
        return "device_id: waits for its claim by an operator";
    case ROOST_ERR_REFUSED:
        return "device_id: not one of this hub";
    default:
        return "device_id: this hub takes no more devices";
    }
}

static void let_in(struct voice_link *link, const struct voice_known *known)
{
    struct voice *voice = link->voice;
    int err;

    struct fleet_device *device = fleet_meet(voice->parts.fleet, link->device_id, true, &err);
    if (!device) {
        refuse(link, VOICE_CLOSE_POLICY, "policy", fleet_reason(err));
        return;
    }
    if (!voice_session_may_open(voice, device)) {
        refuse(link, VOICE_CLOSE_TRY_LATER, "busy", "busy: as many sessions as this hub takes");
        return;
    }
    if (hub_peer_accept(link->peer) < 0) {
        voice_count_refused(voice, link, "left");
        link_free(link);
        return;
    }
    unlist(link);
    err = voice_session_attach(link, device, known);
    if (err < 0) {
        voice_count_refused(voice, link, "fault");
        voice_link_close(link, VOICE_END_FAULT, VOICE_CLOSE_FAULT, roost_err_text(err));
    }
}

static void on_known(void *arg, int err, const struct voice_known *known)
{
    struct voice_link *link = arg;

    link->waits = false;
    if (!link->peer) { /* it left meanwhile */
        link_free(link);
        return;
    }
    const char *before = host_log_scope(link->correlation_id);
    bool right = err == 0 && token_is_right(link, known);
    explicit_bzero(link->token, sizeof link->token);
    if (err < 0)
        refuse(link, VOICE_CLOSE_TRY_LATER, "book", "busy: ask again later");
    else if (!right)
        refuse(link, VOICE_CLOSE_POLICY, "token", "token: wrong");
    else if (known->other_child)
        refuse(link, VOICE_CLOSE_POLICY, "child", "child_id: the device is another child's");
    else
        let_in(link, known);
    host_log_scope(before);
}

/* ---- in ---- */

/* `Authorization: Bearer` in place of the query's token, which proxies like to log. */
static const char *token_of(const struct hub_peer_request *request)
{
    static const char scheme[] = "Bearer ";
    const char *header = hub_peer_header(request, "Authorization");

    if (header && strncasecmp(header, scheme, sizeof scheme - 1) == 0)
        return header + sizeof scheme - 1;
    return hub_peer_query(request, "token");
}

static struct voice_link *link_new(struct voice *voice, struct hub_peer *peer,
                                   const struct hub_peer_request *request)
{
    struct voice_link *link = calloc(1, sizeof *link);

    if (!link)
        return NULL;
    link->voice = voice;
    link->peer = peer;
    link->end = VOICE_ENDS;
    snprintf(link->remote, sizeof link->remote, "%s", request->remote);
    snprintf(link->correlation_id, sizeof link->correlation_id, "%s", request->correlation_id);
    peer->user = link;
    list(link);
    return link;
}

/* Checked: each fits. */
static void take_door(struct voice_link *link, const struct voice_door *door)
{
    snprintf(link->device_id, sizeof link->device_id, "%s", door->device_id);
    snprintf(link->child_id, sizeof link->child_id, "%s", door->child_id);
    snprintf(link->child_name, sizeof link->child_name, "%s", door->child_name);
    snprintf(link->token, sizeof link->token, "%s", door->token);
}

static void ask(struct voice_link *link)
{
    const struct voice_book *book = link->voice->with->book;

    link->waits = true;
    int err = book->ops->look_up(book->ctx, link->device_id, link->child_id, on_known, link);
    if (err == 0)
        return;
    link->waits = false;
    explicit_bzero(link->token, sizeof link->token);
    refuse(link, VOICE_CLOSE_TRY_LATER, "book", "busy: ask again later");
}

void voice_admit(void *service, struct hub_peer *peer, const struct hub_peer_request *request)
{
    struct voice *voice = service;
    const struct voice_door door = {.device_id = hub_peer_query(request, "device_id"),
                                    .child_id = hub_peer_query(request, "child_id"),
                                    .child_name = hub_peer_query(request, "child_name"),
                                    .child_age = hub_peer_query(request, "child_age"),
                                    .token = token_of(request)};
    const char *why;
    unsigned age;

    if (!voice->with) {
        voice_count_refused(voice, NULL, "not_served");
        hub_peer_refuse(peer, 503, "not_served");
        return;
    }
    if (voice->link_count >= VOICE_LINKS_MAX ||
        count_of(voice, request->remote) >= VOICE_LINKS_OF_ADDRESS) {
        voice_count_refused(voice, NULL, "crowd");
        hub_peer_refuse(peer, 429, "crowd");
        return;
    }
    struct voice_link *link = link_new(voice, peer, request);
    if (!link) {
        hub_peer_refuse(peer, 503, "no_memory");
        return;
    }
    int err = voice_door_check(&door, &age, &why);
    if (err < 0) {
        refuse(link, VOICE_CLOSE_POLICY, "parameter", why);
        return;
    }
    link->age = age;
    take_door(link, &door);
    ask(link);
}

void voice_closed(void *service, struct hub_peer *peer, uint16_t code)
{
    struct voice *voice = service;
    struct voice_link *link = peer->user;
    bool said = code == HUB_PEER_NORMAL || code == HUB_PEER_GOING_AWAY || code == HUB_PEER_NO_CODE;

    if (!link)
        return; /* refused before it was one */
    enum voice_end end = link->end != VOICE_ENDS ? link->end
                         : said                  ? VOICE_END_CLOSED
                                                 : VOICE_END_LOST;
    link->peer = NULL;
    peer->user = NULL;
    metric_add(voice->metrics.sockets[end], 1);
    if (link->session) {
        struct voice_session *session = link->session;
        link->session = NULL;
        voice_session_detach(session, said);
    }
    if (!link->waits)
        link_free(link);
}
