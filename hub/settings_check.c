/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/settings_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/err.h"
#include "core/hex.h"
#include "host/address.h"
#include "host/file.h"
#include "host/secret.h"
#include "hub/settings.h"
#include "core/url.h"

enum {
    TEXT_MAX = 2048,
    MQTT_PORT = 1883,
    MQTTS_PORT = 8883,
    HTTP_PORT = 80,
    HTTPS_PORT = 443,
    NTP_MAX = 4,
};

struct check {
    struct settings *settings;
    bool keep; /* what is drawn; false: who only looks leaves no file behind */
    char *why;
    size_t why_size;
};

#define FAIL(check, err, ...) (snprintf((check)->why, (check)->why_size, __VA_ARGS__), (err))

static int check_listen(struct check *check)
{
    struct settings *s = check->settings;
    char memory[TEXT_MAX];
    const char *address;

    if (roost_url_parse_host_port(&address, &s->listen_port, s->listen, memory, sizeof memory) != 0)
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_LISTEN = \"%s\" is not allowed: address:port, as 127.0.0.1:8080 or "
                    "[::]:8080",
                    s->listen);
    s->listen_address = settings_keep(s, address);
    if ((s->tls_cert[0] == '\0') != (s->tls_key[0] == '\0'))
        return FAIL(check, ROOST_ERR_INVALID,
                    "%s is missing: ROOST_TLS_CERT and ROOST_TLS_KEY go "
                    "together",
                    s->tls_cert[0] ? "ROOST_TLS_KEY" : "ROOST_TLS_CERT");
    if ((s->tls_cert2[0] == '\0') != (s->tls_key2[0] == '\0') ||
        (s->tls_cert2[0] && !s->tls_cert[0]))
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_TLS_CERT2 and ROOST_TLS_KEY2 go together, beside ROOST_TLS_CERT");
    if (s->charging_client_ca[0] && !s->tls_cert[0])
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_CHARGING_CLIENT_CA needs ROOST_TLS_CERT: certificates are shown in TLS");
    if (s->charging_crl[0] && !s->charging_client_ca[0])
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_CHARGING_CRL needs ROOST_CHARGING_CLIENT_CA, whose list it is");
    return s->listen_address ? 0 : ROOST_ERR_NO_MEMORY;
}

static int check_proxies(struct check *check)
{
    struct net_ranges ranges;
    int err = net_ranges_parse(&ranges, check->settings->trusted_proxies);

    if (err == ROOST_ERR_FULL)
        return FAIL(check, err,
                    "ROOST_TRUSTED_PROXIES = \"%.200s\" is not allowed: at most %d items",
                    check->settings->trusted_proxies, NET_RANGES_MAX);
    if (err < 0)
        return FAIL(check, err,
                    "ROOST_TRUSTED_PROXIES = \"%.200s\" is not allowed: addresses and networks by "
                    "comma, as 192.0.2.7, 10.0.0.0/8, 2001:db8::/32",
                    check->settings->trusted_proxies);
    return 0;
}

/* Segments of letters, digits and -._~, that need no escape anywhere; no dot segments. */
static bool is_base_path(const char *path, size_t len)
{
    static const char plain[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~";

    for (size_t i = 0; i < len;) {
        if (path[i++] != '/')
            return false;
        size_t n = strspn(path + i, plain);
        if (n == 0 || strspn(path + i, ".") >= n)
            return false;
        i += n;
    }
    return true;
}

/* What is asked at the root is served as well: its first segment must not be the hub's own. */
static bool is_the_hubs(const char *path)
{
    static const char *const own[] = {"/api", "/health", "/metrics", "/assets"};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        size_t len = strlen(own[i]);
        if (strncmp(path, own[i], len) == 0 && (path[len] == '/' || path[len] == '\0'))
            return true;
    }
    return false;
}

static int check_base_path(struct check *check)
{
    struct settings *s = check->settings;
    char memory[TEXT_MAX];
    size_t len = strlen(s->base_path);

    if (len > 0 && s->base_path[len - 1] == '/')
        len--; /* also "/" alone, which is none */
    if (!is_base_path(s->base_path, len) || is_the_hubs(s->base_path))
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_BASE_PATH = \"%s\" is not allowed: a path as /roost or /site/roost, "
                    "not below one of the hub's own",
                    s->base_path);
    snprintf(memory, sizeof memory, "%.*s", (int)len, s->base_path);
    s->base_path = settings_keep(s, memory);
    return s->base_path ? 0 : ROOST_ERR_NO_MEMORY;
}

static int check_mqtt(struct check *check)
{
    struct settings *s = check->settings;
    char memory[TEXT_MAX], shown[256];
    struct roost_url url;

    roost_url_mask(shown, sizeof shown, s->mqtt_url);
    int err = roost_url_parse(&url, s->mqtt_url, memory, sizeof memory);
    bool tls = err == 0 && strcmp(url.scheme, "mqtts") == 0;
    if (err < 0 || (!tls && strcmp(url.scheme, "mqtt") != 0) ||
        (url.path[0] != '\0' && strcmp(url.path, "/") != 0))
        return FAIL(check, ROOST_ERR_INVALID,
                    "MQTT_URL = \"%s\" is not allowed: mqtt://host[:port] or mqtts://host[:port]",
                    shown);
    if (url.user[0] && s->mqtt_user[0])
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_MQTT_USER: MQTT_URL names a user as well, set one");
    if (url.password[0] && s->mqtt_password[0])
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_MQTT_PASSWORD: MQTT_URL holds a password as well, set one");
    if (s->mqtt_ca[0] && !tls)
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_MQTT_CA is for mqtts:// only, and MQTT_URL is \"%s\"", shown);
    s->mqtt.tls = tls;
    s->mqtt.port = url.port ? url.port : tls ? MQTTS_PORT : MQTT_PORT;
    s->mqtt.host = settings_keep(s, url.host);
    s->mqtt.user = url.user[0] ? settings_keep(s, url.user) : s->mqtt_user;
    s->mqtt.password = url.password[0] ? settings_keep(s, url.password) : s->mqtt_password;
    explicit_bzero(memory, sizeof memory);
    if (!s->mqtt.host || !s->mqtt.user || !s->mqtt.password)
        return ROOST_ERR_NO_MEMORY;
    if (s->mqtt.password[0] && !s->mqtt.user[0])
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_MQTT_USER is missing: a password needs a user");
    return 0;
}

static int check_public(struct check *check)
{
    struct settings *s = check->settings;
    char memory[TEXT_MAX];
    struct roost_url url;

    s->public_origin.host = "";
    if (s->public_url[0] == '\0')
        return 0;
    int err = roost_url_parse(&url, s->public_url, memory, sizeof memory);
    bool tls = err == 0 && strcmp(url.scheme, "https") == 0;
    if (err < 0 || (!tls && strcmp(url.scheme, "http") != 0) || url.user[0] || url.password[0] ||
        (url.path[0] != '\0' && strcmp(url.path, "/") != 0))
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_PUBLIC_URL = \"%s\" is not allowed: https://host[:port] or "
                    "http://host[:port]",
                    s->public_url);
    s->public_origin.tls = tls;
    s->public_origin.port = url.port ? url.port : tls ? HTTPS_PORT : HTTP_PORT;
    s->public_origin.host = settings_keep(s, url.host);
    return s->public_origin.host ? 0 : ROOST_ERR_NO_MEMORY;
}

static int check_ntp(struct check *check)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.-:_";
    const char *text = check->settings->ntp_servers;
    size_t count = 0, len;

    for (;; text += len, count++) {
        text += strspn(text, " ,");
        len = strcspn(text, " ,");
        if (len == 0)
            break;
        if (strspn(text, allowed) < len)
            return FAIL(check, ROOST_ERR_INVALID,
                        "ROOST_NTP_SERVERS: \"%.*s\" is not allowed: host names or addresses, by "
                        "comma",
                        (int)len, text);
    }
    if (count > NTP_MAX)
        return FAIL(check, ROOST_ERR_RANGE,
                    "ROOST_NTP_SERVERS = \"%s\" is not allowed: at most %d servers",
                    check->settings->ntp_servers, NTP_MAX);
    return 0;
}

static int check_store(struct check *check, const char *name, const char *url, const char **path)
{
    static const char *const later[] = {"postgres:", "postgresql:", "clickhouse:", NULL};
    char shown[256];

    roost_url_mask(shown, sizeof shown, url);
    for (size_t i = 0; later[i]; i++)
        if (strncmp(url, later[i], strlen(later[i])) == 0)
            return FAIL(check, ROOST_ERR_UNSUPPORTED,
                        "%s = \"%s\" is not allowed: this build has sqlite only (sqlite:path)",
                        name, shown);
    if (strncmp(url, "sqlite:", 7) != 0 || url[7] == '\0' || strncmp(url, "sqlite:file:", 12) == 0)
        return FAIL(check, ROOST_ERR_INVALID, "%s = \"%s\" is not allowed: sqlite:path", name,
                    shown);
    *path = url + 7;
    if (strncmp(*path, "///", 3) == 0) /* sqlite:///var/lib/roost/roost.db */
        *path += 2;
    else if (strncmp(*path, "//", 2) == 0) /* would be a file in the root folder */
        return FAIL(check, ROOST_ERR_INVALID,
                    "%s = \"%s\" is not allowed: sqlite:path, or sqlite:///path from the root",
                    name, shown);
    if (strchr(*path, '?')) /* would be of the file's name */
        return FAIL(check, ROOST_ERR_INVALID,
                    "%s = \"%s\" is not allowed: sqlite:path, without options behind a ?", name,
                    shown);
    return 0;
}

/* A pipe would hold the start, a device would not end: for what is opened later by others, whose
 * message names no setting. */
static int check_regular(struct check *check, const char *name, const char *value, const char *path)
{
    const char *what = path[0] ? file_oddity(path) : NULL;
    char shown[256];

    roost_url_mask(shown, sizeof shown, value);
    return what ? FAIL(check, ROOST_ERR_UNSUPPORTED,
                       "%s = \"%s\" is not allowed: %s, and a regular file is needed", name, shown,
                       what)
                : 0;
}

static int check_files(struct check *check)
{
    const struct settings *s = check->settings;
    const char *const files[][3] = {
        {"DATABASE_URL", s->database_url, s->database_path},
        {"SERIES_URL", s->series_url, s->series_path},
        {"CHARGING_URL", s->charging_url, s->charging_path},
        {"ROOST_TLS_CERT", s->tls_cert, s->tls_cert},
        {"ROOST_TLS_KEY", s->tls_key, s->tls_key},
        {"ROOST_TLS_CERT2", s->tls_cert2, s->tls_cert2},
        {"ROOST_TLS_KEY2", s->tls_key2, s->tls_key2},
        {"ROOST_CHARGING_CLIENT_CA", s->charging_client_ca, s->charging_client_ca},
        {"ROOST_CHARGING_CRL", s->charging_crl, s->charging_crl},
        {"ROOST_MQTT_CA", s->mqtt_ca, s->mqtt_ca},
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        int err = check_regular(check, files[i][0], files[i][1], files[i][2]);
        if (err < 0)
            return err;
    }
    return 0;
}

/* However they are written. */
static bool same_file(const char *a, const char *b)
{
    struct stat first, second;

    if (strcmp(a, b) == 0)
        return true;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

/* A file of the registry's folder. */
static void beside_registry(const struct settings *s, const char *file, char path[TEXT_MAX])
{
    const char *slash = strrchr(s->database_path, '/');
    int folder = slash ? (int)(slash + 1 - s->database_path) : 0;

    snprintf(path, TEXT_MAX, "%.*s%s", folder, s->database_path, file);
}

/* Where none is said, so that a hub of before needs no new setting. */
static int place_charging(struct settings *s)
{
    char path[TEXT_MAX], url[TEXT_MAX + sizeof "sqlite://"];

    if (s->charging_url[0] != '\0')
        return 0;
    beside_registry(s, "charging.db", path);
    snprintf(url, sizeof url, path[0] == '/' ? "sqlite://%s" : "sqlite:%s", path);
    s->charging_url = settings_keep(s, url);
    return s->charging_url ? 0 : ROOST_ERR_NO_MEMORY;
}

static int check_stores(struct check *check)
{
    struct settings *s = check->settings;
    int err = check_store(check, "DATABASE_URL", s->database_url, &s->database_path);

    if (err == 0)
        err = check_store(check, "SERIES_URL", s->series_url, &s->series_path);
    if (err == 0 && same_file(s->database_path, s->series_path))
        return FAIL(check, ROOST_ERR_INVALID,
                    "SERIES_URL = \"%s\" is the file of DATABASE_URL: two files are needed",
                    s->series_url);
    if (err == 0)
        err = place_charging(s);
    if (err == 0)
        err = check_store(check, "CHARGING_URL", s->charging_url, &s->charging_path);
    if (err == 0 && (same_file(s->charging_path, s->database_path) ||
                     same_file(s->charging_path, s->series_path)))
        return FAIL(check, ROOST_ERR_INVALID,
                    "CHARGING_URL = \"%s\" is the file of DATABASE_URL or SERIES_URL: it needs one "
                    "of its own",
                    s->charging_url);
    return err;
}

/* Draws a missing secret and keeps it beside the database, or reads the one drawn before. */
static int keep_secret(struct check *check, const char *setting, const char *file, const char **out)
{
    struct settings *s = check->settings;
    char path[TEXT_MAX], secret[SECRET_FILE_MAX + 1];

    beside_registry(s, file, path);
    int len = check->keep ? secret_keep(path, secret, sizeof secret)
                          : secret_look(path, secret, sizeof secret);
    if (len < 0)
        return FAIL(check, len,
                    "DATABASE_URL = \"%s\": %s is missing, and one cannot be kept beside the "
                    "database in \"%s\": %s",
                    s->database_url, setting, path, secret_problem(len));
    *out = settings_keep(s, secret);
    explicit_bzero(secret, sizeof secret);
    return *out ? 0 : ROOST_ERR_NO_MEMORY;
}

/* Exactly 2 * len digits. */
static bool read_hex(uint8_t *out, const char *text, size_t len)
{
    return strlen(text) == 2 * len && roost_hex_read(out, text, len);
}

static int check_factory_key(struct check *check)
{
    struct settings *s = check->settings;
    char text[SECRET_FILE_MAX + 1];

    if (s->factory_key_file[0] == '\0')
        return 0;
    int len = secret_read(s->factory_key_file, text, sizeof text);
    if (len < 0)
        return FAIL(check, len, "ROOST_FACTORY_KEY_FILE = \"%s\": %s", s->factory_key_file,
                    secret_problem(len));
    if (!read_hex(s->factory_key, text, sizeof s->factory_key) || s->factory_key[0] != 4)
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_FACTORY_KEY_FILE = \"%s\": its first line is no public key of P-256 "
                    "(130 hexadecimal digits that begin with 04)",
                    s->factory_key_file);
    s->has_factory_key = true;
    return 0;
}

static int check_registry_key(struct check *check)
{
    struct settings *s = check->settings;
    bool production = s->environment == SETTINGS_PRODUCTION;
    int err = 0;

    /* Production sets it: who gets hold of the database must not find the key beside it. */
    if (s->registry_key_hex[0] == '\0' && s->has_factory_key && !production)
        err = keep_secret(check, "ROOST_REGISTRY_KEY", "roost-registry.key", &s->registry_key_hex);
    if (err < 0 || s->registry_key_hex[0] == '\0')
        return err;
    if (!read_hex(s->registry_key, s->registry_key_hex, sizeof s->registry_key))
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_REGISTRY_KEY = \"***\" is not allowed: 64 hexadecimal digits");
    const char *weakness = secret_weakness(s->registry_key_hex);
    if (weakness && production)
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_REGISTRY_KEY = \"***\" is not allowed: %s; production needs 32 random "
                    "bytes",
                    weakness);
    s->has_registry_key = true;
    return 0;
}

static int check_esp32_secret(struct check *check)
{
    struct settings *s = check->settings;
    bool production = s->environment == SETTINGS_PRODUCTION;

    if (s->esp32_secret[0] == '\0' && production)
        return FAIL(check, ROOST_ERR_INVALID,
                    "ESP32_SHARED_SECRET is missing: production needs at least %d random bytes",
                    SECRET_MIN_BYTES);
    if (s->esp32_secret[0] == '\0') {
        int err = keep_secret(check, "ESP32_SHARED_SECRET", "roost-esp32.key", &s->esp32_secret);
        if (err < 0)
            return err;
    }
    const char *weakness = secret_weakness(s->esp32_secret);
    s->esp32_secret_weak = weakness != NULL;
    if (weakness && production)
        return FAIL(check, ROOST_ERR_INVALID,
                    "ESP32_SHARED_SECRET = \"***\" is not allowed: %s; production needs at least "
                    "%d random bytes",
                    weakness, SECRET_MIN_BYTES);
    return 0;
}

static int check_country(struct check *check)
{
    const char *country = check->settings->country;
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    if (country[0] != '\0' && (strlen(country) != 2 || strspn(country, letters) != 2))
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_COUNTRY = \"%s\" is not allowed: two capital letters, as GB", country);
    return 0;
}

static int check_coppa_key(struct check *check)
{
    struct settings *s = check->settings;
    bool production = s->environment == SETTINGS_PRODUCTION;

    /* Who gets hold of the database must not find the key beside it. */
    if (s->coppa_key[0] == '\0' && production)
        return FAIL(check, ROOST_ERR_INVALID,
                    "COPPA_ENCRYPTION_KEY is missing: production needs at least %d random bytes",
                    SECRET_MIN_BYTES);
    if (s->coppa_key[0] == '\0') {
        int err = keep_secret(check, "COPPA_ENCRYPTION_KEY", "roost-coppa.key", &s->coppa_key);
        if (err < 0)
            return err;
    }
    const char *weakness = secret_weakness(s->coppa_key);
    s->coppa_key_weak = weakness != NULL;
    if (weakness && production)
        return FAIL(check, ROOST_ERR_INVALID,
                    "COPPA_ENCRYPTION_KEY = \"***\" is not allowed: %s; production needs at least "
                    "%d random bytes",
                    weakness, SECRET_MIN_BYTES);
    return 0;
}

static int check_paying(struct check *check)
{
    const struct settings *s = check->settings;

    if (s->pay_url[0] == '\0')
        return 0;
    if (s->public_url[0] == '\0')
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_PUBLIC_URL is missing: with ROOST_PAY_URL customers and the provider "
                    "need to know where this hub is");
    const char *weakness = secret_weakness(s->pay_secret);
    if (weakness)
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_PAY_SECRET = \"***\" is not allowed: %s; at least %d random bytes",
                    weakness, SECRET_MIN_BYTES);
    return 0;
}

static int check_secrets(struct check *check)
{
    struct settings *s = check->settings;
    bool production = s->environment == SETTINGS_PRODUCTION;

    if (s->jwt_secret[0] == '\0' && production)
        return FAIL(check, ROOST_ERR_INVALID,
                    "JWT_SECRET_KEY is missing: production needs at least %d random bytes",
                    SECRET_MIN_BYTES);
    if (s->jwt_secret[0] == '\0') {
        int err = keep_secret(check, "JWT_SECRET_KEY", "roost-jwt.key", &s->jwt_secret);
        if (err < 0)
            return err;
    }
    const char *weakness = secret_weakness(s->jwt_secret);
    s->jwt_secret_weak = weakness != NULL;
    if (weakness && production)
        return FAIL(check, ROOST_ERR_INVALID,
                    "JWT_SECRET_KEY = \"***\" is not allowed: %s; production needs at least %d "
                    "random bytes",
                    weakness, SECRET_MIN_BYTES);
    if (s->admin_email[0] && !s->admin_password[0])
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_ADMIN_PASSWORD is missing: ROOST_ADMIN_EMAIL needs it");
    if (!s->admin_email[0] && s->admin_password[0])
        return FAIL(check, ROOST_ERR_INVALID,
                    "ROOST_ADMIN_EMAIL is missing: ROOST_ADMIN_PASSWORD needs it");
    if (s->admin_email[0]) {
        const char *at = strchr(s->admin_email, '@');
        if (!at || at == s->admin_email || at[1] == '\0' || strpbrk(s->admin_email, " \t,"))
            return FAIL(check, ROOST_ERR_INVALID,
                        "ROOST_ADMIN_EMAIL = \"%s\" is not allowed: an address name@domain",
                        s->admin_email);
    }
    return 0;
}

/* "*" would let any site call with the operator's rights. */
static int check_origins(struct check *check)
{
    const char *text = check->settings->cors_origins;

    while (*text) {
        size_t len = strcspn(text, ",");
        const char *start = text + strspn(text, " ");
        int shown = (int)(text + len - start);
        if (strncmp(start, "https://", 8) != 0 && strncmp(start, "http://", 7) != 0)
            return FAIL(check, ROOST_ERR_INVALID,
                        "CORS_ALLOWED_ORIGINS: \"%.*s\" is not allowed: origins as "
                        "https://app.example, by comma",
                        shown < 0 ? 0 : shown, start);
        text += len;
        text += *text == ',';
    }
    return 0;
}

int settings_check(struct settings *settings, bool keep, char *why, size_t why_size)
{
    struct check check = {.settings = settings, .keep = keep, .why = why, .why_size = why_size};
    static int (*const checks[])(struct check *) = {
        check_listen,       check_proxies,   check_base_path,   check_mqtt,
        check_stores,       check_files,     check_origins,     check_public,
        check_ntp,          check_secrets,   check_factory_key, check_registry_key,
        check_esp32_secret, check_coppa_key, check_country,     check_paying};

    snprintf(why, why_size, "out of memory");
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        int err = checks[i](&check);
        if (err < 0)
            return err;
    }
    return 0;
}
