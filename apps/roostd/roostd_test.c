/* SPDX-License-Identifier: Apache-2.0 */
/* The program as an operator meets it: options, refusals, health, stopping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/json_read.h"
#include "tests/support/peer.h"
#include "tests/support/support.h"

enum { WAIT_MS = 20000, HTTP_MAX = 256 * 1024 };

struct rig {
    char dir[SUPPORT_PATH_MAX], config[SUPPORT_PATH_MAX + 16], log[SUPPORT_PATH_MAX + 16];
    struct support_broker broker;
    uint16_t port;
    pid_t hub;
};

/* A secret of this run, to be looked for in what the program says. */
static const char secret[] = "kx8-only-for-this-run-5Qz";

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);

    signal(SIGPIPE, SIG_IGN);
    support_make_dir(rig->dir);
    snprintf(rig->config, sizeof rig->config, "%s/roost.ini", rig->dir);
    snprintf(rig->log, sizeof rig->log, "%s/roostd.log", rig->dir);
    rig->port = support_free_port();
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;

    if (rig->hub > 0)
        (void)support_end(rig->hub, SIGKILL, WAIT_MS);
    if (rig->broker.port)
        support_broker_deinit(&rig->broker);
    support_remove_dir(rig->dir);
    free(rig);
    return 0;
}

/* Settings for a hub of this rig, and more lines. */
static void configure(struct rig *rig, const char *more)
{
    char text[4096];
    int n =
        snprintf(text, sizeof text,
                 "ROOST_LISTEN = 127.0.0.1:%u\n"
                 "MQTT_URL = mqtt://127.0.0.1:%u\n"
                 "ROOST_MQTT_USER = roostd\n"
                 "ROOST_MQTT_PASSWORD = %s\n"
                 "ROOST_ADMIN_EMAIL = operator@roost.example\n"
                 "ROOST_ADMIN_PASSWORD = %s\n"
                 "ROOST_LOG_LEVEL = debug\n"
                 "DATABASE_URL = sqlite:%s/roost.db\n"
                 "SERIES_URL = sqlite:%s/series.db\n%s",
                 rig->port, (unsigned)(rig->broker.port ? rig->broker.port : support_free_port()),
                 secret, secret, rig->dir, rig->dir, more);
    support_write_file(rig->config, text, (size_t)n);
}

static void start_broker(struct rig *rig)
{
    support_broker_start(
        &rig->broker, &(struct support_broker_options){
                          .user = "roostd", .password = secret, .more = "max_inflight_messages 0"});
}

static void start_hub(struct rig *rig)
{
    const char *const argv[] = {ROOSTD, "--config", rig->config, NULL};

    rig->hub = support_spawn(argv, rig->log);
    assert_true(support_wait_port(rig->port, WAIT_MS));
}

static int stop_hub(struct rig *rig, int signal_number)
{
    int status = support_end(rig->hub, signal_number, WAIT_MS);

    rig->hub = 0;
    return status;
}

/* Runs the program with one argument or two; its output is in *out (malloc'ed). Returns its status.
 */
static int run(struct rig *rig, const char *arg1, const char *arg2, char **out)
{
    char path[SUPPORT_PATH_MAX + 16];
    const char *const argv[] = {ROOSTD, arg1, arg2, arg2 ? rig->config : NULL, NULL};

    snprintf(path, sizeof path, "%s/output", rig->dir);
    support_write_file(path, "", 0);
    int status = support_end(support_spawn(argv, path), 0, WAIT_MS);
    *out = support_read_file(path, NULL);
    return status;
}

/* GET over a connection of its own: the status; the body in static memory. */
static int get(const struct rig *rig, const char *path, const char **body)
{
    static char answer[HTTP_MAX];
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(rig->port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char request[256];
    size_t len = 0;
    int status = 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
             path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        send(fd, request, strlen(request), 0) > 0)
        for (ssize_t n; (n = recv(fd, answer + len, sizeof answer - 1 - len, 0)) > 0;)
            len += (size_t)n;
    close(fd);
    answer[len] = '\0';
    if (strncmp(answer, "HTTP/1.1 ", 9) == 0)
        status = (int)strtol(answer + 9, NULL, 10);
    const char *end = strstr(answer, "\r\n\r\n");
    *body = end ? end + 4 : "";
    return status;
}

static bool is_ready(void *arg)
{
    const char *body;

    return get(arg, "/health/ready", &body) == 200;
}

static void expect_in(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" lacks \"%s\"", text, part);
}

static void test_options(void **state)
{
    struct rig *rig = *state;
    char *out;

    assert_int_equal(run(rig, "--version", NULL, &out), 0);
    expect_in(out, "roostd ");
    free(out);
    assert_int_equal(run(rig, "--help", NULL, &out), 0);
    expect_in(out, "--check");
    free(out);
    assert_int_equal(run(rig, "--help-config", NULL, &out), 0);
    expect_in(out, "ROOST_TRIGGER_INTERVAL_S\n    type:    integer\n    default: 5\n"
                   "    allowed: an integer from 0 to 3600\n");
    free(out);
    assert_int_equal(run(rig, "--nonsense", NULL, &out), 2);
    expect_in(out, "roostd: --nonsense: no such option; --help lists them\n");
    free(out);
    assert_int_equal(run(rig, "nonsense", NULL, &out), 2);
    expect_in(out, "unexpected argument \"nonsense\"");
    free(out);
}

static void test_bad_setting_stops_the_start(void **state)
{
    struct rig *rig = *state;
    char *out;

    configure(rig, "ROOST_TRIGGER_INTERVAL_S = often\n");
    assert_int_equal(run(rig, "--check", "--config", &out), 1);
    expect_in(out, "ROOST_TRIGGER_INTERVAL_S = \"often\"");
    expect_in(out, "roost.ini:10");
    expect_in(out, "an integer from 0 to 3600");
    assert_null(strstr(out, secret));
    free(out);
    configure(rig,
              "ENVIRONMENT = production\nJWT_SECRET_KEY = secretsecretsecretsecretsecretsecret\n");
    assert_int_equal(run(rig, "--check", "--config", &out), 1);
    expect_in(out, "JWT_SECRET_KEY");
    assert_null(strstr(out, "secretsecret"));
    free(out);
}

static void test_check(void **state)
{
    struct rig *rig = *state;
    char *out;

    start_broker(rig);
    configure(rig, "");
    assert_int_equal(run(rig, "--check", "--config", &out), 0);
    expect_in(out, "ok     DATABASE_URL sqlite:");
    expect_in(out, "ok     SERIES_URL sqlite:");
    expect_in(out, "ok     CHARGING_URL sqlite:");
    expect_in(out, "ok     MQTT_URL mqtt://127.0.0.1:");
    expect_in(out, "ok     ROOST_LISTEN 127.0.0.1:");
    free(out);
    /* A hub that runs is not disturbed, and its address is in use. */
    start_hub(rig);
    assert_true(support_wait(is_ready, rig, WAIT_MS));
    assert_int_equal(run(rig, "--check", "--config", &out), 1);
    expect_in(out, "FAILED ROOST_LISTEN");
    expect_in(out, "in use");
    expect_in(out, "ok     MQTT_URL");
    free(out);
    const char *body;
    assert_int_equal(get(rig, "/metrics", &body), 200);
    expect_in(body, "\nroost_mqtt_losses_total 0\n");
    assert_int_equal(stop_hub(rig, SIGTERM), 0);
    support_broker_kill(&rig->broker);
    assert_int_equal(run(rig, "--check", "--config", &out), 1);
    expect_in(out, "FAILED MQTT_URL");
    expect_in(out, "connection refused");
    free(out);
}

static void test_unusable_parts_are_named(void **state)
{
    static const char *const cases[][2] = {
        {"ROOST_WEB_ROOT = /nowhere/at/all\n", "ROOST_WEB_ROOT"},
        {"ROOST_TLS_CERT = /nowhere/cert.pem\nROOST_TLS_KEY = /nowhere/key.pem\n",
         "ROOST_TLS_CERT"},
    };
    struct rig *rig = *state;
    char *out;

    for (size_t i = 0; i < 2; i++) {
        configure(rig, cases[i][0]);
        assert_int_equal(run(rig, "-c", NULL, &out), 2);
        free(out);
        const char *const argv[] = {ROOSTD, "--config", rig->config, NULL};
        assert_int_equal(support_end(support_spawn(argv, rig->log), 0, WAIT_MS), 1);
        out = support_read_file(rig->log, NULL);
        expect_in(out, "\"msg\":\"cannot start\"");
        expect_in(out, cases[i][1]);
        free(out);
    }
}

/* Every line of the log is one JSON object, and none holds a secret. */
static void check_log(const struct rig *rig)
{
    char *log = support_read_file(rig->log, NULL);
    char *rest = log;
    unsigned lines = 0;

    assert_null(strstr(log, secret));
    for (char *line; (line = strsep(&rest, "\n")) && *line; lines++) {
        struct roost_json_token tokens[64];
        struct roost_json doc;
        if (roost_json_parse(&doc, tokens, 64, line, strlen(line)) != 0)
            fail_msg("no JSON: %s", line);
        expect_in(line, "\"ts\":");
        expect_in(line, "\"level\":");
    }
    assert_true(lines > 0);
    free(log);
}

/* Without its broker the hub starts, lives and says what is missing; with it, it is ready. */
static void test_broker_may_come_later(void **state)
{
    struct rig *rig = *state;
    const char *body;

    rig->broker.port = support_free_port();
    configure(rig, "");
    start_hub(rig);
    assert_int_equal(get(rig, "/health/live", &body), 200);
    assert_int_equal(get(rig, "/health", &body), 200);
    expect_in(body, "\"status\":\"serving\"");
    assert_int_equal(get(rig, "/health/ready", &body), 503);
    expect_in(body, "\"not_ready\"");
    expect_in(body, "\"registry\":\"ok\",\"series\":\"ok\"");
    support_broker_start(&rig->broker, &(struct support_broker_options){.port = rig->broker.port,
                                                                        .user = "roostd",
                                                                        .password = secret});
    assert_true(support_wait(is_ready, rig, WAIT_MS));
    assert_int_equal(stop_hub(rig, SIGTERM), 0);
    check_log(rig);
}

static size_t stored(const struct rig *rig)
{
    const char *body, *line = "\nroost_ingest_stored_total{topic=\"temperature\"} ";

    if (get(rig, "/metrics", &body) != 200)
        return 0;
    const char *found = strstr(body, line);
    return found ? strtoul(found + strlen(line), NULL, 10) : 0;
}

static bool has_stored_50(void *arg)
{
    return stored(arg) >= 50;
}

/* SIGTERM and SIGINT end it in good order: what came is stored, and not delivered again. */
static void test_stop_and_start(void **state)
{
    struct rig *rig = *state;
    struct support_peer peer;
    const char *body;

    start_broker(rig);
    configure(rig, "");
    start_hub(rig);
    assert_true(support_wait(is_ready, rig, WAIT_MS));
    support_peer_open(&peer, "127.0.0.1", rig->broker.port, "roostd", secret);
    for (int i = 0; i < 50; i++)
        support_peer_publish(&peer, "sensor/w1/temperature", "21.5", 4, false);
    assert_true(support_wait(has_stored_50, rig, WAIT_MS));
    assert_int_equal(stop_hub(rig, SIGTERM), 0);
    support_peer_publish(&peer, "sensor/w1/temperature", "22.5", 4, false);
    start_hub(rig);
    assert_true(support_wait(is_ready, rig, WAIT_MS));
    for (int i = 0; i < 49; i++)
        support_peer_publish(&peer, "sensor/w1/temperature", "23.5", 4, false);
    assert_true(support_wait(has_stored_50, rig, WAIT_MS));
    assert_int_equal(stored(rig), 50); /* the one that waited, and the 49 */
    assert_int_equal(get(rig, "/metrics", &body), 200);
    expect_in(body, "\nroost_build_info{version=");
    expect_in(body, "\nprocess_resident_memory_bytes ");
    assert_int_equal(stop_hub(rig, SIGINT), 0);
    support_peer_close(&peer);
    check_log(rig);
}

/* One owner: a second hub on the same files, by a link to their folder and under another name at
 * the broker, does not start and says who is there; the first is not disturbed. */
static void test_second_hub_is_refused(void **state)
{
    struct rig *rig = *state;
    char link[SUPPORT_PATH_MAX + 32], config[SUPPORT_PATH_MAX + 32], text[4096], owner[48];
    const char *body;

    start_broker(rig);
    configure(rig, "");
    start_hub(rig);
    assert_true(support_wait(is_ready, rig, WAIT_MS));
    snprintf(link, sizeof link, "%s/elsewhere", rig->dir);
    assert_int_equal(symlink(".", link), 0);
    snprintf(config, sizeof config, "%s/second.ini", rig->dir);
    for (int only_series = 0; only_series < 2; only_series++) {
        int n = snprintf(text, sizeof text,
                         "ROOST_LISTEN = 127.0.0.1:%u\n"
                         "MQTT_URL = mqtt://127.0.0.1:%u\n"
                         "ROOST_MQTT_CLIENT_ID = roostd-2\n"
                         "DATABASE_URL = sqlite:%s/%s.db\n"
                         "SERIES_URL = sqlite:%s/series.db\n",
                         support_free_port(), (unsigned)rig->broker.port, link,
                         only_series ? "own" : "roost", link);
        support_write_file(config, text, (size_t)n);
        const char *const argv[] = {ROOSTD, "--config", config, NULL};
        char log[SUPPORT_PATH_MAX + 32];
        snprintf(log, sizeof log, "%s/second.log", rig->dir);
        assert_int_equal(support_end(support_spawn(argv, log), 0, WAIT_MS), 1);
        char *out = support_read_file(log, NULL);
        snprintf(owner, sizeof owner, "another roostd (process %ld)", (long)rig->hub);
        expect_in(out, "cannot start");
        expect_in(out, only_series ? "SERIES_URL" : "DATABASE_URL");
        expect_in(out, owner);
        free(out);
    }
    assert_int_equal(get(rig, "/health/ready", &body), 200);
    assert_int_equal(stop_hub(rig, SIGKILL), -SIGKILL);
    start_hub(rig); /* killed, and no lock is left */
    assert_true(support_wait(is_ready, rig, WAIT_MS));
    assert_int_equal(stop_hub(rig, SIGTERM), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_options, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_setting_stops_the_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unusable_parts_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broker_may_come_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop_and_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_second_hub_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
