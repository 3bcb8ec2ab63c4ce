/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "core/err.h"
#include "core/json_write.h"
#include "core/number.h"
#include "csv.h"
#include "host/program.h"
#include "import.h"
#include "init.h"
#include "print.h"
#include "prompt.h"
#include "wait.h"

/* ---- signing in ---- */

static int read_password(const struct arguments *a, char *out, struct why *why)
{
    return prompt_password("password-file", a->password_file, "Password", out, PASSWORD_SIZE, why);
}

int command_init(void *arguments, struct why *why)
{
    const struct arguments *a = arguments;
    const char *database = a->database ? a->database : getenv("DATABASE_URL");
    char password[PASSWORD_SIZE];
    int err = prompt_new_password("password-file", a->password_file, "Password", password,
                                  sizeof password, why);
    if (err == 0)
        err = init_operator(database ? database : "sqlite:roost.db", a->email, password);
    explicit_bzero(password, sizeof password);
    return err;
}

int command_login(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char password[PASSWORD_SIZE];
    int err = read_password(a, password, why);
    if (err)
        return err;
    bool ok = client_login(ask_client(a), a->email, password);
    explicit_bzero(password, sizeof password);
    if (!ok)
        return a->client.status;
    printf("signed in at %s\n", a->client.hub);
    return 0;
}

int command_logout(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    (void)why;
    return client_logout(ask_client(a)) ? 0 : a->client.status;
}

int command_hubs(void *arguments, struct why *why)
{
    static struct session session;
    char path[SESSION_PATH_MAX];
    (void)arguments;
    (void)why;
    session_path(path, sizeof path);
    session_read(path, &session);
    for (size_t i = 0; i < session.count; i++)
        printf("%c %s\n", i == 0 ? '*' : ' ', session.hubs[i].hub);
    explicit_bzero(&session, sizeof session);
    return 0;
}

/* ---- looking ---- */

int command_import(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    (void)why;
    return import_batch(ask_client(a), a->file, a->broker_passwords, a->json) ? a->client.status
                                                                              : 0;
}

int command_device(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[ASK_PATH_SIZE];
    (void)why;
    return ask_get(a, ask_device_path(a, "", path), print_device);
}

static void print_history_csv(const struct roost_json *doc)
{
    csv_history(stdout, doc);
}

int command_readings(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[ASK_PATH_SIZE], rest[256], metric[ASK_WORD_SIZE];
    /* A second more than now: what has just been measured is in it. */
    int64_t to_ms = (int64_t)time(NULL) * 1000 + 1000;
    (void)why;
    if (!ask_one_form(a))
        return PROGRAM_USAGE;
    snprintf(rest, sizeof rest,
             "/history?metric=%s&points=%" PRIu64 "&from=%" PRId64 "&to=%" PRId64,
             ask_encode(a->metric, metric, sizeof metric), a->points,
             to_ms - (int64_t)(a->hours * 3600e3), to_ms);
    return ask_get(a, ask_device_path(a, rest, path), a->csv ? print_history_csv : print_history);
}

int command_commands(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[ASK_PATH_SIZE], rest[64];
    (void)why;
    snprintf(rest, sizeof rest, "/commands?limit=%" PRIu64, a->limit);
    return ask_get(a, ask_device_path(a, rest, path), print_commands);
}

struct following {
    bool json;
    char event[32];
};

static bool follow_line(void *ctx, const char *text)
{
    struct following *following = ctx;
    if (strncmp(text, "event: ", 7) == 0)
        snprintf(following->event, sizeof following->event, "%s", text + 7);
    else if (strncmp(text, "data: ", 6) == 0)
        print_event(following->event, text + 6, following->json);
    return true;
}

int command_follow(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    struct following following = {.json = a->json != 0};
    char path[ASK_PATH_SIZE], id[ASK_WORD_SIZE];
    (void)why;
    snprintf(path, sizeof path, "/api/v1/events%s%s", a->device ? "?device_id=" : "",
             a->device ? ask_encode(a->device, id, sizeof id) : "");
    return client_stream(ask_client(a), path, 0, follow_line, &following) ? 0 : a->client.status;
}

/* ---- commands to devices ---- */

/* Shows a command, with --wait once it is no longer "sent". */
static int show_command(struct arguments *a, const char *id)
{
    char path[128], device_id[ASK_WORD_SIZE], state[16] = "";
    struct reply reply;
    bool had;
    snprintf(path, sizeof path, "/api/v1/commands/%s", id);
    if (a->wait)
        had = wait_for_command(ask_client(a), ask_encode(a->device, device_id, sizeof device_id),
                               id, &reply);
    else
        had = client_call(ask_client(a), "GET", path, NULL, &reply);
    if (!had)
        return a->client.status;
    roost_json_get_string(&reply.doc, ROOST_JSON_ROOT, "state", state, sizeof state);
    if (a->json)
        printf("%.*s\n", (int)reply.len, reply.text);
    else
        print_command(&reply.doc, ROOST_JSON_ROOT);
    reply_free(&reply);
    return a->wait && strcmp(state, "ok") != 0 ? PROGRAM_FAILED : 0;
}

static int send_and_show(struct arguments *a, const char *method, const char *path,
                         const char *body)
{
    char id[40] = "";
    struct reply reply;
    if (!client_call(ask_client(a), method, path, body, &reply))
        return a->client.status;
    roost_json_get_string(&reply.doc, ROOST_JSON_ROOT, "command_id", id, sizeof id);
    reply_free(&reply);
    return show_command(a, id);
}

int command_command(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[ASK_PATH_SIZE], body[2048];
    struct roost_json_writer w;
    roost_json_begin(&w, body, sizeof body);
    roost_json_object(&w);
    roost_json_put_str(&w, "command", a->name);
    if (a->json_args)
        roost_json_put_raw(&w, "args", a->json_args, strlen(a->json_args));
    roost_json_end(&w);
    if (roost_json_finish(&w) < 0)
        return why_not(why, ROOST_ERR_TOO_LONG, "the command and its arguments: at most %zu bytes",
                       sizeof body - 1);
    return send_and_show(a, "POST", ask_device_path(a, "/commands", path), body);
}

int command_move(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[ASK_PATH_SIZE], body[64];
    double position;
    (void)why;
    if (roost_parse_double(a->position, strlen(a->position), &position) ||
        !(position >= 0 && position <= 100)) {
        fprintf(stderr, "roost move: PERCENT %s: allowed is 0 to 100\n", a->position);
        return PROGRAM_USAGE;
    }
    snprintf(body, sizeof body, "{\"position\":%.3f}", position);
    return send_and_show(a, "PUT", ask_device_path(a, "/position", path), body);
}
