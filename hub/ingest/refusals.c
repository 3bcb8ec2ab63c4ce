/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/ingest/refusals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "host/log.h"

/* Of all that is shown of one device; what does not fit are its oldest. */
enum { MEMBER_MAX = 1900, ENTRY_JSON_MAX = 640 };

struct entry {
    char reason[24], topic[ROOST_TOPIC_MAX + 1], excerpt[REFUSALS_EXCERPT_MAX + 1];
    uint64_t count, unsaid; /* unsaid: not in the log yet */
    int64_t first_ms, last_ms;
    uint64_t said_ms; /* 0: never */
};

/* What is kept of a device: newest first. */
struct refused {
    struct entry of[REFUSALS_A_DEVICE];
    size_t count;
};

struct stranger {
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    struct entry entry;
};

struct refusals {
    size_t slot;
    struct stranger strangers[REFUSALS_STRANGERS]; /* newest first */
    size_t stranger_count;
    struct host_log_limit lines; /* of all devices together */
};

static int refusals_open(void **service, const struct hub_parts *parts)
{
    struct refusals *r = calloc(1, sizeof *r);

    if (!r)
        return ROOST_ERR_NO_MEMORY;
    r->slot = parts->slot;
    r->lines =
        (struct host_log_limit){.burst = REFUSALS_LOG_BURST, .every_ms = REFUSALS_LOG_EVERY_MS};
    *service = r;
    return 0;
}

static void refusals_close(void *service)
{
    free(service);
}

static void refusals_forget(void *service, struct fleet_device *device)
{
    const struct refusals *r = service;

    free(device->part[r->slot]);
    device->part[r->slot] = NULL;
}

/* ---- taking note ---- */

static void say(struct refusals *r, const struct refusal *what, struct entry *entry)
{
    uint64_t left_out;
    bool again = entry->said_ms > 0 && what->now_ms - entry->said_ms < REFUSALS_AGAIN_MS;

    entry->unsaid++;
    if (again || !host_log_admit(&r->lines, what->now_ms, &left_out))
        return;
    HOST_LOG_AFTER(left_out, ROOST_LOG_WARN, "ingest", "message refused",
                   RF_STR("device_id", what->device_id), RF_STR("topic", entry->topic),
                   RF_STR("reason", what->reason), RF_INT("messages", entry->unsaid),
                   RF_INT("bytes", what->len), RF_STR("excerpt", entry->excerpt));
    entry->said_ms = what->now_ms;
    entry->unsaid = 0;
}

static void fill(struct entry *entry, const struct refusal *what)
{
    if (entry->count == 0) {
        snprintf(entry->reason, sizeof entry->reason, "%s", what->reason);
        snprintf(entry->topic, sizeof entry->topic, "%s", what->topic);
        entry->first_ms = what->unix_ms;
    }
    entry->count++;
    entry->last_ms = what->unix_ms;
    refusals_excerpt(entry->excerpt, what->payload, what->len);
}

static bool is_of(const struct entry *entry, const struct refusal *what)
{
    return strcmp(entry->reason, what->reason) == 0 && strcmp(entry->topic, what->topic) == 0;
}

/* Makes room at the front of a list of `size`-byte places for the one at `at`, which moves there;
 * at
 * == count: a new one, and the last goes when the list is full. */
static void move_to_front(void *list, size_t size, size_t at, size_t *count, size_t max)
{
    char kept[sizeof(struct stranger)] = {0};
    char *bytes = list;

    if (at == *count && *count < max)
        ++*count;
    else if (at == *count)
        at--;
    else
        memcpy(kept, bytes + at * size, size);
    memmove(bytes + size, bytes, at * size);
    memcpy(bytes, kept, size);
}

static void note_device(struct refusals *r, const struct refusal *what)
{
    struct refused *refused = what->device->part[r->slot];
    size_t at = 0;

    if (!refused) {
        refused = calloc(1, sizeof *refused);
        if (!refused)
            return; /* counted by the account all the same */
        what->device->part[r->slot] = refused;
    }
    while (at < refused->count && !is_of(&refused->of[at], what))
        at++;
    move_to_front(refused->of, sizeof refused->of[0], at, &refused->count, REFUSALS_A_DEVICE);
    fill(&refused->of[0], what);
    say(r, what, &refused->of[0]);
}

static void note_stranger(struct refusals *r, const struct refusal *what)
{
    size_t at = 0;

    while (at < r->stranger_count && (strcmp(r->strangers[at].device_id, what->device_id) != 0 ||
                                      !is_of(&r->strangers[at].entry, what)))
        at++;
    move_to_front(r->strangers, sizeof r->strangers[0], at, &r->stranger_count, REFUSALS_STRANGERS);
    snprintf(r->strangers[0].device_id, sizeof r->strangers[0].device_id, "%s", what->device_id);
    fill(&r->strangers[0].entry, what);
    say(r, what, &r->strangers[0].entry);
}

/* A topic of a stranger may be as long as MQTT allows, and of any letters. */
static void make_visible(char *out, size_t size, const char *topic)
{
    snprintf(out, size, "%s", topic);
    for (; *out; out++)
        if ((unsigned char)*out < ' ' || (unsigned char)*out >= 0x7F)
            *out = '?';
}

void refusals_note(struct refusals *r, const struct refusal *what)
{
    char topic[ROOST_TOPIC_MAX + 1];
    struct refusal shown = *what;

    make_visible(topic, sizeof topic, what->topic);
    shown.topic = topic;
    if (what->device)
        note_device(r, &shown);
    else
        note_stranger(r, &shown);
}

/* ---- showing ---- */

static void write_entry(struct roost_json_writer *w, const char *device_id,
                        const struct entry *entry)
{
    roost_json_object(w);
    if (device_id)
        roost_json_put_str(w, "device_id", device_id);
    roost_json_put_str(w, "reason", entry->reason);
    roost_json_put_str(w, "topic", entry->topic);
    roost_json_put_int(w, "count", (int64_t)entry->count);
    roost_json_put_int(w, "first_at_ms", entry->first_ms);
    roost_json_put_int(w, "last_at_ms", entry->last_ms);
    roost_json_put_str(w, "excerpt", entry->excerpt);
    roost_json_end(w);
}

void refusals_write_strangers(const struct refusals *r, struct roost_json_writer *w)
{
    roost_json_array(w);
    for (size_t i = 0; i < r->stranger_count; i++)
        write_entry(w, r->strangers[i].device_id, &r->strangers[i].entry);
    roost_json_end(w);
}

static void describe(const void *service, const struct fleet_device *device,
                     struct roost_json_writer *w)
{
    const struct refusals *r = service;
    const struct refused *refused = device->part[r->slot];
    char text[ENTRY_JSON_MAX];
    size_t used = 0;

    roost_json_put_array(w, "refused");
    for (size_t i = 0; refused && i < refused->count; i++) {
        struct roost_json_writer one;
        roost_json_begin(&one, text, sizeof text);
        write_entry(&one, NULL, &refused->of[i]);
        int len = roost_json_finish(&one);
        if (len < 0 || used + (size_t)len > MEMBER_MAX)
            break;
        used += (size_t)len + 1;
        roost_json_raw(w, text, (size_t)len);
    }
    roost_json_end(w);
}

const struct hub_service refusals_service = {
    .name = "refusals",
    .open = refusals_open,
    .close = refusals_close,
    .describe = describe,
    .forget = refusals_forget,
};
