/* SPDX-License-Identifier: Apache-2.0 */
/* The device's security profile and events, on a socket that does what the test says: P-34, P-35,
 * P-55. */
#include "devices/charger/test/unit.h"

enum { MINUTE_MS = 60000, CONNECT_MS = 50 };
#define PASSWORD "00112233445566778899AABBCCDDEEFF"

/* ---- the socket ---- */

static struct {
    bool open;
    int status; /* of the attempts to come; 0: they are good */
    uint64_t token;
    int attempts;
    char user[64]; /* of the last attempt */
    const char *ca_pem, *cert_pem;
} line;

static int line_open(void *ctx, const struct roost_ws_options *options)
{
    (void)ctx;
    line.attempts++;
    line.open = line.status == 0;
    strncpy(line.user, options->user ? options->user : "", sizeof line.user - 1);
    line.ca_pem = options->ca_pem;
    line.cert_pem = options->cert_pem;
    fake_later(&fake, CONNECT_MS,
               (struct roost_event){.type = line.open ? ROOST_EV_WS_OPENED : ROOST_EV_WS_CLOSED,
                                    .status = line.status,
                                    .token = line.token});
    return 0;
}

static int line_close(void *ctx, uint16_t code)
{
    (void)ctx;
    if (line.open)
        fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_WS_CLOSED, .token = code});
    line.open = false;
    return 0;
}

static int line_send(void *ctx, const void *data, size_t len, bool first, bool last)
{
    (void)ctx, (void)data, (void)len, (void)first, (void)last;
    return line.open ? 0 : ROOST_ERR_CLOSED;
}

static const struct roost_ws_ops line_ops = {
    .open = line_open, .close = line_close, .send_part = line_send};

/* ---- the device ---- */

static void boot(enum roost_reset_reason reason)
{
    unit_boot(reason);
    line.open = false;
    unit_start(unit_step);
}

static int set_up(void **state)
{
    (void)state;
    memset(&line, 0, sizeof line);
    unit_make("unit-7");
    fake.port.ws = (struct roost_ws){&line_ops, NULL};
    config.url = "wss://hub/ocpp";
    config.ca_pem = "roots";
    config.authorization_key = PASSWORD;
    config.security_profile = 1;
    boot(ROOST_RESET_POWER_ON);
    return 0;
}

static enum charger_key_answer rise(const char *profile)
{
    static const char name[] = "SecurityProfile";
    struct charger_ocpp_does does = charger_does(&charger);
    int id;
    enum charger_key_answer answer =
        charger_keys_set(&charger.keys, name, sizeof name - 1, profile, 1, &id);

    if (answer == CHARGER_KEY_ACCEPTED)
        does.key(does.ctx, id);
    return answer;
}

static unsigned events_of(enum charger_event_kind kind)
{
    struct charger_event event;
    unsigned count = 0;

    for (uint32_t after = 0; charger_events_read(&charger.events, after, 0, 0, &event) == 0;
         after = event.number)
        count += event.kind == kind;
    return count;
}

/* ---- P-34 ---- */

static void test_P34_only_up_and_with_what_it_needs(void **state)
{
    (void)state;
    fake_run(&fake, MINUTE_MS);
    assert_true(line.open);
    assert_string_equal(line.user, "unit-7");
    for (const char *profile = "103"; *profile; profile++)
        assert_int_equal(rise(profile), CHARGER_KEY_REJECTED);
    config.ca_pem = NULL;
    boot(ROOST_RESET_COMMAND);
    assert_int_equal(rise("2"), CHARGER_KEY_REJECTED);
    config.ca_pem = "roots";
    config.url = "ws://hub/ocpp"; /* there a root is of no use */
    boot(ROOST_RESET_COMMAND);
    assert_int_equal(rise("2"), CHARGER_KEY_REJECTED);
}

static void test_P34_a_profile_that_does_not_connect_is_given_up(void **state)
{
    (void)state;
    fake_run(&fake, MINUTE_MS);
    int attempts = line.attempts;
    line.status = ROOST_ERR_CRYPTO;
    line.token = ROOST_TLS_AUTHORITY;
    assert_int_equal(rise("2"), CHARGER_KEY_ACCEPTED);
    assert_false(line.open); /* and the old connection was ended for it */
    fake_run(&fake, MINUTE_MS);
    assert_true(line.attempts > attempts + 1);
    assert_int_equal(charger_keys_profile(&charger.keys), 1);
    assert_int_equal(charger.link.profile, 1);
    line.status = 0;
    fake_run(&fake, 5 * MINUTE_MS);
    assert_true(line.open);
    boot(ROOST_RESET_COMMAND);
    assert_int_equal(charger_keys_profile(&charger.keys), 1);
}

static void test_P34_only_a_good_connection_keeps_it(void **state)
{
    (void)state;
    fake_run(&fake, MINUTE_MS);
    assert_int_equal(rise("2"), CHARGER_KEY_ACCEPTED);
    boot(ROOST_RESET_POWER_ON); /* the power is cut before there is one */
    assert_int_equal(charger_keys_profile(&charger.keys), 1);
    fake_run(&fake, MINUTE_MS);
    assert_int_equal(rise("2"), CHARGER_KEY_ACCEPTED);
    fake_run(&fake, MINUTE_MS);
    assert_true(line.open);
    assert_int_equal(charger.link.profile, 2);
    boot(ROOST_RESET_POWER_ON);
    assert_int_equal(charger_keys_profile(&charger.keys), 2);
}

static void test_P34_a_pair_of_its_own_in_the_place_of_the_password(void **state)
{
    (void)state;
    config.cert_pem = "own";
    config.key_pem = "own key";
    boot(ROOST_RESET_COMMAND);
    fake_run(&fake, MINUTE_MS);
    assert_null(line.cert_pem);
    assert_int_equal(rise("3"), CHARGER_KEY_ACCEPTED);
    fake_run(&fake, MINUTE_MS);
    assert_string_equal(line.cert_pem, "own");
    assert_string_equal(line.user, "");
    assert_int_equal(charger_keys_int(&charger.keys, CHARGER_KEY_SECURITY_PROFILE), 3);
}

/* ---- events ---- */

static void test_a_boot_and_its_cause(void **state)
{
    (void)state;
    assert_int_equal(events_of(CHARGER_EVENT_StartupOfTheDevice), 1);
    assert_int_equal(events_of(CHARGER_EVENT_ResetOrReboot), 0);
    boot(ROOST_RESET_WATCHDOG);
    assert_int_equal(events_of(CHARGER_EVENT_StartupOfTheDevice), 2);
    assert_int_equal(events_of(CHARGER_EVENT_ResetOrReboot), 1);
}

static void test_P35_one_failure_of_TLS_is_one_event(void **state)
{
    (void)state;
    line.status = ROOST_ERR_CRYPTO;
    for (int i = 0; i < 2; i++) {
        line.token = i == 0 ? ROOST_TLS_AUTHORITY : ROOST_TLS_VERSION;
        fake_run(&fake, 10 * MINUTE_MS);
        assert_true(line.attempts > 2);
        assert_int_equal(events_of(CHARGER_EVENT_InvalidCentralSystemCertificate), 1);
        assert_int_equal(events_of(CHARGER_EVENT_InvalidTLSVersion), i);
    }
    line.token = ROOST_TLS_OTHER;
    fake_run(&fake, 10 * MINUTE_MS);
    assert_int_equal(events_of(CHARGER_EVENT_InvalidTLSCipherSuite), 0);
    line.token = ROOST_TLS_CIPHER;
    fake_run(&fake, 10 * MINUTE_MS);
    assert_int_equal(events_of(CHARGER_EVENT_InvalidTLSCipherSuite), 1);
}

static void test_P55_a_step_of_the_clock(void **state)
{
    struct charger_ocpp_does does = charger_does(&charger);
    const int64_t t0_ms = INT64_C(1796083200000);

    (void)state;
    fake_run(&fake, 1000);
    does.clock(does.ctx, t0_ms);
    assert_int_equal(events_of(CHARGER_EVENT_SettingSystemTime), 0);
    does.clock(does.ctx, t0_ms + 1000); /* the network's delay */
    assert_int_equal(events_of(CHARGER_EVENT_SettingSystemTime), 0);
    does.clock(does.ctx, t0_ms + 7200000);
    does.clock(does.ctx, t0_ms + 3600000);
    assert_int_equal(events_of(CHARGER_EVENT_SettingSystemTime), 2);
}

static void test_changed_keys(void **state)
{
    struct charger_ocpp_does does = charger_does(&charger);

    (void)state;
    does.key(does.ctx, CHARGER_KEY_HEARTBEAT_INTERVAL);
    assert_int_equal(events_of(CHARGER_EVENT_ReconfigurationOfSecurityParameters), 0);
    does.key(does.ctx, CHARGER_KEY_AUTHORIZATION);
    assert_int_equal(events_of(CHARGER_EVENT_ReconfigurationOfSecurityParameters), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_P34_only_up_and_with_what_it_needs, set_up),
        cmocka_unit_test_setup(test_P34_a_profile_that_does_not_connect_is_given_up, set_up),
        cmocka_unit_test_setup(test_P34_only_a_good_connection_keeps_it, set_up),
        cmocka_unit_test_setup(test_P34_a_pair_of_its_own_in_the_place_of_the_password, set_up),
        cmocka_unit_test_setup(test_a_boot_and_its_cause, set_up),
        cmocka_unit_test_setup(test_P35_one_failure_of_TLS_is_one_event, set_up),
        cmocka_unit_test_setup(test_P55_a_step_of_the_clock, set_up),
        cmocka_unit_test_setup(test_changed_keys, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
