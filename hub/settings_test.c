/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "hub/settings.h"
#include "hub/settings_table.h"

/* What production needs beside what a test is about. */
#define COPPA_KEY ((char *)"COPPA_ENCRYPTION_KEY=9a41c7e2d85b3f60718293a4b5c6d7e8")
#define ESP32_KEY ((char *)"ESP32_SHARED_SECRET=0a97d2e48569b7fd1e05a6c3288f3b1c")

/* A folder of its own for each test, and the working directory: nothing is read or kept elsewhere.
 */
struct folder {
    char path[64];
    char why[SETTINGS_WHY_MAX];
};

static int setup(void **state)
{
    static struct folder folder;

    strcpy(folder.path, "/tmp/roost-settings-XXXXXX");
    if (!mkdtemp(folder.path) || chdir(folder.path) != 0)
        return -1;
    *state = &folder;
    return 0;
}

static int teardown(void **state)
{
    struct folder *folder = *state;
    char command[96];

    snprintf(command, sizeof command, "rm -r '%s'", folder->path);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* Loads the text as file, the strings as environment (NULL-terminated). */
static int load(struct folder *folder, struct settings **settings, const char *text,
                char *const *environment)
{
    static char *const none[] = {NULL};

    write_file("roost.ini", text);
    folder->why[0] = '\0';
    return settings_load(settings, "roost.ini", environment ? environment : none, folder->why,
                         sizeof folder->why);
}

static struct settings *load_ok(struct folder *folder, const char *text, char *const *environment)
{
    struct settings *settings = NULL;
    int err = load(folder, &settings, text, environment);

    if (err != 0)
        fail_msg("%s", folder->why);
    return settings;
}

/* A refusal that names the setting and what is allowed. */
static void expect_refused(struct folder *folder, const char *text, char *const *environment,
                           int err, const char *part1, const char *part2)
{
    struct settings *settings = NULL;

    assert_int_equal(load(folder, &settings, text, environment), err);
    assert_null(settings);
    if (!strstr(folder->why, part1) || !strstr(folder->why, part2))
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", folder->why, part1, part2);
    assert_null(strchr(folder->why, '\n'));
}

static void test_defaults(void **state)
{
    struct settings *s = load_ok(*state, "", NULL);

    assert_int_equal(s->environment, SETTINGS_DEVELOPMENT);
    assert_int_equal(s->log_level, ROOST_LOG_INFO);
    assert_string_equal(s->listen_address, "127.0.0.1");
    assert_int_equal(s->listen_port, 8080);
    assert_string_equal(s->mqtt.host, "127.0.0.1");
    assert_int_equal(s->mqtt.port, 1883);
    assert_false(s->mqtt.tls);
    assert_string_equal(s->mqtt.user, "");
    assert_string_equal(s->mqtt_client_id, "roostd");
    assert_string_equal(s->database_path, "roost.db");
    assert_string_equal(s->series_path, "series.db");
    assert_string_equal(s->charging_path, "charging.db");
    assert_true(s->trigger_temperature_degc == 0.5);
    assert_true(s->trigger_humidity_pct == 2.0);
    assert_true(s->trigger_sound);
    assert_int_equal(s->trigger_interval_s, 5);
    assert_int_equal(s->device_policy, 0);
    assert_int_equal(s->retention_days, 0);
    assert_int_equal(s->retention_share_pct, 25);
    settings_free(s);
}

static void test_environment_wins_over_file(void **state)
{
    char *environment[] = {"ROOST_DEVICE_POLICY=closed", "UNRELATED=1",
                           "ROOST_TRIGGER_SOUND=", "ROOST_TRIGGER_HUMIDITY=3.5", NULL};
    struct settings *s = load_ok(*state,
                                 "; a comment\n"
                                 "ROOST_LOG_LEVEL = debug\n"
                                 "[roostd]\n"
                                 "ROOST_DEVICE_POLICY = claim\n"
                                 "[roost]\n"
                                 "ROOST_TRIGGER_SOUND = off\n"
                                 "[roost-ml]\n"
                                 "models = /var/lib/roost/models\n",
                                 environment);

    assert_int_equal(s->log_level, ROOST_LOG_DEBUG);
    assert_int_equal(s->device_policy, 2);
    assert_false(s->trigger_sound); /* an empty variable is not set */
    assert_true(s->trigger_humidity_pct == 3.5);
    settings_free(s);
}

static void test_bad_values_name_setting_value_and_range(void **state)
{
    static const struct {
        const char *line, *part1, *part2;
        int err;
    } cases[] = {
        {"ROOST_TRIGGER_INTERVAL_S = abc", "\"abc\"", "an integer from 0 to 3600",
         ROOST_ERR_INVALID},
        {"ROOST_TRIGGER_INTERVAL_S = 3601", "\"3601\"", "0 to 3600", ROOST_ERR_RANGE},
        {"ROOST_TRIGGER_INTERVAL_S = -1", "\"-1\"", "0 to 3600", ROOST_ERR_RANGE},
        {"ROOST_TRIGGER_INTERVAL_S = 1.5", "\"1.5\"", "0 to 3600", ROOST_ERR_RANGE},
        {"ROOST_TRIGGER_TEMPERATURE = nan", "\"nan\"", "a number from 0 to 100", ROOST_ERR_INVALID},
        {"ROOST_TRIGGER_SOUND = maybe", "\"maybe\"", "true or false", ROOST_ERR_INVALID},
        {"ROOST_DEVICE_POLICY = Open", "\"Open\"", "open, claim or closed", ROOST_ERR_INVALID},
        {"ENVIRONMENT = staging", "\"staging\"", "development or production", ROOST_ERR_INVALID},
        {"ROOST_LISTEN = 8080", "ROOST_LISTEN = \"8080\"", "address:port", ROOST_ERR_INVALID},
        {"ROOST_LISTEN = 127.0.0.1:99999", "99999", "address:port", ROOST_ERR_INVALID},
        {"MQTT_URL = tcp://h", "MQTT_URL = \"tcp://h\"", "mqtts://", ROOST_ERR_INVALID},
        {"MQTT_URL = mqtt://h/topic", "MQTT_URL", "mqtt://host", ROOST_ERR_INVALID},
        {"DATABASE_URL = roost.db", "\"roost.db\"", "sqlite:path", ROOST_ERR_INVALID},
        {"DATABASE_URL = sqlite:", "\"sqlite:\"", "sqlite:path", ROOST_ERR_INVALID},
        {"DATABASE_URL = sqlite://roost.db", "DATABASE_URL", "sqlite:///path", ROOST_ERR_INVALID},
        {"SERIES_URL = sqlite:s.db?mode=ro", "SERIES_URL", "options", ROOST_ERR_INVALID},
        {"DATABASE_URL = sqlite:nowhere/a.db", "DATABASE_URL", "nowhere/", ROOST_ERR_NOT_FOUND},
        {"SERIES_URL = sqlite:roost.db", "SERIES_URL", "two files", ROOST_ERR_INVALID},
        {"CHARGING_URL = sqlite:roost.db", "CHARGING_URL", "one of its own", ROOST_ERR_INVALID},
        {"CHARGING_URL = sqlite:series.db", "CHARGING_URL", "one of its own", ROOST_ERR_INVALID},
        {"CHARGING_URL = charging.db", "\"charging.db\"", "sqlite:path", ROOST_ERR_INVALID},
        {"ROOST_PAY_URL = https://pay.example", "ROOST_PUBLIC_URL", "missing", ROOST_ERR_INVALID},
        {"ROOST_PUBLIC_URL = https://hub.example\nROOST_PAY_URL = https://pay.example",
         "ROOST_PAY_SECRET", "32 random bytes", ROOST_ERR_INVALID},
        {"ROOST_PAY_START_S = 4", "ROOST_PAY_START_S", "5", ROOST_ERR_RANGE},
        {"CORS_ALLOWED_ORIGINS = *", "CORS_ALLOWED_ORIGINS", "https://", ROOST_ERR_INVALID},
        {"ROOST_TLS_CERT = cert.pem", "ROOST_TLS_KEY is missing", "together", ROOST_ERR_INVALID},
        {"ROOST_MQTT_CA = ca.pem", "ROOST_MQTT_CA", "mqtts://", ROOST_ERR_INVALID},
        {"ROOST_ADMIN_EMAIL = a@b.example", "ROOST_ADMIN_PASSWORD is missing", "ROOST_ADMIN_EMAIL",
         ROOST_ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_refused(*state, cases[i].line, NULL, cases[i].err, cases[i].part1, cases[i].part2);
}

static void test_place_of_the_value_is_named(void **state)
{
    char *environment[] = {"ROOST_LOG_LEVEL=loud", NULL};

    expect_refused(*state, "\n\nROOST_LOG_LEVEL = loud\n", NULL, ROOST_ERR_INVALID, "roost.ini:3",
                   "debug");
    expect_refused(*state, "", environment, ROOST_ERR_INVALID, "environment", "debug");
}

static void test_file_is_read_strictly(void **state)
{
    char longest[5000];

    expect_refused(*state, "ROOST_LISTENS = 1\n", NULL, ROOST_ERR_INVALID,
                   "roost.ini:1: unknown setting", "ROOST_LISTENS");
    expect_refused(*state, "[other]\nROOST_LISTEN = 127.0.0.1:1\n", NULL, ROOST_ERR_INVALID,
                   "roost.ini:2", "[other]");
    expect_refused(*state, "ROOST_LISTEN = 127.0.0.1:1\nROOST_LISTEN = 127.0.0.1:2\n", NULL,
                   ROOST_ERR_INVALID, "roost.ini:2", "twice");
    expect_refused(*state, "\nnonsense\n", NULL, ROOST_ERR_INVALID, "roost.ini:2", "NAME = value");
    memset(longest, 'a', sizeof longest - 1);
    memcpy(longest, "ROOST_WEB_ROOT = ", 17);
    longest[sizeof longest - 1] = '\0';
    expect_refused(*state, longest, NULL, ROOST_ERR_TOO_LONG, "roost.ini:1", "longer than");
    longest[1200] = '\0';
    expect_refused(*state, longest, NULL, ROOST_ERR_TOO_LONG, "ROOST_WEB_ROOT", "0 to 1023");
    longest[900] = '\0';
    struct settings *s = load_ok(*state, longest, NULL);
    assert_int_equal(strlen(s->web_root), 900 - 17);
    settings_free(s);
}

static void test_missing_file(void **state)
{
    struct folder *folder = *state;
    struct settings *s;
    char *none[] = {NULL};

    assert_int_equal(settings_load(&s, "nowhere.ini", none, folder->why, sizeof folder->why),
                     ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(folder->why, "nowhere.ini"));
}

static void test_secrets_are_never_shown(void **state)
{
    char *weak[] = {"ENVIRONMENT=production", "JWT_SECRET_KEY=geheim", NULL};
    char *control[] = {"JWT_SECRET_KEY=geheim\001", NULL};
    struct folder *folder = *state;

    expect_refused(folder, "", weak, ROOST_ERR_INVALID, "JWT_SECRET_KEY = \"***\"", "32");
    assert_null(strstr(folder->why, "geheim"));
    expect_refused(folder, "", control, ROOST_ERR_INVALID, "JWT_SECRET_KEY = \"***\"", "bytes");
    expect_refused(folder, "MQTT_URL = mqtt://u:geheim@h:x\n", NULL, ROOST_ERR_INVALID,
                   "mqtt://u:***@h:x", "mqtts://");
    assert_null(strstr(folder->why, "geheim"));
    expect_refused(folder, "DATABASE_URL = postgresql://u:geheim@h/roost\n", NULL,
                   ROOST_ERR_UNSUPPORTED, "DATABASE_URL", "sqlite only");
    assert_null(strstr(folder->why, "geheim"));
    expect_refused(folder, "SERIES_URL = clickhouse://h/roost\n", NULL, ROOST_ERR_UNSUPPORTED,
                   "SERIES_URL", "sqlite only");
    expect_refused(folder, "ROOST_ADMIN_PASSWORD = geheim\n", NULL, ROOST_ERR_RANGE,
                   "ROOST_ADMIN_PASSWORD = \"***\"", "12 to 128 bytes");
}

static void test_production_needs_a_strong_secret(void **state)
{
    static const char *const weak[] = {
        "JWT_SECRET_KEY=",
        "JWT_SECRET_KEY=0123456789abcdef0123456789abcde",
        "JWT_SECRET_KEY=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "JWT_SECRET_KEY=secretsecretsecretsecretsecretsecret",
        "JWT_SECRET_KEY=0000000000000000000000000000000000000001",
    };
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        char *environment[] = {"ENVIRONMENT=production", (char *)weak[i], NULL};
        expect_refused(*state, "", environment, ROOST_ERR_INVALID, "JWT_SECRET_KEY", "32");
    }
    char *good[] = {"ENVIRONMENT=production", "JWT_SECRET_KEY=f3b1c0a97d2e48569b7fd1e05a6c3288",
                    ESP32_KEY, COPPA_KEY, NULL};
    struct settings *s = load_ok(*state, "", good);
    assert_false(s->jwt_secret_weak);
    settings_free(s);
    assert_int_not_equal(access("roost-jwt.key", F_OK), 0);
}

static void test_production_needs_a_secret_of_the_devices(void **state)
{
    static const char *const weak[] = {
        "ESP32_SHARED_SECRET=",
        "ESP32_SHARED_SECRET=teddy-secret",
        "ESP32_SHARED_SECRET=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        char *environment[] = {"ENVIRONMENT=production",
                               "JWT_SECRET_KEY=f3b1c0a97d2e48569b7fd1e05a6c3288", (char *)weak[i],
                               NULL};
        expect_refused(*state, "", environment, ROOST_ERR_INVALID, "ESP32_SHARED_SECRET", "32");
        assert_null(strstr(((struct folder *)*state)->why, "teddy-secret"));
    }
    assert_int_not_equal(access("roost-esp32.key", F_OK), 0);
    char *weak_here[] = {"ESP32_SHARED_SECRET=teddy-secret", NULL};
    struct settings *s = load_ok(*state, "", weak_here); /* in development it is the owner's */
    assert_true(s->esp32_secret_weak);
    settings_free(s);
    s = load_ok(*state, "", NULL);
    assert_int_equal(strlen(s->esp32_secret), 64); /* drawn, and kept */
    assert_false(s->esp32_secret_weak);
    assert_int_equal(access("roost-esp32.key", F_OK), 0);
    assert_int_equal(s->esp32_sessions_max, 100);
    assert_int_equal(s->esp32_session_min, 30);
    assert_int_equal(s->voice_signature, 0);
    settings_free(s);
}

static void test_production_needs_a_key_for_children(void **state)
{
    static const char *const weak[] = {
        "COPPA_ENCRYPTION_KEY=",
        "COPPA_ENCRYPTION_KEY=0123456789abcdef0123456789abcde",
        "COPPA_ENCRYPTION_KEY=secretsecretsecretsecretsecretsecret",
    };
    struct stat info;

    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        char *environment[] = {"ENVIRONMENT=production",
                               "JWT_SECRET_KEY=f3b1c0a97d2e48569b7fd1e05a6c3288", ESP32_KEY,
                               (char *)weak[i], NULL};
        expect_refused(*state, "", environment, ROOST_ERR_INVALID, "COPPA_ENCRYPTION_KEY", "32");
    }
    assert_int_not_equal(access("roost-coppa.key", F_OK), 0);
    struct settings *first = load_ok(*state, "", NULL);
    assert_int_equal(strlen(first->coppa_key), 64);
    assert_false(first->coppa_key_weak);
    assert_int_equal(stat("roost-coppa.key", &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    struct settings *second = load_ok(*state, "", NULL);
    assert_string_equal(first->coppa_key, second->coppa_key);
    settings_free(first);
    settings_free(second);
    write_file("own.key", "a short one\n");
    struct settings *third = load_ok(*state, "COPPA_ENCRYPTION_KEY_FILE = own.key\n", NULL);
    assert_string_equal(third->coppa_key, "a short one");
    assert_true(third->coppa_key_weak);
    settings_free(third);
}

static void test_a_country_has_two_letters(void **state)
{
    expect_refused(*state, "ROOST_COUNTRY = gb\n", NULL, ROOST_ERR_INVALID, "ROOST_COUNTRY", "GB");
    expect_refused(*state, "ROOST_COUNTRY = GBR\n", NULL, ROOST_ERR_TOO_LONG, "ROOST_COUNTRY", "2");
    struct settings *s = load_ok(*state, "ROOST_COUNTRY = GB\n", NULL);
    assert_string_equal(s->country, "GB");
    settings_free(s);
}

static void test_development_secret(void **state)
{
    struct stat info;

    expect_refused(*state, "DATABASE_URL = sqlite:data/roost.db\n", NULL, ROOST_ERR_NOT_FOUND,
                   "JWT_SECRET_KEY", "data/roost-jwt.key");
    assert_int_equal(mkdir("data", 0700), 0);
    struct settings *first = load_ok(*state, "DATABASE_URL = sqlite:data/roost.db\n", NULL);
    assert_int_equal(strlen(first->jwt_secret), 64);
    assert_false(first->jwt_secret_weak);
    assert_int_equal(stat("data/roost-jwt.key", &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    struct settings *second = load_ok(*state, "DATABASE_URL = sqlite:data/roost.db\n", NULL);
    assert_string_equal(first->jwt_secret, second->jwt_secret);
    settings_free(first);
    settings_free(second);
    write_file("data/roost-jwt.key", "");
    expect_refused(*state, "DATABASE_URL = sqlite:data/roost.db\n", NULL, ROOST_ERR_EMPTY,
                   "JWT_SECRET_KEY", "data/roost-jwt.key");
    char *weak[] = {"JWT_SECRET_KEY=short", NULL};
    struct settings *third = load_ok(*state, "", weak);
    assert_true(third->jwt_secret_weak);
    settings_free(third);
}

static void test_secret_files(void **state)
{
    write_file("password", "first line\r\nsecond\n");
    write_file("empty", "\n");
    struct settings *s = load_ok(*state,
                                 "ROOST_MQTT_USER = hub\n"
                                 "ROOST_MQTT_PASSWORD_FILE = password\n",
                                 NULL);
    assert_string_equal(s->mqtt.user, "hub");
    assert_string_equal(s->mqtt.password, "first line");
    settings_free(s);
    expect_refused(*state, "ROOST_MQTT_PASSWORD_FILE = nowhere\n", NULL, ROOST_ERR_NOT_FOUND,
                   "ROOST_MQTT_PASSWORD_FILE", "nowhere");
    expect_refused(*state, "ROOST_MQTT_PASSWORD_FILE = empty\n", NULL, ROOST_ERR_EMPTY,
                   "ROOST_MQTT_PASSWORD_FILE", "nothing there");
    expect_refused(*state, "ROOST_MQTT_PASSWORD = x\nROOST_MQTT_PASSWORD_FILE = password\n", NULL,
                   ROOST_ERR_INVALID, "ROOST_MQTT_PASSWORD_FILE", "set one");
    expect_refused(*state, "ROOST_ADMIN_PASSWORD_FILE = password\n", NULL, ROOST_ERR_RANGE,
                   "ROOST_ADMIN_PASSWORD_FILE", "10 bytes");
}

static void test_mqtt_url(void **state)
{
    struct settings *s = load_ok(
        *state, "MQTT_URL = mqtts://hub:a%2Fb@broker.example\nROOST_MQTT_CA = ca.pem\n", NULL);

    assert_true(s->mqtt.tls);
    assert_int_equal(s->mqtt.port, 8883);
    assert_string_equal(s->mqtt.user, "hub");
    assert_string_equal(s->mqtt.password, "a/b");
    settings_free(s);
    expect_refused(*state, "MQTT_URL = mqtt://a@h\nROOST_MQTT_USER = b\n", NULL, ROOST_ERR_INVALID,
                   "ROOST_MQTT_USER", "set one");
    expect_refused(*state, "ROOST_MQTT_PASSWORD = p\n", NULL, ROOST_ERR_INVALID,
                   "ROOST_MQTT_USER is missing", "password");
}

static void test_paths_and_addresses(void **state)
{
    struct settings *s = load_ok(*state,
                                 "ROOST_LISTEN = [::]:8443\n"
                                 "DATABASE_URL = sqlite:///tmp/a.db\n"
                                 "SERIES_URL = sqlite:/tmp/b.db\n"
                                 "JWT_SECRET_KEY = f3b1c0a97d2e48569b7fd1e05a6c3288\n"
                                 "CORS_ALLOWED_ORIGINS = https://a.example, http://localhost:5173\n"
                                 "ROOST_ADMIN_EMAIL = a@b.example\n"
                                 "ROOST_ADMIN_PASSWORD = semi;colon ; kept\n",
                                 NULL);

    assert_string_equal(s->listen_address, "::");
    assert_int_equal(s->listen_port, 8443);
    assert_string_equal(s->database_path, "/tmp/a.db");
    assert_string_equal(s->series_path, "/tmp/b.db");
    assert_string_equal(s->charging_path, "/tmp/charging.db"); /* beside the registry */
    assert_string_equal(s->admin_password, "semi;colon ; kept");
    settings_free(s);
}

/* The table is right about itself: defaults are allowed, names are unique and told by the help. */
static void test_proxies(void **state)
{
    struct folder *folder = *state;
    struct settings *settings;
    static const char *const bad[] = {"proxy.example", "10.0.0.1/8", "10.0.0.0/33", "::/129"};

    assert_int_equal(load(folder, &settings,
                          "ROOST_TRUSTED_PROXIES = 10.0.0.0/8, 2001:db8::7\n"
                          "ROOST_BASE_PATH = /site/roost/\n",
                          NULL),
                     0);
    assert_string_equal(settings->trusted_proxies, "10.0.0.0/8, 2001:db8::7");
    assert_string_equal(settings->base_path, "/site/roost");
    settings_free(settings);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char line[128];
        snprintf(line, sizeof line, "ROOST_TRUSTED_PROXIES = %s\n", bad[i]);
        expect_refused(folder, line, NULL, ROOST_ERR_INVALID, "ROOST_TRUSTED_PROXIES", bad[i]);
    }
}

static void test_base_path(void **state)
{
    struct folder *folder = *state;
    struct settings *settings;
    static const char *const bad[] = {"roost", "/a//b",      "/..",     "/a/.",      "/a b",
                                      "/%41",  "/api/roost", "/health", "/metrics/", "//"};

    assert_int_equal(load(folder, &settings, "ROOST_BASE_PATH = /\n", NULL), 0);
    assert_string_equal(settings->base_path, "");
    settings_free(settings);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "ROOST_BASE_PATH = %s\n", bad[i]);
        expect_refused(folder, line, NULL, ROOST_ERR_INVALID, "ROOST_BASE_PATH", bad[i]);
    }
}

static void test_what_devices_are_told(void **state)
{
    struct settings *s = load_ok(*state, "", NULL);

    assert_string_equal(s->public_origin.host, "");
    assert_string_equal(s->firmware_dir, "");
    assert_string_equal(s->ntp_servers, "pool.ntp.org");
    settings_free(s);
    s = load_ok(*state, "ROOST_PUBLIC_URL = https://hub.example\n", NULL);
    assert_string_equal(s->public_origin.host, "hub.example");
    assert_int_equal(s->public_origin.port, 443);
    assert_true(s->public_origin.tls);
    settings_free(s);
    s = load_ok(*state, "ROOST_PUBLIC_URL = http://[2001:db8::1]:8080/\n", NULL);
    assert_string_equal(s->public_origin.host, "2001:db8::1");
    assert_int_equal(s->public_origin.port, 8080);
    assert_false(s->public_origin.tls);
    settings_free(s);
    s = load_ok(*state, "ROOST_NTP_SERVERS = a.example, 192.0.2.1,, 2001:db8::1,\n", NULL);
    settings_free(s);

    static const char *const bad[] = {
        "hub.example",    "ftp://hub.example", "https://",        "https://u@h", "https://u:p@h",
        "https://h/path", "https://h:0",       "https://h:99999", "https://h h", "mqtt://hub:1883"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "ROOST_PUBLIC_URL = %s\n", bad[i]);
        expect_refused(*state, text, NULL, ROOST_ERR_INVALID, "ROOST_PUBLIC_URL", bad[i]);
    }
    expect_refused(*state, "ROOST_NTP_SERVERS = a.example, b/c\n", NULL, ROOST_ERR_INVALID,
                   "ROOST_NTP_SERVERS", "b/c");
    expect_refused(*state, "ROOST_NTP_SERVERS = a,b,c,d,e\n", NULL, ROOST_ERR_RANGE,
                   "ROOST_NTP_SERVERS", "at most 4");
}

static void write_factory_key(const char *begin)
{
    char key[132];

    memset(key, 'a', sizeof key - 1);
    memcpy(key, begin, strlen(begin));
    key[130] = '\n';
    key[131] = '\0';
    write_file("factory.pub", key);
}

static void test_keys_of_the_factory_and_the_registry(void **state)
{
    static const char with_key[] = "ROOST_FACTORY_KEY_FILE = factory.pub\n";
    static const char hex[] = "ROOST_REGISTRY_KEY="
                              "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeef0";
    char *environment[] = {(char *)hex, NULL};
    uint8_t drawn[SETTINGS_REGISTRY_KEY_BYTES];
    struct settings *s = load_ok(*state, "", NULL);

    assert_false(s->has_factory_key || s->has_registry_key);
    assert_int_not_equal(access("roost-registry.key", F_OK), 0); /* nobody needs it */
    settings_free(s);
    write_factory_key("04");
    s = load_ok(*state, with_key, NULL);
    assert_true(s->has_factory_key && s->has_registry_key);
    assert_int_equal(s->factory_key[0], 4);
    assert_int_equal(s->factory_key[64], 0xaa);
    memcpy(drawn, s->registry_key, sizeof drawn);
    settings_free(s);
    s = load_ok(*state, with_key, NULL);
    assert_memory_equal(s->registry_key, drawn, sizeof drawn);
    settings_free(s);
    s = load_ok(*state, with_key, environment);
    assert_int_equal(s->registry_key[0], 0);
    assert_int_equal(s->registry_key[15], 0xff);
    assert_int_equal(s->registry_key[31], 0xf0);
    settings_free(s);

    write_factory_key("03");
    expect_refused(*state, with_key, NULL, ROOST_ERR_INVALID, "ROOST_FACTORY_KEY_FILE", "130");
    write_factory_key("04zz");
    expect_refused(*state, with_key, NULL, ROOST_ERR_INVALID, "ROOST_FACTORY_KEY_FILE", "130");
    write_file("factory.pub", "04aa\n");
    expect_refused(*state, with_key, NULL, ROOST_ERR_INVALID, "ROOST_FACTORY_KEY_FILE", "130");
    expect_refused(*state, "ROOST_FACTORY_KEY_FILE = absent.pub\n", NULL, ROOST_ERR_NOT_FOUND,
                   "ROOST_FACTORY_KEY_FILE", "absent.pub");
    environment[0] = (char *)"ROOST_REGISTRY_KEY="
                             "zz112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff";
    expect_refused(*state, "", environment, ROOST_ERR_INVALID, "ROOST_REGISTRY_KEY", "64");
    assert_null(strstr(((struct folder *)*state)->why, "zz11"));
    environment[0] = (char *)"ROOST_REGISTRY_KEY=abcd";
    expect_refused(*state, "", environment, ROOST_ERR_RANGE, "ROOST_REGISTRY_KEY", "64");
}

static void test_production_draws_no_registry_key(void **state)
{
    static const char weak[] = "ROOST_REGISTRY_KEY="
                               "0000000000000000000000000000000000000000000000000000000000000000";
    char *environment[] = {(char *)"ENVIRONMENT=production",
                           (char *)"JWT_SECRET_KEY=f3b1c0a97d2e48569b7fd1e05a6c3288",
                           ESP32_KEY,
                           COPPA_KEY,
                           (char *)"ROOST_FACTORY_KEY_FILE=factory.pub",
                           NULL,
                           NULL};

    write_factory_key("04");
    struct settings *s = load_ok(*state, "", environment);
    assert_true(s->has_factory_key);
    assert_false(s->has_registry_key);
    assert_int_not_equal(access("roost-registry.key", F_OK), 0);
    settings_free(s);
    environment[5] = (char *)weak;
    expect_refused(*state, "", environment, ROOST_ERR_INVALID, "ROOST_REGISTRY_KEY", "***");
}

static void test_table(void **state)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    settings_help(out);
    assert_int_equal(fclose(out), 0);
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *setting = &setting_table[i];
        assert_non_null(strstr(text, setting->name));
        assert_non_null(strstr(text, setting->help));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(setting->name, setting_table[k].name);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_environment_wins_over_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_values_name_setting_value_and_range, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_place_of_the_value_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_is_read_strictly, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secrets_are_never_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_production_needs_a_strong_secret, setup, teardown),
        cmocka_unit_test_setup_teardown(test_production_needs_a_secret_of_the_devices, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_production_needs_a_key_for_children, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_country_has_two_letters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_development_secret, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secret_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mqtt_url, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths_and_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_proxies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_base_path, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_devices_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys_of_the_factory_and_the_registry, setup, teardown),
        cmocka_unit_test_setup_teardown(test_production_draws_no_registry_key, setup, teardown),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
