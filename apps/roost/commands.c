/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "core/err.h"
#include "core/json_write.h"
#include "core/number.h"
#include "host/program.h"
#include "import.h"
#include "init.h"
#include "print.h"
#include "wait.h"

enum { PASSWORD_SIZE = 512, PATH_SIZE = 512, ID_SIZE = 200 };

/* ---- asking the hub ---- */

static struct client *client_of(struct arguments *a)
{
    if (!a->client_is_open)
        client_init(&a->client, a->hub, a->ca);
    a->client_is_open = true;
    return &a->client;
}

static int get(struct arguments *a, const char *path, void (*print)(const struct roost_json *doc))
{
    struct reply reply;
    if (!client_call(client_of(a), "GET", path, NULL, &reply))
        return PROGRAM_FAILED;
    if (a->json)
        printf("%.*s\n", (int)reply.len, reply.text);
    else
        print(&reply.doc);
    reply_free(&reply);
    return 0;
}

/* Device ids go into a path: percent-encode whatever is not plain. */
static const char *encode(const char *text, char *out, size_t size)
{
    size_t len = 0;
    for (; *text != '\0' && len + 4 < size; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("-_.", c);
        len += (size_t)snprintf(out + len, size - len, plain ? "%c" : "%%%02X", c);
    }
    out[len] = '\0';
    return out;
}

/* ---- signing in ---- */

static bool read_line(char *out, size_t size, FILE *file)
{
    if (!fgets(out, (int)size, file))
        return false;
    out[strcspn(out, "\r\n")] = '\0';
    return true;
}

/* From a terminal without showing it. */
static bool ask(char *out, size_t size)
{
    struct termios shown, hidden;
    bool terminal = isatty(STDIN_FILENO);
    if (terminal) {
        tcgetattr(STDIN_FILENO, &shown);
        hidden = shown;
        hidden.c_lflag &= (tcflag_t)~ECHO;
        tcsetattr(STDIN_FILENO, TCSANOW, &hidden);
        fprintf(stderr, "Password: ");
    }
    bool ok = read_line(out, size, stdin);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &shown);
        fprintf(stderr, "\n");
    }
    return ok;
}

static int read_password(const struct arguments *a, char *out, size_t size, struct why *why)
{
    bool ok;
    if (a->password_file) {
        FILE *file = fopen(a->password_file, "re");
        if (!file)
            return why_not(why, ROOST_ERR_IO, "--password-file %s: %s", a->password_file,
                           strerror(errno));
        ok = read_line(out, size, file);
        fclose(file);
    } else {
        ok = ask(out, size);
    }
    return ok ? 0 : why_not(why, ROOST_ERR_EMPTY, "no password was given");
}

int command_init(void *arguments, struct why *why)
{
    const struct arguments *a = arguments;
    const char *database = a->database ? a->database : getenv("DATABASE_URL");
    char password[PASSWORD_SIZE];
    int err = read_password(a, password, sizeof password, why);
    if (err)
        return err;
    return init_operator(database ? database : "sqlite:roost.db", a->email, password);
}

int command_login(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char password[PASSWORD_SIZE];
    int err = read_password(a, password, sizeof password, why);
    if (err)
        return err;
    if (!client_login(client_of(a), a->email, password))
        return PROGRAM_FAILED;
    printf("signed in at %s\n", a->client.hub);
    return 0;
}

int command_logout(void *arguments, struct why *why)
{
    (void)why;
    return client_logout(client_of(arguments)) ? 0 : PROGRAM_FAILED;
}

/* ---- looking ---- */

int command_devices(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[PATH_SIZE], query[ID_SIZE];
    (void)why;
    snprintf(path, sizeof path, "/api/v1/devices?limit=500&q=%s",
             encode(a->query ? a->query : "", query, sizeof query));
    return get(a, path, print_devices);
}

int command_import(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    (void)why;
    return import_batch(client_of(a), a->file, a->broker_passwords, a->json);
}

int command_device(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[PATH_SIZE], id[ID_SIZE];
    (void)why;
    snprintf(path, sizeof path, "/api/v1/devices/%s", encode(a->device, id, sizeof id));
    return get(a, path, print_device);
}

int command_readings(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[PATH_SIZE], id[ID_SIZE], metric[64];
    /* A second more than now: what has just been measured is in it. */
    int64_t to_ms = (int64_t)time(NULL) * 1000 + 1000;
    (void)why;
    snprintf(path, sizeof path,
             "/api/v1/devices/%s/history?metric=%s&points=200&from=%" PRId64 "&to=%" PRId64,
             encode(a->device, id, sizeof id), encode(a->metric, metric, sizeof metric),
             to_ms - (int64_t)(a->hours * 3600e3), to_ms);
    return get(a, path, print_history);
}

int command_commands(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[PATH_SIZE], id[ID_SIZE];
    (void)why;
    snprintf(path, sizeof path, "/api/v1/devices/%s/commands", encode(a->device, id, sizeof id));
    return get(a, path, print_commands);
}

static bool follow_line(void *ctx, const char *text)
{
    char *event = ctx;
    if (strncmp(text, "event: ", 7) == 0)
        snprintf(event, 32, "%s", text + 7);
    else if (strncmp(text, "data: ", 6) == 0)
        print_event(event, text + 6);
    return true;
}

int command_follow(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[PATH_SIZE], id[ID_SIZE], event[32] = "";
    (void)why;
    snprintf(path, sizeof path, "/api/v1/events%s%s", a->device ? "?device_id=" : "",
             a->device ? encode(a->device, id, sizeof id) : "");
    return client_stream(client_of(a), path, 0, follow_line, event) ? 0 : PROGRAM_FAILED;
}

/* ---- commands to devices ---- */

/* Shows a command, with --wait once it is no longer "sent". */
static int show_command(struct arguments *a, const char *id)
{
    char path[128], device_id[ID_SIZE], state[16] = "";
    struct reply reply;
    bool had;
    snprintf(path, sizeof path, "/api/v1/commands/%s", id);
    if (a->wait)
        had = wait_for_command(client_of(a), encode(a->device, device_id, sizeof device_id), id,
                               &reply);
    else
        had = client_call(client_of(a), "GET", path, NULL, &reply);
    if (!had)
        return PROGRAM_FAILED;
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
    if (!client_call(client_of(a), method, path, body, &reply))
        return PROGRAM_FAILED;
    roost_json_get_string(&reply.doc, ROOST_JSON_ROOT, "command_id", id, sizeof id);
    reply_free(&reply);
    return show_command(a, id);
}

int command_command(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[PATH_SIZE], id[ID_SIZE], body[2048];
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
    snprintf(path, sizeof path, "/api/v1/devices/%s/commands", encode(a->device, id, sizeof id));
    return send_and_show(a, "POST", path, body);
}

int command_move(void *arguments, struct why *why)
{
    struct arguments *a = arguments;
    char path[PATH_SIZE], id[ID_SIZE], body[64];
    double position;
    if (roost_parse_double(a->position, strlen(a->position), &position))
        return why_not(why, ROOST_ERR_INVALID, "PERCENT %s: allowed is 0 to 100", a->position);
    snprintf(body, sizeof body, "{\"position\":%.3f}", position);
    snprintf(path, sizeof path, "/api/v1/devices/%s/position", encode(a->device, id, sizeof id));
    return send_and_show(a, "PUT", path, body);
}
