/* SPDX-License-Identifier: Apache-2.0 */
/* What stands where a setting names a file, and is none: the start neither waits for it nor reads
 * it, and says which setting it is of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/err.h"
#include "hub/settings.h"
#include "hub/settings_table.h"

static char folder[64], why[SETTINGS_WHY_MAX];

static const char *const odd[][2] = {
    {"pipe", "pipe"}, {"folder", "folder"}, {"socket", "socket"}, {"/dev/zero", "device"}};
enum { ODD = sizeof odd / sizeof odd[0] };

static int setup(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};

    (void)state;
    alarm(20); /* who waits for a pipe is ended, and so fails */
    strcpy(folder, "/tmp/roost-files-XXXXXX");
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int bad = fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0;
    if (fd >= 0)
        close(fd);
    return bad || mkfifo("pipe", 0600) != 0 || mkdir("folder", 0700) != 0 ? -1 : 0;
}

static int teardown(void **state)
{
    char command[96];

    (void)state;
    alarm(0);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void expect_named(int err, const char *name, const char *value, const char *what)
{
    if (err != ROOST_ERR_UNSUPPORTED)
        fail_msg("%s = %s was taken: %s", name, value, why);
    if (!strstr(why, name) || !strstr(why, value) || !strstr(why, what) ||
        !strstr(why, "a regular file is needed"))
        fail_msg("\"%s\" lacks %s, %s or %s", why, name, value, what);
    assert_null(strchr(why, '\n'));
}

/* beside: what the setting needs to be looked at, or NULL. */
static void expect_refused(const char *name, const char *value, const char *what,
                           const char *beside)
{
    struct settings *settings = NULL;
    char variable[128];
    char *const environment[] = {variable, (char *)beside, NULL};

    snprintf(variable, sizeof variable, "%s=%s", name, value);
    why[0] = '\0';
    expect_named(settings_load(&settings, NULL, environment, why, sizeof why), name, value, what);
    expect_named(settings_examine(&settings, NULL, environment, why, sizeof why), name, value,
                 what);
}

static void a_secret_is_read_from_a_regular_file_only(void **state)
{
    size_t settings = 0;

    (void)state;
    for (size_t i = 0; i < setting_count; i++) {
        if (setting_table[i].type != SETTING_SECRET_FILE)
            continue;
        settings++;
        for (size_t k = 0; k < ODD; k++)
            expect_refused(setting_table[i].name, odd[k][0], odd[k][1], NULL);
    }
    assert_true(settings >= 4);
    for (size_t k = 0; k < ODD; k++)
        expect_refused("ROOST_FACTORY_KEY_FILE", odd[k][0], odd[k][1], NULL);
}

static void other_files_are_regular_ones(void **state)
{
    static const char *const names[][2] = {{"ROOST_TLS_CERT", "ROOST_TLS_KEY=key.pem"},
                                           {"ROOST_TLS_KEY", "ROOST_TLS_CERT=cert.pem"},
                                           {"ROOST_MQTT_CA", "MQTT_URL=mqtts://h"}};
    char url[64];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (size_t k = 0; k < ODD; k++)
            expect_refused(names[i][0], odd[k][0], odd[k][1], names[i][1]);
    for (size_t k = 0; k < ODD; k++) {
        snprintf(url, sizeof url, "sqlite:%s", odd[k][0]);
        expect_refused("DATABASE_URL", url, odd[k][1], NULL);
        expect_refused("SERIES_URL", url, odd[k][1], NULL);
    }
}

static void settings_are_in_a_regular_file(void **state)
{
    struct settings *settings = NULL;
    char *none[] = {NULL};

    (void)state;
    for (size_t k = 0; k < ODD; k++)
        expect_named(settings_load(&settings, odd[k][0], none, why, sizeof why), odd[k][0],
                     odd[k][0], odd[k][1]);
}

/* A key that was drawn before stands where a pipe is now. */
static void a_kept_key_is_a_regular_file(void **state)
{
    struct settings *settings = NULL;
    char *none[] = {NULL};

    (void)state;
    assert_int_equal(rename("pipe", "roost-jwt.key"), 0);
    expect_named(settings_load(&settings, NULL, none, why, sizeof why), "JWT_SECRET_KEY",
                 "roost-jwt.key", "pipe");
}

/* What a link leads to counts, as secrets are mounted. */
static void a_link_to_a_file_is_one(void **state)
{
    struct settings *settings = NULL;
    char *environment[] = {(char *)"ROOST_MQTT_PASSWORD_FILE=link", (char *)"ROOST_MQTT_USER=hub",
                           NULL};
    FILE *file = fopen("folder/password", "w");

    (void)state;
    assert_non_null(file);
    assert_true(fputs("of-a-mount\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(symlink("folder/password", "link"), 0);
    assert_int_equal(settings_load(&settings, NULL, environment, why, sizeof why), 0);
    assert_string_equal(settings->mqtt.password, "of-a-mount");
    settings_free(settings);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_secret_is_read_from_a_regular_file_only),
        TEST(other_files_are_regular_ones),
        TEST(settings_are_in_a_regular_file),
        TEST(a_kept_key_is_a_regular_file),
        TEST(a_link_to_a_file_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
