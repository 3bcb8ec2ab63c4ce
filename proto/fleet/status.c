/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/fleet/status.h"

#include "core/err.h"
#include "core/json_read.h"
#include "core/json_write.h"

/* A full status is 45 values, the rest is for members of newer firmware. */
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

static const struct count_member counts[] = {
    COUNT(journal_id),      COUNT(fault_number),    COUNT(heap_free_bytes), COUNT(heap_low_bytes),
    COUNT(boots),           COUNT(crashes),         COUNT(brown_outs),      COUNT(reconnects),
    COUNT(journal_waiting), COUNT(journal_dropped), COUNT(event_dropped),   COUNT(log_errors),
    COUNT(audio_dropped),
};

enum {
    TEXT_COUNT = sizeof texts / sizeof texts[0],
    COUNT_COUNT = sizeof counts / sizeof counts[0]
};

/* Every member of the health is optional on its own: firmware of another version may know fewer. */
static int ignore_absent(int err)
{
    return err == ROOST_ERR_NOT_FOUND ? 0 : err;
}

static int get_text(const struct roost_json *doc, const struct text_member *member,
                    struct roost_status *status)
{
    int index = roost_json_find(doc, ROOST_JSON_ROOT, member->key);
    if (index < 0 || roost_json_type(doc, index) == ROOST_JSON_NULL)
        return 0;
    return roost_json_get_string(doc, ROOST_JSON_ROOT, member->key, (char *)status + member->offset,
                                 member->size);
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
    for (size_t i = 0; !err && i < TEXT_COUNT; i++)
        err = get_text(doc, &texts[i], status);
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

int roost_status_write(char *out, size_t size, const struct roost_status *status)
{
    struct roost_json_writer w;
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_key(&w, "online");
    roost_json_bool(&w, status->online);
    if (status->has_health) {
        roost_json_key(&w, "seq");
        roost_json_uint(&w, status->seq);
        for (size_t i = 0; i < TEXT_COUNT; i++) {
            const char *text = (const char *)status + texts[i].offset;
            roost_json_key(&w, texts[i].key);
            roost_json_str(&w, text[0] ? text : NULL);
        }
        for (size_t i = 0; i < COUNT_COUNT; i++) {
            roost_json_key(&w, counts[i].key);
            roost_json_uint(
                &w, *(const uint32_t *)(const void *)((const char *)status + counts[i].offset));
        }
        roost_json_key(&w, "uptime_ms");
        roost_json_uint(&w, status->uptime_ms);
        roost_json_key(&w, "rssi_dbm");
        roost_json_int(&w, status->rssi_dbm);
    }
    roost_json_end(&w);
    return roost_json_finish(&w);
}
