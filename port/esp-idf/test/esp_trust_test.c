/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chip's TLS (esp_trust.h, esp_certificates.c) on a host: mbedTLS as a client, set up through
 * the hook as ESP-IDF's clients do it, against OpenSSL's server (P-35).
 */
#include "port/esp-idf/esp_trust.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "mbedtls/net_sockets.h"

#include "core/err.h"
#include "port/esp-idf/esp_part.h"
#include "port/linux/linux.h"
#include "tests/support/certs.h"
#include "tests/support/support.h"

enum { WAIT_MS = 15000 };

static struct {
    struct roost_host host;
    struct roost_board board;
    struct roost_port port; /* the board's, with the chip's certificates */
    char dir[SUPPORT_PATH_MAX];
    char *ca, *other_ca;
    pid_t server;
    uint16_t server_port;
} test;

static int post(void *ctx, const struct roost_event *event)
{
    (void)ctx;
    (void)event;
    return 0;
}

static const char *in_dir(const char *name)
{
    static char paths[4][SUPPORT_PATH_MAX + 32];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", test.dir, name);
    return path;
}

static void serve(const char *name, const char *const more[])
{
    char accept[16], certificate[64], key[64];
    const char *argv[24] = {"openssl", "s_server", "-quiet",    "-WWW", "-accept",
                            accept,    "-cert",    certificate, "-key", key};
    size_t count = 10;

    while (*more)
        argv[count++] = *more++;
    test.server_port = support_free_port();
    snprintf(accept, sizeof accept, "%u", test.server_port);
    snprintf(certificate, sizeof certificate, "%s.pem", name);
    snprintf(key, sizeof key, "%s.key", name);
    test.server = support_spawn(argv, in_dir("server.log"));
    assert_true(support_wait_port(test.server_port, WAIT_MS));
}

static void stop_serving(void)
{
    (void)support_end(test.server, SIGKILL, WAIT_MS);
}

static int draw(void *ctx, unsigned char *out, size_t len)
{
    (void)ctx;
    test.port.random.ops->fill(test.port.random.ctx, out, len);
    return 0;
}

/* A handshake as esp-tls makes it, then a byte each way. Returns mbedTLS's error. */
static int shake_hands(struct esp_trust *trust, const mbedtls_ssl_config *conf, uint32_t *flags)
{
    static const char request[] = "GET /body.bin HTTP/1.0\r\n\r\n";
    unsigned char byte;
    char port[8];
    mbedtls_ssl_context ssl;
    mbedtls_net_context net;

    mbedtls_ssl_init(&ssl);
    mbedtls_net_init(&net);
    snprintf(port, sizeof port, "%u", test.server_port);
    assert_int_equal(mbedtls_net_connect(&net, "127.0.0.1", port, MBEDTLS_NET_PROTO_TCP), 0);
    assert_int_equal(mbedtls_ssl_setup(&ssl, conf), 0);
    assert_int_equal(mbedtls_ssl_set_hostname(&ssl, trust->host), 0);
    mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, NULL);
    int err = mbedtls_ssl_handshake(&ssl);
    *flags = err ? mbedtls_ssl_get_verify_result(&ssl) : 0;
    if (!err && mbedtls_ssl_write(&ssl, (const unsigned char *)request, sizeof request - 1) < 0)
        err = -1;
    if (!err) {
        err = mbedtls_ssl_read(&ssl, &byte, 1);
        err = err == 1 ? 0 : err;
    }
    mbedtls_net_free(&net);
    mbedtls_ssl_free(&ssl);
    return err;
}

static void expect(const struct roost_tls_options *tls, const char *ca_pem,
                   enum roost_tls_failure failure)
{
    struct esp_trust trust;
    mbedtls_ssl_config conf;
    uint32_t flags;

    assert_int_equal(esp_trust_begin(&trust, &test.port, tls, ca_pem, "localhost"), 0);
    assert_true(esp_trust_decides(&trust));
    mbedtls_ssl_config_init(&conf);
    assert_int_equal(mbedtls_ssl_config_defaults(&conf, MBEDTLS_SSL_IS_CLIENT,
                                                 MBEDTLS_SSL_TRANSPORT_STREAM,
                                                 MBEDTLS_SSL_PRESET_DEFAULT),
                     0);
    mbedtls_ssl_conf_rng(&conf, draw, NULL);
    assert_int_equal(esp_trust_configure(&trust, &conf), 0);
    int err = shake_hands(&trust, &conf, &flags);
    assert_int_equal(err == 0, failure == ROOST_TLS_NONE);
    assert_int_equal(esp_trust_failure(&trust, err, flags), failure);
    mbedtls_ssl_config_free(&conf);
    esp_trust_end(&trust);
}

static void test_P35_reasons(void **state)
{
    static const char *const tls11[] = {"-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0", NULL};
    static const char *const cbc[] = {"-tls1_2", "-cipher",
                                      "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA", NULL};
    static const char *const plain[] = {NULL};
    static const struct {
        const char *certificate;
        const char *const *more;
        bool other_root;
        enum roost_tls_failure failure;
    } cases[] = {
        {"server", plain, false, ROOST_TLS_NONE},
        {"server", plain, true, ROOST_TLS_AUTHORITY},
        {"elsewhere", plain, false, ROOST_TLS_NAME},
        {"expired", plain, false, ROOST_TLS_EXPIRED},
        {"server", tls11, false, ROOST_TLS_CIPHER},
        /* mbedTLS does not tell it from the next */ {"server", cbc, false, ROOST_TLS_CIPHER},
    };
    const struct roost_pki_text ca = roost_pki_text(test.ca, strlen(test.ca)),
                                other = roost_pki_text(test.other_ca, strlen(test.other_ca));

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct roost_tls_options tls = {.roots = cases[i].other_root ? &other : &ca,
                                              .root_count = 1};
        serve(cases[i].certificate, cases[i].more);
        expect(&tls, NULL, cases[i].failure);
        expect(NULL, cases[i].other_root ? test.other_ca : test.ca, cases[i].failure);
        stop_serving();
    }
}

static void test_slot(void **state)
{
    static const char *const asks[] = {"-tls1_2", "-Verify", "1", "-verify_return_error",
                                       "-CAfile", "ca.pem",  NULL};
    static const char *const argv[] = {
        "openssl", "x509",  "-req", "-in",         "csr.pem", "-CA",  "ca.pem",     "-CAkey",
        "ca.key",  "-days", "1",    "-set_serial", "77",      "-out", "client.pem", NULL};
    const struct roost_pki *pki = &test.port.pki;
    const struct roost_pki_subject subject = {.common_name = "unit"};
    const struct roost_pki_text ca = roost_pki_text(test.ca, strlen(test.ca));
    const struct roost_tls_options bare = {.roots = &ca, .root_count = 1},
                                   shown = {.roots = &ca, .root_count = 1, .slot = "csms"};
    char request[ROOST_PKI_REQUEST_MAX];
    struct esp_trust trust;
    size_t len;

    (void)state;
    assert_int_equal(esp_trust_begin(&trust, &test.port, &shown, NULL, "localhost"),
                     ROOST_ERR_NOT_FOUND);
    assert_int_equal(pki->ops->generate(pki->ctx, "csms", ROOST_PKI_P256), 0);
    assert_true(pki->ops->request(pki->ctx, "csms", &subject, request, sizeof request) > 0);
    support_write_file("csr.pem", request, strlen(request));
    assert_int_equal(support_end(support_spawn(argv, in_dir("sign.log")), 0, WAIT_MS), 0);
    char *pem = support_read_file("client.pem", &len), *whole = malloc(2 * ROOST_PKI_CHAIN_MAX);
    /* With its issuer behind it: two certificates are shown. */
    int whole_len = snprintf(whole, 2 * ROOST_PKI_CHAIN_MAX, "%s%s", pem, test.ca);
    const struct roost_pki_text chain = roost_pki_text(whole, (size_t)whole_len);
    assert_int_equal(pki->ops->bind(pki->ctx, "csms", &chain), 0);
    free(pem);
    free(whole);
    serve("server", asks);
    expect(&shown, NULL, ROOST_TLS_NONE);
    expect(&bare, NULL, ROOST_TLS_OTHER);
    stop_serving();
}

static void test_begin(void **state)
{
    struct esp_trust trust;
    static char host[ESP_TRUST_HOST_MAX + 2];

    (void)state;
    assert_int_equal(esp_trust_begin(&trust, &test.port, NULL, "no certificate", "localhost"),
                     ROOST_ERR_CRYPTO);
    memset(host, 'h', sizeof host - 1);
    assert_int_equal(esp_trust_begin(&trust, &test.port, NULL, NULL, host), ROOST_ERR_TOO_LONG);
    assert_int_equal(esp_trust_begin(&trust, &test.port, NULL, NULL, "localhost"), 0);
    assert_false(esp_trust_decides(&trust)); /* a bundle has to */
    esp_trust_end(&trust);
}

static int set_up(void **state)
{
    static const char body[100];
    const struct roost_board_options options = {.post = post};
    char why[256];

    (void)state;
    support_make_dir(test.dir);
    support_make_certificates(test.dir);
    test.ca = support_read_file(in_dir("ca.pem"), NULL);
    test.other_ca = support_read_file(in_dir("other-ca.pem"), NULL);
    if (chdir(test.dir) || roost_host_init(&test.host, uv_default_loop()) ||
        roost_board_init(&test.board, &test.host, &options, why, sizeof why))
        return -1;
    support_write_file("body.bin", body, sizeof body);
    test.port = test.board.port;
    return esp_certificates_driver.init(NULL, &test.port);
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
        cmocka_unit_test(test_slot),
        cmocka_unit_test(test_begin),
    };

    return cmocka_run_group_tests_name("chip's TLS", tests, set_up, tear_down);
}
