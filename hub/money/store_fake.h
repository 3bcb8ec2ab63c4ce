/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store of payments in memory for tests, which fails when it is told to. For unit tests.
 *
 *     store_fake_init(&fake);
 *     fake.fail = 1;                              the next change is not made
 */
#ifndef ROOST_HUB_MONEY_STORE_FAKE_H
#define ROOST_HUB_MONEY_STORE_FAKE_H

#include <stdio.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "hub/money/store.h"

enum { STORE_FAKE_PAYMENTS = 64, STORE_FAKE_ENTRIES = 512, STORE_FAKE_TEXTS = 128 };

struct store_fake {
    struct money_store store;
    struct money_payment payments[STORE_FAKE_PAYMENTS];
    struct money_entry entries[STORE_FAKE_ENTRIES];
    struct {
        enum money_text kind;
        char id[MONEY_ID_BYTES + 1], text[16384];
    } texts[STORE_FAKE_TEXTS];
    size_t payment_count, entry_count, text_count;
    int fail; /* so many of the next changes are not made */
};

static inline int store_fake_fails(struct store_fake *fake)
{
    return fake->fail > 0 && fake->fail-- > 0 ? ROOST_ERR_NO_SPACE : 0;
}

static inline struct money_payment *store_fake_find(struct store_fake *fake, const char *id)
{
    for (size_t i = 0; i < fake->payment_count; i++)
        if (strcmp(fake->payments[i].id, id) == 0)
            return &fake->payments[i];
    return NULL;
}

static inline int store_fake_add(void *ctx, const struct money_payment *payment)
{
    struct store_fake *fake = ctx;

    if (store_fake_find(fake, payment->id))
        return ROOST_ERR_EXISTS;
    if (store_fake_fails(fake))
        return ROOST_ERR_NO_SPACE;
    ROOST_ASSERT(fake->payment_count < STORE_FAKE_PAYMENTS);
    fake->payments[fake->payment_count++] = *payment;
    return 0;
}

static inline int store_fake_put(void *ctx, const struct money_payment *before,
                                 const struct money_step *step)
{
    struct store_fake *fake = ctx;
    struct money_payment *at = store_fake_find(fake, before->id);

    if (!at || at->state != before->state || at->entries != before->entries)
        return ROOST_ERR_STALE;
    if (store_fake_fails(fake))
        return ROOST_ERR_NO_SPACE;
    *at = step->payment;
    for (size_t i = 0; i < step->entry_count; i++) {
        ROOST_ASSERT(fake->entry_count < STORE_FAKE_ENTRIES);
        fake->entries[fake->entry_count++] = step->entries[i];
    }
    return 0;
}

static inline int store_fake_get(void *ctx, const char *id, struct money_payment *payment)
{
    const struct money_payment *at = store_fake_find(ctx, id);

    if (!at)
        return ROOST_ERR_NOT_FOUND;
    *payment = *at;
    return 0;
}

static inline int store_fake_each(void *ctx, enum money_book_which which, money_book_fn each,
                                  void *arg)
{
    struct store_fake *fake = ctx;
    int stop = 0;

    for (size_t i = 0; i < fake->payment_count && stop == 0; i++) {
        enum money_state state = fake->payments[i].state;
        if (which == MONEY_BOOK_ALL || (state != MONEY_UNPAID && state != MONEY_DONE))
            stop = each(arg, &fake->payments[i]);
    }
    return stop;
}

static inline int store_fake_list(void *ctx, const struct money_query *query, money_book_fn each,
                                  void *arg)
{
    struct store_fake *fake = ctx;
    uint32_t count = 0;
    int stop = 0;

    for (size_t i = fake->payment_count; i-- > 0 && stop == 0 && count < query->limit; count++)
        stop = each(arg, &fake->payments[i]);
    return stop;
}

static inline int store_fake_entries(void *ctx, const char *id, money_entry_fn each, void *arg)
{
    struct store_fake *fake = ctx;
    int stop = 0;

    for (size_t i = 0; i < fake->entry_count && stop == 0; i++)
        if (strcmp(fake->entries[i].payment_id, id) == 0)
            stop = each(arg, &fake->entries[i]);
    return stop;
}

static inline int store_fake_check(void *ctx, struct money_sums *sums,
                                   money_book_difference_fn each, void *arg)
{
    struct store_fake *fake = ctx;
    struct money_difference out[MONEY_ACCOUNTS + 1];
    struct money_entry of_it[STORE_FAKE_ENTRIES];
    size_t differences = 0;

    memset(sums, 0, sizeof *sums);
    for (size_t i = 0; i < fake->payment_count; i++) {
        size_t count = 0;
        for (size_t k = 0; k < fake->entry_count; k++)
            if (strcmp(fake->entries[k].payment_id, fake->payments[i].id) == 0)
                of_it[count++] = fake->entries[k];
        size_t found = money_check(&fake->payments[i], of_it, count, out, MONEY_ACCOUNTS + 1);
        for (size_t k = 0; k < found; k++)
            each(arg, &out[k]);
        differences += found;
    }
    for (size_t k = 0; k < fake->entry_count; k++)
        money_sum(sums, &fake->entries[k]);
    return (int)differences;
}

static inline int store_fake_text_at(const struct store_fake *fake, enum money_text kind,
                                     const char *id)
{
    for (size_t i = 0; i < fake->text_count; i++)
        if (fake->texts[i].kind == kind && strcmp(fake->texts[i].id, id) == 0)
            return (int)i;
    return -1;
}

static inline int store_fake_text_put(void *ctx, enum money_text kind, const char *id,
                                      const char *text)
{
    struct store_fake *fake = ctx;
    int at = store_fake_text_at(fake, kind, id);

    if (store_fake_fails(fake))
        return ROOST_ERR_NO_SPACE;
    if (at < 0) {
        ROOST_ASSERT(fake->text_count < STORE_FAKE_TEXTS);
        at = (int)fake->text_count++;
    }
    fake->texts[at].kind = kind;
    snprintf(fake->texts[at].id, sizeof fake->texts[at].id, "%s", id);
    snprintf(fake->texts[at].text, sizeof fake->texts[at].text, "%s", text);
    return 0;
}

static inline int store_fake_text_remove(void *ctx, enum money_text kind, const char *id)
{
    struct store_fake *fake = ctx;
    int at = store_fake_text_at(fake, kind, id);

    if (store_fake_fails(fake))
        return ROOST_ERR_NO_SPACE;
    if (at >= 0)
        fake->texts[at] = fake->texts[--fake->text_count];
    return 0;
}

static inline int store_fake_text_get(void *ctx, enum money_text kind, const char *id, char *out,
                                      size_t size)
{
    struct store_fake *fake = ctx;
    int at = store_fake_text_at(fake, kind, id);

    if (at < 0)
        return ROOST_ERR_NOT_FOUND;
    snprintf(out, size, "%s", fake->texts[at].text);
    return 0;
}

static inline int store_fake_text_each(void *ctx, enum money_text kind, money_text_fn each,
                                       void *arg)
{
    struct store_fake *fake = ctx;
    int stop = 0;

    for (size_t i = 0; i < fake->text_count && stop == 0; i++)
        if (fake->texts[i].kind == kind)
            stop = each(arg, fake->texts[i].id, fake->texts[i].text);
    return stop;
}

static inline void store_fake_init(struct store_fake *fake)
{
    static const struct money_store_ops ops = {
        store_fake_add,         store_fake_put,      store_fake_get,      store_fake_each,
        store_fake_list,        store_fake_entries,  store_fake_check,    store_fake_text_put,
        store_fake_text_remove, store_fake_text_get, store_fake_text_each};

    memset(fake, 0, sizeof *fake);
    fake->store = (struct money_store){.ops = &ops, .ctx = fake};
}

#endif
