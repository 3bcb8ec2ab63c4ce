/* SPDX-License-Identifier: Apache-2.0 */
/* The charger's parts, from what the product is and what its flash says. */
#include <string.h>

#include "core/err.h"
#include "core/bytes.h"
#include "devices/charger/device/parts.h"

enum {
    EMERGENCY_STOP_NUMBER = 401, /* proto/can/fault_list.h */
    ENERGY_STEP_MWH = 10000,     /* what a power cut may cost of a session's account: 10 Wh ... */
    ENERGY_STEP_MS = 30000,      /* ... or what flows in half a minute, if that is less */
    NOMINAL_MV = 75000,          /* by which amperes and watts of a profile are the same */
    RETRY_UNIT_MS = 1000
};

static void fault_key(char out[ROOST_KV_KEY_MAX + 1], unsigned connector)
{
    memcpy(out, "cf.0", 5);
    out[3] = (char)('1' + connector);
}

enum { KEPT_BYTES = 2 * CHARGER_LATCHED_MAX }; /* a number each; as many as there are */

/* What cannot be read is taken for a fault that a hand has to clear: a welded contactor is none the
 * less welded when its note is damaged. */
static void read_faults(const struct roost_charger *charger, unsigned connector,
                        uint16_t out[CHARGER_LATCHED_MAX])
{
    const struct roost_kv *kv = &charger->device.port->kv;
    char key[ROOST_KV_KEY_MAX + 1];
    uint8_t bytes[KEPT_BYTES];

    fault_key(key, connector);
    memset(out, 0, CHARGER_LATCHED_MAX * sizeof out[0]);
    int len = kv->ops->get(kv->ctx, key, bytes, sizeof bytes);
    if (len == ROOST_ERR_NOT_FOUND)
        return;
    if (len < 0 || len % 2 != 0) {
        out[0] = EMERGENCY_STOP_NUMBER;
        return;
    }
    for (int i = 0; i < len / 2; i++)
        out[i] = roost_le_get16(bytes + 2 * i);
}

static int write_faults(const struct roost_charger *charger, unsigned connector,
                        const uint16_t latched[CHARGER_LATCHED_MAX])
{
    const struct roost_kv *kv = &charger->device.port->kv;
    char key[ROOST_KV_KEY_MAX + 1];
    uint8_t bytes[KEPT_BYTES];
    size_t len = 0;

    fault_key(key, connector);
    for (; len < KEPT_BYTES && latched[len / 2] != 0; len += 2)
        roost_le_put(bytes + len, latched[len / 2], 2);
    return len > 0 ? kv->ops->set(kv->ctx, key, bytes, len) : kv->ops->erase(kv->ctx, key);
}

void charger_keep_faults(struct roost_charger *charger)
{
    for (unsigned c = 0; c < charger->config.connectors; c++) {
        uint16_t latched[CHARGER_LATCHED_MAX];
        uint32_t faults = charger->power[c].faults;

        if (faults == charger->looked_faults[c])
            continue;
        charger_power_latched(&charger->power[c], latched);
        if (memcmp(latched, charger->kept_faults[c], sizeof latched) == 0) {
            charger->looked_faults[c] = faults;
        } else if (write_faults(charger, c, latched) < 0) {
            charger->unsaved_faults++; /* it is tried again in the next cycle */
            charger->device.unsaved = true;
        } else {
            memcpy(charger->kept_faults[c], latched, sizeof latched);
            charger->looked_faults[c] = faults;
        }
    }
}

struct charger_instant charger_instant(const struct roost_charger *charger, uint64_t now_ms)
{
    const struct roost_clock *clock = &charger->device.port->clock;

    return charger_clock_now(&charger->clock, now_ms, clock->ops->unix_ms(clock->ctx));
}

/* ---- settings ---- */

static struct charger_tag_rules tag_rules(const struct charger_keys *keys)
{
    return (struct charger_tag_rules){
        .list = charger_keys_int(keys, CHARGER_KEY_LIST_ENABLED) != 0,
        .cache = charger_keys_int(keys, CHARGER_KEY_CACHE_ENABLED) != 0,
        .pre_authorize = charger_keys_int(keys, CHARGER_KEY_PRE_AUTHORIZE) != 0,
        .authorize_offline = charger_keys_int(keys, CHARGER_KEY_AUTHORIZE_OFFLINE) != 0,
        .allow_unknown = charger_keys_int(keys, CHARGER_KEY_ALLOW_OFFLINE_UNKNOWN) != 0};
}

void charger_apply_settings(struct roost_charger *charger)
{
    const struct roost_settings *settings = &charger->device.settings;
    struct charger_station_config *station = &charger->station.config;
    const struct charger_keys *keys = &charger->keys;

    station->start_mode = (uint8_t)roost_settings_int(settings, CHARGER_SET_START);
    station->terms = (uint8_t)roost_settings_int(settings, CHARGER_SET_TERMS);
    const char *tag = roost_settings_text(settings, CHARGER_SET_FREE_TAG);
    size_t len = strlen(tag);
    memcpy(station->free_tag, tag, (len <= CHARGER_TAG_MAX ? len : CHARGER_TAG_MAX) + 1);
    charger->ocpp.config.degrees_as_is = roost_settings_int(settings, CHARGER_SET_CELSIUS) != 0;
    charger->clock.network =
        !charger->provisioned || roost_settings_int(settings, CHARGER_SET_NETWORK_CLOCK) != 0;
    charger->ledger.rules.attempts_max = (uint16_t)charger_keys_int(keys, CHARGER_KEY_ATTEMPTS);
    charger->ledger.rules.retry_ms =
        (uint32_t)charger_keys_int(keys, CHARGER_KEY_RETRY_INTERVAL) * RETRY_UNIT_MS;
    const struct charger_tag_rules rules = tag_rules(keys);
    if (charger_tags_rules(&charger->tags, &rules) < 0)
        charger->device.unsaved = true;
}

/* ---- making ---- */

/* What the factory gave, where nobody has said otherwise since. */
static int take_factory_password(struct roost_charger *charger)
{
    static const char name[] = "AuthorizationKey";
    const struct roost_charger_config *config = &charger->config;
    struct charger_keys *keys = &charger->keys;
    uint8_t password[CHARGER_PASSWORD_MAX];
    bool has_key = charger_keys_password(keys, password) > 0;
    int id;

    memset(password, 0, sizeof password);
    if (!has_key && config->authorization_key &&
        charger_keys_set(keys, name, sizeof name - 1, config->authorization_key,
                         strlen(config->authorization_key), &id) != CHARGER_KEY_ACCEPTED)
        return ROOST_ERR_INVALID;
    return 0;
}

/* What flash cannot say is settled before the factory's word is taken, which may be less. */
static int take_factory_profile(struct roost_charger *charger)
{
    struct charger_keys *keys = &charger->keys;
    uint8_t profile = charger->config.security_profile;

    if (charger_keys_profile_mend(keys))
        ROOST_LOG(&charger->device.log, ROOST_LOG_ERROR, "link", "security profile unreadable",
                  RF_INT("taken", charger_keys_int(keys, CHARGER_KEY_SECURITY_PROFILE)));
    if (profile <= charger_keys_int(keys, CHARGER_KEY_SECURITY_PROFILE))
        return 0;
    return charger_keys_set_int(keys, CHARGER_KEY_SECURITY_PROFILE, profile);
}

static int make_keys(struct roost_charger *charger)
{
    const struct charger_key_facts facts = {
        .connectors = charger->config.connectors,
        .measurands = (1u << CHARGER_MEASURAND_COUNT) - 1,
        .list_max = CHARGER_KEY_LIST_MAX,
        .tags_max = CHARGER_TAGS_MAX,
        .tags_message_max = CHARGER_TAGS_MESSAGE_MAX,
        .stack_level_max = CHARGER_PROFILES_LEVEL_MAX,
        .periods_max = CHARGER_PROFILES_PERIODS_MAX,
        .profiles_max = CHARGER_PROFILES_INSTALLED_MAX,
        .rate_units = CHARGER_RATE_BOTH,
        .transfers = CHARGER_TRANSFER_FTP_HTTP_HTTPS,
        .certificates_max = 4,
        .chain_max = ROOST_PKI_CHAIN_MAX,
    };

    int err = charger_keys_init(&charger->keys, &facts, &charger->device.port->kv);
    int factory = take_factory_password(charger);
    int trust = charger_trust_make(charger);
    if (factory == 0)
        factory = take_factory_profile(charger);
    if (err == 0)
        err = trust;
    return err < 0 ? err : factory;
}

static int make_power(struct roost_charger *charger)
{
    const struct can_table *table = charger->config.power[0].table;
    int err = 0;

    charger_blackbox_init(&charger->blackbox, table ? table : &can_table_default);
    for (unsigned c = 0; err == 0 && c < charger->config.connectors; c++) {
        struct charger_power_config config = charger->config.power[c];
        struct charger_kept kept = {
            .mwh = roost_ledger_energy_mwh(&charger->ledger, (uint8_t)(c + 1))};

        config.log = &charger->device.log;
        config.frame = c == 0 ? charger_blackbox_frame : NULL; /* charger_record goes on */
        config.frame_ctx = &charger->blackbox;
        read_faults(charger, c, kept.faults);
        memcpy(charger->kept_faults[c], kept.faults, sizeof kept.faults);
        charger->looked_faults[c] = UINT32_MAX;
        err = charger_power_init(&charger->power[c], &config, &kept, charger->device.now.now_ms);
    }
    return err;
}

static int make_ledger(struct roost_charger *charger)
{
    const struct roost_ledger_rules rules = {
        .connectors = charger->config.connectors,
        .step_mwh = ENERGY_STEP_MWH,
        .step_ms = ENERGY_STEP_MS,
        .attempts_max = (uint16_t)charger_keys_int(&charger->keys, CHARGER_KEY_ATTEMPTS),
        .retry_ms =
            (uint32_t)charger_keys_int(&charger->keys, CHARGER_KEY_RETRY_INTERVAL) * RETRY_UNIT_MS};

    return roost_ledger_init(&charger->ledger, &charger->device.port->ledger, &rules,
                             roost_device_boot(&charger->device));
}

static int make_profiles(struct roost_charger *charger)
{
    const struct charger_profiles_config config = {.connectors = charger->config.connectors,
                                                   .nominal_mv = NOMINAL_MV,
                                                   .max_tenths_a = CHARGER_CURRENT_MAX_MA / 100,
                                                   .max_tenths_w = CHARGER_CURRENT_MAX_MA / 100 *
                                                                   (CHARGER_VOLTAGE_MAX_MV / 1000)};

    return charger_profiles_init(&charger->profiles, &charger->device.port->kv, &config);
}

static int make_station(struct roost_charger *charger, const struct charger_instant *now)
{
    const struct charger_station_config config = {.connectors = charger->config.connectors,
                                                  .power = charger->power,
                                                  .ledger = &charger->ledger,
                                                  .keys = &charger->keys,
                                                  .tags = &charger->tags,
                                                  .profiles = &charger->profiles,
                                                  .kv = &charger->device.port->kv,
                                                  .log = &charger->device.log};

    return charger_station_init(&charger->station, &config, now);
}

static int make_ocpp(struct roost_charger *charger, const struct charger_instant *now)
{
    static const struct charger_ocpp_more more = {.sayings = charger_words_said,
                                                  .saying_count = CHARGER_WORDS_SAID,
                                                  .servers = charger_papers,
                                                  .server_count = CHARGER_PAPERS};
    struct charger_ocpp_config config = {.wire = charger_wire(charger),
                                         .facts = charger->config.facts,
                                         .does = charger_does(charger),
                                         .station = &charger->station,
                                         .keys = &charger->keys,
                                         .tags = &charger->tags,
                                         .profiles = &charger->profiles,
                                         .ledger = &charger->ledger,
                                         .events = &charger->events,
                                         .random = &charger->device.port->random,
                                         .log = &charger->device.log,
                                         .more = &more};

    config.facts.firmware = charger->device.firmware;
    return charger_ocpp_init(&charger->ocpp, &config, now);
}

/* What flash cannot say is counted as a fault of the flash, and has its safe value. Without the
 * ledger and the power part there is nothing to charge with. */
static int soft(struct roost_charger *charger, int err)
{
    if (err != ROOST_ERR_IO)
        return err;
    charger->device.unsaved = true;
    return 0;
}

int charger_make(struct roost_charger *charger)
{
    const struct roost_kv *kv = &charger->device.port->kv;
    struct charger_instant now = charger_instant(charger, charger->device.now.now_ms);
    int err = soft(charger, make_keys(charger));

    charger->provisioned = charger->config.url && charger->config.url[0];
    if (err == 0)
        err = make_ledger(charger);
    if (err == 0)
        err = make_power(charger);
    const struct charger_tag_rules rules = tag_rules(&charger->keys);
    if (err == 0)
        err = soft(charger, charger_tags_init(&charger->tags, kv, &rules));
    if (err == 0)
        err = soft(charger, make_profiles(charger));
    if (err == 0)
        err = soft(charger,
                   charger_events_init(&charger->events, kv, roost_device_boot(&charger->device)));
    if (err == 0)
        err = soft(charger, charger_firmware_make(charger));
    if (err == 0)
        err = soft(charger, make_station(charger, &now));
    if (err == 0)
        err = make_ocpp(charger, &now);
    if (err == 0) {
        charger_upload_make(charger);
        charger_apply_settings(charger);
    }
    return err;
}
