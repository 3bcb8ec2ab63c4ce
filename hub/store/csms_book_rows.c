/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the central system's file. Words stand there as their texts: their numbers are a build's
 * own. */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/store/csms_book_sql.h"

static void bind_word(sqlite3_stmt *s, int column, enum ocpp_word word)
{
    sqlite_db_bind_text(s, column, ocpp_word_text(word));
}

enum ocpp_word csms_sql_read_word(sqlite3_stmt *s, int column, enum ocpp_set set)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    size_t count;
    const uint16_t *words = ocpp_set_words(set, &count);

    for (size_t i = 0; text && i < count; i++)
        if (strcmp(ocpp_word_text((enum ocpp_word)words[i]), text) == 0)
            return (enum ocpp_word)words[i];
    return OCPP_NO_WORD;
}

/* ---- transactions ---- */

void csms_sql_read_tx(sqlite3_stmt *s, struct csms_tx *tx)
{
    tx->id = sqlite3_column_int(s, 0);
    sqlite_db_text(s, 1, tx->identity, sizeof tx->identity);
    tx->state = (enum csms_tx_state)sqlite3_column_int(s, 2);
    tx->connector = sqlite3_column_int(s, 3);
    sqlite_db_text(s, 4, tx->id_tag, sizeof tx->id_tag);
    sqlite_db_text(s, 5, tx->stop_id_tag, sizeof tx->stop_id_tag);
    tx->started_ms = sqlite3_column_int64(s, 6);
    tx->stopped_ms = sqlite3_column_int64(s, 7);
    tx->start_arrived_ms = sqlite3_column_int64(s, 8);
    tx->stop_arrived_ms = sqlite3_column_int64(s, 9);
    tx->meter_start_wh = sqlite3_column_int(s, 10);
    tx->meter_stop_wh = sqlite3_column_int(s, 11);
    tx->reservation = sqlite3_column_int(s, 12);
    tx->said_id = sqlite3_column_int(s, 13);
    tx->reason = csms_sql_read_word(s, 14, OCPP_SET_Reason);
    tx->verdict = csms_sql_read_word(s, 15, OCPP_SET_AuthorizationStatus);
    tx->flags = (uint32_t)sqlite3_column_int64(s, 16);
}

static int read_txs(struct csms_sql *sql, sqlite3_stmt *s, struct csms_job *job)
{
    int result;

    job->tx_count = 0;
    job->more = false;
    if (!job->txs)
        job->txs = calloc(CSMS_FOUND_MAX, sizeof *job->txs);
    if (!job->txs)
        return ROOST_ERR_NO_MEMORY;
    while ((result = sqlite3_step(s)) == SQLITE_ROW && !job->more)
        if (job->tx_count < CSMS_FOUND_MAX)
            csms_sql_read_tx(s, &job->txs[job->tx_count++]);
        else
            job->more = true;
    sql->finds_cut += job->more;
    return sqlite_db_finish(sql->db, s, result);
}

static int write_tx(struct csms_sql *sql, const struct csms_tx *tx, int32_t *id)
{
    sqlite3_stmt *s = sql->statements[tx->id ? CSMS_S_TX_SET : CSMS_S_TX_ADD];

    if (tx->id)
        sqlite3_bind_int(s, 1, tx->id);
    sqlite_db_bind_text(s, 2, tx->identity);
    sqlite3_bind_int(s, 3, (int)tx->state);
    sqlite3_bind_int(s, 4, tx->connector);
    sqlite_db_bind_text(s, 5, tx->id_tag);
    sqlite_db_bind_text(s, 6, tx->stop_id_tag);
    sqlite3_bind_int64(s, 7, tx->started_ms);
    sqlite3_bind_int64(s, 8, tx->stopped_ms);
    sqlite3_bind_int64(s, 9, tx->start_arrived_ms);
    sqlite3_bind_int64(s, 10, tx->stop_arrived_ms);
    sqlite3_bind_int(s, 11, tx->meter_start_wh);
    sqlite3_bind_int(s, 12, tx->meter_stop_wh);
    sqlite3_bind_int(s, 13, tx->reservation);
    sqlite3_bind_int(s, 14, tx->said_id);
    bind_word(s, 15, tx->reason);
    bind_word(s, 16, tx->verdict);
    sqlite3_bind_int64(s, 17, tx->flags);
    int err = sqlite_db_run(sql->db, s);
    if (!err && sqlite3_changes(sql->db) != 1)
        return ROOST_ERR_NOT_FOUND; /* never another charger's */
    if (!tx->id && sqlite3_last_insert_rowid(sql->db) > INT32_MAX)
        return ROOST_ERR_FULL;
    *id = tx->id ? tx->id : (int32_t)sqlite3_last_insert_rowid(sql->db);
    return err;
}

/* ---- finds ---- */

static void read_bytes(sqlite3_stmt *s, int column, uint8_t *out, size_t size)
{
    const void *bytes = sqlite3_column_blob(s, column);

    if (bytes && (size_t)sqlite3_column_bytes(s, column) == size)
        memcpy(out, bytes, size);
}

static void read_charger(sqlite3_stmt *s, struct csms_charger_row *row)
{
    sqlite_db_text(s, 0, row->identity, sizeof row->identity);
    row->registration = (enum csms_registration)sqlite3_column_int(s, 1);
    row->booted = sqlite3_column_int(s, 2) != 0;
    row->basic = sqlite3_column_int(s, 3) != 0;
    read_bytes(s, 4, row->salt, sizeof row->salt);
    read_bytes(s, 5, row->hash, sizeof row->hash);
    row->lenient = (uint8_t)sqlite3_column_int(s, 6);
    row->certificate = sqlite3_column_int(s, 7) != 0;
    sqlite_db_text(s, 8, row->certificate_name, sizeof row->certificate_name);
}

static void read_tag(sqlite3_stmt *s, struct csms_tag *tag)
{
    sqlite_db_text(s, 0, tag->id_tag, sizeof tag->id_tag);
    sqlite_db_text(s, 1, tag->parent_id_tag, sizeof tag->parent_id_tag);
    tag->blocked = sqlite3_column_int(s, 2) != 0;
    tag->expiry_ms = sqlite3_column_int64(s, 3);
    tag->limit = (uint32_t)sqlite3_column_int64(s, 4);
}

static int find_charger(struct csms_sql *sql, struct csms_job *job)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_CHARGER_GET];

    sqlite_db_bind_text(s, 1, job->identity);
    int result = sqlite3_step(s);
    job->has_charger = result == SQLITE_ROW;
    if (job->has_charger)
        read_charger(s, &job->charger);
    int err = sqlite_db_finish(sql->db, s, result);
    if (err || !job->has_charger)
        return err;
    s = sql->statements[CSMS_S_TX_OPEN];
    sqlite_db_bind_text(s, 1, job->identity);
    sqlite3_bind_int(s, 2, CSMS_FOUND_MAX + 1);
    return read_txs(sql, s, job);
}

static int find_tag(struct csms_sql *sql, struct csms_job *job)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_TAG_GET];

    sqlite_db_bind_text(s, 1, job->id_tag);
    int result = sqlite3_step(s);
    job->has_tag = result == SQLITE_ROW;
    if (job->has_tag)
        read_tag(s, &job->tag);
    int err = sqlite_db_finish(sql->db, s, result);
    if (err || !job->has_tag)
        return err;
    s = sql->statements[CSMS_S_TAG_OPEN];
    sqlite_db_bind_text(s, 1, job->id_tag);
    sqlite_db_bind_text(s, 2, job->identity);
    sqlite3_bind_int(s, 3, job->query.connector);
    result = sqlite3_step(s);
    if (result == SQLITE_ROW)
        job->open = (uint32_t)sqlite3_column_int64(s, 0);
    return sqlite_db_finish(sql->db, s, result);
}

static int find_tx(struct csms_sql *sql, struct csms_job *job)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_TX_FIND];

    sqlite_db_bind_text(s, 1, job->identity);
    sqlite3_bind_int(s, 2, job->query.id);
    sqlite3_bind_int64(s, 3, job->query.at_ms);
    sqlite3_bind_int(s, 4, job->query.meter_wh);
    sqlite3_bind_int(s, 5, CSMS_FOUND_MAX + 1);
    return read_txs(sql, s, job);
}

/* ---- puts ---- */

static int put_boot(struct csms_sql *sql, const struct csms_change *change)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_BOOT];

    sqlite_db_bind_text(s, 1, change->identity);
    sqlite3_bind_int(s, 2, change->boot->accepted);
    sqlite_db_bind_text(s, 3, change->boot->vendor);
    sqlite_db_bind_text(s, 4, change->boot->model);
    sqlite_db_bind_text(s, 5, change->boot->serial);
    sqlite_db_bind_text(s, 6, change->boot->firmware);
    sqlite3_bind_int64(s, 7, change->arrived_ms);
    return sqlite_db_run(sql->db, s);
}

static int put_status(struct csms_sql *sql, const struct csms_change *change)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_STATUS];

    sqlite_db_bind_text(s, 1, change->identity);
    sqlite3_bind_int(s, 2, change->status->connector);
    bind_word(s, 3, change->status->status);
    bind_word(s, 4, change->status->error_code);
    sqlite_db_bind_text(s, 5, change->status->info);
    sqlite_db_bind_text(s, 6, change->status->vendor_error);
    sqlite3_bind_int64(s, 7, change->status->at_ms);
    sqlite3_bind_int64(s, 8, change->arrived_ms);
    return sqlite_db_run(sql->db, s);
}

static int put_note(struct csms_sql *sql, const struct csms_change *change)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_NOTE];

    sqlite_db_bind_text(s, 1, change->identity);
    bind_word(s, 2, change->note->action);
    sqlite_db_bind_text(s, 3, change->note->what);
    sqlite_db_bind_text(s, 4, change->note->text);
    sqlite3_bind_int64(s, 5, change->note->at_ms);
    sqlite3_bind_int64(s, 6, change->arrived_ms);
    int err = sqlite_db_run(sql->db, s);
    if (err)
        return err;
    s = sql->statements[CSMS_S_NOTES_TRIM];
    sqlite_db_bind_text(s, 1, change->identity);
    sqlite3_bind_int(s, 2, CSMS_NOTES_MAX);
    return sqlite_db_run(sql->db, s);
}

static int put_document(struct csms_sql *sql, const struct csms_document *document)
{
    sqlite3_stmt *s = sql->statements[document->text ? CSMS_S_DOCUMENT : CSMS_S_DOCUMENT_GONE];

    sqlite3_bind_int(s, 1, (int)document->kind);
    sqlite_db_bind_text(s, 2, document->key);
    if (document->text)
        sqlite_db_bind_text(s, 3, document->text);
    return sqlite_db_run(sql->db, s);
}

static int put_certificate(struct csms_sql *sql, const struct csms_certificate *certificate)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_CERTIFICATE];

    sqlite_db_bind_text(s, 1, certificate->identity);
    sqlite_db_bind_text(s, 2, certificate->serial);
    sqlite_db_bind_text(s, 3, certificate->name);
    sqlite3_bind_int64(s, 4, certificate->until_ms);
    sqlite3_bind_int(s, 5, (int)certificate->state);
    sqlite3_bind_int64(s, 6, certificate->signed_ms);
    sqlite3_bind_int64(s, 7, certificate->shown_ms);
    int err = sqlite_db_run(sql->db, s);
    if (err)
        return err;
    s = sql->statements[CSMS_S_CERTIFICATES_TRIM];
    sqlite_db_bind_text(s, 1, certificate->identity);
    sqlite3_bind_int(s, 2, CSMS_CERTIFICATES_MAX);
    return sqlite_db_run(sql->db, s);
}

int csms_sql_name(struct csms_sql *sql, const char *text, int64_t *id)
{
    for (int tries = 0; tries < 2; tries++) {
        sqlite3_stmt *s = sql->statements[CSMS_S_NAME_GET];
        sqlite_db_bind_text(s, 1, text);
        int result = sqlite3_step(s);
        if (result == SQLITE_ROW)
            *id = sqlite3_column_int64(s, 0);
        int err = sqlite_db_finish(sql->db, s, result);
        if (err || result == SQLITE_ROW)
            return err;
        s = sql->statements[CSMS_S_NAME_ADD];
        sqlite_db_bind_text(s, 1, text);
        err = sqlite_db_run(sql->db, s);
        if (err)
            return err;
    }
    return ROOST_ERR_INTERNAL;
}

static int put_prices(struct csms_sql *sql, int32_t tx, const char *text)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_TX_PRICE];

    sqlite3_bind_int(s, 1, tx);
    sqlite_db_bind_text(s, 2, text);
    return sqlite_db_run(sql->db, s);
}

static int put(struct csms_sql *sql, struct csms_job *job)
{
    const struct csms_change *change = &job->change;
    int32_t left_id;
    int err = change->boot ? put_boot(sql, change) : 0;

    if (!err && change->status)
        err = put_status(sql, change);
    if (!err && change->note)
        err = put_note(sql, change);
    if (!err && change->document)
        err = put_document(sql, change->document);
    if (!err && change->certificate)
        err = put_certificate(sql, change->certificate);
    if (!err && change->left)
        err = write_tx(sql, change->left, &left_id);
    if (!err && change->tx)
        err = write_tx(sql, change->tx, &job->tx_id);
    if (!err && change->tx && change->prices)
        err = put_prices(sql, job->tx_id, change->prices);
    return err ? err : csms_sql_measure(sql, change, change->tx ? job->tx_id : 0);
}

/* ---- what operators set ---- */

/* Whether a statement that looks one thing up by its name finds it. */
static int is_there(struct csms_sql *sql, enum csms_statement which, const char *name, bool *there)
{
    sqlite3_stmt *s = sql->statements[which];

    sqlite_db_bind_text(s, 1, name);
    int result = sqlite3_step(s);
    *there = result == SQLITE_ROW;
    return sqlite_db_finish(sql->db, s, result);
}

static int may_add(struct csms_sql *sql, const struct csms_job *job, enum csms_statement which,
                   const char *name)
{
    bool there = false;
    int err = job->add ? is_there(sql, which, name, &there) : 0;

    return err ? err : there ? ROOST_ERR_EXISTS : 0;
}

static int set_charger(struct csms_sql *sql, const struct csms_job *job)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_CHARGER_SET];
    const struct csms_charger_row *row = &job->charger;
    int err = may_add(sql, job, CSMS_S_CHARGER_GET, row->identity);

    if (err)
        return err;

    sqlite_db_bind_text(s, 1, row->identity);
    sqlite3_bind_int(s, 2, (int)row->registration);
    sqlite3_bind_int(s, 3, row->booted);
    sqlite3_bind_int(s, 4, row->basic);
    sqlite3_bind_blob(s, 5, row->salt, sizeof row->salt, SQLITE_STATIC);
    sqlite3_bind_blob(s, 6, row->hash, sizeof row->hash, SQLITE_STATIC);
    sqlite3_bind_int(s, 7, row->lenient);
    sqlite3_bind_int(s, 8, row->certificate);
    sqlite_db_bind_text(s, 9, row->certificate_name);
    return sqlite_db_run(sql->db, s);
}

static int set_tag(struct csms_sql *sql, const struct csms_job *job)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_TAG_SET];
    const struct csms_tag *tag = &job->tag;
    int err = may_add(sql, job, CSMS_S_TAG_GET, tag->id_tag);

    if (err)
        return err;

    sqlite_db_bind_text(s, 1, tag->id_tag);
    sqlite_db_bind_text(s, 2, tag->parent_id_tag);
    sqlite3_bind_int(s, 3, tag->blocked);
    sqlite3_bind_int64(s, 4, tag->expiry_ms);
    sqlite3_bind_int64(s, 5, tag->limit);
    return sqlite_db_run(sql->db, s);
}

static int remove_one(struct csms_sql *sql, enum csms_statement which, const char *name)
{
    sqlite_db_bind_text(sql->statements[which], 1, name);
    int err = sqlite_db_run(sql->db, sql->statements[which]);

    return err ? err : sqlite3_changes(sql->db) > 0 ? 0 : ROOST_ERR_NOT_FOUND;
}

/* What it said of its connectors goes with it; what is kept for accounts and for looking up stays.
 * No transaction of it is open then, and holds a tag. */
static int remove_charger(struct csms_sql *sql, const struct csms_job *job)
{
    int err = remove_one(sql, CSMS_S_CHARGER_REMOVE, job->charger.identity);

    if (err)
        return err;
    err = remove_one(sql, CSMS_S_STATUS_REMOVE, job->charger.identity);
    if (!err || err == ROOST_ERR_NOT_FOUND)
        err = remove_one(sql, CSMS_S_CHARGER_TXS, job->charger.identity);
    if (!err || err == ROOST_ERR_NOT_FOUND)
        err = remove_one(sql, CSMS_S_CERTIFICATES_REMOVE, job->charger.identity);
    if (!err || err == ROOST_ERR_NOT_FOUND)
        err = put_document(sql, &(struct csms_document){.kind = CSMS_DOCUMENT_KNOWN,
                                                        .key = job->charger.identity});
    return err == ROOST_ERR_NOT_FOUND ? 0 : err;
}

static int set_memo(struct csms_sql *sql, const struct csms_job *job)
{
    sqlite3_stmt *s = sql->statements[CSMS_S_MEMO];

    sqlite_db_bind_text(s, 1, job->memo);
    sqlite_db_bind_text(s, 2, job->memo_text);
    return sqlite_db_run(sql->db, s);
}

static int find(struct csms_sql *sql, struct csms_job *job)
{
    switch (job->query.find) {
    case CSMS_FIND_CHARGER:
        return find_charger(sql, job);
    case CSMS_FIND_TAG:
        return find_tag(sql, job);
    case CSMS_FIND_TX:
        break;
    }
    return find_tx(sql, job);
}

int csms_sql_do(struct csms_sql *sql, struct csms_job *job)
{
    switch (job->kind) {
    case CSMS_JOB_PUT:
        return put(sql, job);
    case CSMS_JOB_CHARGER:
        return set_charger(sql, job);
    case CSMS_JOB_TAG:
        return set_tag(sql, job);
    case CSMS_JOB_CHARGER_REMOVE:
        return remove_charger(sql, job);
    case CSMS_JOB_TAG_REMOVE:
        return remove_one(sql, CSMS_S_TAG_REMOVE, job->tag.id_tag);
    case CSMS_JOB_RETAIN:
        return csms_sql_retain(sql, job);
    case CSMS_JOB_SURVEY:
        return csms_sql_survey(sql, job);
    case CSMS_JOB_MEMO:
        return set_memo(sql, job);
    case CSMS_JOB_FIND:
        break;
    }
    return find(sql, job);
}
