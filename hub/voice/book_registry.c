/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/voice/book_registry.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "core/assert.h"
#include "host/clock.h"
#include "host/log.h"
#include "hub/birth.h"
#include "hub/factory/seal.h"
#include "hub/store/registry.h"

enum { LOOK_UPS_MAX = REGISTRY_QUEUE_MAX };

struct book_registry {
    const struct registry *registry;
    const struct host_clock *clock;
    const uint8_t *registry_key;
    book_changed_fn changed;
    void *changed_arg;
    size_t under_way;
};

struct look_up {
    struct book_registry *book;
    voice_known_fn done;
    void *arg;
    char child_id[REGISTRY_CHILD_ID_MAX + 1];
};

_Static_assert(REGISTRY_SEALED_MAX - SEAL_EXTRA <= VOICE_BOOK_KEY_MAX, "room for every secret");

/* Of a device that was claimed: a key that does not open leaves it without one, and nobody in. */
static void take_key(const struct book_registry *book, const struct registry_credential *credential,
                     struct voice_known *known)
{
    if (!credential || !book->registry_key || credential->sealed_len <= SEAL_EXTRA ||
        seal_open(known->key, book->registry_key, credential->device_id, credential->secret_sealed,
                  credential->sealed_len) < 0)
        return;
    known->key_len = credential->sealed_len - SEAL_EXTRA;
}

static void take_child(const struct book_registry *book, const struct registry_child *child,
                       struct voice_known *known)
{
    int64_t now = book->clock->ops->unix_ms(book->clock->ctx);
    unsigned age = birth_age(child->birth_year, child->birth_month, now);
    bool of_age = age >= CHILD_AGE_MIN && age <= CHILD_AGE_MAX;

    known->child = true;
    known->consent = of_age && (child->consents & REGISTRY_CONSENT_SERVICE);
    known->age = of_age ? age : 0;
    if (child_language_parse(&known->language, child->language, strlen(child->language)) < 0)
        known->consent = false; /* never written so */
}

static void on_answer(void *arg, int err, const struct registry_answer *answer)
{
    struct look_up *look_up = arg;
    struct voice_known known = {.claimed = false};

    look_up->book->under_way--;
    if (err < 0) {
        look_up->done(look_up->arg, err, NULL);
        free(look_up);
        return;
    }
    if (answer->claims) {
        known.claimed = true;
        known.other_child = strcmp(answer->claims->child_id, look_up->child_id) != 0;
        take_key(look_up->book, answer->credentials, &known);
    }
    if (answer->children)
        take_child(look_up->book, answer->children, &known);
    /* A device that was claimed for another child meanwhile takes no sound for this one any more.
     */
    if (known.other_child)
        known.consent = false;
    look_up->done(look_up->arg, 0, &known);
    OPENSSL_cleanse(&known, sizeof known);
    free(look_up);
}

static int look_up(void *ctx, const char *device_id, const char *child_id, voice_known_fn done,
                   void *arg)
{
    struct book_registry *book = ctx;
    char ids[2][65];

    if (strlen(device_id) >= sizeof ids[0] || strlen(child_id) > REGISTRY_CHILD_ID_MAX)
        return ROOST_ERR_TOO_LONG;
    if (book->under_way >= LOOK_UPS_MAX)
        return ROOST_ERR_FULL;
    struct look_up *asked = malloc(sizeof *asked);
    if (!asked)
        return ROOST_ERR_NO_MEMORY;
    *asked = (struct look_up){.book = book, .done = done, .arg = arg};
    snprintf(asked->child_id, sizeof asked->child_id, "%s", child_id);
    snprintf(ids[0], sizeof ids[0], "%s", device_id);
    snprintf(ids[1], sizeof ids[1], "%s", child_id);
    const struct registry_request request = {.op = REGISTRY_PAIR_GET,
                                             .ids = (const char(*)[65])ids};
    int err = registry_ask(book->registry, &request, on_answer, asked);
    if (err < 0)
        free(asked);
    else
        book->under_way++;
    return err;
}

struct book_registry *book_registry_new(const struct registry *registry,
                                        const struct host_clock *clock, const uint8_t *registry_key)
{
    struct book_registry *book = calloc(1, sizeof *book);

    if (book)
        *book = (struct book_registry){
            .registry = registry, .clock = clock, .registry_key = registry_key};
    return book;
}

void book_registry_free(struct book_registry *book)
{
    if (book)
        ROOST_ASSERT(book->under_way == 0); /* a registry that closes answers everybody */
    free(book);
}

static void noted(void *arg, int err, const struct registry_answer *answer)
{
    struct book_registry *book = arg;

    (void)answer;
    book->under_way--;
    if (err < 0)
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "voice", "an audit line could not be written",
                         RF_ERR("error", err));
}

static void note(void *ctx, const char *device_id, const char *child_id, const char *what)
{
    struct book_registry *book = ctx;
    struct registry_audit audit = {.at_ms = book->clock->ops->unix_ms(book->clock->ctx)};
    const struct registry_request request = {.op = REGISTRY_AUDIT_ADD, .audit = &audit};

    snprintf(audit.what, sizeof audit.what, "%s", what);
    snprintf(audit.child_id, sizeof audit.child_id, "%s", child_id);
    snprintf(audit.device_id, sizeof audit.device_id, "%s", device_id);
    book->under_way++;
    int err = registry_ask(book->registry, &request, noted, book);
    if (err < 0)
        noted(book, err, NULL);
}

struct voice_book book_registry_book(struct book_registry *book)
{
    static const struct voice_book_ops ops = {.look_up = look_up, .note = note};

    return (struct voice_book){.ops = &ops, .ctx = book};
}

void book_registry_watch(void *ctx, book_changed_fn changed, void *arg)
{
    struct book_registry *book = ctx;

    book->changed = changed;
    book->changed_arg = arg;
}

void book_registry_changed(struct book_registry *book, const char *child_id)
{
    if (book->changed)
        book->changed(book->changed_arg, child_id);
}
