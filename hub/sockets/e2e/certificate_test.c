/* SPDX-License-Identifier: Apache-2.0 */
/* A service is told whose certificate a TLS client showed; one that does not verify gets no word.
 */
#include "rig.h"

static struct rig f;

static int setup(void **state)
{
    (void)state;
    rig_init(&f);
    f.config.tls_cert = f.cert;
    f.config.tls_key = f.key;
    f.config.tls_client_ca = f.ca;
    rig_start(&f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_deinit(&f);
    return 0;
}

static const char *who(struct roost_ws_options options)
{
    client_open(&f, "/echo/a", options);
    client_expect(&f, ROOST_EV_WS_OPENED);
    client_send(&f, "who");
    size_t i = client_expect(&f, ROOST_EV_WS_TEXT);
    client_send(&f, "close 1000");
    client_expect(&f, ROOST_EV_WS_CLOSED);
    return f.events[i].data;
}

static void test_certificate(void **state)
{
    (void)state;
    assert_string_equal(who((struct roost_ws_options){.cert_pem = f.cert, .key_pem = f.key}),
                        "server");
    assert_string_equal(who((struct roost_ws_options){0}), "");
}

static void test_bad_certificate(void **state)
{
    (void)state;
    client_open(&f, "/echo/a",
                (struct roost_ws_options){.cert_pem = f.bad_cert, .key_pem = f.bad_key});
    assert_true(f.events[client_expect(&f, ROOST_EV_WS_CLOSED)].status < 0);
    assert_int_equal(f.echo.asked, 0);
}

/* The server does not start without the authorities it is to ask. */
static void test_bad_settings(void **state)
{
    struct http_config config = f.config;
    struct http_server *server;

    (void)state;
    config.tls_client_ca = "/nowhere/ca.pem";
    assert_int_equal(http_server_new(&server, f.loop, &config, f.metrics), ROOST_ERR_NOT_FOUND);
    config.tls_client_ca = f.key;
    assert_int_equal(http_server_new(&server, f.loop, &config, f.metrics), ROOST_ERR_CRYPTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_certificate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_certificate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_settings, setup, teardown),
    };
    return cmocka_run_group_tests(tests, rig_host, rig_host_end);
}
