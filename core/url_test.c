/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/url.h"

static void test_parts(void **state)
{
    static const struct {
        const char *text, *scheme, *user, *password, *host, *path;
        uint16_t port;
    } cases[] = {
        {"mqtt://127.0.0.1:1883", "mqtt", "", "", "127.0.0.1", "", 1883},
        {"mqtts://broker.example", "mqtts", "", "", "broker.example", "", 0},
        {"mqtt://hub:a%2Fb%3A@[2001:db8::1]:1/", "mqtt", "hub", "a/b:", "2001:db8::1", "/", 1},
        {"http://u@h/p?q", "http", "u", "", "h", "/p?q", 0},
        {"http://a:b@c@h", "http", "a", "b@c", "h", "", 0},
        {"http://:p@h:65535?x", "http", "", "p", "h", "?x", 65535},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char memory[64];
        struct roost_url url;
        assert_int_equal(roost_url_parse(&url, cases[i].text, memory, sizeof memory), 0);
        assert_string_equal(url.scheme, cases[i].scheme);
        assert_string_equal(url.user, cases[i].user);
        assert_string_equal(url.password, cases[i].password);
        assert_string_equal(url.host, cases[i].host);
        assert_string_equal(url.path, cases[i].path);
        assert_int_equal(url.port, cases[i].port);
        size_t exact = strlen(cases[i].text) + 1;
        assert_int_equal(roost_url_parse(&url, cases[i].text, memory, exact), 0);
        assert_int_equal(roost_url_parse(&url, cases[i].text, memory, exact - 1),
                         ROOST_ERR_TOO_LONG);
    }
}

static void test_bad(void **state)
{
    static const char *const cases[] = {
        "",
        "mqtt",
        "mqtt:/h",
        "mqtt://",
        "mqtt://:1883",
        "MQTT://h",
        "1m://h",
        "mqtt://h:",
        "mqtt://h:0",
        "mqtt://h:65536",
        "mqtt://h:x",
        "mqtt://h:0001883",
        "mqtt://u:%zz@h",
        "mqtt://u:%00@h",
        "mqtt://u%4@h",
        "mqtt://[::1",
        "mqtt://[]:1",
        "mqtt://[::1]x",
        "mqtt://[h]:1",
        "mqtt://a b",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char memory[64];
        struct roost_url url;
        if (roost_url_parse(&url, cases[i], memory, sizeof memory) != ROOST_ERR_INVALID)
            fail_msg("accepted: %s", cases[i]);
    }
}

static void test_host_port(void **state)
{
    (void)state;
    char memory[32];
    const char *host;
    uint16_t port;
    assert_int_equal(roost_url_parse_host_port(&host, &port, "[::]:8080", memory, sizeof memory),
                     0);
    assert_string_equal(host, "::");
    assert_int_equal(port, 8080);
    assert_int_equal(roost_url_parse_host_port(&host, &port, "0.0.0.0:80", memory, sizeof memory),
                     0);
    assert_string_equal(host, "0.0.0.0");
    assert_int_equal(roost_url_parse_host_port(&host, &port, "h", memory, sizeof memory),
                     ROOST_ERR_INVALID);
    assert_int_equal(roost_url_parse_host_port(&host, &port, ":80", memory, sizeof memory),
                     ROOST_ERR_INVALID);
    assert_int_equal(roost_url_parse_host_port(&host, &port, "::1:80", memory, sizeof memory),
                     ROOST_ERR_INVALID);
    assert_int_equal(roost_url_parse_host_port(&host, &port, "host:80", memory, 7),
                     ROOST_ERR_TOO_LONG);
}

static void test_mask(void **state)
{
    static const char *const cases[][2] = {
        {"mqtt://h:1", "mqtt://h:1"},
        {"mqtt://u@h:1", "mqtt://u@h:1"},
        {"mqtt://u:geheim@h:1/x@y", "mqtt://u:***@h:1/x@y"},
        {"mqtt://u:a:b@c@h", "mqtt://u:***@h"},
        {"u:geheim@h", "***"},
        {"nonsense", "nonsense"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[64];
        roost_url_mask(out, sizeof out, cases[i][0]);
        assert_string_equal(out, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_host_port),
        cmocka_unit_test(test_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
