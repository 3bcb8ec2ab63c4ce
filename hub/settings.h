/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub's settings: one table (hub/settings.c) gives each its name, type, default, range or
 * choices and help; from it come the file reader, the environment reader, the checks and
 * --help-config. A setting has one name everywhere: `NAME = value` in the file, NAME in the
 * environment, which wins. A bad value, an unknown name in the file or an unusable combination is
 * an error that names the setting, the value (masked when secret) and what is allowed. Depends on
 * inih, core/err.h.
 *
 *     struct settings *settings;
 *     char why[SETTINGS_WHY_MAX];
 *     if (settings_load(&settings, path, environ, why, sizeof why) != 0)
 *         fprintf(stderr, "roostd: %s\n", why);
 */
#ifndef ROOST_HUB_SETTINGS_H
#define ROOST_HUB_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/log.h"

#define SETTINGS_FILE "/etc/roost/roost.ini" /* read when it is there and no --config is given */

enum { SETTINGS_WHY_MAX = 512, SETTINGS_SECRET_MIN = 32 };

enum settings_environment { SETTINGS_DEVELOPMENT, SETTINGS_PRODUCTION };

/* Where MQTT_URL and the credentials beside it lead. user and password: "" for none. */
struct settings_mqtt {
    const char *host, *user, *password;
    uint16_t port;
    bool tls;
};

/* Where devices reach this hub; host "": not said, the request's Host is taken. */
struct settings_public {
    const char *host; /* an IPv6 address without brackets */
    uint16_t port;
    bool tls;
};

enum { SETTINGS_FACTORY_KEY_BYTES = 65, SETTINGS_REGISTRY_KEY_BYTES = 32 };

/* Texts are never NULL: "" is none. */
struct settings {
    enum settings_environment environment;
    enum roost_log_level log_level;

    const char *listen;
    const char *listen_address; /* of listen, without brackets */
    uint16_t listen_port;       /* of listen */
    const char *tls_cert, *tls_key, *tls_cert2, *tls_key2;
    const char *cors_origins, *allowed_hosts, *web_root;
    uint32_t http_connections_max, http_streams_max, http_address_share_pct;
    const char *trusted_proxies;
    const char *base_path; /* "" or "/roost": no slash at its end */

    const char *mqtt_url, *mqtt_user, *mqtt_password, *mqtt_ca, *mqtt_client_id;
    struct settings_mqtt mqtt;

    const char *database_url, *series_url;
    const char *charging_url; /* said, or "sqlite:charging.db" beside the registry */
    const char *database_path, *series_path, *charging_path; /* of the sqlite: URLs */

    const char *jwt_secret;
    bool jwt_secret_weak; /* in production that is an error */

    const char *admin_email, *admin_password; /* the first operator, made when there is none */

    const char *public_url;
    struct settings_public public_origin; /* of public_url */
    const char *firmware_dir, *ntp_servers;

    const char *factory_key_file, *registry_key_hex;
    bool has_factory_key, has_registry_key;
    uint8_t factory_key[SETTINGS_FACTORY_KEY_BYTES]; /* public, SEC 1 uncompressed */
    uint8_t registry_key[SETTINGS_REGISTRY_KEY_BYTES];

    const char *coppa_key; /* seals what is kept of children */
    bool coppa_key_weak;   /* in production that is an error */

    const char *esp32_secret; /* shared by the voice companions that are not claimed */
    bool esp32_secret_weak;   /* in production that is an error */
    uint32_t esp32_sessions_max, esp32_session_min, voice_talk_min, voice_rate_per_s;
    int voice_signature; /* enum voice_signature of hub/voice/voice_internal.h, in the same order */
    const char *country; /* two letters, "" for none */
    const char *content_dir, *safety_learned; /* "": of the build */

    int device_policy; /* enum fleet_policy of hub/fleet/fleet.h, in the same order */
    uint32_t inactive_after_s, device_max, device_rate_per_s, device_burst, clock_skew_s;
    double trigger_temperature_degc, trigger_humidity_pct;
    bool trigger_sound;
    const char *charging_vendors, *charging_ca_cert, *charging_ca_key, *charging_organisation;
    const char *charging_client_ca, *charging_crl;
    uint32_t charging_messages, charging_retention_days;
    const char *pay_url, *pay_secret;
    uint32_t pay_within_s, pay_start_s;
    uint32_t trigger_interval_s, retention_days, retention_share_pct, waiting_max;

    /* enum speech_to_text, text_to_speech, say_flite_voice and speech_arabic of hub/speech/, in the
     * same order. */
    int speech_to_text, text_to_speech, speech_voice, speech_arabic;
    uint32_t speech_decoders, speech_queue, speech_threads;
    const char *speech_warp, *speech_model_dir;

    /* Variables of the environment that begin like settings and are none, by comma; "": none. One
     * that is close to a setting is an error. */
    const char *unknown_names;

    struct settings_text *texts; /* owns the texts */
};

/* Defaults, then the file, then the environment ("NAME=value" strings, NULL-terminated; an empty
 * value counts as not set), then the checks. path NULL: SETTINGS_FILE when it exists. A setting
 * NAME_FILE names a file whose first line is the secret NAME. In development a missing
 * JWT_SECRET_KEY is drawn and kept beside the database in `roost-jwt.key` (mode 0600), and so is
 * a missing ROOST_REGISTRY_KEY in `roost-registry.key` where devices can be imported. Returns 0
 * with *settings new; on error `why` says it in one line: ROOST_ERR_INVALID, ROOST_ERR_RANGE,
 * ROOST_ERR_NOT_FOUND (a file), ROOST_ERR_AUTH (a file), ROOST_ERR_IO, ROOST_ERR_UNSUPPORTED (also
 * what is no regular file), ROOST_ERR_NO_MEMORY. */
int settings_load(struct settings **settings, const char *path, char *const *environment, char *why,
                  size_t why_size);
/* The same for one who only looks: a key that would be drawn is not kept, and no file is made. */
int settings_examine(struct settings **settings, const char *path, char *const *environment,
                     char *why, size_t why_size);
void settings_free(struct settings *settings);

/* Name, type, default, range and help of every setting. */
void settings_help(FILE *out);

#endif
