/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of csms_book: what is asked, copied, and how it is done on one connection. On whatever
 * thread; one at a time. Depends on sqlite3, hub/csms/book.h.
 */
#ifndef ROOST_HUB_STORE_CSMS_BOOK_SQL_H
#define ROOST_HUB_STORE_CSMS_BOOK_SQL_H

#include "hub/csms/book.h"
#include "hub/store/csms_points.h"
#include "hub/store/series.h"
#include "hub/store/sqlite_db.h"
#include "proto/ocpp/schema.h"

enum {
    CSMS_NOTES_MAX = 1000,               /* of a charger: the newest */
    CSMS_JOURNAL_BYTES = 4 * 1024 * 1024 /* then it is packed */
};

enum csms_job_kind {
    CSMS_JOB_FIND,
    CSMS_JOB_PUT,
    CSMS_JOB_CHARGER,
    CSMS_JOB_TAG,
    CSMS_JOB_CHARGER_REMOVE,
    CSMS_JOB_TAG_REMOVE,
    CSMS_JOB_RETAIN,
    CSMS_JOB_SURVEY,
    CSMS_JOB_MEMO
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
    bool more;

    /* RETAIN: of everything before; what went so far. */
    int64_t before_ms;
    uint64_t rows, step_rows; /* the step's are not durable yet */
    bool packed, again;       /* the journal is; there is more to go, next round */
    series_retained_fn retained;
    struct series_survey survey;
    series_survey_fn surveyed;
    series_done_fn noted;
    char memo[64], memo_text[SERIES_NOTE_MAX + 1];
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
    X(CHARGER_REMOVE)                                                                              \
    X(CHARGER_TXS)                                                                                 \
    X(STATUS_REMOVE)                                                                               \
    X(BOOT)                                                                                        \
    X(TAG_GET)                                                                                     \
    X(TAG_SET)                                                                                     \
    X(TAG_REMOVE)                                                                                  \
    X(TAG_OPEN)                                                                                    \
    X(TX_OPEN)                                                                                     \
    X(TX_FIND)                                                                                     \
    X(TX_ADD)                                                                                      \
    X(TX_SET)                                                                                      \
    X(TX_PRICE)                                                                                    \
    X(TX_IS)                                                                                       \
    X(NAME_ADD)                                                                                    \
    X(NAME_GET)                                                                                    \
    X(STATUS)                                                                                      \
    X(NOTE)                                                                                        \
    X(NOTES_TRIM)                                                                                  \
    X(DOCUMENT)                                                                                    \
    X(DOCUMENT_GONE)                                                                               \
    X(CERTIFICATE)                                                                                 \
    X(CERTIFICATES_TRIM)                                                                           \
    X(CERTIFICATES_REMOVE)                                                                         \
    X(JOURNAL_ADD)                                                                                 \
    X(JOURNAL_ALL)                                                                                 \
    X(JOURNAL_GONE)                                                                                \
    X(CURVE_ADD)                                                                                   \
    X(CURVE_NEAR)                                                                                  \
    X(CURVE_OLD)                                                                                   \
    X(CURVE_GONE)                                                                                  \
    X(SURVEY)                                                                                      \
    X(MEMO)

enum csms_statement {
#define X(name) CSMS_S_##name,
    CSMS_STATEMENTS(X)
#undef X
        CSMS_S_COUNT
};

/* A charger that has measured: its number in the file, and a transaction that is known to be its.
 */
struct csms_known {
    char identity[CSMS_IDENTITY_MAX + 1];
    int32_t tx;
    int64_t number; /* 0: an empty place */
};

/* The journal as it was, on its way into curves, a few chargers a round. */
struct csms_pack {
    struct csms_bytes bytes;
    struct csms_pack_part {
        int64_t charger;
        size_t at, len;
    } * parts; /* by charger, of one in the order of storing */
    size_t count, room, done;
    size_t committed; /* `done` as it is durable */
    int64_t until;    /* id of its last row; 0: nothing is on its way */
    bool over;        /* its rows went with this round */
};

struct csms_sql {
    sqlite3 *db;
    sqlite3_stmt *statements[CSMS_S_COUNT];
    uint64_t commits;
    int64_t names[OCPP_WORDS_BYTES]; /* of words of samples, in the file */

    struct csms_known *known; /* a hash table by identity */
    size_t known_count, known_room;
    struct csms_points points;
    struct csms_bytes message, round; /* what is measured, in this round */
    size_t journal_bytes;             /* in the file, but for what is on its way */
    size_t round_bytes;               /* of journal_bytes: not durable yet */
    struct csms_pack pack;
    uint64_t finds_cut; /* finds that left transactions out */
    uint64_t packs_failed, damaged;
};

extern const struct sqlite_schema csms_schema;

int csms_sql_open(struct csms_sql *sql, const char *path, char *why, size_t why_size);
void csms_sql_close(struct csms_sql *sql);

/* Does all of them: job->err, and what the answer holds. */
void csms_sql_round(struct csms_sql *sql, struct csms_job *first);

/* The number that stands for a text in the file, made when it has none. csms_book_rows.c */
int csms_sql_name(struct csms_sql *sql, const char *text, int64_t *id);

/* Of one charger; NULL: there is no memory, or the file failed: *err. What the round undoes is
 * forgotten by csms_sql_forget. csms_book_known.c */
struct csms_known *csms_sql_known(struct csms_sql *sql, const char *identity, int *err);
void csms_sql_forget(struct csms_sql *sql);

/* Samples are added to the round, and the round's to the journal: csms_book_curve.c. `tx`: of the
 * same change; 0: change->sample_tx, if that is this charger's. */
int csms_sql_measure(struct csms_sql *sql, const struct csms_change *change, int32_t tx);
int csms_sql_journal(struct csms_sql *sql);
/* From a journal that is long into curves, or from any with `now`: whole chargers, until so many
 * bytes are read. Before csms_sql_journal. */
int csms_sql_pack(struct csms_sql *sql, size_t bytes_min, bool now);
int csms_sql_pack_some(struct csms_sql *sql);
void csms_sql_round_over(struct csms_sql *sql, bool durable);
void csms_sql_curve_close(struct csms_sql *sql);

/* A step of RETAIN, and SURVEY. csms_book_retain.c */
int csms_sql_retain(struct csms_sql *sql, struct csms_job *job);
int csms_sql_survey(struct csms_sql *sql, struct csms_job *job);

/* As csms_sql_read_tx reads them. */
#define CSMS_TX_COLUMNS                                                                            \
    "id,identity,state,connector,id_tag,stop_id_tag,started,stopped,start_arrived,stop_arrived,"   \
    "meter_start,meter_stop,reservation,said_id,reason,verdict,flags"
void csms_sql_read_tx(sqlite3_stmt *s, struct csms_tx *tx);
enum ocpp_word csms_sql_read_word(sqlite3_stmt *s, int column, enum ocpp_set set);

/* One of them, within a transaction. csms_book_rows.c */
int csms_sql_do(struct csms_sql *sql, struct csms_job *job);

#endif
