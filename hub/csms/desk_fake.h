/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A desk over the book of book_fake.h, for tests: transactions by id and by tag, with their samples
 * and prices. It answers when the test lets it, and fails when it is told to. For unit tests.
 *
 *     desk_fake_init(&desk, &book);
 *     desk_fake_run(&desk);
 */
#ifndef ROOST_HUB_CSMS_DESK_FAKE_H
#define ROOST_HUB_CSMS_DESK_FAKE_H

#include "hub/csms/book_fake.h"
#include "hub/csms/desk.h"

enum { DESK_FAKE_ASKED = 32 };

struct desk_fake {
    struct csms_desk desk;
    struct book_fake *book;
    struct {
        struct csms_desk_query query;
        char id_tag[OCPP_ID_TAG_BYTES];
        csms_desk_fn done;
        void *arg;
    } asked[DESK_FAKE_ASKED];
    size_t count;
    int fail; /* so many of the next are answered with an error */
};

static inline int desk_fake_read(void *ctx, const struct csms_desk_query *query, csms_desk_fn done,
                                 void *arg)
{
    struct desk_fake *fake = ctx;

    ROOST_ASSERT(fake->count < DESK_FAKE_ASKED);
    fake->asked[fake->count].query = *query;
    snprintf(fake->asked[fake->count].id_tag, OCPP_ID_TAG_BYTES, "%s",
             query->id_tag ? query->id_tag : "");
    fake->asked[fake->count].done = done;
    fake->asked[fake->count++].arg = arg;
    return 0;
}

static inline void desk_fake_answer(struct desk_fake *fake, const struct csms_desk_query *query,
                                    const char *id_tag, csms_desk_fn done, void *arg)
{
    static struct csms_tx txs[BOOK_FAKE_ROWS];
    static struct csms_sample samples[BOOK_FAKE_SAMPLES];
    const struct book_fake *book = fake->book;
    struct csms_desk_found found = {.txs = txs, .samples = samples};

    for (size_t i = book->tx_count; i-- > 0;) {
        const struct csms_tx *tx = &book->txs[i];
        bool wanted = query->what == CSMS_DESK_TX ? tx->id == query->id
                                                  : ocpp_identifier_equal(tx->id_tag, id_tag);
        if (!wanted)
            continue;
        txs[found.tx_count++] = *tx;
        if (query->what == CSMS_DESK_TX && book->prices[tx->id - 101][0])
            found.prices = book->prices[tx->id - 101];
    }
    for (size_t i = 0; query->what == CSMS_DESK_TX && i < book->sample_count; i++)
        if (book->samples[i].tx == query->id)
            samples[found.sample_count++] = book->samples[i].sample;
    done(arg, 0, &found);
}

/* Those that are asked meanwhile, too. */
static inline void desk_fake_run(struct desk_fake *fake)
{
    while (fake->count > 0) {
        csms_desk_fn done = fake->asked[0].done;
        struct csms_desk_query query = fake->asked[0].query;
        void *arg = fake->asked[0].arg;
        char id_tag[OCPP_ID_TAG_BYTES];
        memcpy(id_tag, fake->asked[0].id_tag, sizeof id_tag);
        fake->count--;
        memmove(fake->asked, fake->asked + 1, fake->count * sizeof fake->asked[0]);
        if (fake->fail > 0 && fake->fail-- > 0)
            done(arg, ROOST_ERR_IO, NULL);
        else if (query.what == CSMS_DESK_TX || query.what == CSMS_DESK_TXS)
            desk_fake_answer(fake, &query, id_tag, done, arg);
        else
            done(arg, 0, &(struct csms_desk_found){.count = 0});
    }
}

static inline void desk_fake_init(struct desk_fake *fake, struct book_fake *book)
{
    static const struct csms_desk_ops ops = {.read = desk_fake_read};

    memset(fake, 0, sizeof *fake);
    fake->book = book;
    fake->desk = (struct csms_desk){.ops = &ops, .ctx = fake};
}

#endif
