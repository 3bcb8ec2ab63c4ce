/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One test a key, made from a table of what the field may expect of it; then the rules over several
 * keys, and cases P-13, P-14, P-15 and P-33.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "devices/charger/keys.h"
#include "devices/charger/test/kv_cut.h"

#define ALL                                                                                        \
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC,Temperature,"    \
    "Current.Offered"

enum access { R, RW, W };

/* Bad values are divided by '|'. */
struct expected {
    const char *name, *initial, *good, *bad;
    enum access access;
};

#define NO_BOOL "|True|1|yes|truefalse|true "
#define NO_LIST                                                                                    \
    "Voltage,|,Voltage|Voltage, SoC|voltage|Voltage,Voltage|Voltage.L1|Frequency|SoC,Frequency|"   \
    "Energy.Active.Import.Register,Power.Offered"

static struct expected expected[] = {
    {"AllowOfflineTxForUnknownId", "false", "true", NO_BOOL, RW},
    {"AuthorizationCacheEnabled", "true", "false", NO_BOOL, RW},
    {"AuthorizeRemoteTxRequests", "false", "true", NO_BOOL, RW},
    {"ClockAlignedDataInterval", "0", "900", "-1|86401||x", RW},
    {"ConnectionTimeOut", "60", "10", "0|-1|86401", RW},
    {"ConnectorPhaseRotation", "NotApplicable", "NotApplicable", "|RST|notapplicable", RW},
    {"HeartbeatInterval", "3600", "2", "0|-5|1e3|99999999999||60 | 60|+60|060|6.0|0x10", RW},
    {"LocalAuthListEnabled", "true", "false", NO_BOOL, RW},
    {"LocalAuthorizeOffline", "true", "false", NO_BOOL, RW},
    {"LocalPreAuthorize", "false", "true", NO_BOOL, RW},
    {"MaxEnergyOnInvalidId", "0", "5000", "-1|1000001", RW},
    {"MessageTimeout", "30", "60", "4|601", RW},
    {"MeterValueSampleInterval", "60", "0", "-1|86401", RW},
    {"MeterValuesAlignedData", "Energy.Active.Import.Register", ALL, NO_LIST, RW},
    {"MeterValuesSampledData", "Energy.Active.Import.Register", "SoC,Voltage", NO_LIST, RW},
    {"MinimumStatusDuration", "0", "10", "-1|3601", RW},
    {"ResetRetries", "3", "0", "-1|-0|11", RW},
    {"StopTransactionMaxMeterValues", "500", "2", "1|10001", RW},
    {"StopTransactionOnEVSideDisconnect", "true", "false", NO_BOOL, RW},
    {"StopTransactionOnInvalidId", "true", "false", NO_BOOL, RW},
    {"StopTxnAlignedData", "", "Voltage", NO_LIST, RW},
    {"StopTxnSampledData", "", ALL, NO_LIST, RW},
    {"TransactionMessageAttempts", "3", "5", "0|101", RW},
    {"TransactionMessageRetryInterval", "60", "2", "0|86401", RW},
    {"WebSocketPingInterval", "60", "0", "-1|86401", RW},
    {"AuthorizationKey", "", "00112233445566778899AABBCCDDEEFF",
     "|00|00112233445566778899AABBCCDDEEF|00112233445566778899AABBCCDDEEFFg0|"
     "00112233445566778899aabbccddeeff001122334",
     W},
    {"CpoName", "", "Energy of the Valley", "two\nlines|\x7f", RW},
    {"SecurityProfile", "0", "1", "0|-1|2|3|4|99999999999||one", RW},
    {"AdditionalRootCertificateCheck", "false", "true", "false", R},
    {"AllowSecurityProfileDowngrade", "false", "true", "false", R},
    {"CertificateSignedMaxChainSize", "10000", "1", "", R},
    {"CertificateStoreMaxLength", "6", "7", "", R},
    {"ChargeProfileMaxStackLevel", "8", "9", "", R},
    {"ChargingScheduleAllowedChargingRateUnit", "Current,Power", "Power", "", R},
    {"ChargingScheduleMaxPeriods", "24", "25", "", R},
    {"GetConfigurationMaxKeys", "49", "50", "", R},
    {"LocalAuthListMaxLength", "250", "251", "", R},
    {"MaxChargingProfilesInstalled", "10", "11", "", R},
    {"MeterValuesAlignedDataMaxLength", "7", "8", "", R},
    {"MeterValuesSampledDataMaxLength", "7", "8", "", R},
    {"NumberOfConnectors", "2", "2", "1", R},
    {"ReserveConnectorZeroSupported", "true", "false", "", R},
    {"SendLocalListMaxLength", "50", "51", "", R},
    {"StopTxnAlignedDataMaxLength", "7", "8", "", R},
    {"StopTxnSampledDataMaxLength", "7", "8", "", R},
    {"SupportedFeatureProfiles",
     "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger",
     "Core", "", R},
    {"SupportedFeatureProfilesMaxLength", "6", "7", "", R},
    {"SupportedFileTransferProtocols", "FTP,HTTP,HTTPS", "FTP", "", R},
    {"UnlockConnectorOnEVSideDisconnect", "false", "true", "false", R},
};
enum { EXPECTED = sizeof expected / sizeof expected[0] };

static const struct charger_key_facts facts = {
    .connectors = 2,
    .measurands = 0x7f,
    .list_max = 7,
    .tags_max = 250,
    .tags_message_max = 50,
    .stack_level_max = 8,
    .periods_max = 24,
    .profiles_max = 10,
    .rate_units = CHARGER_RATE_BOTH,
    .transfers = CHARGER_TRANSFER_FTP_HTTP_HTTPS,
    .certificates_max = 6,
    .chain_max = 10000,
};

static struct kv_cut store;
static struct charger_keys keys;

static void boot(void)
{
    kv_cut_boot(&store);
    assert_int_equal(charger_keys_init(&keys, &facts, &store.kv), 0);
}

static void first_boot(void)
{
    kv_cut_init(&store);
    boot();
}

static enum charger_key_answer set_n(const char *name, const char *value, size_t len)
{
    int id;
    return charger_keys_set(&keys, name, strlen(name), value, len, &id);
}

static enum charger_key_answer set(const char *name, const char *value)
{
    return set_n(name, value, strlen(value));
}

static const char *get(const char *name)
{
    static struct charger_key_view view;
    int id = charger_keys_find(name, strlen(name));
    assert_true(id >= 0);
    charger_keys_show(&keys, (size_t)id, &view);
    return view.value;
}

/* ---- every key ---- */

static void reads_as(const struct expected *row, const char *value)
{
    struct charger_key_view view;
    int id = charger_keys_find(row->name, strlen(row->name));
    assert_true(id >= 0);
    charger_keys_show(&keys, (size_t)id, &view);
    assert_string_equal(view.name, row->name);
    assert_int_equal(view.readonly, row->access == R);
    assert_int_equal(view.readable, row->access != W);
    assert_string_equal(view.value, row->access == W ? "" : value);
}

/* Nothing moved: neither the value nor the flash. */
static void refuses(const struct expected *row, const char *value, size_t len, const char *present)
{
    int writes = store.writes;
    assert_int_equal(set_n(row->name, value, len), CHARGER_KEY_REJECTED);
    reads_as(row, present);
    assert_int_equal(store.writes, writes);
    assert_false(charger_keys_profile_tried(&keys));
}

static void refuses_all_bad(const struct expected *row, const char *present)
{
    char nul[] = "60\0";
    const char *at = row->bad;
    for (const char *end = at; end; at = end + 1) {
        end = strchr(at, '|');
        refuses(row, at, end ? (size_t)(end - at) : strlen(at), present);
    }
    refuses(row, nul, 3, present);
    refuses(row,
            "a value that is longer than all that a key of this product keeps, 500 characters are "
            "allowed on the wire",
            100, present);
}

static void a_key(void **state)
{
    const struct expected *row = *state;
    first_boot();
    reads_as(row, row->initial);
    refuses_all_bad(row, row->initial);
    if (row->access == R) {
        refuses(row, row->good, strlen(row->good), row->initial);
        refuses(row, row->initial, strlen(row->initial), row->initial);
        return;
    }
    bool profile = strcmp(row->name, "SecurityProfile") == 0;
    if (profile)
        assert_int_equal(set("AuthorizationKey", "00112233445566778899AABBCCDDEEFF"), 0);
    assert_int_equal(set(row->name, row->good), CHARGER_KEY_ACCEPTED);
    if (profile)
        assert_int_equal(charger_keys_profile_end(&keys, true), 0);
    reads_as(row, row->good);
    refuses_all_bad(row, row->good);
    boot();
    reads_as(row, row->good);
    assert_int_equal(keys.settings.ignored, 0);
}

/* A cut inside the write, a full flash and one that fails leave the old or the new value. */
static void a_key_under_cuts(void **state)
{
    const struct expected *row = *state;
    for (int after = 0; row->access == RW && after < 2; after++) {
        first_boot();
        if (strcmp(row->name, "SecurityProfile") == 0 || strcmp(row->good, row->initial) == 0)
            return;
        store.room = 0;
        refuses_all_bad(row, row->initial);
        assert_int_equal(set(row->name, row->good), CHARGER_KEY_REJECTED);
        reads_as(row, row->initial);
        store.room = KV_CUT_SLOTS;
        store.cut_after = after;
        store.cut_at = store.writes;
        assert_int_equal(set(row->name, row->good), CHARGER_KEY_REJECTED);
        reads_as(row, row->initial);
        boot();
        reads_as(row, after ? row->good : row->initial);
    }
}

/* What is accepted reads back as it came, byte for byte; what is not has changed nothing. Values
 * are good and bad ones with a byte changed, dropped or doubled. */
static void spoilt_values_are_taken_whole_or_not(void **state)
{
    static const char bytes[] = ",.-0159aEetf \0\x80";
    uint32_t dice = 1;
    int accepted = 0;
    (void)state;
    first_boot();
    for (int round = 0; round < 20000; round++) {
        const struct expected *row = &expected[round % EXPECTED];
        const struct expected *other = &expected[round / EXPECTED % EXPECTED];
        char value[128] = "", before[CHARGER_KEY_TEXT_MAX + 1];
        size_t len = strlen(other->good);
        dice = dice * 1664525 + 1013904223;
        size_t at = len ? (dice >> 8) % len : 0;
        memcpy(value, other->good, len);
        if (dice >> 30 == 0)
            value[at] = bytes[(dice >> 4) % sizeof bytes];
        else if (dice >> 30 == 1 && len > 0)
            memmove(value + at, value + at + 1, len-- - at);
        else if (dice >> 30 == 2)
            memmove(value + at + 1, value + at, ++len - at - 1);
        memcpy(before, get(row->name), sizeof before);
        enum charger_key_answer answer = set_n(row->name, value, len);
        keys.profile = -1;
        bool hidden = row->access == W || strcmp(row->name, "SecurityProfile") == 0;
        assert_true(answer == CHARGER_KEY_ACCEPTED || answer == CHARGER_KEY_REJECTED);
        assert_true(answer != CHARGER_KEY_ACCEPTED || strlen(value) == len);
        if (!hidden)
            assert_string_equal(get(row->name), answer == CHARGER_KEY_ACCEPTED ? value : before);
        accepted += answer == CHARGER_KEY_ACCEPTED;
    }
    assert_in_range(accepted, 100, 19000);
}

/* ---- the list ---- */

static void the_table_is_the_list(void **state)
{
    struct charger_key_view view;
    (void)state;
    first_boot();
    assert_int_equal(CHARGER_KEY_COUNT, EXPECTED);
    assert_int_equal(charger_keys_int(&keys, CHARGER_KEY_KEYS_MAX), EXPECTED);
    for (size_t i = 0; i < EXPECTED; i++) {
        charger_keys_show(&keys, i, &view);
        assert_string_equal(view.name, expected[i].name);
        assert_true(strlen(view.name) <= 50);
        assert_int_equal(charger_keys_find(view.name, strlen(view.name)), (int)i);
    }
}

static void words_are_numbers_inside(void **state)
{
    (void)state;
    first_boot();
    assert_int_equal(set("MeterValuesSampledData", "SoC,Energy.Active.Import.Register,Voltage"),
                     CHARGER_KEY_ACCEPTED);
    assert_int_equal(charger_keys_word(&keys, CHARGER_KEY_VALUES_SAMPLED, 0), CHARGER_MEASURES_SOC);
    assert_int_equal(charger_keys_word(&keys, CHARGER_KEY_VALUES_SAMPLED, 1),
                     CHARGER_MEASURES_ENERGY);
    assert_int_equal(charger_keys_word(&keys, CHARGER_KEY_VALUES_SAMPLED, 2),
                     CHARGER_MEASURES_VOLTAGE);
    assert_int_equal(charger_keys_word(&keys, CHARGER_KEY_VALUES_SAMPLED, 3), -1);
    assert_int_equal(charger_keys_word(&keys, CHARGER_KEY_VALUES_SAMPLED, 8), -1);
    assert_int_equal(set("MeterValuesSampledData", ""), CHARGER_KEY_ACCEPTED);
    assert_int_equal(charger_keys_word(&keys, CHARGER_KEY_VALUES_SAMPLED, 0), -1);
}

/* A product that measures less, or takes shorter lists, says so and holds to it; what an earlier
 * firmware kept beyond it is the default again. */
static void lists_fit_the_product(void **state)
{
    struct charger_key_facts less = facts;
    (void)state;
    first_boot();
    assert_int_equal(set("MeterValuesSampledData", "Voltage,SoC,Temperature"), 0);
    assert_int_equal(set("StopTxnSampledData", "Voltage,SoC"), 0);
    less.list_max = 2;
    assert_int_equal(charger_keys_init(&keys, &less, &store.kv), 0);
    assert_int_equal(keys.settings.ignored, 1);
    assert_string_equal(get("MeterValuesSampledData"), "Energy.Active.Import.Register");
    assert_string_equal(get("StopTxnSampledData"), "Voltage,SoC");
    assert_string_equal(get("MeterValuesSampledDataMaxLength"), "2");
    assert_int_equal(set("MeterValuesSampledData", "Voltage,SoC,Temperature"),
                     CHARGER_KEY_REJECTED);
    assert_int_equal(set("MeterValuesSampledData", "Voltage,SoC"), CHARGER_KEY_ACCEPTED);
    less.measurands = 1 << CHARGER_MEASURES_ENERGY | 1 << CHARGER_MEASURES_VOLTAGE;
    assert_int_equal(charger_keys_init(&keys, &less, &store.kv), 0);
    assert_string_equal(get("MeterValuesSampledData"), "Energy.Active.Import.Register");
    assert_int_equal(set("MeterValuesSampledData", "Voltage,SoC"), CHARGER_KEY_REJECTED);
    assert_string_equal(get("MeterValuesSampledData"), "Energy.Active.Import.Register");
}

static void a_reboot_is_asked_for(void **state)
{
    struct charger_key_facts slow = facts;
    (void)state;
    kv_cut_init(&store);
    slow.reboot = 1ULL << CHARGER_KEY_PING_INTERVAL;
    assert_int_equal(charger_keys_init(&keys, &slow, &store.kv), 0);
    assert_int_equal(set("WebSocketPingInterval", "30"), CHARGER_KEY_REBOOT_REQUIRED);
    assert_int_equal(set("WebSocketPingInterval", "-1"), CHARGER_KEY_REJECTED);
    assert_string_equal(get("WebSocketPingInterval"), "30");
    assert_string_equal(charger_key_answers[CHARGER_KEY_REBOOT_REQUIRED], "RebootRequired");
    assert_string_equal(charger_key_answers[CHARGER_KEY_NOT_SUPPORTED], "NotSupported");
}

static void our_own_decisions_are_checked(void **state)
{
    (void)state;
    first_boot();
    assert_int_equal(charger_keys_set_int(&keys, CHARGER_KEY_HEARTBEAT_INTERVAL, 300), 0);
    assert_string_equal(get("HeartbeatInterval"), "300");
    assert_int_equal(charger_keys_set_int(&keys, CHARGER_KEY_HEARTBEAT_INTERVAL, 0),
                     ROOST_ERR_RANGE);
    assert_int_equal(charger_keys_set_int(&keys, CHARGER_KEY_VALUES_SAMPLED, 0x11),
                     ROOST_ERR_RANGE);
    store.fails = true;
    assert_int_equal(charger_keys_set_int(&keys, CHARGER_KEY_HEARTBEAT_INTERVAL, 60), ROOST_ERR_IO);
    assert_string_equal(get("HeartbeatInterval"), "300");
    assert_int_equal(charger_keys_init(&keys, &facts, &store.kv), ROOST_ERR_IO);
    assert_string_equal(get("HeartbeatInterval"), "3600");
}

static void a_late_ping_is_warned_of(void **state)
{
    int64_t found_s, ladder_s;
    (void)state;
    first_boot();
    assert_false(charger_keys_ping_late(&keys, &found_s, &ladder_s));
    assert_int_equal(found_s, 120);
    assert_int_equal(ladder_s, 180);
    assert_int_equal(set("TransactionMessageRetryInterval", "2"), CHARGER_KEY_ACCEPTED);
    assert_true(charger_keys_ping_late(&keys, &found_s, &ladder_s));
    assert_int_equal(ladder_s, 6); /* P-29: sent at 0, 2 and 6 s */
    assert_int_equal(set("WebSocketPingInterval", "3"), CHARGER_KEY_ACCEPTED);
    assert_false(charger_keys_ping_late(&keys, &found_s, &ladder_s));
    assert_int_equal(set("WebSocketPingInterval", "0"), CHARGER_KEY_ACCEPTED);
    assert_true(charger_keys_ping_late(&keys, &found_s, &ladder_s));
}

/* The one stored value that is this text is another one now, which cannot be. */
static void spoil(const char *text)
{
    int found = 0;
    for (int i = 0; i < KV_CUT_SLOTS; i++)
        if (store.slots[i].len == (int)strlen(text) &&
            memcmp(store.slots[i].value, text, strlen(text)) == 0) {
            store.slots[i].value[0] ^= 0x40;
            found++;
        }
    assert_int_equal(found, 1);
}

/* ---- security profile (P-34's part of the keys) ---- */

static void a_profile_rises_with_all_it_needs(void **state)
{
    (void)state;
    first_boot();
    assert_int_equal(set("SecurityProfile", "1"), CHARGER_KEY_REJECTED); /* no password */
    assert_int_equal(set("AuthorizationKey", "00112233445566778899AABBCCDDEEFF"), 0);
    assert_int_equal(set("SecurityProfile", "1"), CHARGER_KEY_ACCEPTED);
    assert_string_equal(get("SecurityProfile"), "0");
    assert_int_equal(charger_keys_profile(&keys), 1);
    assert_int_equal(set("SecurityProfile", "1"), CHARGER_KEY_REJECTED); /* one trial at a time */
    assert_int_equal(charger_keys_profile_end(&keys, true), 0);
    for (int profile = 0; profile < 4; profile++) {
        char digit[2] = {(char)('0' + profile), '\0'};
        assert_int_equal(set("SecurityProfile", digit), CHARGER_KEY_REJECTED);
    }
    keys.ready = CHARGER_READY_ROOT;
    assert_int_equal(set("SecurityProfile", "3"), CHARGER_KEY_REJECTED);
    assert_int_equal(set("SecurityProfile", "2"), CHARGER_KEY_ACCEPTED);
    assert_int_equal(charger_keys_profile_end(&keys, false), 0); /* the wrong server: back to 1 */
    assert_int_equal(charger_keys_profile(&keys), 1);
    assert_false(charger_keys_profile_tried(&keys));
    keys.ready |= CHARGER_READY_CERTIFICATE;
    assert_int_equal(set("SecurityProfile", "3"), CHARGER_KEY_ACCEPTED);
    boot(); /* a cut in the middle of the trial */
    assert_int_equal(charger_keys_profile(&keys), 1);
}

/* What flash cannot say is not "none": the highest that has what it needs. */
static void a_damaged_profile_is_the_highest_there_can_be(void **state)
{
    (void)state;
    for (int ready = 0; ready < 4; ready++) {
        static const int highest[] = {1, 2, 1, 3};
        first_boot();
        assert_int_equal(set("AuthorizationKey", "00112233445566778899AABBCCDDEEFF"), 0);
        assert_int_equal(set("SecurityProfile", "1"), CHARGER_KEY_ACCEPTED);
        assert_int_equal(charger_keys_profile_end(&keys, true), 0);
        assert_false(charger_keys_profile_mend(&keys));
        spoil("1");
        boot();
        assert_int_equal(charger_keys_profile(&keys), 0);
        keys.ready = (uint8_t)ready;
        assert_true(charger_keys_profile_mend(&keys));
        assert_int_equal(charger_keys_profile(&keys), highest[ready]);
        boot(); /* and so it is kept */
        assert_int_equal(charger_keys_profile(&keys), highest[ready]);
        assert_false(charger_keys_profile_mend(&keys));
    }
}

static void a_profile_that_cannot_be_kept_is_still_tried(void **state)
{
    (void)state;
    first_boot();
    assert_int_equal(set("AuthorizationKey", "00112233445566778899AABBCCDDEEFF"), 0);
    assert_int_equal(set("SecurityProfile", "1"), CHARGER_KEY_ACCEPTED);
    store.fails = true;
    assert_int_equal(charger_keys_profile_end(&keys, true), ROOST_ERR_IO);
    assert_int_equal(charger_keys_profile(&keys), 1);
    store.fails = false;
    assert_int_equal(charger_keys_profile_end(&keys, true), 0);
    boot();
    assert_int_equal(charger_keys_profile(&keys), 1);
}

/* ---- cases ---- */

static void p_13(void **state)
{
    struct charger_key_view view;
    (void)state;
    first_boot();
    assert_int_equal(charger_keys_find("heartbeatinterval", 17), CHARGER_KEY_HEARTBEAT_INTERVAL);
    assert_int_equal(charger_keys_find("HEARTBEATINTERVAL", 17), CHARGER_KEY_HEARTBEAT_INTERVAL);
    assert_int_equal(charger_keys_find("HeartbeatInterva", 16), ROOST_ERR_NOT_FOUND);
    assert_int_equal(charger_keys_find("HeartbeatIntervalX", 18), ROOST_ERR_NOT_FOUND);
    assert_int_equal(charger_keys_find("Nope", 4), ROOST_ERR_NOT_FOUND);
    assert_int_equal(charger_keys_find("", 0), ROOST_ERR_NOT_FOUND);
    assert_int_equal(set("AuthorizationKey", "4F43415F4F4354545F61646D696E5F74657374"), 0);
    charger_keys_show(&keys, CHARGER_KEY_AUTHORIZATION, &view);
    assert_false(view.readable);
    for (size_t i = 0; i < sizeof view.value; i++)
        assert_int_equal(view.value[i], 0);
}

static void p_14(void **state)
{
    static const char *const bad[] = {"-5", "1e3", "99999999999", "", "60 "};
    (void)state;
    first_boot();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(set("HeartbeatInterval", bad[i]), CHARGER_KEY_REJECTED);
    assert_string_equal(get("HeartbeatInterval"), "3600");
    assert_int_equal(set("MeterValuesSampledData", "Voltage,Nonsense"), CHARGER_KEY_REJECTED);
    assert_string_equal(get("MeterValuesSampledData"), "Energy.Active.Import.Register");
    assert_int_equal(set("NumberOfConnectors", "2"), CHARGER_KEY_REJECTED);
    assert_int_equal(set("Nope", "1"), CHARGER_KEY_NOT_SUPPORTED);
    assert_int_equal(set("WebSocketPingInterval", "-1"), CHARGER_KEY_REJECTED);
    assert_int_equal(set("heartbeatINTERVAL", "60"), CHARGER_KEY_ACCEPTED);
    assert_string_equal(get("HeartbeatInterval"), "60");
}

static void p_15(void **state)
{
    (void)state;
    first_boot();
    assert_string_equal(get("UnlockConnectorOnEVSideDisconnect"), "false");
    assert_int_equal(set("UnlockConnectorOnEVSideDisconnect", "true"), CHARGER_KEY_REJECTED);
    assert_int_equal(set("UnlockConnectorOnEVSideDisconnect", "false"), CHARGER_KEY_REJECTED);
    assert_int_equal(set("StopTransactionOnEVSideDisconnect", "false"), CHARGER_KEY_ACCEPTED);
    assert_int_equal(charger_keys_int(&keys, CHARGER_KEY_STOP_ON_DISCONNECT), 0);
}

static void p_33(void **state)
{
    static const uint8_t odd[16] = {0x00, 0x3a, 0xff};
    uint8_t password[CHARGER_PASSWORD_MAX];
    (void)state;
    first_boot();
    assert_int_equal(charger_keys_password(&keys, password), 0);
    assert_int_equal(set("AuthorizationKey", "4F43415F4F4354545F61646D696E5F74657374"),
                     CHARGER_KEY_ACCEPTED);
    assert_int_equal(set("AuthorizationKey", "0011223344556677889900112233445"),
                     CHARGER_KEY_REJECTED); /* 31 digits */
    assert_int_equal(set("AuthorizationKey", "001122334455667788990011223344556677889900"),
                     CHARGER_KEY_REJECTED); /* 42 */
    assert_int_equal(set("AuthorizationKey", "xyz12233445566778899001122334455"),
                     CHARGER_KEY_REJECTED);
    boot();
    assert_int_equal(charger_keys_password(&keys, password), 19);
    assert_memory_equal(password, "OCA_OCTT_admin_test", 19);
    assert_int_equal(set("AuthorizationKey", "003aFF00000000000000000000000000"), 0);
    assert_int_equal(charger_keys_password(&keys, password), 16);
    assert_memory_equal(password, odd, 16);
    assert_string_equal(get("AuthorizationKey"), "");
    for (int after = 0; after < 2; after++) {
        boot();
        store.cut_after = after;
        store.cut_at = 0;
        assert_int_equal(set("AuthorizationKey", "11111111111111111111111111111111"),
                         CHARGER_KEY_REJECTED);
        boot();
        assert_int_equal(charger_keys_password(&keys, password), 16);
        assert_int_equal(password[15], after ? 0x11 : 0x00);
    }
}

/* The settings' own way out must not tell it either. */
static void no_report_holds_the_password(void **state)
{
    static char json[4096];
    struct roost_json_writer writer;
    (void)state;
    first_boot();
    assert_int_equal(set("AuthorizationKey", "4F43415F4F4354545F61646D696E5F74657374"), 0);
    roost_json_begin(&writer, json, sizeof json);
    roost_settings_write_json(&keys.settings, &writer);
    assert_true(roost_json_finish(&writer) > 0);
    assert_non_null(strstr(json, "\"AuthorizationKey\":\"***\""));
    assert_null(strstr(json, "4F43"));
}

int main(void)
{
    static const struct CMUnitTest rest[] = {
        cmocka_unit_test(spoilt_values_are_taken_whole_or_not),
        cmocka_unit_test(the_table_is_the_list),
        cmocka_unit_test(words_are_numbers_inside),
        cmocka_unit_test(lists_fit_the_product),
        cmocka_unit_test(a_reboot_is_asked_for),
        cmocka_unit_test(our_own_decisions_are_checked),
        cmocka_unit_test(a_late_ping_is_warned_of),
        cmocka_unit_test(a_profile_rises_with_all_it_needs),
        cmocka_unit_test(a_damaged_profile_is_the_highest_there_can_be),
        cmocka_unit_test(a_profile_that_cannot_be_kept_is_still_tried),
        cmocka_unit_test(p_13),
        cmocka_unit_test(p_14),
        cmocka_unit_test(p_15),
        cmocka_unit_test(p_33),
        cmocka_unit_test(no_report_holds_the_password),
    };
    static struct CMUnitTest tests[2 * EXPECTED + sizeof rest / sizeof rest[0]];
    static char names[EXPECTED][56];
    for (size_t i = 0; i < EXPECTED; i++) {
        struct CMUnitTest *test = &tests[2 * i];
        memcpy(names[i], expected[i].name, strlen(expected[i].name));
        memcpy(names[i] + strlen(expected[i].name), " cut", 5);
        test[0].name = expected[i].name;
        test[0].test_func = a_key;
        test[1].name = names[i];
        test[1].test_func = a_key_under_cuts;
        test[0].initial_state = test[1].initial_state = &expected[i];
    }
    memcpy(&tests[2 * EXPECTED], rest, sizeof rest);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
