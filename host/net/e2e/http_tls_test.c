/* SPDX-License-Identifier: Apache-2.0 */
/* HTTPS, with OpenSSL's own client at the other end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "http_rig.h"
#include "tests/support/certs.h"
#include "tests/support/support.h"

static struct rig rig;
static char folder[SUPPORT_PATH_MAX];
static char ca[SUPPORT_PATH_MAX + 16], cert[SUPPORT_PATH_MAX + 16], key[SUPPORT_PATH_MAX + 16];
static SSL_CTX *client;

static int setup(void **state)
{
    (void)state;
    support_make_dir(folder);
    support_make_certificates(folder);
    snprintf(ca, sizeof ca, "%s/ca.pem", folder);
    snprintf(cert, sizeof cert, "%s/server.pem", folder);
    snprintf(key, sizeof key, "%s/server.key", folder);
    client = SSL_CTX_new(TLS_client_method());
    SSL_CTX_load_verify_file(client, ca);
    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    rig_init(&rig);
    rig.config.tls_cert = cert;
    rig.config.tls_key = key;
    rig_start(&rig);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    SSL_CTX_free(client);
    rig_stop(&rig);
    rig_join(&rig);
    support_remove_dir(folder);
    return 0;
}

static SSL *connect_tls(int fd)
{
    SSL *ssl = SSL_new(client);

    SSL_set_fd(ssl, fd);
    SSL_set1_host(ssl, "localhost");
    SSL_set_tlsext_host_name(ssl, "localhost");
    assert_int_equal(SSL_connect(ssl), 1);
    return ssl;
}

/* Reads until the text has come; returns what came. */
static const char *read_until(SSL *ssl, const char *end)
{
    static char got[128 * 1024];
    size_t len = 0;

    got[0] = '\0';
    while (!strstr(got, end)) {
        int n = SSL_read(ssl, got + len, (int)(sizeof got - 1 - len));
        if (n <= 0)
            fail_msg("ended after %zu bytes", len);
        len += (size_t)n;
        got[len] = '\0';
    }
    return got;
}

static void test_requests(void **state)
{
    static const char request[] = "GET /hello/tls HTTP/1.1\r\nHost: localhost\r\n\r\n";
    int fd = rig_connect(&rig);
    SSL *ssl = connect_tls(fd);

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(SSL_write(ssl, request, sizeof request - 1), sizeof request - 1);
        const char *got = read_until(ssl, "hello tls");
        assert_non_null(strstr(got, "Strict-Transport-Security: max-age="));
    }
    SSL_shutdown(ssl);
    SSL_free(ssl);
    close(fd);
}

/* More than fits in one record, in both directions, and more requests than are read at once. */
static void test_large_bodies(void **state)
{
    static char text[70 * 1024];
    int fd = rig_connect(&rig);
    SSL *ssl = connect_tls(fd);

    (void)state;
    int head =
        sprintf(text, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65536\r\n\r\n");
    memset(text + head, 'b', 65535);
    text[head + 65535] = 'e';
    assert_int_equal(SSL_write(ssl, text, head + 65536), head + 65536);
    read_until(ssl, "bbbe");
    size_t len = 0;
    for (int i = 0; i < 1000; i++)
        len += (size_t)sprintf(text + len, "GET /hello/%d HTTP/1.1\r\nHost: localhost\r\n\r\n", i);
    assert_int_equal(SSL_write(ssl, text, (int)len), (int)len);
    char expected[32];
    size_t answers = 0;
    static char got[4096];
    size_t kept = 0;
    while (answers < 1000) {
        int n = SSL_read(ssl, got + kept, (int)(sizeof got - 1 - kept));
        assert_true(n > 0);
        kept += (size_t)n;
        got[kept] = '\0';
        for (;;) {
            snprintf(expected, sizeof expected, "\r\n\r\nhello %zu", answers);
            char *found = strstr(got, expected);
            if (!found)
                break;
            found += strlen(expected);
            kept -= (size_t)(found - got);
            memmove(got, found, kept + 1);
            answers++;
        }
    }
    SSL_free(ssl);
    close(fd);
}

/* Text where a handshake belongs, and a handshake that stops: neither disturbs the others. */
static void test_no_handshake(void **state)
{
    char text[256];
    int plain = rig_connect(&rig);
    int silent = rig_connect(&rig);

    (void)state;
    send_text(plain, "GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n");
    read_to_end(plain, text, sizeof text);
    assert_null(strstr(text, "hello"));
    send_bytes(silent, "\x16\x03\x01\x02\x00\x01", 6);
    read_to_end(silent, text, sizeof text); /* ends by the request time-out */
    int fd = rig_connect(&rig);
    SSL_free(connect_tls(fd));
    close(plain);
    close(silent);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_large_bodies),
        cmocka_unit_test(test_no_handshake),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
