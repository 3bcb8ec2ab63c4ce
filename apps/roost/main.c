/* SPDX-License-Identifier: Apache-2.0 */
/* roost: the operator's command line over the hub's REST API. */
#include <curl/curl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "core/err.h"
#include "core/json_write.h"
#include "core/number.h"
#include "import.h"
#include "init.h"
#include "print.h"

struct options {
    const char *hub, *ca, *email, *password_file, *database, *query, *hours, *broker_passwords;
    bool json, wait;
    struct client client;
};

enum { PASSWORD_SIZE = 512, WAIT_TRIES = 150 };

/* ---- helpers ---- */

static bool print_or_json(const struct options *o, const struct reply *reply,
                          void (*print)(const struct roost_json *doc))
{
    if (o->json)
        printf("%.*s\n", (int)reply->len, reply->text);
    else
        print(&reply->doc);
    return true;
}

static int get(struct options *o, const char *path, void (*print)(const struct roost_json *doc))
{
    struct reply reply;
    if (!client_call(&o->client, "GET", path, NULL, &reply))
        return 1;
    print_or_json(o, &reply, print);
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
                     strchr("-_.", c) != NULL;
        len += (size_t)snprintf(out + len, size - len, plain ? "%c" : "%%%02X", c);
    }
    out[len] = '\0';
    return out;
}

static bool read_password(const struct options *o, char *out, size_t size)
{
    FILE *file = o->password_file != NULL ? fopen(o->password_file, "r") : stdin;
    if (file == NULL) {
        fprintf(stderr, "roost: password file '%s' cannot be read\n", o->password_file);
        return false;
    }
    bool terminal = file == stdin && isatty(STDIN_FILENO);
    struct termios shown, hidden;
    if (terminal) {
        tcgetattr(STDIN_FILENO, &shown);
        hidden = shown;
        hidden.c_lflag &= (tcflag_t)~ECHO;
        tcsetattr(STDIN_FILENO, TCSANOW, &hidden);
        fprintf(stderr, "Password: ");
    }
    bool ok = fgets(out, (int)size, file) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &shown);
        fprintf(stderr, "\n");
    }
    if (file != stdin)
        fclose(file);
    if (ok)
        out[strcspn(out, "\r\n")] = '\0';
    else
        fprintf(stderr, "roost: no password was given\n");
    return ok;
}

static bool has_email(const struct options *o)
{
    if (o->email == NULL)
        fprintf(stderr, "roost: --email is missing\n");
    return o->email != NULL;
}

/* ---- commands: each gets its arguments behind its name ---- */

static int do_init(struct options *o, char **args)
{
    (void)args;
    char password[PASSWORD_SIZE];
    const char *database = o->database != NULL ? o->database : getenv("DATABASE_URL");
    if (!has_email(o) || !read_password(o, password, sizeof password))
        return 1;
    return init_operator(database != NULL ? database : "sqlite:roost.db", o->email, password);
}

static int do_login(struct options *o, char **args)
{
    (void)args;
    char password[PASSWORD_SIZE];
    if (!has_email(o) || !read_password(o, password, sizeof password) ||
        !client_login(&o->client, o->email, password))
        return 1;
    printf("signed in at %s\n", o->client.hub);
    return 0;
}

static int do_logout(struct options *o, char **args)
{
    (void)args;
    return client_logout(&o->client) ? 0 : 1;
}

static int do_devices(struct options *o, char **args)
{
    char path[512], query[200];
    if (args[0] != NULL && args[1] != NULL && strcmp(args[0], "import") == 0)
        return import_batch(&o->client, args[1], o->broker_passwords, o->json);
    if (args[0] != NULL) {
        fprintf(stderr, "usage: roost devices [import BATCH.json]\n");
        return 2;
    }
    snprintf(path, sizeof path, "/api/v1/devices?limit=500&q=%s",
             encode(o->query != NULL ? o->query : "", query, sizeof query));
    return get(o, path, print_devices);
}

static int do_device(struct options *o, char **args)
{
    char path[512], id[200];
    snprintf(path, sizeof path, "/api/v1/devices/%s", encode(args[0], id, sizeof id));
    return get(o, path, print_device);
}

static int do_readings(struct options *o, char **args)
{
    char path[512], id[200], metric[64];
    double hours = 24;
    if (o->hours != NULL && (roost_parse_double(o->hours, strlen(o->hours), &hours) != 0 ||
                             hours <= 0 || hours > 1e6)) {
        fprintf(stderr, "roost: --hours '%s': must be a number above 0, at most 1000000\n",
                o->hours);
        return 1;
    }
    int64_t to_ms = (int64_t)time(NULL) * 1000 + 1000;
    snprintf(path, sizeof path,
             "/api/v1/devices/%s/history?metric=%s&points=200&from=%" PRId64 "&to=%" PRId64,
             encode(args[0], id, sizeof id), encode(args[1], metric, sizeof metric),
             to_ms - (int64_t)(hours * 3600e3), to_ms);
    return get(o, path, print_history);
}

static int do_commands(struct options *o, char **args)
{
    char path[512], id[200];
    snprintf(path, sizeof path, "/api/v1/devices/%s/commands", encode(args[0], id, sizeof id));
    return get(o, path, print_commands);
}

/* Shows a command, with --wait once it is no longer "sent". */
static int show_command(struct options *o, const char *id)
{
    char path[128], state[16] = "";
    snprintf(path, sizeof path, "/api/v1/commands/%s", id);
    for (int i = 0; i < WAIT_TRIES; i++) {
        struct reply reply;
        if (!client_call(&o->client, "GET", path, NULL, &reply))
            return 1;
        roost_json_get_string(&reply.doc, ROOST_JSON_ROOT, "state", state, sizeof state);
        bool over = !o->wait || strcmp(state, "sent") != 0 || i + 1 == WAIT_TRIES;
        if (over && o->json)
            printf("%.*s\n", (int)reply.len, reply.text);
        else if (over)
            print_command(&reply.doc, ROOST_JSON_ROOT);
        reply_free(&reply);
        if (over)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    return o->wait && strcmp(state, "ok") != 0 ? 1 : 0;
}

static int send_and_show(struct options *o, const char *method, const char *path, const char *body)
{
    char id[40] = "";
    struct reply reply;
    if (!client_call(&o->client, method, path, body, &reply))
        return 1;
    roost_json_get_string(&reply.doc, ROOST_JSON_ROOT, "command_id", id, sizeof id);
    reply_free(&reply);
    return show_command(o, id);
}

static int do_command(struct options *o, char **args)
{
    char path[512], id[200], body[2048];
    struct roost_json_writer w;
    roost_json_begin(&w, body, sizeof body);
    roost_json_object(&w);
    roost_json_put_str(&w, "command", args[1]);
    if (args[2] != NULL) {
        roost_json_put_raw(&w, "args", args[2], strlen(args[2]));
    }
    roost_json_end(&w);
    if (roost_json_finish(&w) < 0) {
        fprintf(stderr, "roost: the command's arguments are too long\n");
        return 1;
    }
    snprintf(path, sizeof path, "/api/v1/devices/%s/commands", encode(args[0], id, sizeof id));
    return send_and_show(o, "POST", path, body);
}

static int do_move(struct options *o, char **args)
{
    char path[512], id[200], body[64];
    double position;
    if (roost_parse_double(args[1], strlen(args[1]), &position) != 0) {
        fprintf(stderr, "roost: position '%s': must be a number from 0 to 100\n", args[1]);
        return 1;
    }
    snprintf(body, sizeof body, "{\"position\":%.3f}", position);
    snprintf(path, sizeof path, "/api/v1/devices/%s/position", encode(args[0], id, sizeof id));
    return send_and_show(o, "PUT", path, body);
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

static int do_follow(struct options *o, char **args)
{
    char path[512], id[200], event[32] = "";
    snprintf(path, sizeof path, "/api/v1/events%s%s", args[0] != NULL ? "?device_id=" : "",
             args[0] != NULL ? encode(args[0], id, sizeof id) : "");
    return client_stream(&o->client, path, follow_line, event) ? 0 : 1;
}

/* ---- the program ---- */

static const struct {
    const char *name, *args, *help;
    int min_args, max_args;
    int (*run)(struct options *o, char **args);
} commands[] = {
    {"init", "", "make the first operator (--email, --database sqlite:PATH)", 0, 0, do_init},
    {"login", "", "sign in (--email); the password is asked for", 0, 0, do_login},
    {"logout", "", "end the sign-in", 0, 0, do_logout},
    {"devices", "", "list devices (--query PART)", 0, 2, do_devices},
    {"devices", "import FILE", "register a factory's batch (--broker-passwords FILE)", 2, 2,
     do_devices},
    {"device", "ID", "one device with its latest values and health", 1, 1, do_device},
    {"readings", "ID METRIC", "temperature, humidity, sound, position or confidence (--hours N)", 2,
     2, do_readings},
    {"move", "ID PERCENT", "move a window by hand (--wait)", 2, 2, do_move},
    {"command", "ID NAME [JSON]", "send a command (--wait for its answer)", 2, 3, do_command},
    {"commands", "ID", "the newest commands of a device", 1, 1, do_commands},
    {"follow", "[ID]", "what changes, as it changes", 0, 1, do_follow},
};

static void usage(FILE *out)
{
    fprintf(out, "usage: roost [--hub URL] [--ca FILE] [--json] COMMAND\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(out, "  %-9s %-15s %s\n", commands[i].name, commands[i].args, commands[i].help);
    fprintf(out,
            "\n  --password-file FILE     instead of asking\n"
            "  --broker-passwords FILE  password file of Mosquitto that gets the batch's users\n");
}

static int parse_options(struct options *o, int argc, char **argv)
{
    static const struct option table[] = {
        {"hub", required_argument, NULL, 'h'},
        {"ca", required_argument, NULL, 'c'},
        {"email", required_argument, NULL, 'e'},
        {"password-file", required_argument, NULL, 'p'},
        {"database", required_argument, NULL, 'd'},
        {"query", required_argument, NULL, 'q'},
        {"hours", required_argument, NULL, 'o'},
        {"broker-passwords", required_argument, NULL, 'b'},
        {"json", no_argument, NULL, 'j'},
        {"wait", no_argument, NULL, 'w'},
        {"help", no_argument, NULL, '?'},
        {NULL, 0, NULL, 0},
    };
    for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        switch (c) {
        case 'h':
            o->hub = optarg;
            break;
        case 'c':
            o->ca = optarg;
            break;
        case 'e':
            o->email = optarg;
            break;
        case 'p':
            o->password_file = optarg;
            break;
        case 'd':
            o->database = optarg;
            break;
        case 'q':
            o->query = optarg;
            break;
        case 'o':
            o->hours = optarg;
            break;
        case 'b':
            o->broker_passwords = optarg;
            break;
        case 'j':
            o->json = true;
            break;
        case 'w':
            o->wait = true;
            break;
        default:
            return -1;
        }
    }
    return optind;
}

int main(int argc, char **argv)
{
    struct options o = {0};
    int first = parse_options(&o, argc, argv);
    if (first < 0 || first == argc) {
        usage(first < 0 ? stdout : stderr);
        return first < 0 ? 0 : 2;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, argv[first]) != 0)
            continue;
        int count = argc - first - 1;
        if (count < commands[i].min_args || count > commands[i].max_args) {
            fprintf(stderr, "usage: roost %s %s\n", commands[i].name, commands[i].args);
            return 2;
        }
        curl_global_init(CURL_GLOBAL_DEFAULT);
        client_init(&o.client, o.hub, o.ca);
        int status = commands[i].run(&o, argv + first + 1);
        curl_global_cleanup();
        return status;
    }
    fprintf(stderr, "roost: no command '%s'; see roost --help\n", argv[first]);
    return 2;
}
