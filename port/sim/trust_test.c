/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a modelled server shows, judged with roots of the device: real certificates, made for this
 * run, over modelled connections (P-35); and a client certificate out of a slot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "port/sim/sim.h"
#include "tests/support/certs.h"
#include "tests/support/support.h"

enum { WAIT_MS = 30000 };
#define YEARS_MS (5 * 365 * INT64_C(86400000))

static struct {
    struct sim sim;
    struct sim_board board;
    char dir[SUPPORT_PATH_MAX];
    struct sim_ws_answer answer; /* the server's */
    struct sim_ws_request asked;
    struct roost_event event;
    bool seen;
} test;

static int post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    if (event->type == ROOST_EV_WS_CLOSED || event->type == ROOST_EV_WS_OPENED) {
        test.event = *event;
        test.seen = true;
    }
    return 0;
}

static void handshake(void *ctx, struct sim_conn *conn, const struct sim_packet *packet)
{
    const char *payload;
    size_t len;

    (void)ctx;
    assert_non_null(sim_ws_head(packet, &payload, &len));
    memcpy(&test.asked, payload, sizeof test.asked);
    const struct sim_packet out = {
        .type = SIM_BYTES,
        .message = sim_ws_frame(SIM_WS_ANSWER, &test.answer, sizeof test.answer)};
    sim_conn_send(conn, SIM_SERVER, &out);
}

static void gone(void *ctx, struct sim_conn *conn, int why)
{
    (void)ctx;
    (void)conn;
    (void)why;
}

static const struct sim_end_ops door = {.packet = handshake, .closed = gone};

static char *file(const char *name)
{
    char path[SUPPORT_PATH_MAX + 32];

    snprintf(path, sizeof path, "%s/%s", test.dir, name);
    return support_read_file(path, NULL);
}

static void expect(const struct roost_tls_options *tls, const char *url, int status, uint64_t token)
{
    const struct roost_ws *ws = &test.board.port.ws;
    const struct roost_ws_options options = {.url = url, .message_max = 1000, .tls = tls};

    test.seen = false;
    assert_int_equal(ws->ops->open(ws->ctx, &options), 0);
    sim_run_until(&test.sim.clock, test.sim.clock.now_ms + WAIT_MS);
    assert_true(test.seen);
    assert_int_equal(test.event.status, status);
    assert_int_equal(test.event.token, token);
}

static void test_P35_reasons(void **state)
{
    char *ca = file("ca.pem"), *other = file("other-ca.pem"), *server = file("server.pem"),
         *elsewhere = file("elsewhere.pem");
    const struct roost_pki_text root = roost_pki_text(ca, strlen(ca)),
                                foreign = roost_pki_text(other, strlen(other)),
                                here = roost_pki_text(server, strlen(server)),
                                there = roost_pki_text(elsewhere, strlen(elsewhere));
    const struct roost_tls_options tls = {.roots = &root, .root_count = 1},
                                   wrong = {.roots = &foreign, .root_count = 1};
    static const char url[] = "wss://localhost/ocpp";

    (void)state;
    test.answer = (struct sim_ws_answer){.status = 404, .chain = &here};
    expect(&tls, url, ROOST_ERR_REFUSED, 404); /* TLS was good */
    expect(&wrong, url, ROOST_ERR_CRYPTO, ROOST_TLS_AUTHORITY);
    test.board.unix_known = true;
    test.sim.clock.epoch_unix_ms = (int64_t)time(NULL) * 1000;
    expect(&tls, url, ROOST_ERR_REFUSED, 404);
    test.sim.clock.epoch_unix_ms -= YEARS_MS;
    expect(&tls, url, ROOST_ERR_CRYPTO, ROOST_TLS_NOT_YET_VALID);
    test.sim.clock.epoch_unix_ms += 2 * YEARS_MS;
    expect(&tls, url, ROOST_ERR_CRYPTO, ROOST_TLS_EXPIRED);
    test.board.unix_known = false; /* then it is when the certificate began */
    test.answer.chain = &there;
    expect(&tls, url, ROOST_ERR_CRYPTO, ROOST_TLS_NAME);
    test.answer.failure = ROOST_TLS_VERSION;
    expect(&tls, url, ROOST_ERR_CRYPTO, ROOST_TLS_VERSION);
    test.answer = (struct sim_ws_answer){.status = 404, .untrusted = true};
    expect(NULL, url, ROOST_ERR_CRYPTO, ROOST_TLS_AUTHORITY);
    free(ca);
    free(other);
    free(server);
    free(elsewhere);
}

/* The server sees the name in the certificate of the slot; one without a pair ends the attempt. */
static void test_slot(void **state)
{
    const struct roost_pki *pki = &test.board.port.pki;
    const struct roost_pki_subject subject = {.common_name = "unit-7"};
    const struct roost_tls_options tls = {.slot = "csms"};
    char request[ROOST_PKI_REQUEST_MAX], command[4 * SUPPORT_PATH_MAX];
    static const char url[] = "wss://localhost/ocpp";

    (void)state;
    test.answer = (struct sim_ws_answer){.status = 404};
    expect(&tls, url, ROOST_ERR_NOT_FOUND, 0);
    assert_int_equal(pki->ops->generate(pki->ctx, "csms", ROOST_PKI_P256), 0);
    int len = pki->ops->request(pki->ctx, "csms", &subject, request, sizeof request);
    assert_true(len > 0);
    snprintf(command, sizeof command, "%s/csr.pem", test.dir);
    support_write_file(command, request, (size_t)len);
    snprintf(command, sizeof command,
             "cd %s && openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -days 1"
             " -set_serial 77 -out client.pem",
             test.dir);
    const char *const argv[] = {"sh", "-c", command, NULL};
    assert_int_equal(support_end(support_spawn(argv, "/dev/null"), 0, WAIT_MS), 0);
    char *pem = file("client.pem");
    const struct roost_pki_text chain = roost_pki_text(pem, strlen(pem));
    assert_int_equal(pki->ops->bind(pki->ctx, "csms", &chain), 0);
    free(pem);
    expect(&tls, url, ROOST_ERR_REFUSED, 404);
    assert_string_equal(test.asked.certificate_name, "unit-7");
    assert_string_equal(test.asked.certificate_subject, "CN=unit-7");
}

static int set_up(void **state)
{
    static const struct sim_board_options options = {.flash_sectors = 4};
    static const struct sim_firmware by_hand = {.post = post};

    (void)state;
    support_make_dir(test.dir);
    support_make_certificates(test.dir);
    if (sim_init(&test.sim, 3) < 0 ||
        sim_board_init(&test.board, &test.sim.clock, &test.sim.net, &options) < 0)
        return -1;
    test.board.time_server_away = true;
    sim_net_listen(&test.sim.net, SIM_WSS_PORT, &door, NULL);
    sim_board_power_on(&test.board, &by_hand);
    sim_run_until(&test.sim.clock, 1);
    (void)test.board.port.wifi.ops->connect(test.board.port.wifi.ctx, NULL, NULL);
    sim_run_until(&test.sim.clock, WAIT_MS);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sim_board_deinit(&test.board);
    sim_deinit(&test.sim);
    support_remove_dir(test.dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_P35_reasons),
        cmocka_unit_test(test_slot),
    };

    return cmocka_run_group_tests_name("trust", tests, set_up, tear_down);
}
