/* SPDX-License-Identifier: Apache-2.0 */
#include "host/broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct broker_address broker;
static char why[256];

static int parse(const char *url)
{
    return broker_address_parse(&broker, url, why, sizeof why);
}

static void test_addresses(void **state)
{
    (void)state;
    assert_int_equal(parse("mqtt://localhost:1884"), 0);
    assert_string_equal(broker.host, "localhost");
    assert_int_equal(broker.port, 1884);
    assert_false(broker.tls);
    assert_int_equal(parse("mqtts://broker.example"), 0);
    assert_true(broker.tls);
    assert_int_equal(broker.port, 8883);
    assert_int_equal(parse("mqtt://[::1]:99"), 0);
    assert_string_equal(broker.host, "::1");
    assert_int_equal(broker.port, 99);
    assert_int_equal(parse("mqtt://[::1]"), 0);
    assert_int_equal(broker.port, 1883);
}

static void test_bad_addresses(void **state)
{
    static const char *const bad[] = {"",
                                      "localhost",
                                      "http://x",
                                      "mqtt://",
                                      "mqtt://:1",
                                      "mqtt://[::1",
                                      "mqtt://[::1]x",
                                      "mqtt://a/b",
                                      "mqtt://user@host"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_true(parse(bad[i]) < 0);
    assert_true(parse("mqtt://a:0") < 0);
    assert_true(parse("mqtt://a:65536") < 0);
    assert_true(parse("mqtt://a:x") < 0);
    assert_string_equal(why, "--broker mqtt://a:x: allowed as port is 1 to 65535");
}

static int read_back(const char *content, char *out, size_t size)
{
    char path[] = "/tmp/roost-broker-test-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
    int err = broker_password_read(out, size, path, why, sizeof why);
    unlink(path);
    return err;
}

static void test_password(void **state)
{
    char out[9];

    (void)state;
    assert_int_equal(read_back("seven77\n", out, sizeof out), 0);
    assert_string_equal(out, "seven77");
    assert_int_equal(read_back("eight888", out, sizeof out), 0);
    assert_string_equal(out, "eight888");
    assert_int_equal(read_back("two\nlines that are longer", out, sizeof out), 0);
    assert_string_equal(out, "two");
    assert_true(read_back("nine99999", out, sizeof out) < 0);
    assert_true(read_back("\n", out, sizeof out) < 0);
    assert_true(broker_password_read(out, sizeof out, "/nowhere/at/all", why, sizeof why) < 0);
    assert_true(broker_password_read(out, sizeof out, "/dev/zero", why, sizeof why) < 0);
    assert_string_equal(why, "--password-file /dev/zero: is a device, a regular file is needed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_bad_addresses),
        cmocka_unit_test(test_password),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
