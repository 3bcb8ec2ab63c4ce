/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a password may be tried: the queue before the hasher, and the lock-outs. */
#include <stdio.h>
#include <string.h>

#include "hub/api/auth_internal.h"

enum { CROWD_WAIT_MS = 1000 }; /* until one of AUTH_QUEUE_MAX is surely through */

/* ---- the queue ---- */

static bool refuse(struct http_exchange *exchange, struct metric *counter, uint32_t wait_ms,
                   const char *message)
{
    metric_add(counter, 1);
    auth_answer_later(exchange, wait_ms, message);
    return false;
}

/* Shares are of a browser that is known, or else of an address. */
static bool same_caller(const struct auth_caller *a, const struct auth_caller *b)
{
    if (a->has_cookie != b->has_cookie)
        return false;
    return a->has_cookie ? strcmp(a->cookie.nonce, b->cookie.nonce) == 0
                         : strcmp(a->address, b->address) == 0;
}

static size_t share_of(const struct auth *auth, const struct auth_caller *caller)
{
    size_t count = 0;
    for (const struct auth_place *other = auth->waiting; other; other = other->next)
        count += same_caller(&other->caller, caller);
    return count;
}

bool auth_may_wait(struct auth *auth, struct auth_place *place, struct http_exchange *exchange)
{
    const struct auth_caller *caller = &place->caller;
    bool friend = caller->has_cookie || lockout_has(auth->lockout, LOCKOUT_FRIEND, caller->address);
    size_t room = friend ? AUTH_QUEUE_MAX : AUTH_QUEUE_MAX - AUTH_QUEUE_FRIENDS;
    uint32_t wait_ms = friend ? 0
                              : lockout_wait_ms(auth->lockout, LOCKOUT_ADDRESS, caller->address,
                                                auth_now_ms(auth));
    if (wait_ms > 0)
        return refuse(exchange, auth->locked, wait_ms,
                      "too many wrong passwords; wait before the next try");
    if (auth->waiting_count >= room || share_of(auth, caller) >= AUTH_QUEUE_SHARE)
        return refuse(exchange, auth->crowded, CROWD_WAIT_MS,
                      "too many sign in at this moment; try again");
    place->next = auth->waiting;
    auth->waiting = place;
    metric_set(auth->queued, (double)++auth->waiting_count);
    return true;
}

void auth_leave_queue(struct auth *auth, struct auth_place *place)
{
    struct auth_place **at = &auth->waiting;
    while (*at && *at != place)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = place->next;
    metric_set(auth->queued, (double)--auth->waiting_count);
}

/* ---- the lock-outs ---- */

static void count_with(struct auth_try *tries, enum lockout_kind kind, const char *format,
                       long long id, const char *text)
{
    snprintf(tries->by[tries->count].key, LOCKOUT_KEY_MAX, format, id, text);
    tries->by[tries->count++].kind = kind;
}

/* As the registry compares e-mails that it does not know. */
static void fold(const char *email, char *out, size_t size)
{
    size_t len = 0;
    for (; *email != '\0' && len + 1 < size; email++)
        out[len++] = *email >= 'A' && *email <= 'Z' ? (char)(*email - 'A' + 'a') : *email;
    out[len] = '\0';
}

static void choose(const struct auth *auth, struct auth_attempt *attempt)
{
    const struct auth_caller *caller = &attempt->place.caller;
    struct auth_try *tries = &attempt->tries;
    char pair[LOCKOUT_KEY_MAX], name[sizeof attempt->email];
    long long id = (long long)attempt->op.id;
    snprintf(pair, sizeof pair, "%lld %s", id, caller->address);
    if (attempt->known && caller->has_cookie && caller->cookie.operator_id == attempt->op.id) {
        count_with(tries, LOCKOUT_COOKIE, "%lld %s", id, caller->cookie.nonce);
        return;
    }
    if (attempt->known && lockout_has(auth->lockout, LOCKOUT_FRIEND, pair)) {
        count_with(tries, LOCKOUT_FRIEND, "%lld %s", id, caller->address);
        return;
    }
    fold(attempt->email, name, sizeof name);
    if (attempt->known)
        count_with(tries, LOCKOUT_OPERATOR, "%lld%s", id, "");
    else
        count_with(tries, LOCKOUT_NAME, "%.0lld%s", 0, name);
    count_with(tries, LOCKOUT_ADDRESS, "%.0lld%s", 0, caller->address);
}

bool auth_may_try(struct auth *auth, struct auth_attempt *attempt)
{
    struct auth_try *tries = &attempt->tries;
    uint64_t now_ms = auth_now_ms(auth);
    uint32_t wait_ms = 0;
    choose(auth, attempt);
    for (size_t i = 0; i < tries->count; i++) {
        uint32_t ms = lockout_wait_ms(auth->lockout, tries->by[i].kind, tries->by[i].key, now_ms);
        wait_ms = ms > wait_ms ? ms : wait_ms;
    }
    if (wait_ms > 0)
        return refuse(attempt->exchange, auth->locked, wait_ms,
                      "too many wrong passwords; wait before the next try");
    for (size_t i = 0; i < tries->count; i++)
        lockout_begin(auth->lockout, tries->by[i].kind, tries->by[i].key, now_ms);
    return true;
}

void auth_try_end(struct auth *auth, struct auth_attempt *attempt, enum lockout_result result)
{
    const struct auth_try *tries = &attempt->tries;
    for (size_t i = 0; i < tries->count; i++) {
        /* A right password says nothing of the others that were tried from there. */
        bool address = tries->by[i].kind == LOCKOUT_ADDRESS && result == LOCKOUT_RIGHT;
        lockout_end(auth->lockout, tries->by[i].kind, tries->by[i].key,
                    address ? LOCKOUT_UNKNOWN : result, auth_now_ms(auth));
    }
}

void auth_remember(struct auth *auth, int64_t operator_id, const struct auth_caller *caller)
{
    char pair[LOCKOUT_KEY_MAX];
    uint64_t now_ms = auth_now_ms(auth);
    snprintf(pair, sizeof pair, "%lld %s", (long long)operator_id, caller->address);
    lockout_keep(auth->lockout, LOCKOUT_FRIEND, pair, now_ms);
    lockout_keep(auth->lockout, LOCKOUT_FRIEND, caller->address, now_ms); /* for the queue */
}
