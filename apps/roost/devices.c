/* SPDX-License-Identifier: Apache-2.0 */
/* The fleet's list, page by page to its end, and what an operator changes about a device. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "core/err.h"
#include "core/json_write.h"
#include "csv.h"
#include "host/program.h"
#include "print.h"

enum { PAGE_DEVICES = 500 /* the hub's limit */ };

/* ---- the list ---- */

/* Pages on their way to one document or one table: the first that comes opens it, the last one's
 * counts close it. */
struct listing {
    struct arguments *a;
    uint64_t wanted, shown; /* 0: all */
    char after[65];         /* id of the last device of the page before; "": the first page */
};

static void page_path(const struct listing *list, char *path, size_t size)
{
    char query[ASK_WORD_SIZE], type[ASK_WORD_SIZE], after[ASK_WORD_SIZE];
    const struct arguments *a = list->a;
    uint64_t left = list->wanted - list->shown;
    uint64_t page = list->wanted == 0 || left > PAGE_DEVICES ? PAGE_DEVICES : left;
    snprintf(path, size, "/api/v1/devices?limit=%" PRIu64 "&q=%s&type=%s&after=%s", page,
             ask_encode(a->query ? a->query : "", query, sizeof query),
             ask_encode(a->type ? a->type : "", type, sizeof type),
             ask_encode(list->after, after, sizeof after));
}

static void json_page(const struct listing *list, const struct roost_json *doc, int devices)
{
    size_t len;
    const char *text = devices >= 0 ? roost_json_text(doc, devices, &len) : NULL;
    if (list->after[0] == '\0')
        printf("{\"devices\":[");
    if (text && roost_json_size(doc, devices) > 0)
        printf("%s%.*s", list->shown > 0 ? "," : "", (int)len - 2, text + 1);
}

/* next: the last page's, "" for none. */
static void json_end(const struct roost_json *doc, const char *next)
{
    char text[2048];
    struct roost_json_writer w;
    const char *counts;
    size_t len;
    roost_json_begin(&w, text, sizeof text);
    roost_json_object(&w);
    roost_json_put_str(&w, "next", next[0] != '\0' ? next : NULL);
    if (roost_json_get_raw(doc, ROOST_JSON_ROOT, "counts", &counts, &len) == 0)
        roost_json_put_raw(&w, "counts", counts, len);
    roost_json_end(&w);
    /* Its members follow the array of devices in the same object. */
    printf("],%s\n", roost_json_finish(&w) > 0 ? text + 1 : "\"next\":null}");
}

/* Returns whether there is another page to ask for. */
static bool show_page(struct listing *list, const struct roost_json *doc)
{
    const struct arguments *a = list->a;
    int devices = roost_json_find(doc, ROOST_JSON_ROOT, "devices");
    bool first = list->after[0] == '\0';
    char next[sizeof list->after] = "";
    if (a->json) {
        json_page(list, doc, devices);
    } else if (a->csv) {
        if (first)
            csv_devices_head(stdout);
        csv_devices(stdout, doc);
    } else {
        if (first)
            print_devices_head();
        print_devices(doc);
    }
    list->shown += devices >= 0 ? roost_json_size(doc, devices) : 0;
    (void)roost_json_get_string(doc, ROOST_JSON_ROOT, "next", next, sizeof next);
    /* A hub that names the same page twice would be asked for ever. */
    bool more = next[0] != '\0' && strcmp(next, list->after) != 0 &&
                (list->wanted == 0 || list->shown < list->wanted);
    if (a->json && !more)
        json_end(doc, next);
    memcpy(list->after, next, sizeof next);
    return more;
}

int command_devices(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    struct listing list = {.a = a, .wanted = a->limit};
    char path[2 * ASK_PATH_SIZE];
    (void)why;
    if (!ask_one_form(a))
        return PROGRAM_USAGE;
    for (bool more = true; more;) {
        struct reply reply;
        page_path(&list, path, sizeof path);
        if (!client_call(ask_client(a), "GET", path, NULL, &reply))
            return a->client.status;
        more = show_page(&list, &reply.doc);
        reply_free(&reply);
    }
    return 0;
}

/* ---- changing one ---- */

static int change(struct arguments *a, bool claim, struct why *why)
{
    char path[ASK_PATH_SIZE], body[512];
    struct roost_json_writer w;
    struct reply reply;
    roost_json_begin(&w, body, sizeof body);
    roost_json_object(&w);
    if (claim)
        roost_json_put_bool(&w, "claimed", true);
    if (a->name)
        roost_json_put_str(&w, "name", a->name);
    if (a->location)
        roost_json_put_str(&w, "location", a->location);
    roost_json_end(&w);
    if (roost_json_finish(&w) < 0)
        return why_not(why, ROOST_ERR_TOO_LONG, "name and location: at most 64 bytes each");
    if (!client_call(ask_client(a), "PATCH", ask_device_path(a, "", path), body, &reply))
        return a->client.status;
    if (a->json)
        printf("%.*s\n", (int)reply.len, reply.text);
    else
        print_device(&reply.doc);
    reply_free(&reply);
    return 0;
}

int command_rename(void *arguments, struct why *why)
{
    return change(arguments, false, why);
}

int command_claim(void *arguments, struct why *why)
{
    return change(arguments, true, why);
}

/* The answer says what became of its history; a hub that has none says nothing. */
static void print_removed(const struct roost_json *doc, const char *id)
{
    char state[16] = "removed", history[16] = "";
    (void)roost_json_get_string(doc, ROOST_JSON_ROOT, "state", state, sizeof state);
    (void)roost_json_get_string(doc, ROOST_JSON_ROOT, "history", history, sizeof history);
    printf("%s %s", state, id);
    if (history[0] != '\0')
        printf("; its history is %s", history);
    putchar('\n');
}

int command_remove(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[ASK_PATH_SIZE];
    struct reply reply;
    (void)why;
    ask_device_path(a, a->keep_history ? "?history=keep" : "", path);
    if (!client_call(ask_client(a), "DELETE", path, NULL, &reply))
        return a->client.status;
    if (a->json)
        printf("%.*s\n", (int)reply.len, reply.len > 0 ? reply.text : "");
    else if (reply.len > 0)
        print_removed(&reply.doc, a->device);
    else
        printf("removed %s\n", a->device);
    reply_free(&reply);
    return 0;
}
