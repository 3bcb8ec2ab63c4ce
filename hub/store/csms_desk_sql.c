/* SPDX-License-Identifier: Apache-2.0 */
/* What is read for people: a statement is prepared for each question, as they are few. */
#include "hub/store/csms_desk_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "hub/store/csms_book_sql.h"

/* ---- rows into lists ---- */

/* Room for one more of `size` bytes; NULL: no memory. */
static void *grow(void **list, size_t *count, size_t size)
{
    if ((*count & (*count - 1)) == 0) { /* full: its room is the next power of two */
        void *more = realloc(*list, (*count ? 2 * *count : 1) * size);
        if (!more)
            return NULL;
        *list = more;
    }
    void *at = (char *)*list + (*count)++ * size;
    memset(at, 0, size);
    return at;
}

static void blob(sqlite3_stmt *s, int column, uint8_t *out, size_t size)
{
    const void *bytes = sqlite3_column_blob(s, column);

    if (bytes && (size_t)sqlite3_column_bytes(s, column) == size)
        memcpy(out, bytes, size);
}

static int take_charger(struct csms_desk_read *read, sqlite3_stmt *s)
{
    struct csms_desk_charger *charger =
        grow(&read->chargers, &read->found.charger_count, sizeof *charger);

    if (!charger)
        return ROOST_ERR_NO_MEMORY;
    struct csms_charger_row *row = &charger->row;
    sqlite_db_text(s, 0, row->identity, sizeof row->identity);
    row->registration = (enum csms_registration)sqlite3_column_int(s, 1);
    row->booted = sqlite3_column_int(s, 2) != 0;
    row->basic = sqlite3_column_int(s, 3) != 0;
    blob(s, 4, row->salt, sizeof row->salt);
    blob(s, 5, row->hash, sizeof row->hash);
    row->lenient = (uint8_t)sqlite3_column_int(s, 6);
    sqlite_db_text(s, 7, charger->boot.vendor, sizeof charger->boot.vendor);
    sqlite_db_text(s, 8, charger->boot.model, sizeof charger->boot.model);
    sqlite_db_text(s, 9, charger->boot.serial, sizeof charger->boot.serial);
    sqlite_db_text(s, 10, charger->boot.firmware, sizeof charger->boot.firmware);
    charger->booted_ms = sqlite3_column_int64(s, 11);
    row->certificate = sqlite3_column_int(s, 12) != 0;
    sqlite_db_text(s, 13, row->certificate_name, sizeof row->certificate_name);
    charger->boot.accepted = row->booted;
    return 0;
}

static int take_status(struct csms_desk_read *read, sqlite3_stmt *s)
{
    struct csms_desk_status *at = grow(&read->statuses, &read->found.status_count, sizeof *at);

    if (!at)
        return ROOST_ERR_NO_MEMORY;
    sqlite_db_text(s, 0, at->identity, sizeof at->identity);
    at->status.connector = sqlite3_column_int(s, 1);
    at->status.status = csms_sql_read_word(s, 2, OCPP_SET_ChargePointStatus);
    at->status.error_code = csms_sql_read_word(s, 3, OCPP_SET_ChargePointErrorCode);
    sqlite_db_text(s, 4, at->status.info, sizeof at->status.info);
    sqlite_db_text(s, 5, at->status.vendor_error, sizeof at->status.vendor_error);
    at->status.at_ms = sqlite3_column_int64(s, 6);
    at->arrived_ms = sqlite3_column_int64(s, 7);
    return 0;
}

static int take_tag(struct csms_desk_read *read, sqlite3_stmt *s)
{
    struct csms_tag *tag = grow(&read->tags, &read->found.tag_count, sizeof *tag);

    if (!tag)
        return ROOST_ERR_NO_MEMORY;
    sqlite_db_text(s, 0, tag->id_tag, sizeof tag->id_tag);
    sqlite_db_text(s, 1, tag->parent_id_tag, sizeof tag->parent_id_tag);
    tag->blocked = sqlite3_column_int(s, 2) != 0;
    tag->expiry_ms = sqlite3_column_int64(s, 3);
    tag->limit = (uint32_t)sqlite3_column_int64(s, 4);
    return 0;
}

static int take_tx(struct csms_desk_read *read, sqlite3_stmt *s)
{
    struct csms_tx *tx = grow(&read->txs, &read->found.tx_count, sizeof *tx);

    if (!tx)
        return ROOST_ERR_NO_MEMORY;
    csms_sql_read_tx(s, tx);
    return 0;
}

static int keep_text(struct csms_desk_read *read, const char *text, size_t len)
{
    if (read->texts_len + len > read->texts_room) {
        size_t room = 2 * (read->texts_len + len);
        char *more = realloc(read->texts, room);
        if (!more)
            return ROOST_ERR_NO_MEMORY;
        read->texts = more;
        read->texts_room = room;
    }
    memcpy(read->texts + read->texts_len, text, len);
    read->texts_len += len;
    return 0;
}

static int take_note(struct csms_desk_read *read, sqlite3_stmt *s)
{
    struct csms_desk_note *note = grow(&read->notes, &read->found.note_count, sizeof *note);
    const char *text = (const char *)sqlite3_column_text(s, 3);

    if (!note)
        return ROOST_ERR_NO_MEMORY;
    note->id = sqlite3_column_int64(s, 0);
    sqlite_db_text(s, 1, note->action, sizeof note->action);
    sqlite_db_text(s, 2, note->what, sizeof note->what);
    note->at_ms = sqlite3_column_int64(s, 4);
    note->arrived_ms = sqlite3_column_int64(s, 5);
    /* By its place until all are read: the texts may move. */
    note->text = (const char *)(uintptr_t)read->texts_len;
    return keep_text(read, text ? text : "", text ? strlen(text) + 1 : 1);
}

static int take_prices(struct csms_desk_read *read, sqlite3_stmt *s)
{
    const char *text = (const char *)sqlite3_column_text(s, 0);

    read->prices = text ? strdup(text) : NULL;
    return text && !read->prices ? ROOST_ERR_NO_MEMORY : 0;
}

static int take_document(struct csms_desk_read *read, sqlite3_stmt *s)
{
    struct csms_desk_document *at = grow(&read->documents, &read->found.document_count, sizeof *at);
    const char *text = (const char *)sqlite3_column_text(s, 1);

    if (!at)
        return ROOST_ERR_NO_MEMORY;
    sqlite_db_text(s, 0, at->key, sizeof at->key);
    at->text = (const char *)(uintptr_t)read->texts_len; /* likewise */
    return keep_text(read, text ? text : "", text ? strlen(text) + 1 : 1);
}

static int take_certificate(struct csms_desk_read *read, sqlite3_stmt *s)
{
    struct csms_certificate *at =
        grow(&read->certificates, &read->found.certificate_count, sizeof *at);

    if (!at)
        return ROOST_ERR_NO_MEMORY;
    at->id = sqlite3_column_int64(s, 0);
    sqlite_db_text(s, 1, at->identity, sizeof at->identity);
    sqlite_db_text(s, 2, at->serial, sizeof at->serial);
    sqlite_db_text(s, 3, at->name, sizeof at->name);
    at->until_ms = sqlite3_column_int64(s, 4);
    at->state = (enum csms_certificate_state)sqlite3_column_int(s, 5);
    at->signed_ms = sqlite3_column_int64(s, 6);
    at->shown_ms = sqlite3_column_int64(s, 7);
    return 0;
}

static int take_count(struct csms_desk_read *read, sqlite3_stmt *s)
{
    read->found.count = (uint64_t)sqlite3_column_int64(s, 0);
    if (sqlite3_column_count(s) > 1)
        read->found.open = (uint64_t)sqlite3_column_int64(s, 1);
    return 0;
}

/* ---- questions ---- */

#define CHARGER_COLUMNS                                                                            \
    "identity,registration,booted,basic,salt,hash,lenient,vendor,model,serial,firmware,booted_at," \
    "certificate,certificate_name"
#define STATUS_COLUMNS      "identity,connector,status,error,info,vendor_error,at,arrived"
#define CERTIFICATE_COLUMNS "id,identity,serial,name,until,state,signed,shown"
#define TAG_COLUMNS         "id_tag,parent,blocked,expiry,at_once"

/* When a transaction began, or ended where its Start is not known: as the index has it. */
#define TX_TIME "iif(start_arrived>0,started,stopped)"

/* ?12 is searched, without case. */
#define FOUND_IN(column) "instr(lower(" column "),lower(?12))>0"
#define CHARGER_FILTER                                                                             \
    " FROM charger WHERE (?9 IS NULL OR identity>?9) AND (?12 IS NULL OR " FOUND_IN(               \
        "identity") " OR " FOUND_IN("serial") " OR " FOUND_IN("vendor") " OR " FOUND_IN("model") ") ORDER BY identity LIMIT ?1"

/* What vendors said around a transaction: from a quarter of an hour before its start came to five
 * minutes after its stop did. */
#define SESSION_NOTES                                                                              \
    "SELECT note.n,action,what,text,at,arrived FROM note JOIN tx ON tx.id=?10 AND"                 \
    " note.identity=tx.identity WHERE action='DataTransfer' AND"                                   \
    " arrived>=iif(start_arrived>0,start_arrived,stop_arrived)-900000 AND"                         \
    " (stop_arrived=0 OR arrived<=stop_arrived+300000) ORDER BY note.n LIMIT 200"

_Static_assert(CSMS_DOCUMENT_KNOWN == 1, "part of the stored format");

/* What a question is answered by: one statement after another. ?1 is the limit, and one more row
 * tells that there is more. */
struct step {
    const char *sql;
    int (*take)(struct csms_desk_read *read, sqlite3_stmt *s);
};

enum { STEPS_MAX = 4 };
static const struct step questions[CSMS_DESK_WHATS][STEPS_MAX] = {
    [CSMS_DESK_CHARGERS] = {{"SELECT " CHARGER_COLUMNS CHARGER_FILTER, take_charger},
                            {"SELECT " STATUS_COLUMNS " FROM status WHERE identity IN (SELECT"
                             " identity" CHARGER_FILTER ") ORDER BY identity,connector",
                             take_status}},
    [CSMS_DESK_CHARGER] = {{"SELECT " CHARGER_COLUMNS " FROM charger WHERE identity=?2",
                            take_charger},
                           {"SELECT " STATUS_COLUMNS " FROM status WHERE identity=?2"
                            " ORDER BY connector",
                            take_status},
                           {"SELECT " CSMS_TX_COLUMNS " FROM tx WHERE id IN (SELECT max(id) FROM tx"
                            " WHERE identity=?2 GROUP BY connector) ORDER BY connector",
                            take_tx}},
    [CSMS_DESK_TAGS] = {{"SELECT " TAG_COLUMNS " FROM tag WHERE (?9 IS NULL OR id_tag>?9) AND"
                         " (?12 IS NULL OR " FOUND_IN("id_tag") " OR " FOUND_IN(
                             "parent") ")"
                                       " ORDER BY id_tag LIMIT ?1",
                         take_tag}},
    [CSMS_DESK_TAG] = {{"SELECT " TAG_COLUMNS " FROM tag WHERE id_tag=?3", take_tag},
                       {"SELECT count(*),total(state=0) FROM tx WHERE id_tag=?3", take_count}},
    [CSMS_DESK_TXS] = {{NULL, take_tx}}, /* csms_desk_sql_txs */
    [CSMS_DESK_COUNT] = {{NULL, take_count}},
    [CSMS_DESK_TX] = {{"SELECT " CSMS_TX_COLUMNS " FROM tx WHERE id=?10", take_tx},
                      {SESSION_NOTES, take_note},
                      {"SELECT text FROM price WHERE tx=?10", take_prices}},
    [CSMS_DESK_NOTES] = {{"SELECT n,action,what,text,at,arrived FROM note WHERE identity=?2 AND"
                          " (?4=0 OR n<?4) ORDER BY n DESC LIMIT ?1",
                          take_note}},
    [CSMS_DESK_DOCUMENTS] = {{"SELECT key,text FROM document WHERE kind=?11 ORDER BY key LIMIT ?1",
                              take_document}},
    [CSMS_DESK_CERTIFICATES] = {{"SELECT " CERTIFICATE_COLUMNS " FROM certificate WHERE"
                                 " (?2 IS NULL OR identity=?2) AND (?8=0 OR until<?8) AND"
                                 " (?4=0 OR (until,id)>(SELECT until,id FROM certificate WHERE"
                                 " id=?4)) ORDER BY until,id LIMIT ?1",
                                 take_certificate}},
    /* The other columns are those of the row that has the most. */
    [CSMS_DESK_EXPIRING] = {{"SELECT id,identity,serial,name,max(until),state,signed,shown FROM"
                             " certificate WHERE state IN (1,3) GROUP BY identity HAVING"
                             " max(until)<?8 ORDER BY 5,1 LIMIT ?1",
                             take_certificate}},
    [CSMS_DESK_RECALL] = {{"SELECT " CHARGER_COLUMNS " FROM charger WHERE identity=?2",
                           take_charger},
                          {"SELECT " STATUS_COLUMNS " FROM status WHERE identity=?2"
                           " ORDER BY connector",
                           take_status},
                          {"SELECT key,text FROM document WHERE kind=1 AND key=?2", take_document}},
};

static void bind_text(sqlite3_stmt *s, int index, const char *text)
{
    if (text)
        sqlite_db_bind_text(s, index, text);
}

/* Those that a statement has not are refused by SQLite, which is fine. */
static void bind(sqlite3_stmt *s, const struct csms_desk_query *query)
{
    sqlite3_bind_int64(s, 1, (int64_t)query->limit + 1);
    bind_text(s, 2, query->identity);
    bind_text(s, 3, query->id_tag);
    sqlite3_bind_int64(s, 4, query->before);
    sqlite3_bind_int64(s, 5, query->states);
    sqlite3_bind_int(s, 6, query->connector);
    sqlite3_bind_int64(s, 7, query->from_ms);
    sqlite3_bind_int64(s, 8, query->to_ms);
    bind_text(s, 9, query->after);
    sqlite3_bind_int(s, 10, query->id);
    sqlite3_bind_int(s, 11, (int)query->document);
    bind_text(s, 12, query->search);
}

/* ---- transactions by whatever is asked ---- */

struct text {
    char *at;
    size_t left;
};

static void add(struct text *text, const char *part)
{
    int len = snprintf(text->at, text->left, "%s", part);

    ROOST_ASSERT(len >= 0 && (size_t)len < text->left);
    text->at += len;
    text->left -= (size_t)len;
}

static bool is_rare(uint32_t states)
{
    return states != 0 && (states & (1U << CSMS_TX_CLOSED)) == 0;
}

/* By the filter that leaves the fewest, as a person would look it up. */
static const char *index_of(const struct csms_desk_query *query)
{
    if (query->identity)
        return " INDEXED BY tx_identity";
    if (query->id_tag)
        return " INDEXED BY tx_tag";
    if (is_rare(query->states))
        return " INDEXED BY tx_state";
    return query->from_ms || query->to_ms ? " INDEXED BY tx_time" : "";
}

static void add_states(struct text *text, uint32_t states)
{
    const char *comma = "";
    char number[16];

    if (is_rare(states))
        add(text, " AND state<>1"); /* as the index has it */
    add(text, " AND state IN (");
    for (int i = 0; i <= CSMS_TX_UNMATCHED; i++)
        if (states & (1U << i)) {
            snprintf(number, sizeof number, "%s%d", comma, i);
            add(text, number);
            comma = ",";
        }
    add(text, ")");
}

void csms_desk_sql_txs(const struct csms_desk_query *query, char out[CSMS_DESK_SQL_MAX])
{
    struct text text = {out, CSMS_DESK_SQL_MAX};
    bool list = query->what == CSMS_DESK_TXS;

    add(&text,
        list ? "SELECT " CSMS_TX_COLUMNS " FROM tx" : "SELECT count(*),total(state=0) FROM tx");
    add(&text, index_of(query));
    add(&text, " WHERE 1");
    if (query->identity)
        add(&text, " AND identity=?2");
    if (query->id_tag)
        add(&text, " AND id_tag=?3");
    if (query->before)
        add(&text, " AND id<?4");
    if (query->states)
        add_states(&text, query->states);
    if (query->connector)
        add(&text, " AND connector=?6");
    if (query->from_ms)
        add(&text, " AND " TX_TIME ">=?7");
    if (query->to_ms)
        add(&text, " AND " TX_TIME "<?8");
    if (list)
        add(&text, " ORDER BY id DESC LIMIT ?1");
}

static int answer(sqlite3 *db, const struct csms_desk_query *query, const struct step *step,
                  struct csms_desk_read *read)
{
    char made[CSMS_DESK_SQL_MAX];
    sqlite3_stmt *s = NULL;

    if (!step->sql)
        csms_desk_sql_txs(query, made);
    int result,
        err =
            sqlite_db_error(db, sqlite3_prepare_v2(db, step->sql ? step->sql : made, -1, &s, NULL));

    if (err)
        return err;
    bind(s, query);
    while (!err && (result = sqlite3_step(s)) == SQLITE_ROW)
        err = step->take(read, s);
    if (!err)
        err = sqlite_db_error(db, result);
    sqlite3_finalize(s);
    return err;
}

/* One more than the limit was asked for. */
static void cut(size_t *count, const struct csms_desk_query *query, bool *more)
{
    if (*count <= query->limit)
        return;
    *count = query->limit;
    *more = true;
}

static void cut_list(const struct csms_desk_query *query, struct csms_desk_found *found)
{
    switch (query->what) {
    case CSMS_DESK_CHARGERS:
        cut(&found->charger_count, query, &found->more);
        break;
    case CSMS_DESK_TAGS:
        cut(&found->tag_count, query, &found->more);
        break;
    case CSMS_DESK_TXS:
        cut(&found->tx_count, query, &found->more);
        break;
    case CSMS_DESK_NOTES:
        cut(&found->note_count, query, &found->more);
        break;
    case CSMS_DESK_CERTIFICATES:
    case CSMS_DESK_EXPIRING:
        cut(&found->certificate_count, query, &found->more);
        break;
    case CSMS_DESK_DOCUMENTS:
        cut(&found->document_count, query, &found->more);
        break;
    default:
        break;
    }
}

static int answer_all(struct csms_reader *reader, const struct csms_desk_query *query,
                      struct csms_desk_read *read)
{
    const struct step *steps = questions[query->what];
    int err = 0;

    for (size_t i = 0; !err && i < STEPS_MAX && steps[i].take; i++)
        err = answer(reader->db, query, &steps[i], read);
    bool wants = query->what == CSMS_DESK_SAMPLES ||
                 (query->what == CSMS_DESK_TX && read->found.tx_count > 0);
    return !err && wants ? csms_samples_read(reader, query, &read->samples) : err;
}

static void show_samples(struct csms_desk_read *read)
{
    struct csms_desk_found *found = &read->found;
    const struct csms_samples *samples = &read->samples;

    found->samples = samples->samples;
    found->origins = samples->origins;
    found->sample_count = samples->count;
    found->texts = (const char *)samples->texts.data;
    found->last_ms = samples->last_ms;
    found->more = samples->more;
}

int csms_desk_sql_read(struct csms_reader *reader, const struct csms_desk_query *query,
                       struct csms_desk_read *read)
{
    struct csms_desk_found *found = &read->found;
    /* The statements of one question see one state of the file. */
    int err = sqlite_db_exec(reader->db, "BEGIN");

    if (!err)
        err = answer_all(reader, query, read);
    if (!sqlite3_get_autocommit(reader->db))
        (void)sqlite_db_exec(reader->db, "COMMIT");
    if (err)
        return err;
    found->chargers = read->chargers;
    found->statuses = read->statuses;
    found->tags = read->tags;
    found->txs = read->txs;
    found->notes = read->notes;
    found->prices = read->prices;
    struct csms_desk_note *notes = read->notes;
    for (size_t i = 0; i < found->note_count; i++)
        notes[i].text = read->texts + (uintptr_t)notes[i].text;
    found->documents = read->documents;
    found->certificates = read->certificates;
    struct csms_desk_document *documents = read->documents;
    for (size_t i = 0; i < found->document_count; i++)
        documents[i].text = read->texts + (uintptr_t)documents[i].text;
    show_samples(read);
    cut_list(query, found);
    return 0;
}

void csms_desk_sql_free(struct csms_desk_read *read)
{
    free(read->chargers);
    free(read->statuses);
    free(read->tags);
    free(read->txs);
    csms_samples_free(&read->samples);
    free(read->notes);
    free(read->documents);
    free(read->certificates);
    free(read->texts);
    free(read->prices);
}
