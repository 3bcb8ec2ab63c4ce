/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/device/login.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "apps/device/options.h"
#include "core/err.h"
#include "tests/support/support.h"

/* The group does not lie at the beginning of the settings. */
static struct settings {
    const char *before;
    struct device_login login;
} settings;
static char why[256];

static int read_options(int argc, char **argv)
{
    static const struct option_spec own = {.name = "before", .value = "TEXT"};
    const struct option_set sets[] = {
        {&own, 1, &settings}, {device_login_options, DEVICE_LOGIN_OPTIONS, &settings.login}};

    settings = (struct settings){0};
    int err = options_parse_sets(sets, 2, argc, argv, why, sizeof why);
    return err ? err : device_login_check(&settings.login, why, sizeof why);
}

#define READ(...)                                                                                  \
    read_options((int)(sizeof((char *[]){"x", __VA_ARGS__}) / sizeof(char *)),                     \
                 (char *[]){"x", __VA_ARGS__, NULL})

static void a_login_becomes_what_mqtt_takes(void **state)
{
    char dir[SUPPORT_PATH_MAX], path[SUPPORT_PATH_MAX + 16];

    (void)state;
    support_make_dir(dir);
    snprintf(path, sizeof path, "%s/password", dir);
    support_write_file(path, "seven\n", 6);
    int err = READ("--before", "1", "--broker", "mqtt://hub:1884", "--user", "u", "--password-file",
                   path);
    support_remove_dir(dir);
    assert_int_equal(err, 0);
    assert_string_equal(settings.before, "1");
    const struct roost_mqtt_options mqtt = device_login_mqtt(&settings.login, 40);
    assert_string_equal(mqtt.host, "hub");
    assert_int_equal(mqtt.port, 1884);
    assert_false(mqtt.tls);
    assert_null(mqtt.ca_pem);
    assert_string_equal(mqtt.user, "u");
    assert_string_equal(mqtt.password, "seven");
    assert_int_equal(mqtt.keepalive_s, 40);
    assert_true(mqtt.clean_session);
}

static void without_a_password_there_is_none(void **state)
{
    (void)state;
    assert_int_equal(READ("--broker", "mqtts://hub", "--user", "u"), 0);
    const struct roost_mqtt_options mqtt = device_login_mqtt(&settings.login, 30);
    assert_true(mqtt.tls);
    assert_null(mqtt.password);
}

static void what_does_not_go_together_is_refused(void **state)
{
    (void)state;
    assert_int_equal(READ("--user", "u"), ROOST_ERR_INVALID);
    assert_non_null(strstr(why, "--broker URL: is required"));
    assert_int_equal(READ("--broker", "tcp://x"), ROOST_ERR_INVALID);
    assert_non_null(strstr(why, "--broker tcp://x: allowed is"));
    assert_int_equal(READ("--broker", "mqtt://x", "--password-file", "p"), ROOST_ERR_INVALID);
    assert_string_equal(why, "--password-file p: needs --user too");
    assert_int_equal(READ("--broker", "mqtt://x", "--ca", "c"), ROOST_ERR_INVALID);
    assert_string_equal(why, "--ca c: needs a broker with mqtts://");
    assert_true(READ("--broker", "mqtts://x", "--ca", "/nowhere/c") < 0);
    assert_string_equal(why, "--ca /nowhere/c: No such file or directory");
    assert_true(READ("--broker", "mqtt://x", "--user", "u", "--password-file", "/nowhere/p") < 0);
    assert_string_equal(why, "--password-file /nowhere/p: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_becomes_what_mqtt_takes),
        cmocka_unit_test(without_a_password_there_is_none),
        cmocka_unit_test(what_does_not_go_together_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
