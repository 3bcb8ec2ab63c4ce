/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom the clients of the port trust: MQTT against Mosquitto, WebSocket against a server of
 * libwebsockets, downloads against OpenSSL's own test server, each with a certificate that is
 * right, of another authority, for another host, or out of date.
 */
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "port/linux/linux.h"
#include "tests/support/certs.h"
#include "tests/support/support.h"

enum { WAIT_MS = 15000, BIG_BYTES = 300000 };

static struct {
    struct roost_host host;
    struct roost_board board;
    char dir[SUPPORT_PATH_MAX];
    enum roost_event_type wanted;
    struct roost_event event;
    size_t bytes; /* of the messages and bodies that came */
    bool seen;
} test;

static int post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    if (event->type == ROOST_EV_HTTP_DATA || event->type == ROOST_EV_MQTT_MESSAGE)
        test.bytes += event->len;
    /* Opened or closed, whichever comes first, answers both. */
    bool closes = (event->type == ROOST_EV_MQTT_CLOSED && test.wanted == ROOST_EV_MQTT_OPENED) ||
                  (event->type == ROOST_EV_WS_CLOSED && test.wanted == ROOST_EV_WS_OPENED);
    if (!test.seen && (event->type == test.wanted || closes)) {
        test.event = *event;
        test.seen = true;
    }
    return 0;
}

static void on_limit(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static const struct roost_event *await(enum roost_event_type type)
{
    uv_timer_t limit;
    bool over = false;

    test.wanted = type;
    test.seen = false;
    uv_timer_init(test.host.loop, &limit);
    limit.data = &over;
    uv_update_time(test.host.loop);
    uv_timer_start(&limit, on_limit, WAIT_MS, 0);
    while (!test.seen && !over)
        uv_run(test.host.loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&limit, NULL);
    uv_run(test.host.loop, UV_RUN_NOWAIT);
    if (!test.seen)
        fail_msg("no event %d", (int)type);
    return &test.event;
}

static const char *in_dir(const char *name)
{
    static char paths[4][SUPPORT_PATH_MAX + 32];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", test.dir, name);
    return path;
}

static void broker_with(struct support_broker *broker, const char *certificate, const char *key,
                        const char *more)
{
    support_broker_start(broker,
                         &(struct support_broker_options){.ca = in_dir("ca.pem"),
                                                          .certificate = in_dir(certificate),
                                                          .key = in_dir(key),
                                                          .more = more});
}

/* ---- MQTT ---- */

static struct roost_mqtt_options mqtt_options(uint16_t port, const char *host, const char *ca)
{
    return (struct roost_mqtt_options){.host = host,
                                       .port = port,
                                       .tls = true,
                                       .ca_pem = ca,
                                       .client_id = "tls",
                                       .keepalive_s = 30,
                                       .clean_session = true};
}

static void expect_mqtt(uint16_t port, const char *host, const char *ca, bool trusted)
{
    const struct roost_mqtt *mqtt = &test.board.port.mqtt;
    const struct roost_mqtt_options options = mqtt_options(port, host, ca);

    assert_int_equal(mqtt->ops->open(mqtt->ctx, &options), 0);
    const struct roost_event *event = await(ROOST_EV_MQTT_OPENED);
    if (!trusted) {
        assert_int_equal(event->type, ROOST_EV_MQTT_CLOSED);
        assert_int_equal(event->status, ROOST_ERR_CRYPTO);
        return;
    }
    assert_int_equal(event->type, ROOST_EV_MQTT_OPENED);
    assert_int_equal(mqtt->ops->close(mqtt->ctx), 0);
    assert_int_equal(await(ROOST_EV_MQTT_CLOSED)->status, 0);
}

static void test_mqtt_trust(void **state)
{
    struct support_broker broker;

    (void)state;
    broker_with(&broker, "server.pem", "server.key", NULL);
    expect_mqtt(broker.port, "localhost", in_dir("ca.pem"), true);
    expect_mqtt(broker.port, "127.0.0.1", in_dir("ca.pem"), true);
    expect_mqtt(broker.port, "localhost", in_dir("other-ca.pem"), false);
    expect_mqtt(broker.port, "localhost", NULL, false); /* the system knows no such authority */
    expect_mqtt(broker.port, "localhost", in_dir("no-such-file.pem"), false);
    expect_mqtt(broker.port, "localhost", in_dir("ca.pem"), true);
    support_broker_deinit(&broker);
    broker_with(&broker, "elsewhere.pem", "elsewhere.key", NULL);
    expect_mqtt(broker.port, "localhost", in_dir("ca.pem"), false);
    expect_mqtt(broker.port, "127.0.0.1", in_dir("ca.pem"), false);
    support_broker_deinit(&broker);
    broker_with(&broker, "expired.pem", "expired.key", NULL);
    expect_mqtt(broker.port, "localhost", in_dir("ca.pem"), false);
    support_broker_deinit(&broker);
}

static void test_mqtt_without_tls(void **state)
{
    struct support_broker broker;

    (void)state;
    support_broker_start(&broker, &(struct support_broker_options){0});
    const struct roost_mqtt *mqtt = &test.board.port.mqtt;
    const struct roost_mqtt_options options =
        mqtt_options(broker.port, "localhost", in_dir("ca.pem"));
    assert_int_equal(mqtt->ops->open(mqtt->ctx, &options), 0);
    const struct roost_event *event = await(ROOST_EV_MQTT_OPENED);
    assert_int_equal(event->type, ROOST_EV_MQTT_CLOSED);
    assert_true(event->status < 0);
    support_broker_deinit(&broker);
}

/* More than a socket buffer holds, so that reading and writing stop in the middle. */
static void test_mqtt_big_messages(void **state)
{
    static char payload[BIG_BYTES];
    const struct roost_mqtt *mqtt = &test.board.port.mqtt;
    struct support_broker broker;

    (void)state;
    broker_with(&broker, "server.pem", "server.key", NULL);
    const struct roost_mqtt_options options =
        mqtt_options(broker.port, "localhost", in_dir("ca.pem"));
    memset(payload, 'x', sizeof payload);
    assert_int_equal(mqtt->ops->open(mqtt->ctx, &options), 0);
    assert_int_equal(await(ROOST_EV_MQTT_OPENED)->type, ROOST_EV_MQTT_OPENED);
    assert_int_equal(mqtt->ops->subscribe(mqtt->ctx, "big"), 0);
    test.bytes = 0;
    for (int i = 0; i < 8; i++)
        assert_true(mqtt->ops->publish(mqtt->ctx, "big", payload, sizeof payload, 1, false) > 0);
    while (test.bytes < 8 * sizeof payload) /* several may come in one turn of the loop */
        (void)await(ROOST_EV_MQTT_MESSAGE);
    assert_int_equal(test.bytes, 8 * sizeof payload);
    assert_int_equal(mqtt->ops->close(mqtt->ctx), 0);
    (void)await(ROOST_EV_MQTT_CLOSED);
    support_broker_deinit(&broker);
}

/* ---- WebSocket ---- */

static int serve(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                 size_t len)
{
    return lws_callback_http_dummy(wsi, reason, user, in, len);
}

static const struct lws_protocols served[] = {{.name = "unit", .callback = serve}, {0}};

/* In a process of its own, with the loop that libwebsockets brings. */
static pid_t wss_server(uint16_t port, const char *certificate, const char *key)
{
    const struct lws_context_creation_info info = {
        .port = port,
        .iface = "127.0.0.1",
        .protocols = served,
        .ssl_cert_filepath = in_dir(certificate),
        .ssl_private_key_filepath = in_dir(key),
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .gid = -1,
        .uid = -1,
    };
    pid_t parent = getpid(), pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        lws_set_log_level(0, NULL);
        struct lws_context *context = lws_create_context(&info);
        while (context && getppid() == parent && lws_service(context, 0) >= 0)
            ;
        _exit(1);
    }
    assert_true(pid > 0 && support_wait_port(port, WAIT_MS));
    return pid;
}

static void expect_ws(uint16_t port, const char *ca, bool trusted)
{
    const struct roost_ws *ws = &test.board.port.ws;
    char url[64];

    snprintf(url, sizeof url, "wss://localhost:%u/", port);
    const struct roost_ws_options options = {.url = url, .subprotocol = "unit", .ca_pem = ca};
    assert_int_equal(ws->ops->open(ws->ctx, &options), 0);
    const struct roost_event *event = await(ROOST_EV_WS_OPENED);
    if (!trusted) {
        assert_int_equal(event->type, ROOST_EV_WS_CLOSED);
        assert_int_equal(event->status, ROOST_ERR_CRYPTO);
        return;
    }
    assert_int_equal(event->type, ROOST_EV_WS_OPENED);
    assert_int_equal(ws->ops->close(ws->ctx, 1000), 0);
    (void)await(ROOST_EV_WS_CLOSED);
}

static void test_ws_trust(void **state)
{
    (void)state;
    uint16_t port = support_free_port();
    pid_t server = wss_server(port, "server.pem", "server.key");
    expect_ws(port, in_dir("ca.pem"), true);
    expect_ws(port, in_dir("other-ca.pem"), false);
    expect_ws(port, NULL, false);
    expect_ws(port, in_dir("ca.pem"), true);
    (void)support_end(server, SIGKILL, WAIT_MS);
    server = wss_server(port = support_free_port(), "elsewhere.pem", "elsewhere.key");
    expect_ws(port, in_dir("ca.pem"), false);
    (void)support_end(server, SIGKILL, WAIT_MS);
    server = wss_server(port = support_free_port(), "expired.pem", "expired.key");
    expect_ws(port, in_dir("ca.pem"), false);
    (void)support_end(server, SIGKILL, WAIT_MS);
}

/* ---- downloads ---- */

/* OpenSSL's server hands out the files of the directory it was started in. */
static pid_t https_server(uint16_t port, const char *certificate, const char *key)
{
    char accept[16];
    const char *const argv[] = {"openssl", "s_server",  "-quiet", "-WWW",
                                "-accept", accept,      "-cert",  in_dir(certificate),
                                "-key",    in_dir(key), NULL};

    snprintf(accept, sizeof accept, "%u", port);
    pid_t pid = support_spawn(argv, in_dir("https.log"));
    assert_true(support_wait_port(port, WAIT_MS));
    return pid;
}

static void expect_download(uint16_t port, const char *ca, bool trusted)
{
    const struct roost_http *http = &test.board.port.http;
    char url[64];

    snprintf(url, sizeof url, "https://localhost:%u/body.bin", port);
    test.bytes = 0;
    assert_int_equal(http->ops->get(http->ctx, url, 0, ca), 0);
    const struct roost_event *event = await(ROOST_EV_HTTP_DONE);
    assert_int_equal(event->status, trusted ? 0 : ROOST_ERR_CRYPTO);
    assert_int_equal(test.bytes, trusted ? 5000 : 0);
}

static void test_https_trust(void **state)
{
    static const char body[5000];

    (void)state;
    support_write_file(in_dir("body.bin"), body, sizeof body);
    assert_int_equal(chdir(test.dir), 0);
    uint16_t port = support_free_port();
    pid_t pid = https_server(port, "server.pem", "server.key");
    expect_download(port, in_dir("ca.pem"), true);
    expect_download(port, in_dir("other-ca.pem"), false);
    expect_download(port, NULL, false);
    (void)support_end(pid, SIGKILL, WAIT_MS);
    pid = https_server(port = support_free_port(), "elsewhere.pem", "elsewhere.key");
    expect_download(port, in_dir("ca.pem"), false);
    (void)support_end(pid, SIGKILL, WAIT_MS);
    pid = https_server(port = support_free_port(), "expired.pem", "expired.key");
    expect_download(port, in_dir("ca.pem"), false);
    (void)support_end(pid, SIGKILL, WAIT_MS);
    assert_int_equal(chdir("/"), 0);
}

/* What began with TLS does not go on without it. */
static void test_https_stays(void **state)
{
    const struct roost_http *http = &test.board.port.http;
    uint16_t port = support_free_port();
    char accept[16], url[64], answer[128];
    const char *const argv[] = {"openssl", "s_server",
                                "-quiet",  "-HTTP",
                                "-accept", accept,
                                "-cert",   in_dir("server.pem"),
                                "-key",    in_dir("server.key"),
                                NULL};

    (void)state;
    snprintf(accept, sizeof accept, "%u", port);
    int len = snprintf(answer, sizeof answer,
                       "HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:%u/\r\n\r\n",
                       support_free_port());
    support_write_file(in_dir("moved"), answer, (size_t)len);
    assert_int_equal(chdir(test.dir), 0);
    pid_t pid = support_spawn(argv, in_dir("https.log"));
    assert_true(support_wait_port(port, WAIT_MS));
    snprintf(url, sizeof url, "https://localhost:%u/moved", port);
    assert_int_equal(http->ops->get(http->ctx, url, 0, in_dir("ca.pem")), 0);
    assert_int_equal(await(ROOST_EV_HTTP_DONE)->status, ROOST_ERR_UNSUPPORTED);
    (void)support_end(pid, SIGKILL, WAIT_MS);
    assert_int_equal(chdir("/"), 0);
}

static int set_up(void **state)
{
    const struct roost_board_options options = {.post = post};
    char why[256];

    (void)state;
    support_make_dir(test.dir);
    support_make_certificates(test.dir);
    if (roost_host_init(&test.host, uv_default_loop()))
        return -1;
    return roost_board_init(&test.board, &test.host, &options, why, sizeof why);
}

static int tear_down(void **state)
{
    (void)state;
    roost_board_close_now(&test.board);
    roost_host_deinit(&test.host);
    uv_loop_close(uv_default_loop());
    support_remove_dir(test.dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mqtt_trust),        cmocka_unit_test(test_mqtt_without_tls),
        cmocka_unit_test(test_mqtt_big_messages), cmocka_unit_test(test_ws_trust),
        cmocka_unit_test(test_https_trust),       cmocka_unit_test(test_https_stays),
    };

    return cmocka_run_group_tests_name("TLS", tests, set_up, tear_down);
}
