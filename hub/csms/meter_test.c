/* SPDX-License-Identifier: Apache-2.0 */
/* Values: C-11, C-13, C-18, C-32, and the numbers in them. */
#include "hub/csms/test_rig.h"

/* Members are connector, then transactionId or nothing, then the point's. */
static void meter(struct rig_peer *peer, const char *head, const char *time, const char *sampled)
{
    char text[1024];

    snprintf(text, sizeof text,
             "[2,\"m\",\"MeterValues\",{%s,\"meterValue\":[{\"timestamp\":\"%s\","
             "\"sampledValue\":[%s]}]}]",
             head, time, sampled);
    rig_says(peer, text);
    rig_hears(peer, "[3,\"m\",{}]");
}

static void says_start(struct rig_peer *peer, const char *time)
{
    char text[256];

    snprintf(text, sizeof text,
             "[2,\"1\",\"StartTransaction\",{\"connectorId\":1,\"idTag\":\"ABC\",\"meterStart\":"
             "100,\"timestamp\":\"%s\"}]",
             time);
    rig_says(peer, text);
    assert_non_null(strstr(rig_next(peer), "\"Accepted\""));
}

static void says_stop(struct rig_peer *peer, const char *time)
{
    char text[256];

    snprintf(text, sizeof text,
             "[2,\"2\",\"StopTransaction\",{\"transactionId\":101,\"meterStop\":900,"
             "\"timestamp\":\"%s\"}]",
             time);
    rig_says(peer, text);
    rig_hears(peer, "[3,\"2\",{}]");
}

static const struct csms_connector *connector(void)
{
    struct csms_view view;

    assert_true(csms_look(rig.csms, "CP1", &view));
    assert_true(view.connector_count > 1);
    return &view.connectors[1];
}

static struct rig_peer *charger(void)
{
    book_fake_tag(&rig.book, "ABC");
    return rig_charger("CP1");
}

#define ENERGY(value) "{\"value\":\"" value "\"}"

static void c_11_late_values_do_not_reopen_a_session(void **state)
{
    (void)state;
    struct rig_peer *peer = charger();
    says_start(peer, "2026-11-30T09:00:00Z");
    meter(peer, "\"connectorId\":1,\"transactionId\":101", "2026-11-30T09:10:00Z", ENERGY("200"));
    assert_int_equal(connector()->energy_mwh, 200000);
    says_stop(peer, "2026-11-30T10:00:00Z");
    meter(peer, "\"connectorId\":1,\"transactionId\":101", "2026-11-30T10:00:00Z",
          "{\"value\":\"900\",\"context\":\"Transaction.End\"}");
    assert_null(connector()->tx);
    assert_int_equal(connector()->energy_mwh, 0);
    assert_int_equal(book_fake_tx(&rig.book, 101)->state, CSMS_TX_CLOSED);
    assert_int_equal(rig.book.samples[1].tx, 101);
    meter(peer, "\"connectorId\":1", "2026-11-30T10:05:00Z", ENERGY("901"));
    meter(peer, "\"connectorId\":0", "2026-11-30T10:05:00Z", ENERGY("902"));
    meter(peer, "\"connectorId\":1,\"transactionId\":4711", "2026-11-30T10:06:00Z", ENERGY("903"));
    assert_int_equal(rig.book.sample_count, 5);
    for (size_t i = 2; i < 5; i++)
        assert_int_equal(rig.book.samples[i].tx, 0);
    assert_int_equal(rig.book.samples[4].said_id, 4711);
    assert_int_equal(connector()->energy_mwh, 0);
}

static void c_11_values_without_an_id_are_linked_by_time(void **state)
{
    (void)state;
    struct rig_peer *peer = charger();
    says_start(peer, "2026-11-30T09:00:00Z");
    meter(peer, "\"connectorId\":1", "2026-11-30T08:59:00Z", ENERGY("99")); /* before it */
    meter(peer, "\"connectorId\":1", "2026-11-30T09:01:00Z", ENERGY("101"));
    meter(peer, "\"connectorId\":0", "2026-11-30T09:01:00Z", ENERGY("102"));
    assert_int_equal(rig.book.samples[0].tx, 0);
    assert_int_equal(rig.book.samples[1].tx, 101);
    assert_int_equal(rig.book.samples[2].tx, 0);
}

static void c_13_celsius_and_celcius_are_one(void **state)
{
    (void)state;
    struct rig_peer *peer = charger();
    says_start(peer, "2026-11-30T09:00:00Z");
    meter(peer, "\"connectorId\":1", "2026-11-30T09:01:00Z",
          "{\"value\":\"21.5\",\"measurand\":\"Temperature\",\"unit\":\"Celsius\"}");
    meter(peer, "\"connectorId\":1", "2026-11-30T09:02:00Z",
          "{\"value\":\"21.5\",\"measurand\":\"Temperature\",\"unit\":\"Celcius\"}");
    rig_says(peer, "[2,\"3\",\"StopTransaction\",{\"transactionId\":101,\"meterStop\":900,"
                   "\"timestamp\":\"2026-11-30T10:00:00Z\",\"transactionData\":[{\"timestamp\":"
                   "\"2026-11-30T09:03:00Z\",\"sampledValue\":[{\"value\":\"-3\",\"measurand\":"
                   "\"Temperature\",\"unit\":\"Celcius\"}]},{\"timestamp\":"
                   "\"2026-11-30T09:04:00Z\",\"sampledValue\":[{\"value\":\"4\",\"measurand\":"
                   "\"Temperature\",\"unit\":\"Celsius\"}]}]}]");
    rig_hears(peer, "[3,\"3\",{}]");
    assert_int_equal(rig.book.sample_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(rig.book.samples[i].sample.unit, OCPP_Celsius);
    assert_int_equal(rig.book.samples[2].sample.value_milli, -3000);
}

static void c_18_three_days_offline_move_nothing_into_the_past(void **state)
{
    static int which = 1;
    struct csms_view view;
    char time[40], value[40], id[40];

    (void)state;
    struct rig_peer *peer = charger();
    rig_pass(5000);
    says_start(peer, "2026-11-28T09:00:00Z");
    assert_int_equal(rig_reset("CP1", &which), 0);
    for (int i = 0; i < 40; i++) {
        snprintf(time, sizeof time, "2026-11-28T09:%02d:00Z", i);
        snprintf(value, sizeof value, "{\"value\":\"%d\"}", 100 + i);
        if (i == 20) { /* it is not starved */
            rig_hears_call(peer, "Reset", id);
            rig_answers(peer, id, "{\"status\":\"Accepted\"}");
            assert_int_equal(rig.done_count, 1);
        }
        char text[256];
        snprintf(text, sizeof text,
                 "[2,\"m\",\"MeterValues\",{\"connectorId\":1,\"transactionId\":101,"
                 "\"meterValue\":[{\"timestamp\":\"%s\",\"sampledValue\":[%s]}]}]",
                 time, value);
        rig_says(peer, text);
    }
    peer->read = peer->fake.sent_count;
    assert_int_equal(rig.book.sample_count, 40);
    assert_int_equal(rig.book.samples[39].sample.at_ms - rig.book.samples[0].sample.at_ms,
                     39 * 60000);
    assert_int_equal(rig.book.samples[39].arrived_ms, RIG_TIME + 5000);
    meter(peer, "\"connectorId\":1,\"transactionId\":101", "2026-11-28T09:20:30Z", ENERGY("120"));
    assert_int_equal(connector()->energy_mwh, 139000); /* an older one changes nothing */
    says_stop(peer, "2026-11-28T10:00:00Z");
    assert_true(csms_look(rig.csms, "CP1", &view));
    assert_int_equal(view.seen_ms, RIG_TIME + 5000);
    assert_int_equal(book_fake_tx(&rig.book, 101)->stopped_ms -
                         book_fake_tx(&rig.book, 101)->started_ms,
                     3600000);
}

static void c_19_a_value_of_no_time_is_kept_and_not_shown(void **state)
{
    (void)state;
    struct rig_peer *peer = charger();
    says_start(peer, "2026-11-30T09:00:00Z");
    meter(peer, "\"connectorId\":1,\"transactionId\":101", "2100-01-01T00:00:00Z", ENERGY("5"));
    assert_true(rig.book.samples[0].sample.doubtful);
    assert_int_equal(rig.book.samples[0].arrived_ms, RIG_TIME);
    assert_int_equal(connector()->live_ms, 0);
    meter(peer, "\"connectorId\":1,\"transactionId\":101", "2026-11-30T09:10:00Z", ENERGY("200"));
    assert_int_equal(connector()->energy_mwh, 200000);
}

static void values_said_twice_are_stored_once(void **state)
{
    (void)state;
    struct rig_peer *peer = charger();
    for (int i = 0; i < 2; i++)
        meter(peer, "\"connectorId\":1", "2026-11-30T09:00:00Z",
              "{\"value\":\"1\",\"phase\":\"L1\",\"measurand\":\"Voltage\",\"unit\":\"V\"},"
              "{\"value\":\"2\",\"phase\":\"L2\",\"measurand\":\"Voltage\",\"unit\":\"V\"}");
    assert_int_equal(rig.book.sample_count, 2);
    rig.book.fail = 1;
    rig_says(peer, "[2,\"x\",\"MeterValues\",{\"connectorId\":1,\"meterValue\":[{\"timestamp\":"
                   "\"2026-11-30T09:00:00Z\",\"sampledValue\":[{\"value\":\"1\"}]}]}]");
    rig_is_hung_up_and_comes_again(peer, "CP1");
    assert_int_equal(rig.book.sample_count, 2);
}

static void live_power_in_one_unit_and_signed_data_as_text(void **state)
{
    (void)state;
    struct rig_peer *peer = charger();
    says_start(peer, "2026-11-30T09:00:00Z");
    meter(peer, "\"connectorId\":1,\"transactionId\":101", "2026-11-30T09:01:00Z",
          "{\"value\":\"7.25\",\"measurand\":\"Power.Active.Import\",\"unit\":\"kW\"},"
          "{\"value\":\"2.5\",\"measurand\":\"Power.Active.Import\",\"unit\":\"kW\",\"phase\":"
          "\"L1\"},{\"value\":\"OCMF|x\",\"format\":\"SignedData\"},{\"value\":\"1.5\",\"unit\":"
          "\"kWh\",\"context\":\"Trigger\"}");
    assert_int_equal(connector()->power_mw, 7250000);
    assert_int_equal(connector()->energy_mwh, 1500000);
    assert_string_equal(rig.book.samples[2].text, "OCMF|x");
    assert_int_equal(connector()->tx->flags, CSMS_TX_ID_SEEN);
}

static void what_is_no_measure_is_kept_and_not_shown(void **state)
{
    (void)state;
    struct rig_peer *peer = charger();
    says_start(peer, "2026-11-30T09:00:00Z");
    meter(peer, "\"connectorId\":1,\"transactionId\":101", "2026-11-30T09:01:00Z", ENERGY("200"));
    meter(peer, "\"connectorId\":1,\"transactionId\":101", "2026-11-30T09:02:00Z",
          "{\"value\":\"1000000000000000\",\"measurand\":\"Power.Active.Import\",\"unit\":"
          "\"kW\"},{\"value\":\"-1000000000000000\",\"unit\":\"kWh\"}");
    meter(peer, "\"connectorId\":1,\"transactionId\":101", "2026-11-30T09:03:00Z", ENERGY(""));
    assert_int_equal(rig.book.sample_count, 4);
    assert_true(rig.book.samples[3].sample.odd); /* not a register of 0 */
    assert_int_equal(connector()->power_mw, 0);
    assert_int_equal(connector()->power_ms, 0); /* none is not zero */
    assert_int_equal(connector()->energy_mwh, 200000);
    assert_int_equal(connector()->live_ms, rig.book.samples[0].sample.at_ms);
}

static void one_value_raw_and_signed_are_two(void **state)
{
    (void)state;
    struct rig_peer *peer = charger();
    says_start(peer, "2026-11-30T09:00:00Z");
    for (int i = 0; i < 2; i++)
        meter(peer, "\"connectorId\":1,\"transactionId\":101", "2026-11-30T09:01:00Z",
              ENERGY("200") ",{\"value\":\"4711\",\"format\":\"SignedData\"}");
    assert_int_equal(rig.book.sample_count, 2);
    assert_int_equal(rig.book.samples[0].sample.format, OCPP_Raw);
    assert_int_equal(rig.book.samples[1].sample.format, OCPP_SignedData);
    assert_int_equal(connector()->energy_mwh, 200000); /* signed data may be all digits */
}

/* A StopTransaction with so many values of 150 bytes each. */
static char *stop_with_data(int count)
{
    size_t size = (size_t)count * 170 + 200;
    char *text = malloc(size);

    assert_non_null(text);
    size_t at = (size_t)snprintf(text, size,
                                 "[2,\"2\",\"StopTransaction\",{\"transactionId\":101,"
                                 "\"meterStop\":900,\"timestamp\":\"2026-11-30T10:00:00Z\","
                                 "\"transactionData\":[");
    for (int i = 0; i < count; i++)
        at += (size_t)snprintf(text + at, size - at,
                               "%s{\"timestamp\":\"2026-11-30T09:%02d:%02dZ\",\"sampledValue\":"
                               "[{\"value\":\"%d\",\"measurand\":\"Energy.Active.Import."
                               "Register\",\"context\":\"Sample.Periodic\",\"unit\":\"Wh\"}]}",
                               i ? "," : "", i / 60 % 60, i % 60, i);
    assert_true(at + 4 < size);
    memcpy(text + at, "]}]", 4);
    return text;
}

static void c_32_a_stop_of_300_kb_is_taken_and_one_too_large_answered(void **state)
{
    (void)state;
    struct rig_peer *peer = charger();
    says_start(peer, "2026-11-30T09:00:00Z");
    char *text = stop_with_data(4000);
    assert_true(strlen(text) > CSMS_STOP_BYTES_MAX && strlen(text) < CSMS_SOCKET_BYTES_MAX);
    rig_says(peer, text);
    rig_hears_error(peer, "2", "FormationViolation");
    free(text);
    text = stop_with_data(2000);
    assert_true(strlen(text) > 4 * (size_t)CSMS_BYTES_MAX);
    rig_says(peer, text);
    rig_hears(peer, "[3,\"2\",{}]");
    free(text);
    assert_int_equal(rig.book.sample_count, 2000);
    assert_int_equal(book_fake_tx(&rig.book, 101)->state, CSMS_TX_CLOSED);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(c_11_late_values_do_not_reopen_a_session),
        T(c_11_values_without_an_id_are_linked_by_time),
        T(c_32_a_stop_of_300_kb_is_taken_and_one_too_large_answered),
        T(c_13_celsius_and_celcius_are_one),
        T(c_18_three_days_offline_move_nothing_into_the_past),
        T(c_19_a_value_of_no_time_is_kept_and_not_shown),
        T(values_said_twice_are_stored_once),
        T(what_is_no_measure_is_kept_and_not_shown),
        T(one_value_raw_and_signed_are_two),
        T(live_power_in_one_unit_and_signed_data_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
