/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a TLS connection did not come about (P-35), with roots and keys out of port.pki: WebSocket
 * and HTTP clients against OpenSSL's own server, which is of another authority, for another name,
 * out of date, of TLS 1.1, or has no cipher suite but CBC; and mutual TLS with the key of a slot.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "port/linux/linux.h"
#include "tests/support/certs.h"
#include "tests/support/support.h"

enum { WAIT_MS = 15000, BODY_BYTES = 5000 };

static struct {
    struct roost_host host;
    struct roost_board board;
    char dir[SUPPORT_PATH_MAX];
    char *ca, *other_ca;
    struct roost_event event; /* the last one of the kinds that end something */
    bool seen;
    size_t bytes;
    pid_t server;
    uint16_t port;
} test;

static int post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    if (event->type == ROOST_EV_HTTP_DATA)
        test.bytes += event->len;
    if (event->type == ROOST_EV_WS_CLOSED || event->type == ROOST_EV_WS_OPENED ||
        event->type == ROOST_EV_HTTP_DONE) {
        test.event = *event;
        test.seen = true;
    }
    return 0;
}

static void on_limit(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static const struct roost_event *await(void)
{
    uv_timer_t limit;
    bool over = false;

    uv_timer_init(test.host.loop, &limit);
    limit.data = &over;
    uv_update_time(test.host.loop);
    uv_timer_start(&limit, on_limit, WAIT_MS, 0);
    while (!test.seen && !over)
        uv_run(test.host.loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&limit, NULL);
    uv_run(test.host.loop, UV_RUN_NOWAIT);
    assert_true(test.seen);
    test.seen = false;
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

/* It hands out the files of the directory it was started in. */
static void serve(const char *name, const char *const more[])
{
    char accept[16], certificate[SUPPORT_PATH_MAX + 32], key[SUPPORT_PATH_MAX + 32];
    const char *argv[24] = {"openssl", "s_server", "-quiet",    "-WWW", "-accept",
                            accept,    "-cert",    certificate, "-key", key};
    size_t count = 10;

    while (*more)
        argv[count++] = *more++;
    test.port = support_free_port();
    snprintf(accept, sizeof accept, "%u", test.port);
    snprintf(certificate, sizeof certificate, "%s/%s.pem", test.dir, name);
    snprintf(key, sizeof key, "%s/%s.key", test.dir, name);
    test.server = support_spawn(argv, in_dir("server.log"));
    assert_true(support_wait_port(test.port, WAIT_MS));
}

static void stop_serving(void)
{
    (void)support_end(test.server, SIGKILL, WAIT_MS);
}

/* Opens a WebSocket. The server speaks HTTP, but no WebSocket: what it answers comes through TLS.
 */
static void expect_ws(const struct roost_tls_options *tls, const char *ca_pem, int status,
                      uint64_t token)
{
    const struct roost_ws *ws = &test.board.port.ws;
    char url[64];
    const struct roost_ws_options options = {.url = url, .ca_pem = ca_pem, .tls = tls};

    snprintf(url, sizeof url, "wss://localhost:%u/body.bin", test.port);
    assert_int_equal(ws->ops->open(ws->ctx, &options), 0);
    const struct roost_event *event = await();
    assert_int_equal(event->type, ROOST_EV_WS_CLOSED);
    assert_int_equal(event->status, status);
    assert_int_equal(event->token, token);
}

static void expect_http(const struct roost_tls_options *tls, const char *ca_pem, int status,
                        uint64_t token)
{
    const struct roost_http *http = &test.board.port.http;
    char url[64];
    const struct roost_http_request request = {.url = url, .ca_pem = ca_pem, .tls = tls};

    snprintf(url, sizeof url, "https://localhost:%u/body.bin", test.port);
    test.bytes = 0;
    assert_int_equal(http->ops->start(http->ctx, &request), 0);
    const struct roost_event *event = await();
    assert_int_equal(event->type, ROOST_EV_HTTP_DONE);
    assert_int_equal(event->status, status);
    assert_int_equal(event->token, token);
    assert_int_equal(test.bytes, status ? 0 : BODY_BYTES);
}

static void expect_good(const struct roost_tls_options *tls, const char *ca_pem)
{
    expect_ws(tls, ca_pem, ROOST_ERR_REFUSED, 0);
    expect_http(tls, ca_pem, 0, 200);
}

static void expect_failure(const struct roost_tls_options *tls, const char *ca_pem,
                           enum roost_tls_failure failure)
{
    expect_ws(tls, ca_pem, ROOST_ERR_CRYPTO, failure);
    expect_http(tls, ca_pem, ROOST_ERR_CRYPTO, failure);
}

static void test_P35_reasons(void **state)
{
    static const char *const tls11[] = {"-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0", NULL};
    static const char *const cbc[] = {"-tls1_2", "-cipher",
                                      "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA", NULL};
    static const char *const tls12[] = {"-tls1_2", NULL}, *const plain[] = {NULL};
    static const struct {
        const char *certificate;
        const char *const *more;
        bool other_root;
        enum roost_tls_failure failure;
    } cases[] = {
        {"server", plain, false, ROOST_TLS_NONE},     {"server", tls12, false, ROOST_TLS_NONE},
        {"server", plain, true, ROOST_TLS_AUTHORITY}, {"server", tls12, true, ROOST_TLS_AUTHORITY},
        {"elsewhere", plain, false, ROOST_TLS_NAME},  {"expired", plain, false, ROOST_TLS_EXPIRED},
        {"server", tls11, false, ROOST_TLS_VERSION},  {"server", cbc, false, ROOST_TLS_CIPHER},
    };
    const struct roost_pki_text ca = roost_pki_text(test.ca, strlen(test.ca)),
                                other = roost_pki_text(test.other_ca, strlen(test.other_ca));

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct roost_tls_options tls = {.roots = cases[i].other_root ? &other : &ca,
                                              .root_count = 1};
        const char *pem = in_dir(cases[i].other_root ? "other-ca.pem" : "ca.pem");
        serve(cases[i].certificate, cases[i].more);
        if (cases[i].failure == ROOST_TLS_NONE) {
            expect_good(&tls, NULL);
            expect_good(NULL, pem);
        } else {
            expect_failure(&tls, NULL, cases[i].failure);
            expect_failure(NULL, pem, cases[i].failure);
        }
        stop_serving();
    }
}

/* Of several roots one counts; none, and the system's do not when there are own ones. */
static void test_roots(void **state)
{
    const struct roost_pki_text both[] = {roost_pki_text(test.other_ca, strlen(test.other_ca)),
                                          roost_pki_text(test.ca, strlen(test.ca))};
    const struct roost_tls_options tls = {.roots = both, .root_count = 2},
                                   none = {.roots = both, .root_count = 0},
                                   system = {.roots = NULL};
    static const char *const plain[] = {NULL};

    (void)state;
    serve("server", plain);
    expect_good(&tls, NULL);
    expect_failure(&none, in_dir("ca.pem"), ROOST_TLS_AUTHORITY);
    expect_failure(&system, NULL, ROOST_TLS_AUTHORITY);
    expect_good(&system, in_dir("ca.pem"));
    stop_serving();
}

/* What is no TLS at all is none of the reasons that have a report of their own. */
static void test_no_tls(void **state)
{
    const struct roost_pki_text ca = roost_pki_text(test.ca, strlen(test.ca));
    const struct roost_tls_options tls = {.roots = &ca, .root_count = 1};
    char port[16];
    const char *const argv[] = {"node", "-e",
                                "require('net').createServer(s => { s.on('error', () => {});"
                                "s.end('SSH-2.0-nothing of yours\\r\\n') })"
                                ".listen(+process.argv[1], '127.0.0.1')",
                                port, NULL};

    (void)state;
    test.port = support_free_port();
    snprintf(port, sizeof port, "%u", test.port);
    test.server = support_spawn(argv, in_dir("server.log"));
    assert_true(support_wait_port(test.port, WAIT_MS));
    expect_failure(&tls, NULL, ROOST_TLS_OTHER);
    stop_serving();
}

/* ---- mutual TLS ---- */

static void sign_request(const char *request)
{
    const char *const argv[] = {"openssl", "x509",           "-req",   "-in",    in_dir("csr.pem"),
                                "-CA",     in_dir("ca.pem"), "-CAkey", "ca.key", "-days",
                                "1",       "-set_serial",    "77",     "-out",   "client.pem",
                                NULL};

    support_write_file(in_dir("csr.pem"), request, strlen(request));
    assert_int_equal(support_end(support_spawn(argv, in_dir("sign.log")), 0, WAIT_MS), 0);
}

static void test_slot(void **state)
{
    static const char *const asks12[] = {"-tls1_2", "-Verify", "1", "-verify_return_error",
                                         "-CAfile", "ca.pem",  NULL};
    static const char *const asks13[] = {"-tls1_3", "-Verify", "1", "-verify_return_error",
                                         "-CAfile", "ca.pem",  NULL};
    const struct roost_pki *pki = &test.board.port.pki;
    const struct roost_pki_subject subject = {.common_name = "unit"};
    const struct roost_pki_text ca = roost_pki_text(test.ca, strlen(test.ca));
    const struct roost_tls_options bare = {.roots = &ca, .root_count = 1},
                                   shown = {.roots = &ca, .root_count = 1, .slot = "csms"};
    char request[ROOST_PKI_REQUEST_MAX];
    size_t len;

    (void)state;
    serve("server", asks12);
    expect_ws(&shown, NULL, ROOST_ERR_NOT_FOUND, 0); /* no pair in it yet */
    expect_http(&shown, NULL, ROOST_ERR_NOT_FOUND, 0);
    assert_int_equal(pki->ops->generate(pki->ctx, "csms", ROOST_PKI_P256), 0);
    assert_true(pki->ops->request(pki->ctx, "csms", &subject, request, sizeof request) > 0);
    sign_request(request);
    char *certificate = support_read_file(in_dir("client.pem"), &len);
    const struct roost_pki_text chain = roost_pki_text(certificate, len);
    assert_int_equal(pki->ops->bind(pki->ctx, "csms", &chain), 0);
    free(certificate);
    expect_good(&shown, NULL);
    expect_failure(&bare, NULL, ROOST_TLS_OTHER); /* it is us whom they do not know */
    stop_serving();
    serve("server", asks13);
    expect_good(&shown, NULL);
    expect_failure(&bare, NULL, ROOST_TLS_OTHER);
    stop_serving();
}

static int set_up(void **state)
{
    static const char body[BODY_BYTES];
    const struct roost_board_options options = {.post = post};
    char why[256];

    (void)state;
    support_make_dir(test.dir);
    support_make_certificates(test.dir);
    support_write_file(in_dir("body.bin"), body, sizeof body);
    test.ca = support_read_file(in_dir("ca.pem"), NULL);
    test.other_ca = support_read_file(in_dir("other-ca.pem"), NULL);
    if (chdir(test.dir) || roost_host_init(&test.host, uv_default_loop()))
        return -1;
    return roost_board_init(&test.board, &test.host, &options, why, sizeof why);
}

static int tear_down(void **state)
{
    (void)state;
    roost_board_close_now(&test.board);
    roost_host_deinit(&test.host);
    uv_loop_close(uv_default_loop());
    free(test.ca);
    free(test.other_ca);
    if (chdir("/"))
        return -1;
    support_remove_dir(test.dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_P35_reasons),
        cmocka_unit_test(test_roots),
        cmocka_unit_test(test_no_tls),
        cmocka_unit_test(test_slot),
    };

    return cmocka_run_group_tests_name("trust", tests, set_up, tear_down);
}
