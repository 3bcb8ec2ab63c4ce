/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/device_list.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/err.h"
#include "hub/fleet/view.h"

typedef char device_id_text[ROOST_DEVICE_ID_MAX + 1];

struct counts {
    int64_t total, online, active, unclaimed, faulty;
    int64_t connectivity[FLEET_CONNECTIVITY_COUNT], condition[FLEET_CONDITION_COUNT];
};

struct list {
    struct list *next;
    struct device_lists *lists;
    struct http_exchange *exchange;
    char *part;                  /* of id, name or location, in lower case; "" for all */
    char type[16];               /* "" for all */
    int connectivity, condition; /* -1 for all */
    device_id_text after;        /* listed are ids above it; counted are all */
    device_id_text seen;         /* the walk stands behind it */
    device_id_text *ids;         /* found */
    size_t limit, found;
    bool more;
    struct counts counts;
    uint64_t slice_until_ns; /* 0: no end */
    unsigned visited;
};

struct device_lists {
    struct fleet *fleet;
    uv_idle_t *idle; /* a slice a turn, while there is something to do; NULL: no loop */
    struct list *first, *last;
    size_t count;
};

/* ---- what a request asks for ---- */

/* A filter by one of a few words; absent or empty: none. 0, or an error after a 400. */
static int query_word(const struct http_request *request, const char *name,
                      int (*find)(const char *word), const char *allowed, int *out,
                      struct http_exchange *exchange)
{
    const char *word = http_query(request, name);
    char message[96];
    *out = -1;
    if (!word || word[0] == '\0')
        return 0;
    *out = find(word);
    if (*out >= 0)
        return 0;
    snprintf(message, sizeof message, "%s: must be %s", name, allowed);
    http_fail(exchange, 400, "invalid_field", message);
    return ROOST_ERR_INVALID;
}

static void list_free(struct list *list)
{
    if (!list)
        return;
    free(list->part);
    free(list->ids);
    free(list);
}

static struct list *list_new(const struct http_request *request, size_t limit)
{
    const char *after = http_query(request, "after");
    const char *part = http_query(request, "q");
    const char *type = http_query(request, "type");
    struct list *list = calloc(1, sizeof *list);
    if (!list)
        return NULL;
    list->part = strdup(part ? part : "");
    list->ids = calloc(limit, sizeof *list->ids);
    if (!list->part || !list->ids) {
        list_free(list);
        return NULL;
    }
    for (char *at = list->part; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    snprintf(list->type, sizeof list->type, "%s", type ? type : "");
    snprintf(list->after, sizeof list->after, "%s", after ? after : "");
    list->limit = limit;
    return list;
}

/* ---- the walk ---- */

static bool contains(const char *text, const char *part)
{
    if (!*part)
        return true;
    for (; *text; text++) {
        size_t i = 0;
        while (part[i] && tolower((unsigned char)text[i]) == (unsigned char)part[i])
            i++;
        if (!part[i])
            return true;
    }
    return false;
}

static bool is_listed(const struct list *list, const struct fleet_device *device)
{
    if (list->connectivity >= 0 && (int)device->connectivity != list->connectivity)
        return false;
    if (list->condition >= 0 && (int)fleet_device_condition(device) != list->condition)
        return false;
    if (list->type[0] && strcmp(device->type, list->type) != 0)
        return false;
    return contains(device->id, list->part) || contains(device->name, list->part) ||
           contains(device->location, list->part);
}

static void count(struct counts *counts, const struct fleet_device *device)
{
    counts->total++;
    counts->online += device->online;
    counts->active += device->active;
    counts->unclaimed += !device->claimed;
    counts->faulty += device->status && device->status->fault_number != 0;
    counts->connectivity[device->connectivity]++;
    counts->condition[fleet_device_condition(device)]++;
}

/* Non-zero ends the slice. */
static int visit(void *arg, struct fleet_device *device)
{
    enum { BETWEEN_LOOKS = 32 };
    struct list *list = arg;
    count(&list->counts, device);
    if (!list->more && strcmp(device->id, list->after) > 0 && is_listed(list, device)) {
        list->more = list->found == list->limit;
        if (!list->more)
            memcpy(list->ids[list->found++], device->id, sizeof list->ids[0]);
    }
    if (list->slice_until_ns == 0 || ++list->visited % BETWEEN_LOOKS != 0 ||
        uv_hrtime() < list->slice_until_ns)
        return 0;
    memcpy(list->seen, device->id, sizeof list->seen);
    list->slice_until_ns = 0; /* spent */
    return 1;
}

/* Returns true when the walk is over. */
static bool walk(struct list *list, bool to_the_end)
{
    if (!to_the_end)
        list->slice_until_ns = uv_hrtime() + (uint64_t)DEVICE_LIST_SLICE_US * 1000;
    fleet_each(list->lists->fleet, list->seen, visit, list);
    bool over = to_the_end || list->slice_until_ns != 0;
    list->slice_until_ns = 0;
    return over;
}

/* ---- the answer ---- */

static void write_counts(struct roost_json_writer *w, const struct counts *counts)
{
    roost_json_put_object(w, "counts");
    roost_json_put_int(w, "total", counts->total);
    roost_json_put_int(w, "online", counts->online);
    roost_json_put_int(w, "active", counts->active);
    roost_json_put_int(w, "unclaimed", counts->unclaimed);
    roost_json_put_int(w, "faulty", counts->faulty);
    roost_json_put_object(w, "connectivity");
    for (int i = 0; i < FLEET_CONNECTIVITY_COUNT; i++)
        roost_json_put_int(w, fleet_connectivity_name((enum fleet_connectivity)i),
                           counts->connectivity[i]);
    roost_json_end(w);
    roost_json_put_object(w, "condition");
    for (int i = 0; i < FLEET_CONDITION_COUNT; i++)
        roost_json_put_int(w, fleet_condition_name((enum fleet_condition)i), counts->condition[i]);
    roost_json_end(w);
    roost_json_end(w);
}

static void answer_list(struct list *list)
{
    size_t size = list->found * FLEET_VIEW_MAX + 1024;
    struct fleet *fleet = list->lists->fleet;
    char *text = malloc(size);
    if (!text) {
        http_fail_err(list->exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    struct roost_json_writer w;
    roost_json_begin(&w, text, size);
    roost_json_object(&w);
    roost_json_put_array(&w, "devices");
    for (size_t i = 0; i < list->found; i++) {
        const struct fleet_device *device = fleet_find(fleet, list->ids[i]);
        if (device) /* not removed meanwhile */
            fleet_view_device(&w, device, fleet_services(fleet));
    }
    roost_json_end(&w);
    roost_json_put_str(&w, "next", list->more ? list->ids[list->found - 1] : NULL);
    write_counts(&w, &list->counts);
    roost_json_end(&w);
    answer_json(list->exchange, 200, &w);
    free(text);
}

/* ---- those that wait ---- */

static void drop(struct device_lists *lists, struct list *list)
{
    struct list **at = &lists->first;
    struct list *before = NULL;
    while (*at != list) {
        before = *at;
        at = &(*at)->next;
    }
    *at = list->next;
    if (lists->last == list)
        lists->last = before;
    if (--lists->count == 0)
        uv_idle_stop(lists->idle);
    list_free(list);
}

static void on_idle(uv_idle_t *idle)
{
    struct device_lists *lists = idle->data;
    struct list *list = lists->first;
    if (!walk(list, false))
        return;
    answer_list(list);
    drop(lists, list);
}

static void on_left(void *ctx, struct http_exchange *exchange)
{
    struct list *list = ctx;
    drop(list->lists, list);
    http_fail_err(exchange, ROOST_ERR_CLOSED, NULL);
}

static void wait_for_turn(struct device_lists *lists, struct list *list)
{
    if (lists->last)
        lists->last->next = list;
    else
        lists->first = list;
    lists->last = list;
    if (lists->count++ == 0)
        uv_idle_start(lists->idle, on_idle);
    http_exchange_watch(list->exchange, on_left, list);
}

static void refuse(struct http_exchange *exchange)
{
    http_answer_header(exchange, "Retry-After", "2");
    http_fail(exchange, 503, "busy", "too many lists are being made; ask again later");
}

void device_lists_ask(struct device_lists *lists, const struct http_request *request,
                      struct http_exchange *exchange)
{
    int64_t limit = 100;
    int connectivity, condition;
    if (query_int(request, "limit", 1, 500, &limit, exchange) != 0 ||
        query_word(request, "connectivity", fleet_connectivity_find,
                   "online, late, offline or never", &connectivity, exchange) != 0 ||
        query_word(request, "condition", fleet_condition_find, "ok, updating, warning or critical",
                   &condition, exchange) != 0)
        return;
    if (lists->count >= DEVICE_LISTS_MAX) {
        refuse(exchange);
        return;
    }
    struct list *list = list_new(request, (size_t)limit);
    if (!list) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    list->lists = lists;
    list->exchange = exchange;
    list->connectivity = connectivity;
    list->condition = condition;
    if (lists->count > 0 || !walk(list, lists->idle == NULL)) {
        wait_for_turn(lists, list);
        return;
    }
    answer_list(list);
    list_free(list);
}

/* ---- lifecycle ---- */

struct device_lists *device_lists_new(struct uv_loop_s *loop, struct fleet *fleet)
{
    struct device_lists *lists = calloc(1, sizeof *lists);
    if (!lists)
        return NULL;
    lists->fleet = fleet;
    if (!loop)
        return lists;
    lists->idle = malloc(sizeof *lists->idle);
    if (!lists->idle) {
        free(lists);
        return NULL;
    }
    uv_idle_init(loop, lists->idle);
    lists->idle->data = lists;
    return lists;
}

static void on_closed(uv_handle_t *idle)
{
    free(idle);
}

void device_lists_free(struct device_lists *lists)
{
    if (!lists)
        return;
    while (lists->first)
        drop(lists, lists->first);
    if (lists->idle)
        uv_close((uv_handle_t *)lists->idle, on_closed);
    free(lists);
}
