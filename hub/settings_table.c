/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/settings_table.h"

#define AT(member) offsetof(struct settings, member)

/* The order of the enums that the indices become. */
static const char *const environments[] = {"development", "production", NULL};
static const char *const log_levels[] = {"error", "warn", "info", "debug", NULL};
static const char *const signatures[] = {"any", "signed", "ours", NULL};
static const char *const policies[] = {"open", "claim", "closed", NULL};
static const char *const hearing[] = {"pocketsphinx", "none", NULL};
static const char *const speaking[] = {"flite", "none", NULL};
static const char *const speaking_arabic[] = {"espeak-ng", "none", NULL};
static const char *const voices[] = {"slt", "rms", "kal16", NULL};

/* clang-format off: a row of the table is a line or three, by meaning. */
const struct setting setting_table[] = {
    {"ENVIRONMENT", SETTING_CHOICE, "development", 0, 0, environments, AT(environment),
     "production refuses to start with a missing or weak secret and turns HSTS on"},
    {"ROOST_LOG_LEVEL", SETTING_CHOICE, "info", 0, 0, log_levels, AT(log_level),
     "lines above this level are left out"},

    {"ROOST_LISTEN", SETTING_TEXT, "127.0.0.1:8080", 0, 255, NULL, AT(listen),
     "address and port of HTTP: 127.0.0.1:8080, 0.0.0.0:8080, [::]:8080"},
    {"ROOST_TLS_CERT", SETTING_TEXT, "", 0, 1023, NULL, AT(tls_cert),
     "PEM file of the server's certificate chain; with ROOST_TLS_KEY it turns HTTPS on"},
    {"ROOST_TLS_KEY", SETTING_TEXT, "", 0, 1023, NULL, AT(tls_key),
     "PEM file of the certificate's private key"},
    {"ROOST_TLS_CERT2", SETTING_TEXT, "", 0, 1023, NULL, AT(tls_cert2),
     "PEM file of a second chain with another kind of key, RSA beside ECDSA: each client is shown "
     "the one it can verify"},
    {"ROOST_TLS_KEY2", SETTING_TEXT, "", 0, 1023, NULL, AT(tls_key2),
     "PEM file of the second certificate's private key"},
    {"CORS_ALLOWED_ORIGINS", SETTING_TEXT, "", 0, 2047, NULL, AT(cors_origins),
     "origins other than our own that a browser may call from, by comma: https://app.example"},
    {"ALLOWED_HOSTS", SETTING_TEXT, "", 0, 2047, NULL, AT(allowed_hosts),
     "names this server is asked for, by comma; *.example for every name below; empty for any"},
    {"ROOST_WEB_ROOT", SETTING_TEXT, "", 0, 1023, NULL, AT(web_root),
     "folder of the dashboard's files; empty for none"},
    {"ROOST_HTTP_CONNECTIONS", SETTING_INT, "1024", 8, 65536, NULL, AT(http_connections_max),
     "open HTTP connections at most; at the limit the oldest without a whole request gives way"},
    {"ROOST_HTTP_STREAMS", SETTING_INT, "256", 1, 65536, NULL, AT(http_streams_max),
     "open event streams at most, one for each viewer of the console; further ones get 503"},
    {"ROOST_HTTP_ADDRESS_SHARE", SETTING_INT, "25", 1, 100, NULL, AT(http_address_share_pct),
     "percent of those connections and streams that one IPv4 address or IPv6 /64 may hold"},
    {"ROOST_TRUSTED_PROXIES", SETTING_TEXT, "", 0, 2047, NULL, AT(trusted_proxies),
     "reverse proxies whose X-Forwarded-For and Forwarded are believed, addresses and networks by "
     "comma: 10.0.0.0/8, 2001:db8::7"},
    {"ROOST_BASE_PATH", SETTING_TEXT, "", 0, 64, NULL, AT(base_path),
     "path below which a proxy serves this hub, as /roost; what is asked without it is served too"},

    {"ROOST_PUBLIC_URL", SETTING_TEXT, "", 0, 200, NULL, AT(public_url),
     "how devices reach this hub: https://hub.example:8443; empty for the Host they asked"},
    {"ROOST_FIRMWARE_DIR", SETTING_TEXT, "", 0, 1023, NULL, AT(firmware_dir),
     "folder of firmware.bin and manifest.json, the image devices are offered; empty for none"},
    {"ROOST_NTP_SERVERS", SETTING_TEXT, "pool.ntp.org", 0, 255, NULL, AT(ntp_servers),
     "time servers that devices are told, at most 4, by comma"},

    {"MQTT_URL", SETTING_URL, "mqtt://127.0.0.1:1883", 1, 1023, NULL, AT(mqtt_url),
     "the broker: mqtt://host:1883 or mqtts://host:8883"},
    {"ROOST_MQTT_USER", SETTING_TEXT, "", 0, 255, NULL, AT(mqtt_user),
     "user at the broker, where it is not in MQTT_URL"},
    {"ROOST_MQTT_PASSWORD", SETTING_SECRET, "", 0, 1023, NULL, AT(mqtt_password),
     "password at the broker, where it is not in MQTT_URL"},
    {"ROOST_MQTT_PASSWORD_FILE", SETTING_SECRET_FILE, "", 0, 1023, NULL, AT(mqtt_password),
     "file whose first line is that password"},
    {"ROOST_MQTT_CA", SETTING_TEXT, "", 0, 1023, NULL, AT(mqtt_ca),
     "PEM file of the authorities trusted for mqtts; empty for the system's"},
    {"ROOST_MQTT_CLIENT_ID", SETTING_TEXT, "roostd", 1, 64, NULL, AT(mqtt_client_id),
     "name of the broker's session for what is stored, with -answers behind it of that for "
     "commands; one roostd, one name"},

    {"DATABASE_URL", SETTING_URL, "sqlite:roost.db", 1, 1023, NULL, AT(database_url),
     "the registry: sqlite:path"},
    {"SERIES_URL", SETTING_URL, "sqlite:series.db", 1, 1023, NULL, AT(series_url),
     "readings and decisions: sqlite:path"},
    {"CHARGING_URL", SETTING_URL, "", 0, 1023, NULL, AT(charging_url),
     "chargers, tags and charging transactions: sqlite:path; empty for charging.db beside the "
     "registry"},
    {"ROOST_CHARGING_VENDORS", SETTING_TEXT, "Roost", 0, 1023, NULL, AT(charging_vendors),
     "vendor ids, by comma, whose chargers' DataTransfer is taken: VehicleInfo, SessionSummary, "
     "BMSAlert; empty for none"},
    {"ROOST_CHARGING_CA_CERT", SETTING_TEXT, "", 0, 1023, NULL, AT(charging_ca_cert),
     "PEM file of the authority that signs chargers' certificates; with ROOST_CHARGING_CA_KEY"},
    {"ROOST_CHARGING_CA_KEY", SETTING_TEXT, "", 0, 1023, NULL, AT(charging_ca_key),
     "PEM file of that authority's private key"},
    {"ROOST_CHARGING_ORGANISATION", SETTING_TEXT, "", 0, 255, NULL, AT(charging_organisation),
     "organisation (CpoName) that a charger's request has to name; empty for any"},
    {"ROOST_CHARGING_CLIENT_CA", SETTING_TEXT, "", 0, 1023, NULL, AT(charging_client_ca),
     "PEM file of the authorities whose certificates chargers may show (security profile 3), under "
     "ROOST_TLS_CERT; empty asks for none"},
    {"ROOST_CHARGING_CRL", SETTING_TEXT, "", 0, 1023, NULL, AT(charging_crl),
     "PEM file of what those authorities revoked, a list of each; out of date it lets nobody in who "
     "shows a certificate; empty for none"},
    {"ROOST_CHARGING_MESSAGES", SETTING_INT, "100", 0, 10000, NULL, AT(charging_messages),
     "newest messages of each charger that are kept in memory to be looked at, 600 bytes and as "
     "much of the answer at most, 16 MB of all; 0 for none"},
    {"ROOST_PAY_URL", SETTING_TEXT, "", 0, 511, NULL, AT(pay_url),
     "adapter of the payment provider for charging: https://host/path; empty: nobody can pay"},
    {"ROOST_PAY_SECRET", SETTING_SECRET, "", 0, 1023, NULL, AT(pay_secret),
     "signs what hub and adapter say to each other: at least 32 random bytes"},
    {"ROOST_PAY_SECRET_FILE", SETTING_SECRET_FILE, "", 0, 1023, NULL, AT(pay_secret),
     "file whose first line is that secret"},
    {"ROOST_PAY_WITHIN_S", SETTING_INT, "1800", 60, 86400, NULL, AT(pay_within_s),
     "seconds that a customer has to pay; what comes later is given back"},
    {"ROOST_PAY_START_S", SETTING_INT, "300", 5, 3600, NULL, AT(pay_start_s),
     "seconds that a charger has to start once it is paid; then the money is given back"},
    {"ROOST_CHARGING_RETENTION_DAYS", SETTING_INT, "0", 0, 36500, NULL, AT(charging_retention_days),
     "days that what chargers measured is kept, by ROOST_RETENTION_SHARE_PCT; transactions, with "
     "their registers and times, stay; 0 for ever"},
    {"ROOST_RETENTION_DAYS", SETTING_INT, "0", 0, 36500, NULL, AT(retention_days),
     "days that readings are kept; 0 for ever"},
    {"ROOST_RETENTION_SHARE_PCT", SETTING_INT, "25", 1, 100, NULL, AT(retention_share_pct),
     "percent of all readings that go at once for their age; more, and nothing goes until it is "
     "raised"},

    {"JWT_SECRET_KEY", SETTING_SECRET, "", 0, 1023, NULL, AT(jwt_secret),
     "signs the access tokens: at least 32 random bytes; drawn and kept beside the database when "
     "missing in development"},
    {"JWT_SECRET_KEY_FILE", SETTING_SECRET_FILE, "", 0, 1023, NULL, AT(jwt_secret),
     "file whose first line is that key"},
    {"ROOST_ADMIN_EMAIL", SETTING_TEXT, "", 0, 128, NULL, AT(admin_email),
     "first operator, made at the start when there is none"},
    {"ROOST_ADMIN_PASSWORD", SETTING_SECRET, "", 12, 128, NULL, AT(admin_password),
     "password of the first operator"},
    {"ROOST_ADMIN_PASSWORD_FILE", SETTING_SECRET_FILE, "", 12, 128, NULL, AT(admin_password),
     "file whose first line is that password"},

    {"ROOST_FACTORY_KEY_FILE", SETTING_TEXT, "", 0, 1023, NULL, AT(factory_key_file),
     "file of the public key that signs the factory's batches, 130 hexadecimal digits; empty "
     "refuses their import"},
    {"ROOST_REGISTRY_KEY", SETTING_SECRET, "", 64, 64, NULL, AT(registry_key_hex),
     "seals the devices' secrets in the registry: 32 random bytes as hexadecimal digits; drawn and "
     "kept beside the database when an import needs it in development"},
    {"ROOST_REGISTRY_KEY_FILE", SETTING_SECRET_FILE, "", 64, 64, NULL, AT(registry_key_hex),
     "file whose first line is that key"},
    {"COPPA_ENCRYPTION_KEY", SETTING_SECRET, "", 0, 1023, NULL, AT(coppa_key),
     "seals the children's names in the registry: at least 32 random bytes; drawn and kept beside "
     "the database when missing in development"},
    {"COPPA_ENCRYPTION_KEY_FILE", SETTING_SECRET_FILE, "", 0, 1023, NULL, AT(coppa_key),
     "file whose first line is that key"},

    {"ESP32_SHARED_SECRET", SETTING_SECRET, "", 0, 1023, NULL, AT(esp32_secret),
     "makes the tokens of voice companions that are not claimed: at least 32 random bytes; drawn "
     "and kept beside the database when missing in development"},
    {"ESP32_SHARED_SECRET_FILE", SETTING_SECRET_FILE, "", 0, 1023, NULL, AT(esp32_secret),
     "file whose first line is that secret"},
    {"ESP32_MAX_SESSIONS", SETTING_INT, "100", 1, 100000, NULL, AT(esp32_sessions_max),
     "voice companions that may be connected at once; a further one is told to come again later"},
    {"ESP32_SESSION_TIMEOUT", SETTING_INT, "30", 1, 1440, NULL, AT(esp32_session_min),
     "minutes without any message after which a voice companion's session ends"},
    {"ROOST_VOICE_TALK_MIN", SETTING_INT, "30", 1, 1440, NULL, AT(voice_talk_min),
     "minutes that a child may talk before its companion says goodbye until after a rest of 15"},
    {"ROOST_VOICE_RATE", SETTING_INT, "40", 0, 1000, NULL, AT(voice_rate_per_s),
     "messages a second of one voice companion, after 600 at once; more are refused (0: any)"},
    {"ROOST_VOICE_SIGNATURE", SETTING_CHOICE, "any", 0, 0, signatures, AT(voice_signature),
     "sound without a signature: any takes it and checks one that is there, signed wants one of "
     "either form, ours wants the form that names session and turn"},
    {"ROOST_COUNTRY", SETTING_TEXT, "", 0, 2, NULL, AT(country),
     "two letters of the country whose helpline a child in need is told; empty for none"},
    {"ROOST_CONTENT_DIR", SETTING_TEXT, "", 0, 511, NULL, AT(content_dir),
     "folder of what a voice companion says and of what is kept from it: companion/, safety/; "
     "empty "
     "for those of the build"},
    {"ROOST_SAFETY_LEARNED", SETTING_TEXT, "", 0, 511, NULL, AT(safety_learned),
     "file of what the safety gate learnt from its sentences; empty for that of the build"},

    {"ROOST_DEVICE_POLICY", SETTING_CHOICE, "open", 0, 0, policies, AT(device_policy),
     "unknown devices: open serves them, claim waits for an operator, closed refuses them"},
    {"ROOST_DEVICE_MAX", SETTING_INT, "100000", 1, 10000000, NULL, AT(device_max),
     "devices at most; the first message of a further one is refused"},
    {"ROOST_DEVICE_RATE", SETTING_INT, "10", 0, 1000000, NULL, AT(device_rate_per_s),
     "messages a second of one device, after ROOST_DEVICE_BURST; more are refused (0: any)"},
    {"ROOST_DEVICE_BURST", SETTING_INT, "30000", 1, 10000000, NULL, AT(device_burst),
     "messages of one device at once, as after a day without a connection"},
    {"ROOST_CLOCK_SKEW_S", SETTING_INT, "60", 5, 86400, NULL, AT(clock_skew_s),
     "seconds that a device's clock may differ from the hub's before it counts as wrong; a reading "
     "further ahead is stamped with its arrival"},
    {"ROOST_INACTIVE_AFTER_S", SETTING_INT, "300", 5, 31536000, NULL, AT(inactive_after_s),
     "seconds of silence after which a device counts as inactive"},
    {"ROOST_TRIGGER_TEMPERATURE", SETTING_DECIMAL, "0.5", 0, 100, NULL,
     AT(trigger_temperature_degc), "change in degrees Celsius that asks the model"},
    {"ROOST_TRIGGER_HUMIDITY", SETTING_DECIMAL, "2.0", 0, 100, NULL, AT(trigger_humidity_pct),
     "change in percent of relative humidity that asks the model"},
    {"ROOST_TRIGGER_SOUND", SETTING_BOOL, "true", 0, 0, NULL, AT(trigger_sound),
     "whether every new sound level asks the model"},
    {"ROOST_TRIGGER_INTERVAL_S", SETTING_INT, "5", 0, 3600, NULL, AT(trigger_interval_s),
     "seconds between two requests to the model for one device at least"},
    {"ROOST_WAITING_MAX", SETTING_INT, "50000", 100, 10000000, NULL, AT(waiting_max),
     "messages that may wait for the store before reading from the broker pauses"},

    {"ROOST_SPEECH_TO_TEXT", SETTING_CHOICE, "pocketsphinx", 0, 0, hearing, AT(speech_to_text),
     "what recognises a child's words, on this machine; English"},
    {"ROOST_TEXT_TO_SPEECH", SETTING_CHOICE, "flite", 0, 0, speaking, AT(text_to_speech),
     "what speaks, on this machine"},
    {"ROOST_SPEECH_VOICE", SETTING_CHOICE, "slt", 0, 0, voices, AT(speech_voice),
     "the English voice: slt a woman, rms a man, kal16 a robot at a twentieth of the cost"},
    {"ROOST_SPEECH_ARABIC", SETTING_CHOICE, "espeak-ng", 0, 0, speaking_arabic, AT(speech_arabic),
     "what speaks Arabic"},
    {"ROOST_SPEECH_DECODERS", SETTING_INT, "16", 1, 256, NULL, AT(speech_decoders),
     "children that are listened to at once; 17 MB each when it comes to that"},
    {"ROOST_SPEECH_QUEUE", SETTING_INT, "16", 0, 1024, NULL, AT(speech_queue),
     "children that wait to be listened to, and sentences that wait to be spoken; whoever finds it "
     "full hears so at once"},
    {"ROOST_SPEECH_THREADS", SETTING_INT, "0", 0, 8, NULL, AT(speech_threads),
     "threads that listen, and as many that speak; 40 MB each; 0: one a core"},
    {"ROOST_SPEECH_WARP", SETTING_TEXT, "1.25,1.2,1.1", 1, 64, NULL, AT(speech_warp),
     "how much higher the voices of children of 3-5, 6-8 and 9-13 are, 0.8 to 1.6 each"},
    {"ROOST_SPEECH_MODEL_DIR", SETTING_TEXT, "", 0, 511, NULL, AT(speech_model_dir),
     "folder of en.lm and en.dict; empty for those of the build"},
};
/* clang-format on */

const size_t setting_count = sizeof setting_table / sizeof setting_table[0];
