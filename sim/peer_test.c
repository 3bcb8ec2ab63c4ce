/* SPDX-License-Identifier: Apache-2.0 */
/* A service on hub/peer.h in virtual time, with one board whose port is driven by hand. */
#include "sim/peer_rig.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

enum { EVENTS_MAX = 128, TEXT_MAX = 1100, WAIT_MS = 60000 };

static struct echo_hub hub;
static struct sim_board board;
static struct {
    enum roost_event_type type;
    int status;
    uint64_t token;
    char text[TEXT_MAX + 1];
} events[EVENTS_MAX];
static size_t event_count, taken;

static int post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    if (event->type == ROOST_EV_NONE || event_count == EVENTS_MAX)
        return ROOST_ERR_FULL;
    assert_true(event->len <= TEXT_MAX);
    events[event_count].type = event->type;
    events[event_count].status = event->status;
    events[event_count].token = event->token;
    if (event->len > 0)
        memcpy(events[event_count].text, event->data, event->len);
    events[event_count++].text[event->len] = '\0';
    return 0;
}

/* Waits for the next event, which must be this one. Returns its index. */
static size_t expect(enum roost_event_type type)
{
    uint64_t until_ms = hub.sim.clock.now_ms + WAIT_MS;

    while (taken == event_count && sim_run_one(&hub.sim.clock, until_ms)) {
    }
    assert_true(taken < event_count);
    assert_int_equal(events[taken].type, type);
    return taken++;
}

static void pass(uint64_t ms)
{
    sim_run_until(&hub.sim.clock, hub.sim.clock.now_ms + ms);
}

static void expect_closed(int status, uint64_t code)
{
    size_t i = expect(ROOST_EV_WS_CLOSED);

    assert_int_equal(events[i].status, status);
    assert_int_equal(events[i].token, code);
}

static void connect_wifi(void)
{
    assert_int_equal(board.port.wifi.ops->connect(board.port.wifi.ctx, NULL, NULL), 0);
    (void)expect(ROOST_EV_WIFI_UP);
}

static int setup(void **state)
{
    static const struct sim_board_options options = {.flash_sectors = 4};
    static const struct sim_firmware by_hand = {.post = post};

    (void)state;
    event_count = taken = 0;
    hub_init(&hub, 7);
    if (sim_board_init(&board, &hub.sim.clock, &hub.sim.net, &options) < 0)
        return -1;
    sim_board_power_on(&board, &by_hand);
    pass(1);
    connect_wifi();
    return 0;
}

static int teardown(void **state)
{
    bool right = !hub.running || (echo_adds_up(&hub.echo) &&
                                  echo_count(&hub.echo) == sim_sockets_open(&hub.sockets));

    (void)state;
    sim_board_deinit(&board);
    hub_deinit(&hub);
    return right ? 0 : -1;
}

static int open_ws(const char *url, struct roost_ws_options options)
{
    event_count = taken = 0;
    options.url = url;
    if (options.message_max == 0)
        options.message_max = TEXT_MAX;
    return board.port.ws.ops->open(board.port.ws.ctx, &options);
}

static void open_now(const char *path)
{
    static char url[128];

    snprintf(url, sizeof url, "ws://hub%s", path);
    assert_int_equal(open_ws(url, (struct roost_ws_options){.ping_interval_ms = 20000}), 0);
    (void)expect(ROOST_EV_WS_OPENED);
}

static void say(const char *text)
{
    assert_int_equal(board.port.ws.ops->send(board.port.ws.ctx, text, strlen(text), false), 0);
}

static void test_echo(void **state)
{
    (void)state;
    open_now("/echo/a");
    say("hello");
    assert_string_equal(events[expect(ROOST_EV_WS_TEXT)].text, "hello");
    say("close 4711 enough");
    expect_closed(ROOST_ERR_CLOSED, 4711);
    pass(1000);
    assert_int_equal(hub.echo.code, 4711);
    open_now("/echo/a?child=%D9%84");
    assert_int_equal(board.port.ws.ops->close(board.port.ws.ctx, 1000), 0);
    expect_closed(0, 1000);
    assert_int_equal(hub.echo.code, 1000);
    assert_int_equal(sim_sockets_open(&hub.sockets), 0);
}

/* `code`: of a close, after it was let in; below that the status of HTTP, or why TLS failed. */
static void refused(const char *url, struct roost_ws_options options, int status, uint64_t code)
{
    assert_int_equal(open_ws(url, options), 0);
    if (code >= 1000)
        (void)expect(ROOST_EV_WS_OPENED);
    expect_closed(status, code);
}

static void test_refused(void **state)
{
    const struct roost_ws_options with_password = {
        .user = "unit", .password = "pass", .password_len = 4};

    (void)state;
    refused("ws://hub/echo/stranger", (struct roost_ws_options){0}, ROOST_ERR_REFUSED, 404);
    refused("ws://hub/nowhere", (struct roost_ws_options){0}, ROOST_ERR_REFUSED, 404);
    refused("ws://hub/echo/%zz", (struct roost_ws_options){0}, ROOST_ERR_REFUSED, 400);
    refused("ws://hub/echo/secret", (struct roost_ws_options){0}, ROOST_ERR_AUTH, 401);
    refused("ws://hub/echo/guest", (struct roost_ws_options){0}, ROOST_ERR_CLOSED, 1008);
    refused("ws://hub/echo/a", (struct roost_ws_options){.subprotocol = "other"},
            ROOST_ERR_UNSUPPORTED, 0);
    refused("ws://hub:81/echo/a", (struct roost_ws_options){0}, ROOST_ERR_CLOSED, 0);
    assert_int_equal(open_ws("http://hub/echo/a", (struct roost_ws_options){0}), ROOST_ERR_INVALID);
    assert_int_equal(open_ws("ws://hub/echo/secret", with_password), 0);
    (void)expect(ROOST_EV_WS_OPENED);
    assert_int_equal(hub.echo.refused, 2);
}

static void test_later(void **state)
{
    uint64_t asked_ms;

    (void)state;
    asked_ms = hub.sim.clock.now_ms;
    open_now("/echo/late-1");
    assert_true(hub.sim.clock.now_ms - asked_ms >= ECHO_LATE_MS);
    say("at last");
    assert_string_equal(events[expect(ROOST_EV_WS_TEXT)].text, "at last");
    say("close 1000");
    expect_closed(ROOST_ERR_CLOSED, 1000);
    refused("ws://hub/echo/late-no", (struct roost_ws_options){0}, ROOST_ERR_AUTH, 403);
}

/* It gives up while it waits; it loses its power while it waits; nobody answers it. */
static void test_left(void **state)
{
    (void)state;
    assert_int_equal(open_ws("ws://hub/echo/late-1", (struct roost_ws_options){0}), 0);
    pass(100);
    assert_int_equal(hub.echo.asked, 1);
    assert_int_equal(board.port.ws.ops->close(board.port.ws.ctx, 1000), 0);
    expect_closed(0, 0);
    pass(100);
    assert_int_equal(hub.echo.left, 1);
    assert_int_equal(hub.echo.code, HUB_PEER_LOST);

    assert_int_equal(open_ws("ws://hub/echo/late-1", (struct roost_ws_options){0}), 0);
    pass(100);
    sim_board_power_cut(&board, 1000);
    pass(ECHO_LATE_MS);
    assert_int_equal(hub.echo.opened, 1); /* it cannot know yet */
    pass(2 * hub.echo.routes[0].ping_interval_ms);
    assert_int_equal(hub.echo.closed, 1);
    assert_int_equal(hub.echo.code, HUB_PEER_LOST);

    connect_wifi();
    assert_int_equal(open_ws("ws://hub/echo/late-1", (struct roost_ws_options){0}), 0);
    hub.sockets.wake = NULL;
    pass(SIM_WS_CONNECT_MS);
    expect_closed(ROOST_ERR_TIMEOUT, 0);
    pass(1000);
    assert_int_equal(hub.echo.left, 2);
}

/* The network goes silent: each end finds out by its own pings. */
static void test_half_open(void **state)
{
    (void)state;
    open_now("/echo/a");
    pass(5 * 20000);
    assert_int_equal(hub.echo.closed, 0);
    sim_host_set_partitioned(&hub.sim.net, &board.host, true);
    expect_closed(ROOST_ERR_TIMEOUT, 0);
    pass(2 * hub.echo.routes[0].ping_interval_ms);
    assert_int_equal(hub.echo.code, HUB_PEER_LOST);
    assert_int_equal(sim_sockets_open(&hub.sockets), 0);
}

static void test_slow_reader(void **state)
{
    (void)state;
    open_now("/echo/a");
    sim_ws_stall(&board, true);
    say("flood 100");
    pass(1000);
    assert_int_equal(event_count, taken);
    assert_int_equal(hub.echo.sent + hub.echo.dropped, 100);
    assert_true(hub.echo.dropped > 50);
    assert_int_equal(hub.echo.dropped, hub.sockets.dropped);
    sim_ws_stall(&board, false);
    uint64_t before = hub.echo.sent;
    for (uint64_t i = 0; i < before; i++)
        (void)expect(ROOST_EV_WS_TEXT);
    assert_string_equal(events[expect(ROOST_EV_WS_TEXT)].text, "drained");

    /* One that never reads again is half open. */
    sim_ws_stall(&board, true);
    pass(3 * hub.echo.routes[0].ping_interval_ms);
    assert_int_equal(hub.echo.code, HUB_PEER_LOST);
}

static void test_too_long(void **state)
{
    (void)state;
    assert_int_equal(open_ws("ws://hub/echo/a",
                             (struct roost_ws_options){.message_max = SIM_WS_MESSAGE_MAX + 1}),
                     ROOST_ERR_RANGE);
    assert_int_equal(
        open_ws("ws://hub/echo/a",
                (struct roost_ws_options){.message_max = SIM_WS_PARTS_MAX + 1, .parts = true}),
        ROOST_ERR_RANGE);
    assert_int_equal(
        open_ws("ws://hub/echo/a",
                (struct roost_ws_options){.message_max = SIM_WS_PARTS_MAX, .parts = true}),
        0);
    (void)expect(ROOST_EV_WS_OPENED);
    assert_int_equal(board.port.ws.ops->close(board.port.ws.ctx, 1000), 0);
    expect_closed(0, 1000);
    assert_int_equal(open_ws("ws://hub/echo/a", (struct roost_ws_options){.message_max = 999}), 0);
    (void)expect(ROOST_EV_WS_OPENED);
    say("flood 1");
    expect_closed(ROOST_ERR_TOO_LONG, 1009);
    pass(1000);
    assert_int_equal(hub.echo.code, 1009);
    open_now("/echo/a");
    assert_int_equal(
        board.port.ws.ops->send(board.port.ws.ctx, events, SIM_WS_SEND_MAX / 2 + 1, true),
        ROOST_ERR_FULL);
}

/* Text that is none ends the connection, and the service never sees it. */
static void test_bad_text(void **state)
{
    (void)state;
    open_now("/echo/a");
    say("\xFF");
    expect_closed(ROOST_ERR_CLOSED, HUB_PEER_BAD_DATA);
    assert_int_equal(hub.echo.messages, 0);
}

static void test_crash(void **state)
{
    (void)state;
    open_now("/echo/a");
    say("hello");
    hub_crash(&hub);
    expect_closed(ROOST_ERR_CLOSED, 0);
    refused("ws://hub/echo/a", (struct roost_ws_options){0}, ROOST_ERR_CLOSED, 0);
    hub_start(&hub);
    open_now("/echo/a");
    assert_int_equal(hub.echo.asked, 1);
    sim_board_set_wifi(&board, false);
    (void)expect(ROOST_EV_WIFI_DOWN);
    expect_closed(ROOST_ERR_TIMEOUT, 0);
    refused("ws://hub/echo/a", (struct roost_ws_options){0}, ROOST_ERR_CLOSED, 0);
}

/* The n-th message takes the connection with it, whichever way it went. */
static void test_cut(void **state)
{
    (void)state;
    for (int n = 1; n <= 2; n++) {
        uint64_t messages = hub.echo.messages;

        open_now("/echo/a");
        hub.sockets.cut_in = (uint64_t)n;
        say("hello");
        expect_closed(ROOST_ERR_CLOSED, 0);
        assert_int_equal(hub.echo.messages - messages, n - 1);
        assert_int_equal(hub.echo.code, HUB_PEER_LOST);
    }
    assert_int_equal(hub.sockets.cuts, 2);
}

/* A certificate of its own making, as PEM text. malloc'd. */
static char *make_certificate(const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    BIO *out = BIO_new(BIO_s_mem());
    char *text = calloc(1, 4096);

    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               (const unsigned char *)name, -1, -1, 0);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509(out, certificate), 1);
    assert_true(BIO_read(out, text, 4095) > 0);
    BIO_free(out);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return text;
}

static void test_certificate(void **state)
{
    char *certificate = make_certificate("CP-17");
    const struct roost_ws_options options = {.cert_pem = certificate};

    (void)state;
    assert_int_equal(open_ws("wss://hub/echo/a", options), 0);
    (void)expect(ROOST_EV_WS_OPENED);
    say("who");
    assert_string_equal(events[expect(ROOST_EV_WS_TEXT)].text, "CP-17");
    say("close 1000");
    expect_closed(ROOST_ERR_CLOSED, 1000);
    hub.sockets.untrusted = true;
    refused("wss://hub/echo/a", options, ROOST_ERR_CRYPTO, ROOST_TLS_AUTHORITY);
    assert_int_equal(open_ws("wss://hub/echo/a", (struct roost_ws_options){.cert_pem = "none"}),
                     ROOST_ERR_CRYPTO);
    free(certificate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_echo, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_left, setup, teardown),
        cmocka_unit_test_setup_teardown(test_half_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slow_reader, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_crash, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(test_certificate, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
