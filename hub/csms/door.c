/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may come in: exactly a registered identity, with its password when it has one. Whoever speaks
 * no OCPP 1.6 is let in without a subprotocol and closed, as OCPP-J 3.2 has it. The newest socket
 * of an identity is the charger; what becomes of the old one changes nothing. A wrong password is
 * told later each time it comes, and the right one is let in at once whatever others try under its
 * name. A TLS client certificate, which TLS has verified, has to be the charger's own.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "core/base64.h"
#include "hub/csms/csms_internal.h"

void csms_password_hash(const uint8_t salt[CSMS_SALT_BYTES], const void *password, size_t len,
                        uint8_t out[CSMS_HASH_BYTES])
{
    if (!HMAC(EVP_sha256(), salt, CSMS_SALT_BYTES, password, len, out, NULL))
        memset(out, 0, CSMS_HASH_BYTES);
}

/* ---- links ---- */

static void link_free(struct csms_link *link)
{
    struct csms *csms = link->csms;

    if (link->next)
        link->next->previous = link->previous;
    if (link->previous)
        link->previous->next = link->next;
    else
        csms->links = link->next;
    csms->link_count--;
    OPENSSL_cleanse(link->password, sizeof link->password);
    free(link);
}

void csms_links_free(struct csms *csms)
{
    while (csms->links)
        link_free(csms->links);
}

static void count(struct csms *csms, enum csms_door door)
{
    metric_add(csms->metrics.doors[door], 1);
}

/* Counted, and named for who looks for a charger that does not come in. */
static void turn_away(struct csms *csms, enum csms_door door, const char *reason,
                      const char *identity, const char *remote)
{
    count(csms, door);
    HOST_LOG_LIMITED(ROOST_LOG_WARN, "csms", "charger refused", RF_STR("reason", reason),
                     RF_STR("charger", identity), RF_STR("remote", remote));
}

static void refuse(struct csms_link *link, enum csms_door door, int status, const char *reason)
{
    turn_away(link->csms, door, reason, link->identity, link->remote);
    hub_peer_refuse(link->peer, status, reason);
    link_free(link);
}

/* ---- passwords ---- */

/* `Basic base64(identity ":" password)`; the password is any bytes, and the identity is known, so
 * that a colon in either is no question. */
static void take_password(struct csms_link *link, const struct hub_peer_request *request)
{
    static const char scheme[] = "Basic ";
    const char *header = hub_peer_header(request, "Authorization");
    uint8_t bytes[CSMS_IDENTITY_MAX + 1 + CSMS_PASSWORD_MAX];
    size_t id_len = strlen(link->identity);

    if (!header || strncasecmp(header, scheme, sizeof scheme - 1) != 0)
        return;
    header += sizeof scheme - 1;
    int len = roost_base64_decode(bytes, sizeof bytes, header, strlen(header));
    if (len > (int)id_len && (size_t)len - id_len - 1 <= sizeof link->password &&
        memcmp(bytes, link->identity, id_len) == 0 && bytes[id_len] == ':') {
        link->has_password = true;
        link->password_len = (uint8_t)((size_t)len - id_len - 1);
        memcpy(link->password, bytes + id_len + 1, link->password_len);
    }
    OPENSSL_cleanse(bytes, sizeof bytes);
}

static bool password_is(const struct csms_link *link, const uint8_t salt[CSMS_SALT_BYTES],
                        const uint8_t wanted[CSMS_HASH_BYTES])
{
    uint8_t hash[CSMS_HASH_BYTES];

    csms_password_hash(salt, link->password, link->password_len, hash);
    bool same = CRYPTO_memcmp(hash, wanted, sizeof hash) == 0;
    OPENSSL_cleanse(hash, sizeof hash);
    return same && link->has_password;
}

/* Of two that it may have, the one that it came with is the password from now on. */
static bool next_is_right(const struct csms_link *link, const struct csms_charger_row *row)
{
    struct csms *csms = link->csms;
    struct csms_charger *charger = csms_charger_find(csms, row->identity);
    struct csms_charger_row changed = *row;

    if (!charger || !charger->has_next || !csms->with->desk ||
        !password_is(link, charger->next_salt, charger->next_hash))
        return false;
    memcpy(changed.salt, charger->next_salt, sizeof changed.salt);
    memcpy(changed.hash, charger->next_hash, sizeof changed.hash);
    /* Kept in memory for as long as it is not in the book. */
    (void)csms->with->desk->ops->charger(csms->with->desk->ctx, &changed, false, NULL, NULL);
    return true;
}

static bool password_is_right(const struct csms_link *link, const struct csms_charger_row *row)
{
    return !row->basic || row->certificate || password_is(link, row->salt, row->hash) ||
           next_is_right(link, row);
}

/* ---- certificates ---- */

/* TLS has verified it; whose it is, is asked here. */
static void take_certificate(struct csms_link *link, const struct hub_peer_request *request)
{
    const char *wanted = link->csms->with->organisation;
    const char *name = request->certificate_name;

    link->shows_certificate = name[0] != '\0' || request->certificate;
    if (strlen(name) < sizeof link->certificate_name)
        snprintf(link->certificate_name, sizeof link->certificate_name, "%s", name);
    if (request->certificate) {
        snprintf(link->certificate_serial, sizeof link->certificate_serial, "%s",
                 request->certificate->serial);
        link->certificate_until_ms = request->certificate->until_ms;
    }
    link->right_organisation =
        !wanted || wanted[0] == '\0' ||
        (request->certificate && strcmp(request->certificate->organisation, wanted) == 0);
}

/* TLS takes up a session that was verified hours ago. */
static bool is_over(const struct csms_link *link)
{
    return link->certificate_until_ms != 0 &&
           link->certificate_until_ms <= csms_unix_ms(link->csms);
}

/* Whoever shows one has to be the one it names. */
static bool certificate_is_right(struct csms_link *link, const struct csms_charger_row *row)
{
    const char *wanted = row->certificate_name[0] ? row->certificate_name : row->identity;

    if (!link->shows_certificate && !row->certificate)
        return true;
    if (!link->shows_certificate)
        refuse(link, CSMS_DOOR_NO_CERTIFICATE, 403, "no_certificate");
    else if (is_over(link))
        refuse(link, CSMS_DOOR_CERTIFICATE_EXPIRED, 403, "certificate_expired");
    else if (strcmp(link->certificate_name, wanted) != 0)
        refuse(link, CSMS_DOOR_CERTIFICATE_NAME, 403, "certificate_name");
    else if (!link->right_organisation)
        refuse(link, CSMS_DOOR_CERTIFICATE_ORGANISATION, 403, "certificate_organisation");
    else
        return true;
    return false;
}

/* ---- wrong passwords ---- */

static struct csms_failed *failed_of(struct csms *csms, const char *identity)
{
    struct csms_failed *oldest = &csms->delays.failed[0];
    uint64_t now_ms = csms_now_ms(csms);

    for (size_t i = 0; i < CSMS_FAILED_MAX; i++) {
        struct csms_failed *at = &csms->delays.failed[i];
        if (at->count > 0 && strcmp(at->identity, identity) == 0) {
            if (now_ms - at->last_ms >= CSMS_DELAY_FORGET_MS)
                at->count = 0;
            return at;
        }
        if (at->count == 0 || (oldest->count > 0 && at->last_ms < oldest->last_ms))
            oldest = at;
    }
    oldest->count = 0;
    snprintf(oldest->identity, sizeof oldest->identity, "%s", identity);
    return oldest;
}

static void delay(struct csms_link *link)
{
    struct csms *csms = link->csms;
    struct csms_failed *failed = failed_of(csms, link->identity);
    uint64_t wait_ms = (uint64_t)CSMS_DELAY_MS << (failed->count < 5 ? failed->count : 5);
    struct csms_link **at = &csms->delays.first;

    failed->count++;
    failed->last_ms = csms_now_ms(csms);
    if (csms->delays.count >= CSMS_DELAYS_MAX) {
        refuse(link, CSMS_DOOR_PASSWORD, 401, "wrong_password");
        return;
    }
    link->delayed = true;
    link->due_ms =
        csms_now_ms(csms) + (wait_ms < CSMS_DELAY_MOST_MS ? wait_ms : CSMS_DELAY_MOST_MS);
    while (*at && (*at)->due_ms <= link->due_ms)
        at = &(*at)->next_delayed;
    link->next_delayed = *at;
    *at = link;
    csms->delays.count++;
}

static void delay_ends(struct csms_link *link)
{
    struct csms_link **at = &link->csms->delays.first;

    while (*at != link)
        at = &(*at)->next_delayed;
    *at = link->next_delayed;
    link->delayed = false;
    link->csms->delays.count--;
}

uint64_t csms_door_tick(struct csms *csms, uint64_t now_ms)
{
    struct csms_link *link;

    while ((link = csms->delays.first) != NULL && link->due_ms <= now_ms) {
        delay_ends(link);
        refuse(link, CSMS_DOOR_PASSWORD, 401, "wrong_password");
    }
    return link ? link->due_ms : ROOST_NEVER;
}

/* ---- in ---- */

/* What was asked over the old socket and not begun is forgotten: its charger says it again. */
static void leave(struct csms_charger *charger, enum csms_outcome outcome)
{
    struct csms_call **at = charger->serving ? &charger->calls->next : &charger->calls;

    if (charger->serving)
        charger->calls->link = NULL;
    while (*at) {
        struct csms_call *call = *at;
        *at = call->next;
        charger->call_count--;
        charger->csms->call_count--;
        csms_call_free(charger->csms, call);
    }
    charger->calls_end = at;
    charger->link->charger = NULL;
    charger->link = NULL;
    charger->csms->online_count--;
    csms_asks_drop(charger, outcome);
    charger->speaks = false;
    if (outcome != CSMS_REPLACED)
        csms_fleet_tell(charger);
}

void csms_hang_up(struct csms_link *link, const char *reason)
{
    leave(link->charger, CSMS_LOST);
    hub_peer_close(link->peer, HUB_PEER_FAULT, reason);
}

static void let_in(struct csms_link *link, const struct csms_found *found)
{
    struct csms *csms = link->csms;
    struct csms_charger *charger = csms_charger_meet(csms, found);

    if (!charger) {
        refuse(link, CSMS_DOOR_CROWD, 503, "crowd");
        return;
    }
    if (hub_peer_accept(link->peer) < 0) {
        link_free(link);
        return;
    }
    if (!link->speaks) {
        turn_away(csms, CSMS_DOOR_SUBPROTOCOL, "subprotocol", link->identity, link->remote);
        hub_peer_close(link->peer, HUB_PEER_PROTOCOL_ERROR, "ocpp1.6 is spoken here");
        return;
    }
    struct csms_link *old = charger->link;
    if (old) {
        count(csms, CSMS_DOOR_REPLACED);
        hub_peer_close(old->peer, HUB_PEER_POLICY, "replaced by a newer connection");
        leave(charger, CSMS_REPLACED);
    }
    count(csms, CSMS_DOOR_OPENED);
    link->charger = charger;
    charger->link = link;
    charger->seen_ms = csms_unix_ms(csms);
    csms->online_count++;
    csms_fleet_tell(charger);
    csms_calendar_shown(charger, link);
    csms_drift_connected(charger);
}

static void on_known(void *arg, int err, const struct csms_found *found)
{
    struct csms_link *link = arg;

    link->waits = false;
    if (!link->peer) { /* it left meanwhile */
        link_free(link);
        return;
    }
    const char *before = host_log_scope(link->correlation_id);
    bool right = err == 0 && found->charger && password_is_right(link, found->charger);
    OPENSSL_cleanse(link->password, sizeof link->password);
    if (err < 0)
        refuse(link, CSMS_DOOR_BOOK, 503, "book");
    else if (!found->charger)
        refuse(link, CSMS_DOOR_UNKNOWN, 404, "unknown_charger");
    else if (certificate_is_right(link, found->charger)) {
        if (right)
            let_in(link, found);
        else
            delay(link);
    }
    host_log_scope(before);
}

void csms_changed(struct csms *csms, const char *identity, const struct csms_charger_row *row)
{
    struct csms_charger *charger = csms_charger_find(csms, identity);

    if (!charger)
        return;
    if (row) {
        charger->registration = row->registration;
        charger->lenient = row->lenient;
        memcpy(charger->certificate_name, row->certificate_name, sizeof charger->certificate_name);
        return;
    }
    struct csms_link *link = charger->link;
    charger->booted = false; /* one that is registered again is a new one */
    known_deinit(&charger->known);
    csms_drift_look(charger);
    if (!link)
        return;
    leave(charger, CSMS_LOST);
    hub_peer_close(link->peer, HUB_PEER_POLICY, "not registered any more");
}

static struct csms_link *link_new(struct csms *csms, struct hub_peer *peer,
                                  const struct hub_peer_request *request, const char *identity)
{
    struct csms_link *link = calloc(1, sizeof *link);

    if (!link)
        return NULL;
    link->csms = csms;
    link->peer = peer;
    link->speaks = request->subprotocol[0] != '\0';
    snprintf(link->identity, sizeof link->identity, "%s", identity);
    snprintf(link->correlation_id, sizeof link->correlation_id, "%s", request->correlation_id);
    snprintf(link->remote, sizeof link->remote, "%s", request->remote);
    take_password(link, request);
    take_certificate(link, request);
    link->next = csms->links;
    if (link->next)
        link->next->previous = link;
    csms->links = link;
    csms->link_count++;
    peer->user = link;
    return link;
}

void csms_admit(void *service, struct hub_peer *peer, const struct hub_peer_request *request)
{
    struct csms *csms = service;
    const char *identity = hub_peer_param(request, "id");

    if (!csms->with) {
        turn_away(csms, CSMS_DOOR_NOT_SERVED, "not_served", identity ? identity : "",
                  request->remote);
        hub_peer_refuse(peer, 503, "not_served");
        return;
    }
    /* "" is one with a bad escape or a control character. */
    if (!identity || identity[0] == '\0' || strlen(identity) > CSMS_IDENTITY_MAX) {
        turn_away(csms, CSMS_DOOR_UNKNOWN, "unknown_charger", identity ? identity : "",
                  request->remote);
        hub_peer_refuse(peer, 404, "unknown_charger");
        return;
    }
    if (csms->link_count >= 2 * (size_t)CSMS_CHARGERS_MAX) {
        turn_away(csms, CSMS_DOOR_CROWD, "crowd", identity, request->remote);
        hub_peer_refuse(peer, 503, "crowd");
        return;
    }
    struct csms_link *link = link_new(csms, peer, request, identity);
    if (!link) {
        hub_peer_refuse(peer, 503, "no_memory");
        return;
    }
    const struct csms_query query = {.find = CSMS_FIND_CHARGER, .identity = link->identity};
    link->waits = true;
    if (csms->with->book->ops->find(csms->with->book->ctx, &query, on_known, link) < 0) {
        link->waits = false;
        refuse(link, CSMS_DOOR_BOOK, 503, "book");
    }
}

void csms_closed(void *service, struct hub_peer *peer, uint16_t code)
{
    struct csms_link *link = peer->user;

    (void)service;
    (void)code;
    if (!link)
        return;
    peer->user = NULL;
    link->peer = NULL;
    if (link->charger)
        leave(link->charger, CSMS_LOST);
    if (link->delayed) {
        delay_ends(link);
        count(link->csms, CSMS_DOOR_PASSWORD);
    }
    if (!link->waits)
        link_free(link);
}
