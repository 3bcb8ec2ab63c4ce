/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/fleet/topic.h"

#include <stdbool.h>
#include <string.h>

#include "core/err.h"

const struct roost_topic roost_fleet_topics[ROOST_FLEET_TOPIC_COUNT] = {
    [ROOST_TOPIC_STATUS] = {"device/", "/status", "status"},
    [ROOST_TOPIC_COMMAND] = {"device/", "/command", "command"},
    [ROOST_TOPIC_ANSWER] = {"device/", "/answer", "answer"},
};

static bool id_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == ':' || c == '-';
}

int roost_device_id_check(const char *id, size_t len)
{
    if (len == 0)
        return ROOST_ERR_INVALID;
    if (len > ROOST_DEVICE_ID_MAX)
        return ROOST_ERR_TOO_LONG;
    for (size_t i = 0; i < len; i++) {
        if (!id_char(id[i]))
            return ROOST_ERR_INVALID;
    }
    /* A name of a folder, not in it: paths and URLs that end in one lead elsewhere. */
    bool folder = id[0] == '.' && (len == 1 || (len == 2 && id[1] == '.'));
    return folder ? ROOST_ERR_INVALID : 0;
}

int roost_topic_find(const struct roost_topic *topics, size_t count, const char *text, size_t len,
                     char device_id[ROOST_DEVICE_ID_MAX + 1])
{
    for (size_t i = 0; i < count; i++) {
        size_t prefix_len = strlen(topics[i].prefix);
        size_t suffix_len = strlen(topics[i].suffix);
        if (len < prefix_len + suffix_len || memcmp(text, topics[i].prefix, prefix_len) != 0 ||
            memcmp(text + len - suffix_len, topics[i].suffix, suffix_len) != 0)
            continue;
        const char *id = text + prefix_len;
        size_t id_len = len - prefix_len - suffix_len;
        if (id_len > 0 && memchr(id, '/', id_len))
            return ROOST_ERR_NOT_FOUND; /* one level too many: somebody else's topic */
        int err = roost_device_id_check(id, id_len);
        if (err)
            return err;
        memcpy(device_id, id, id_len);
        device_id[id_len] = '\0';
        return (int)i;
    }
    return ROOST_ERR_NOT_FOUND;
}

int roost_topic_write(char *out, size_t size, const struct roost_topic *topic,
                      const char *device_id)
{
    size_t prefix_len = strlen(topic->prefix);
    size_t suffix_len = strlen(topic->suffix);
    size_t id_len = strlen(device_id);
    int err = strcmp(device_id, "+") == 0 ? 0 : roost_device_id_check(device_id, id_len);
    if (err)
        return err;
    if (prefix_len + id_len + suffix_len >= size)
        return ROOST_ERR_TOO_LONG;
    memcpy(out, topic->prefix, prefix_len);
    memcpy(out + prefix_len, device_id, id_len);
    memcpy(out + prefix_len + id_len, topic->suffix, suffix_len);
    out[prefix_len + id_len + suffix_len] = '\0';
    return (int)(prefix_len + id_len + suffix_len);
}
