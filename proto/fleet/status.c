/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/fleet/status.h"

#include "core/err.h"
#include "core/json_read.h"

/* A full status is 55 values, the rest is for members of newer firmware. */
enum { STATUS_TOKENS = 96 };

struct text_member {
    const char *key;
    size_t offset, size;
};

struct count_member {
    const char *key;
    size_t offset;
};

#define TEXT(member)                                                                               \
    {                                                                                              \
#member, offsetof(struct roost_status, member), sizeof(((struct roost_status *)0)->member) \
    }
#define COUNT(member)                                                                              \
    {                                                                                              \
#member, offsetof(struct roost_status, member)                                             \
    }

static const struct text_member texts[] = {
    TEXT(type),
    TEXT(firmware),
    TEXT(reset_reason),
    TEXT(fault),
};

/* Members of "update". */
static const struct text_member update_texts[] = {
    {"state", offsetof(struct roost_status, update.state),
     sizeof(((struct roost_status *)0)->update.state)},
    {"version", offsetof(struct roost_status, update.version),
     sizeof(((struct roost_status *)0)->update.version)},
    {"report", offsetof(struct roost_status, update.report),
     sizeof(((struct roost_status *)0)->update.report)},
};

static const struct count_member counts[] = {
    COUNT(journal_id),      COUNT(fault_number),    COUNT(heap_free_bytes), COUNT(heap_low_bytes),
    COUNT(boots),           COUNT(crashes),         COUNT(brown_outs),      COUNT(reconnects),
    COUNT(journal_waiting), COUNT(journal_dropped), COUNT(event_dropped),   COUNT(log_errors),
    COUNT(audio_dropped),
};

enum {
    TEXT_COUNT = sizeof texts / sizeof texts[0],
    UPDATE_TEXT_COUNT = sizeof update_texts / sizeof update_texts[0],
    COUNT_COUNT = sizeof counts / sizeof counts[0]
};

/* Every member of the health is optional on its own: firmware of another version may know fewer. */
static int ignore_absent(int err)
{
    return err == ROOST_ERR_NOT_FOUND ? 0 : err;
}

static int get_texts(const struct roost_json *doc, int object, const struct text_member *members,
                     size_t count, struct roost_status *status)
{
    int err = 0;
    for (size_t i = 0; !err && i < count; i++) {
        int index = roost_json_find(doc, object, members[i].key);
        if (index >= 0 && roost_json_type(doc, index) != ROOST_JSON_NULL)
            err = roost_json_get_string(doc, object, members[i].key,
                                        (char *)status + members[i].offset, members[i].size);
    }
    return err;
}

static int get_update(const struct roost_json *doc, struct roost_status *status)
{
    int object = roost_json_find(doc, ROOST_JSON_ROOT, "update");
    if (object < 0 || roost_json_type(doc, object) == ROOST_JSON_NULL)
        return 0;
    if (roost_json_type(doc, object) != ROOST_JSON_OBJECT)
        return ROOST_ERR_INVALID;
    status->has_update = true;
    int err = get_texts(doc, object, update_texts, UPDATE_TEXT_COUNT, status);
    return err ? err
               : ignore_absent(roost_json_get_bool(doc, object, "error", &status->update.error));
}

static int get_count(const struct roost_json *doc, const struct count_member *member,
                     struct roost_status *status)
{
    uint64_t value = 0;
    int err = ignore_absent(roost_json_get_uint64(doc, ROOST_JSON_ROOT, member->key, &value));
    if (err)
        return err;
    if (value > UINT32_MAX)
        return ROOST_ERR_RANGE;
    *(uint32_t *)(void *)((char *)status + member->offset) = (uint32_t)value;
    return 0;
}

static int get_health(const struct roost_json *doc, struct roost_status *status)
{
    int64_t rssi_dbm = 0;
    int err = roost_json_get_uint64(doc, ROOST_JSON_ROOT, "seq", &status->seq);
    if (!err)
        err = get_texts(doc, ROOST_JSON_ROOT, texts, TEXT_COUNT, status);
    if (!err)
        err = get_update(doc, status);
    for (size_t i = 0; !err && i < COUNT_COUNT; i++)
        err = get_count(doc, &counts[i], status);
    if (!err)
        err = ignore_absent(
            roost_json_get_uint64(doc, ROOST_JSON_ROOT, "uptime_ms", &status->uptime_ms));
    if (!err)
        err = ignore_absent(roost_json_get_int64(doc, ROOST_JSON_ROOT, "rssi_dbm", &rssi_dbm));
    if (!err && (rssi_dbm < -128 || rssi_dbm > 127))
        err = ROOST_ERR_RANGE;
    status->rssi_dbm = (int32_t)rssi_dbm;
    return err;
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

static void write_texts(struct roost_json_writer *w, const struct text_member *members,
                        size_t count, const struct roost_status *status)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = (const char *)status + members[i].offset;
        roost_json_put_str(w, members[i].key, text[0] ? text : NULL);
    }
}

void roost_status_write_update(struct roost_json_writer *w, const struct roost_status *status)
{
    roost_json_object(w);
    write_texts(w, update_texts, UPDATE_TEXT_COUNT, status);
    roost_json_put_bool(w, "error", status->update.error);
    roost_json_end(w);
}

int roost_status_write(char *out, size_t size, const struct roost_status *status)
{
    struct roost_json_writer w;
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_bool(&w, "online", status->online);
    if (status->has_health) {
        roost_json_put_uint(&w, "seq", status->seq);
        write_texts(&w, texts, TEXT_COUNT, status);
        for (size_t i = 0; i < COUNT_COUNT; i++) {
            roost_json_put_uint(
                &w, counts[i].key,
                *(const uint32_t *)(const void *)((const char *)status + counts[i].offset));
        }
        roost_json_put_uint(&w, "uptime_ms", status->uptime_ms);
        roost_json_put_int(&w, "rssi_dbm", status->rssi_dbm);
        if (status->has_update) {
            roost_json_key(&w, "update");
            roost_status_write_update(&w, status);
        }
    }
    roost_json_end(&w);
    return roost_json_finish(&w);
}
