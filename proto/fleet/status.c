/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/fleet/status.h"

#include <string.h>

#include "core/err.h"
#include "core/json_read.h"
#include "core/number.h"

/* A full status is 63 values, the rest is for members of newer firmware. */
enum { STATUS_TOKENS = 96 };

enum kind { TEXT, COUNT, LONG_COUNT, RSSI, UPDATE };

struct member {
    const char *key;
    uint16_t offset;
    uint8_t size;
    uint8_t kind; /* enum kind */
};

#define MEMBER(member, type)                                                                       \
    {                                                                                              \
#member, offsetof(struct roost_status, member),                                            \
            sizeof(((struct roost_status *)0)->member), type                                       \
    }

/* As they are written; the product's counters come after COUNTERS_AFTER. */
static const struct member members[] = {
    MEMBER(seq, LONG_COUNT),
    MEMBER(type, TEXT),
    MEMBER(firmware, TEXT),
    MEMBER(reset_reason, TEXT),
    MEMBER(fault, TEXT),
    MEMBER(journal_id, COUNT),
    MEMBER(fault_number, COUNT),
    MEMBER(heap_free_bytes, COUNT),
    MEMBER(heap_low_bytes, COUNT),
    MEMBER(boots, COUNT),
    MEMBER(crashes, COUNT),
    MEMBER(brown_outs, COUNT),
    MEMBER(reconnects, COUNT),
    MEMBER(journal_waiting, COUNT),
    MEMBER(journal_dropped, COUNT),
    MEMBER(event_dropped, COUNT),
    MEMBER(log_errors, COUNT),
    MEMBER(uptime_ms, LONG_COUNT),
    MEMBER(rssi_dbm, RSSI),
    {"update", offsetof(struct roost_status, update), 0, UPDATE},
};

enum { MEMBER_COUNT = sizeof members / sizeof members[0], COUNTERS_AFTER = 16 };

/* Members of "update". */
#define UPDATE_MEMBER(member)                                                                      \
    {                                                                                              \
#member, offsetof(struct roost_status_update, member),                                     \
            sizeof(((struct roost_status_update *)0)->member), TEXT                                \
    }

static const struct member update_members[] = {UPDATE_MEMBER(state), UPDATE_MEMBER(version),
                                               UPDATE_MEMBER(report)};

enum { UPDATE_MEMBER_COUNT = sizeof update_members / sizeof update_members[0] };

/* ---- reading ---- */

static int get_text(const struct roost_json *doc, int index, const struct member *member,
                    void *into)
{
    if (roost_json_type(doc, index) == ROOST_JSON_NULL)
        return 0;
    return roost_json_string(doc, index, (char *)into + member->offset, member->size);
}

static int get_update(const struct roost_json *doc, int object, struct roost_status *status)
{
    if (roost_json_type(doc, object) == ROOST_JSON_NULL)
        return 0;
    if (roost_json_type(doc, object) != ROOST_JSON_OBJECT)
        return ROOST_ERR_INVALID;
    status->has_update = true;
    for (size_t i = 0; i < UPDATE_MEMBER_COUNT; i++) {
        int index = roost_json_find(doc, object, update_members[i].key);
        int err = index < 0 ? 0 : get_text(doc, index, &update_members[i], &status->update);
        if (err < 0)
            return err;
    }
    int err = roost_json_get_bool(doc, object, "error", &status->update.error);
    return err == ROOST_ERR_NOT_FOUND ? 0 : err;
}

/* The text of a number, or NULL. */
static const char *number_text(const struct roost_json *doc, int index, size_t *len)
{
    return roost_json_type(doc, index) == ROOST_JSON_NUMBER ? roost_json_text(doc, index, len)
                                                            : NULL;
}

static int get_rssi(const char *text, size_t len, struct roost_status *status)
{
    int64_t number;
    int err = roost_parse_int64(text, len, &number);

    if (!err && (number < -128 || number > 127))
        err = ROOST_ERR_RANGE;
    if (!err)
        status->rssi_dbm = (int32_t)number;
    return err;
}

static int get_member(const struct roost_json *doc, int index, const struct member *member,
                      struct roost_status *status)
{
    void *at = (char *)status + member->offset;
    uint64_t count;
    size_t len;

    if (member->kind == TEXT)
        return get_text(doc, index, member, status);
    if (member->kind == UPDATE)
        return get_update(doc, index, status);
    const char *text = number_text(doc, index, &len);
    if (!text)
        return ROOST_ERR_INVALID;
    if (member->kind == RSSI)
        return get_rssi(text, len, status);
    int err = roost_parse_uint64(text, len, &count);
    if (!err && member->kind == COUNT && count > UINT32_MAX)
        err = ROOST_ERR_RANGE;
    if (err)
        return err;
    if (member->kind == COUNT)
        *(uint32_t *)at = (uint32_t)count;
    else
        *(uint64_t *)at = count;
    return 0;
}

/* A member that is not one of every device's: a counter of the product's, or nothing of ours. */
static void get_counter(const struct roost_json *doc, int index, const char *key,
                        struct roost_status *status)
{
    struct roost_status_counter *counter = &status->counters[status->counter_count];
    size_t len;
    const char *text = number_text(doc, index, &len);
    uint64_t count;

    if (!text || status->counter_count == ROOST_STATUS_COUNTERS ||
        roost_parse_uint64(text, len, &count) != 0 || count > UINT32_MAX)
        return;
    memcpy(counter->name, key, strlen(key) + 1);
    counter->value = (uint32_t)count;
    status->counter_count++;
}

static int get_health(const struct roost_json *doc, struct roost_status *status)
{
    size_t size = roost_json_size(doc, ROOST_JSON_ROOT);
    char key[sizeof status->counters[0].name]; /* longer ones are none of ours */
    uint32_t seen = 0;
    int at = roost_json_at(doc, ROOST_JSON_ROOT, 0);

    for (size_t n = 0; n < size; n++, at = roost_json_next(doc, at + 1)) {
        size_t i = 0;
        if (roost_json_string(doc, at, key, sizeof key) != 0)
            continue;
        while (i < MEMBER_COUNT && strcmp(members[i].key, key) != 0)
            i++;
        if (i == MEMBER_COUNT) {
            if (strcmp(key, "online") != 0)
                get_counter(doc, at + 1, key, status);
            continue;
        }
        int err = seen >> i & 1 ? 0 : get_member(doc, at + 1, &members[i], status);
        if (err)
            return err;
        seen |= UINT32_C(1) << i;
    }
    return 0;
}

int roost_status_parse(struct roost_status *status, const char *payload, size_t len)
{
    struct roost_json doc;
    struct roost_json_token tokens[STATUS_TOKENS];
    if (len > ROOST_STATUS_PAYLOAD_MAX)
        return ROOST_ERR_TOO_LONG;
    int err = roost_json_parse(&doc, tokens, STATUS_TOKENS, payload, len);
    if (err)
        return err;
    if (roost_json_type(&doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT)
        return ROOST_ERR_INVALID;
    *status = (struct roost_status){0};
    err = roost_json_get_bool(&doc, ROOST_JSON_ROOT, "online", &status->online);
    if (err)
        return err;
    status->has_health = roost_json_find(&doc, ROOST_JSON_ROOT, "seq") >= 0;
    return status->has_health ? get_health(&doc, status) : 0;
}

/* ---- writing ---- */

static void write_text(struct roost_json_writer *w, const struct member *member, const void *from)
{
    const char *text = (const char *)from + member->offset;

    roost_json_put_str(w, member->key, text[0] ? text : NULL);
}

void roost_status_write_update(struct roost_json_writer *w,
                               const struct roost_status_update *update)
{
    roost_json_object(w);
    for (size_t i = 0; i < UPDATE_MEMBER_COUNT; i++)
        write_text(w, &update_members[i], update);
    roost_json_put_bool(w, "error", update->error);
    roost_json_end(w);
}

static void write_member(struct roost_json_writer *w, const struct member *member,
                         const struct roost_status *status)
{
    const void *at = (const char *)status + member->offset;

    if (member->kind == TEXT) {
        write_text(w, member, status);
        return;
    }
    if (member->kind == UPDATE && !status->has_update)
        return;
    roost_json_key(w, member->key);
    switch ((enum kind)member->kind) {
    case TEXT:
        break;
    case COUNT:
        roost_json_uint(w, *(const uint32_t *)at);
        break;
    case LONG_COUNT:
        roost_json_uint(w, *(const uint64_t *)at);
        break;
    case RSSI:
        roost_json_int(w, status->rssi_dbm);
        break;
    case UPDATE:
        roost_status_write_update(w, &status->update);
        break;
    }
}

int roost_status_write(char *out, size_t size, const struct roost_status *status)
{
    struct roost_json_writer w;
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_bool(&w, "online", status->online);
    for (size_t i = 0; status->has_health && i < MEMBER_COUNT; i++) {
        write_member(&w, &members[i], status);
        for (size_t k = 0; i == COUNTERS_AFTER && k < status->counter_count; k++) {
            roost_json_put_uint(&w, status->counters[k].name, status->counters[k].value);
        }
    }
    roost_json_end(&w);
    return roost_json_finish(&w);
}
