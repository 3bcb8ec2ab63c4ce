/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of csms_book: what is asked, copied, and how it is done on one connection. On whatever
 * thread; one at a time. Depends on sqlite3, hub/csms/book.h.
 */
#ifndef ROOST_HUB_STORE_CSMS_BOOK_SQL_H
#define ROOST_HUB_STORE_CSMS_BOOK_SQL_H

#include "hub/csms/book.h"
#include "hub/store/sqlite_db.h"
#include "proto/ocpp/schema.h"

enum csms_job_kind {
    CSMS_JOB_FIND,
    CSMS_JOB_PUT,
    CSMS_JOB_CHARGER,
    CSMS_JOB_TAG,
    CSMS_JOB_CHARGER_REMOVE,
    CSMS_JOB_TAG_REMOVE
};

struct csms_job {
    struct csms_job *next;
    enum csms_job_kind kind;
    csms_found_fn found;
    csms_stored_fn stored;
    void *arg;
    int err;
    int32_t tx_id; /* the answer of a put */

    /* Copies; all they point to is in `memory`, or follows the job. */
    struct csms_query query;
    struct csms_change change;
    char identity[CSMS_IDENTITY_MAX + 1], id_tag[OCPP_ID_TAG_BYTES];
    void *memory;

    /* The answer of a find; and what is set. */
    struct csms_charger_row charger;
    struct csms_tag tag;
    bool has_charger, has_tag;
    bool add; /* what is set must not be there */
    uint32_t open;
    struct csms_tx *txs;
    size_t tx_count;
};

#define CSMS_STATEMENTS(X)                                                                         \
    X(BEGIN)                                                                                       \
    X(COMMIT)                                                                                      \
    X(ROLLBACK)                                                                                    \
    X(SAVE)                                                                                        \
    X(UNDO)                                                                                        \
    X(RELEASE)                                                                                     \
    X(CHARGER_GET)                                                                                 \
    X(CHARGER_SET)                                                                                 \
    X(BOOT)                                                                                        \
    X(TAG_GET) X(TAG_SET) X(TAG_OPEN) X(TX_OPEN) X(TX_FIND) X(TX_ADD) X(TX_SET) X(TX_IS)           \
        X(NAME_ADD) X(NAME_GET) X(SAMPLE) X(STATUS) X(NOTE) X(CHARGER_REMOVE) X(STATUS_REMOVE)     \
            X(TAG_REMOVE)

enum csms_statement {
#define X(name) CSMS_S_##name,
    CSMS_STATEMENTS(X)
#undef X
        CSMS_S_COUNT
};

struct csms_sql {
    sqlite3 *db;
    sqlite3_stmt *statements[CSMS_S_COUNT];
    uint64_t commits;
    int64_t names[OCPP_WORDS_BYTES]; /* of words of samples, in the file */
};

extern const struct sqlite_schema csms_schema;

int csms_sql_open(struct csms_sql *sql, const char *path, char *why, size_t why_size);
void csms_sql_close(struct csms_sql *sql);

/* Does all of them: job->err, and what the answer holds. */
void csms_sql_round(struct csms_sql *sql, struct csms_job *first);

/* The number that stands for a text in the file, made when it has none. csms_book_rows.c */
int csms_sql_name(struct csms_sql *sql, const char *text, int64_t *id);

enum { CSMS_SQL_DOUBTFUL = 1, CSMS_SQL_ODD = 2 }; /* bits of sample.odd */

/* As csms_sql_read_tx reads them. */
#define CSMS_TX_COLUMNS                                                                            \
    "id,identity,state,connector,id_tag,stop_id_tag,started,stopped,start_arrived,stop_arrived,"   \
    "meter_start,meter_stop,reservation,said_id,reason,verdict,flags"
void csms_sql_read_tx(sqlite3_stmt *s, struct csms_tx *tx);
enum ocpp_word csms_sql_read_word(sqlite3_stmt *s, int column, enum ocpp_set set);

/* One of them, within a transaction. csms_book_rows.c */
int csms_sql_do(struct csms_sql *sql, struct csms_job *job);

#endif
