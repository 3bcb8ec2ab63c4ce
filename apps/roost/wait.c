/* SPDX-License-Identifier: Apache-2.0 */
#include "wait.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { AGAIN_MS = 200 }; /* between two live views, when the hub ends one */

struct waiting {
    struct client *client;
    const char *command_id;
    struct reply *reply;
    char event[16];
    bool over, failed;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool ask(struct waiting *waiting)
{
    char path[128];
    snprintf(path, sizeof path, "/api/v1/commands/%s", waiting->command_id);
    return client_call(waiting->client, "GET", path, NULL, waiting->reply);
}

static bool ended(const struct reply *reply)
{
    char state[16] = "";
    return roost_json_get_string(&reply->doc, ROOST_JSON_ROOT, "state", state, sizeof state) == 0 &&
           strcmp(state, "sent") != 0;
}

/* The view is open from here on: what ended before it is asked for once. */
static void on_hello(struct waiting *waiting)
{
    waiting->failed = !ask(waiting);
    waiting->over = waiting->failed || ended(waiting->reply);
    if (!waiting->over)
        reply_free(waiting->reply);
}

static void on_command(struct waiting *waiting, const char *json)
{
    char id[40] = "";
    if (!reply_of_text(waiting->reply, json))
        return;
    roost_json_get_string(&waiting->reply->doc, ROOST_JSON_ROOT, "command_id", id, sizeof id);
    waiting->over = strcmp(id, waiting->command_id) == 0 && ended(waiting->reply);
    if (!waiting->over)
        reply_free(waiting->reply);
}

static bool on_line(void *ctx, const char *text)
{
    struct waiting *waiting = ctx;
    if (strncmp(text, "event: ", 7) == 0) {
        snprintf(waiting->event, sizeof waiting->event, "%s", text + 7);
    } else if (strncmp(text, "data: ", 6) == 0) {
        if (strcmp(waiting->event, "hello") == 0)
            on_hello(waiting);
        else if (strcmp(waiting->event, "command") == 0)
            on_command(waiting, text + 6);
    }
    return !waiting->over;
}

bool wait_for_command(struct client *client, const char *device_id, const char *command_id,
                      struct reply *reply)
{
    struct waiting waiting = {.client = client, .command_id = command_id, .reply = reply};
    char path[512];
    uint64_t until_ms = now_ms() + WAIT_MS;
    *reply = (struct reply){0};
    snprintf(path, sizeof path, "/api/v1/events?device_id=%s", device_id);
    for (uint64_t at_ms; !waiting.over && (at_ms = now_ms()) < until_ms;) {
        if (!client_stream(client, path, (long)(until_ms - at_ms), on_line, &waiting))
            break; /* how it stands is all that can be said */
        if (!waiting.over)
            nanosleep(&(struct timespec){.tv_nsec = AGAIN_MS * 1000000L}, NULL);
    }
    return waiting.over ? !waiting.failed : ask(&waiting);
}
