/* SPDX-License-Identifier: Apache-2.0 */
/* What a slip in the environment or the file does: it is named, and nothing starts with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/err.h"
#include "hub/settings.h"
#include "hub/settings_names.h"
#include "hub/settings_table.h"

static char folder[64], why[SETTINGS_WHY_MAX];

static int setup(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/roost-names-XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    char command[96];

    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

/* With one variable, and the file of that text. */
static int load_one(struct settings **settings, const char *text, const char *variable)
{
    char *const environment[] = {(char *)variable, NULL};

    write_file("roost.ini", text);
    why[0] = '\0';
    return settings_load(settings, "roost.ini", environment, why, sizeof why);
}

static void expect_refused(const char *text, const char *variable, const char *part1,
                           const char *part2)
{
    struct settings *settings = NULL;

    if (load_one(&settings, text, variable) != ROOST_ERR_INVALID)
        fail_msg("%s was taken: %s", variable, why);
    if (!strstr(why, part1) || !strstr(why, part2))
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", why, part1, part2);
    assert_null(strpbrk(why, "\r\n\t"));
}

static void blanks_at_an_end_are_refused(void **state)
{
    static const char *const cases[][3] = {
        {"DATABASE_URL=sqlite:roost.db ", "DATABASE_URL = \"sqlite:roost.db \"", "end"},
        {"DATABASE_URL=sqlite:roost.db\t", "DATABASE_URL", "end"},
        {"DATABASE_URL=sqlite:roost.db\r", "\"sqlite:roost.db?\"", "carriage return"},
        {"DATABASE_URL=sqlite:roost.db\n", "DATABASE_URL", "end"},
        {"DATABASE_URL=sqlite:roost.db\xC2\xA0", "DATABASE_URL", "end"},
        {"SERIES_URL= sqlite:s.db", "SERIES_URL", "beginning"},
        {"SERIES_URL=\xEF\xBB\xBFsqlite:s.db", "SERIES_URL", "beginning"},
        {"MQTT_URL=mqtt://h\r", "MQTT_URL", "carriage return"},
        {"ROOST_DEVICE_POLICY=closed\r", "ROOST_DEVICE_POLICY", "carriage return"},
        {"ROOST_TRIGGER_INTERVAL_S=5 ", "ROOST_TRIGGER_INTERVAL_S", "end"},
        {"ROOST_WEB_ROOT=/srv/web ", "ROOST_WEB_ROOT", "end"},
        {"ENVIRONMENT=production ", "ENVIRONMENT", "end"},
        {"ROOST_MQTT_USER= ", "ROOST_MQTT_USER", "blank"},
        {"ROOST_MQTT_PASSWORD=geheim ", "ROOST_MQTT_PASSWORD = \"***\"", "end"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_refused("", cases[i][0], cases[i][1], cases[i][2]);
    assert_null(strstr(why, "geheim"));
    expect_refused("ROOST_WEB_ROOT = /srv\xC2\xA0\n", "A=", "roost.ini:1", "end");
}

/* Every setting of the table, whatever its type. */
static void no_setting_takes_a_blank(void **state)
{
    char variable[160];

    (void)state;
    for (size_t i = 0; i < setting_count; i++) {
        snprintf(variable, sizeof variable, "%s=%s ", setting_table[i].name,
                 setting_table[i].initial[0] ? setting_table[i].initial : "x");
        expect_refused("", variable, setting_table[i].name, "blank at its end");
    }
}

/* Blanks inside are the value's own, and the file's reader takes those around it away. */
static void other_blanks_are_kept(void **state)
{
    struct settings *s = NULL;

    (void)state;
    assert_int_equal(load_one(&s, "ROOST_MQTT_CLIENT_ID =  a b \r\n", "ALLOWED_HOSTS=a, b"), 0);
    assert_string_equal(s->mqtt_client_id, "a b");
    assert_string_equal(s->allowed_hosts, "a, b");
    settings_free(s);
}

static void a_secret_file_with_a_blank_is_refused(void **state)
{
    (void)state;
    write_file("secret", "not-shown-anywhere \nsecond\n");
    expect_refused("", "ROOST_MQTT_PASSWORD_FILE=secret", "ROOST_MQTT_PASSWORD_FILE", "blank");
    assert_null(strstr(why, "not-shown"));
}

static void quotes_around_a_value_are_refused(void **state)
{
    static const char *const cases[][3] = {
        {"DATABASE_URL=\"sqlite:x\"", "DATABASE_URL = \"\"sqlite:x\"\"", "quotes around it"},
        {"SERIES_URL='sqlite:s.db'", "SERIES_URL", "quotes around it"},
        {"MQTT_URL=\"mqtt://u:geheim@h\"", "MQTT_URL", "quotes around it"},
        {"ROOST_WEB_ROOT=`/srv/web`", "ROOST_WEB_ROOT", "quotes around it"},
        {"ROOST_MQTT_USER=\xE2\x80\x9Chub\xE2\x80\x9D", "ROOST_MQTT_USER", "quotes around it"},
        {"ROOST_NTP_SERVERS=\xC2\xABpool\xC2\xBB", "ROOST_NTP_SERVERS", "quotes around it"},
        {"ROOST_DEVICE_POLICY=\"closed\"", "ROOST_DEVICE_POLICY", "quotes around it"},
        {"ROOST_TRIGGER_INTERVAL_S='5'", "ROOST_TRIGGER_INTERVAL_S", "quotes around it"},
        {"ENVIRONMENT=\"production", "ENVIRONMENT", "a quote at one end"},
        {"ROOST_TLS_CERT=cert.pem'", "ROOST_TLS_CERT", "a quote at one end"},
        {"ALLOWED_HOSTS=\"", "ALLOWED_HOSTS", "a quote at one end"},
        {"ROOST_MQTT_CA=\"\"", "ROOST_MQTT_CA", "quotes around it"},
        {"ROOST_MQTT_PASSWORD='geheim'", "ROOST_MQTT_PASSWORD = \"***\"", "quotes around it"},
        {"ROOST_MQTT_PASSWORD_FILE='secret'", "ROOST_MQTT_PASSWORD_FILE", "quotes around it"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_refused("", cases[i][0], cases[i][1], cases[i][2]);
        assert_null(strstr(why, "geheim"));
    }
    expect_refused("\nDATABASE_URL = \"sqlite:x\"\n", "A=", "roost.ini:2", "quotes around it");
    assert_int_not_equal(access("x\"", F_OK), 0);
    write_file("secret", "'not-shown-anywhere'\n");
    expect_refused("", "ROOST_MQTT_PASSWORD_FILE=secret", "ROOST_MQTT_PASSWORD_FILE", "quotes");
    assert_null(strstr(why, "not-shown"));
}

static void no_setting_takes_quotes(void **state)
{
    char variable[160];

    (void)state;
    for (size_t i = 0; i < setting_count; i++) {
        snprintf(variable, sizeof variable, "%s=\"%s\"", setting_table[i].name,
                 setting_table[i].initial[0] ? setting_table[i].initial : "x");
        expect_refused("", variable, setting_table[i].name, "quotes around it");
    }
}

/* A password that was drawn may hold any letter, and a quote inside a value is its own. */
static void other_quotes_are_kept(void **state)
{
    struct settings *s = NULL;

    (void)state;
    assert_int_equal(load_one(&s, "ROOST_MQTT_USER = o'hara\n", "ROOST_MQTT_PASSWORD='x\""), 0);
    assert_string_equal(s->mqtt_password, "'x\"");
    assert_string_equal(s->mqtt_user, "o'hara");
    settings_free(s);
}

static void misspelt_names_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"DATABSE_URL=sqlite:a.db", "DATABASE_URL is"},
        {"DATABASE_URLS=sqlite:a.db", "DATABASE_URL is"},
        {"DATABASE_ULR=sqlite:a.db", "DATABASE_URL is"},
        {"DATABASE_URI=sqlite:a.db", "DATABASE_URL is"},
        {"ROOST_DATABASE_URL=sqlite:a.db", "DATABASE_URL is"},
        {"SERIES_UL=sqlite:a.db", "SERIES_URL is"},
        {"ROOST_DEVICE_POLCY=closed", "ROOST_DEVICE_POLICY is"},
        {"ROOST_DEVICES_POLICY=closed", "ROOST_DEVICE_POLICY is"},
        {"ROOST_LISTN=0.0.0.0:80", "ROOST_LISTEN is"},
        {"ROOSTLISTEN=0.0.0.0:80", "ROOST_LISTEN is"},
        {"Roost_Listen=0.0.0.0:80", "ROOST_LISTEN is"},
        {"roost_listen=0.0.0.0:80", "ROOST_LISTEN is"},
        {"MQTT_PASSWORD=geheim", "ROOST_MQTT_PASSWORD is"},
        {"MQTT_USER=u", "ROOST_MQTT_USER is"},
        {"JWT_SECRETKEY=geheim", "JWT_SECRET_KEY is"},
        {"ENVIROMENT=production", "ENVIRONMENT is"},
        {"ALOWED_HOSTS=a", "ALLOWED_HOSTS is"},
        {"CORS_ALLOWED_ORIGIN=https://a", "CORS_ALLOWED_ORIGINS is"},
        {"ROOST_DEVICE_POLCY=", "ROOST_DEVICE_POLICY is"},
    };
    char name[64];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(name, sizeof name, "%.*s (environment)", (int)strcspn(cases[i][0], "="),
                 cases[i][0]);
        expect_refused("", cases[i][0], name, cases[i][1]);
        assert_null(strstr(why, "geheim"));
    }
}

/* One letter left out of any setting's name is noticed. */
static void every_name_is_guarded(void **state)
{
    const char *near;
    char name[80];

    (void)state;
    for (size_t i = 0; i < setting_count; i++) {
        size_t len = strlen(setting_table[i].name);
        for (size_t cut = 0; cut < len; cut++) {
            memcpy(name, setting_table[i].name, cut);
            memcpy(name + cut, setting_table[i].name + cut + 1, len - cut);
            if (settings_name_judge(name, len - 1, &near) != SETTINGS_NAME_MISSPELT)
                fail_msg("%s", name);
        }
    }
}

static void foreign_names_are_left_alone(void **state)
{
    static const char *const names[] = {
        "PATH",     "HOME",          "LOG_LEVEL",         "PUBLIC_URL", "ADMIN_EMAIL",
        "LISTEN",   "LISTEN_FDS",    "WEB_ROOT",          "ROOST_BIN",  "ROOST_HTTP_PORT",
        "TLS_CERT", "HTTP_PORT",     "ROOST_MQTT_PORT",   "MQTT_PORT",  "MQTT_PORT_1883_TCP_ADDR",
        "LANG",     "ROOST_SESSION", "MQTT_SERVICE_HOST", "_",          "",
    };
    const char *near;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (settings_name_judge(names[i], strlen(names[i]), &near) != SETTINGS_NAME_FOREIGN)
            fail_msg("%s", names[i]);
}

/* Like ours and near to none: the hub starts and says it. */
static void unknown_names_are_told(void **state)
{
    char *const environment[] = {"ROOST_COLOUR_OF_THE_BARN=red", "HOME=/", "DATABASE_HOSTNAME=h",
                                 NULL};
    struct settings *s = NULL;

    (void)state;
    assert_int_equal(settings_load(&s, NULL, environment, why, sizeof why), 0);
    assert_string_equal(s->unknown_names, "ROOST_COLOUR_OF_THE_BARN, DATABASE_HOSTNAME");
    settings_free(s);
}

static void who_only_looks_leaves_nothing_behind(void **state)
{
    char *const environment[] = {"SERIES_URL=sqlite:s.db", NULL};
    char *const nowhere[] = {"DATABASE_URL=sqlite:nowhere/a.db", NULL};
    struct settings *s = NULL;
    struct dirent *entry;
    size_t entries = 0;

    (void)state;
    assert_int_equal(settings_examine(&s, NULL, environment, why, sizeof why), 0);
    assert_int_equal(strlen(s->jwt_secret), 64);
    settings_free(s);
    assert_int_equal(settings_examine(&s, NULL, nowhere, why, sizeof why), ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(why, "DATABASE_URL"));
    DIR *dir = opendir(".");
    while ((entry = readdir(dir)))
        entries += entry->d_name[0] != '.';
    closedir(dir);
    assert_int_equal(entries, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(blanks_at_an_end_are_refused),
        TEST(no_setting_takes_a_blank),
        TEST(other_blanks_are_kept),
        TEST(a_secret_file_with_a_blank_is_refused),
        TEST(quotes_around_a_value_are_refused),
        TEST(no_setting_takes_quotes),
        TEST(other_quotes_are_kept),
        TEST(misspelt_names_are_refused),
        cmocka_unit_test(every_name_is_guarded),
        cmocka_unit_test(foreign_names_are_left_alone),
        TEST(unknown_names_are_told),
        TEST(who_only_looks_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
