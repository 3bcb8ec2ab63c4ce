/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of csms_desk: a question, read from one connection. On whatever thread; one at a time. */
#ifndef ROOST_HUB_STORE_CSMS_DESK_SQL_H
#define ROOST_HUB_STORE_CSMS_DESK_SQL_H

#include "hub/csms/desk.h"
#include "hub/store/csms_samples.h"

struct csms_desk_read {
    struct csms_desk_found found; /* points into what follows */
    void *chargers, *statuses, *tags, *txs, *notes, *documents, *certificates;
    struct csms_samples samples;
    char *texts, *prices;
    size_t texts_len, texts_room;
};

enum { CSMS_DESK_SQL_MAX = 1024 };
/* The statement of TXS and COUNT: only what is asked stands in it, and it names its index. */
void csms_desk_sql_txs(const struct csms_desk_query *query, char out[CSMS_DESK_SQL_MAX]);

/* What was read before an error is to be freed, too. */
int csms_desk_sql_read(struct csms_reader *reader, const struct csms_desk_query *query,
                       struct csms_desk_read *read);
void csms_desk_sql_free(struct csms_desk_read *read);

#endif
