/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions out of the ledger: order, refusals, silence, what they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define CHIP_SECTORS 64
#define FRAME_MAX    45056
#include "devices/charger/ocpp/test/session.h"

static int up(void **state)
{
    (void)state;
    memset(meter_mwh, 0, sizeof meter_mwh);
    memset(&heard, 0, sizeof heard);
    first_boot(2);
    come_up(86400);
    return 0;
}

static void p_28_a_session_off_line(void **state)
{
    (void)state;
    drop_socket();
    pass_ms(60000);
    meter_mwh[1] = 7000999;
    uint32_t transaction = begin(1, "CARD");
    for (int i = 0; i < 3; i++) {
        pass_ms(60000);
        sample(1, ROOST_LEDGER_PERIODIC);
    }
    pass_ms(1000);
    end(1, "CARD", ROOST_LEDGER_LOCAL);
    station.connectors[1].status = CHARGER_IS_FINISHING;
    pass_ms(600000);
    open_socket();
    expect("StatusNotification", NULL); /* the present one */
    answer("{}");
    expect("StartTransaction", "{\"connectorId\":1,\"idTag\":\"CARD\",\"meterStart\":7000,"
                               "\"timestamp\":\"2026-12-01T00:01:05.000Z\"}");
    answer("{\"transactionId\":42,\"idTagInfo\":{\"status\":\"Accepted\",\"parentIdTag\":\"FAM\","
           "\"expiryDate\":\"2026-12-31T00:00:00Z\"}}");
    assert_int_equal(seen.transaction, transaction);
    assert_int_equal(seen.external_id, 42);
    assert_string_equal(seen.begun.id, "CARD");
    assert_string_equal(seen.begun.parent, "FAM");
    assert_int_equal(seen.begun.expires_s, 1798675200);
    for (int i = 0; i < 3; i++) {
        char payload[300];
        snprintf(payload, sizeof payload,
                 "{\"connectorId\":1,\"transactionId\":42,\"meterValue\":[{\"timestamp\":"
                 "\"2026-12-01T00:0%d:05.000Z\",\"sampledValue\":[{\"value\":\"%d\",\"context\":"
                 "\"Sample.Periodic\",\"measurand\":\"Energy.Active.Import.Register\",\"unit\":"
                 "\"Wh\"}]}]}",
                 i + 2, 7100 + 100 * i);
        expect("MeterValues", payload);
        expect_silence();
        answer("{}");
    }
    expect("StopTransaction", "{\"idTag\":\"CARD\",\"meterStop\":7300,\"timestamp\":"
                              "\"2026-12-01T00:04:06.000Z\",\"transactionId\":42,\"reason\":"
                              "\"Local\"}");
    answer("{\"idTagInfo\":{\"status\":\"Blocked\"}}");
    assert_int_equal(seen.learnt.status, CHARGER_TAG_BLOCKED);
    expect_silence();
    assert_true(all_delivered());
}

static void p_29_the_ladder_of_a_refused_stop(void **state)
{
    (void)state;
    set_key("TransactionMessageAttempts", "3");
    set_key("TransactionMessageRetryInterval", "2");
    begin(1, "CARD");
    end(1, "", ROOST_LEDGER_EV_DISCONNECTED);
    begin(2, "NEXT");
    expect("StartTransaction", NULL);
    answer_start(7, "Accepted");
    static const uint64_t waits_ms[] = {0, 2000, 4000};
    for (int i = 0; i < 3; i++) {
        if (waits_ms[i] > 0) {
            assert_false(wait_ms(waits_ms[i] / 2));
            ask_about("CARD"); /* others pass meanwhile */
            expect("Authorize", NULL);
            answer("{\"idTagInfo\":{\"status\":\"Accepted\"}}");
            assert_false(wait_ms(waits_ms[i] / 2 - 1));
            assert_true(wait_ms(1));
        }
        expect("StopTransaction", NULL);
        answer_error("InternalError");
    }
    assert_int_equal(ocpp.count.given_up, 1);
    assert_int_equal(ledger.given_up, 1);
    expect("StartTransaction", NULL);
    assert_true(holds("NEXT"));
}

static void a_start_that_is_given_up(void **state)
{
    (void)state;
    set_key("TransactionMessageAttempts", "1");
    uint32_t transaction = begin(1, "CARD");
    sample(1, ROOST_LEDGER_PERIODIC);
    end(1, "", ROOST_LEDGER_LOCAL);
    expect("StartTransaction", NULL);
    answer_error("GenericError");
    assert_int_equal(seen.begins, 1); /* it waits for no verdict any more */
    assert_int_equal(seen.transaction, transaction);
    assert_int_equal(seen.external_id, -1);
    assert_string_equal(seen.begun.id, "");
    expect("MeterValues", NULL);
    assert_true(holds("\"transactionId\":-1,"));
    answer("{}");
    expect("StopTransaction", NULL);
    assert_true(holds("\"transactionId\":-1,"));
}

static void p_31_p_58_silence_uses_no_attempt(void **state)
{
    (void)state;
    set_key("TransactionMessageAttempts", "2");
    begin(1, "CARD");
    for (int i = 0; i < 200; i++) { /* answers no CALL for two hours and more */
        expect("StartTransaction", NULL);
        assert_false(wait_ms(30000));
        assert_false(wire.open);
        pass_ms(10000);
        open_socket();
    }
    assert_int_equal(ocpp.count.timeouts, 200);
    assert_int_equal(ledger.attempts, 0);
    expect("StartTransaction", NULL);
    answer_start(9, "Accepted");
    assert_true(all_delivered());
    assert_int_equal(ocpp.count.given_up, 0);
}

static void p_58_odd_errors(void **state)
{
    (void)state;
    set_key("TransactionMessageRetryInterval", "1");
    set_key("TransactionMessageAttempts", "10");
    begin(1, "CARD");
    end(1, "", ROOST_LEDGER_LOCAL);
    static const char *const errors[] = {"FormatViolation", "RpcFrameworkError",
                                         "OccurrenceConstraintViolation"};
    for (unsigned i = 0; i < 3; i++) {
        assert_true(wait_ms(10000));
        expect("StartTransaction", NULL);
        hear("[4,\"-1\",\"RpcFrameworkError\",\"x\",{}]"); /* about nothing of ours */
        assert_non_null(ocpp.call.saying);
        answer_error(errors[i]);
        assert_null(ocpp.call.saying);
        assert_int_equal(ledger.attempts, i + 1);
    }
    assert_true(wait_ms(10000));
    expect("StartTransaction", NULL);
    char text[96];
    snprintf(text, sizeof text, "[4,\"%s\",\"GenericError\",\"x\"]", wire.id);
    hear(text);
    assert_int_equal(ledger.attempts, 4);
    assert_int_equal(ocpp.count.odd, 1);
    assert_true(wait_ms(10000));
    expect("StartTransaction", NULL);
    assert_false(wait_ms(30000));
    open_socket();
    expect("StartTransaction", NULL);
    assert_int_equal(ledger.attempts, 4);
    answer_start(3, "Accepted");
    expect("StopTransaction", NULL);
    assert_int_equal(ocpp.count.dropped[OCPP_DROP_MINUS_ONE], 3);
}

/* An answer without what it must have is a refusal; the one that lacks a card's verdict, too. */
static void a_bad_answer_is_a_failed_attempt(void **state)
{
    (void)state;
    begin(1, "CARD");
    expect("StartTransaction", NULL);
    answer("{\"transactionId\":5}");
    assert_int_equal(ledger.attempts, 1);
    assert_int_equal(seen.begins, 0);
}

/* A field that OCPP has not, or null for one that is not there: what it must have counts. */
static void an_answer_may_have_more(void **state)
{
    (void)state;
    begin(1, "CARD");
    end(1, "", ROOST_LEDGER_LOCAL);
    expect("StartTransaction", NULL);
    answer("{\"customData\":{\"vendorId\":\"V\",\"a\":[1,{}]},\"transactionId\":5,\"idTagInfo\":"
           "{\"status\":\"Accepted\",\"expiryDate\":null,\"parentIdTag\":null,\"note\":\"x\"}}");
    assert_int_equal(ledger.attempts, 0);
    assert_int_equal(seen.begins, 1);
    assert_int_equal(seen.external_id, 5);
    expect("StopTransaction", NULL);
    assert_true(holds("\"transactionId\":5,"));
    answer("{\"idTagInfo\":null}");
    assert_true(all_delivered());

    begin(1, "CARD");
    expect("StartTransaction", NULL);
    answer("{\"transactionId\":null,\"idTagInfo\":{\"status\":\"Accepted\"}}");
    assert_int_equal(ledger.attempts, 1);
}

static void contexts_and_lists(void **state)
{
    (void)state;
    set_key("MeterValuesSampledData",
            "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC,"
            "Temperature,Current.Offered");
    set_key("MeterValuesAlignedData", "Voltage");
    begin(1, "CARD");
    expect("StartTransaction", NULL);
    answer_start(1, "Accepted");
    sample(1, ROOST_LEDGER_TRIGGER);
    expect("MeterValues", NULL);
    static const char *const parts[] = {
        "{\"value\":\"100\",\"context\":\"Trigger\",\"measurand\":\"Energy.Active.Import."
        "Register\","
        "\"unit\":\"Wh\"}",
        "{\"value\":\"12345\",\"context\":\"Trigger\",\"measurand\":\"Power.Active.Import\","
        "\"unit\":\"W\"}",
        "{\"value\":\"160.5\",\"context\":\"Trigger\",\"measurand\":\"Current.Import\",\"unit\":"
        "\"A\"}",
        "{\"value\":\"76.92\",\"context\":\"Trigger\",\"measurand\":\"Voltage\",\"unit\":\"V\"}",
        "{\"value\":\"55\",\"context\":\"Trigger\",\"measurand\":\"SoC\",\"unit\":\"Percent\"}",
        "{\"value\":\"41.5\",\"context\":\"Trigger\",\"measurand\":\"Temperature\",\"unit\":"
        "\"Celcius\"}",
        "{\"value\":\"200.0\",\"context\":\"Trigger\",\"measurand\":\"Current.Offered\",\"unit\":"
        "\"A\"}"};
    for (unsigned i = 0; i < 7; i++)
        assert_true(holds(parts[i]));
    answer("{}");
    sample(1, ROOST_LEDGER_CLOCK);
    expect("MeterValues", NULL);
    assert_true(holds("\"sampledValue\":[{\"value\":\"76.92\",\"context\":\"Sample.Clock\","));
    answer("{}");
    set_key("MeterValuesAlignedData", "");
    ocpp.config.degrees_as_is = true;
    set_key("MeterValuesSampledData", "Temperature");
    for (int i = 0; i < 40; i++)
        sample(1, ROOST_LEDGER_CLOCK); /* wanted by nobody */
    sample(1, ROOST_LEDGER_PERIODIC);
    assert_true(wait_ms(100));
    expect("MeterValues", NULL);
    assert_true(holds("\"Celsius\""));
    answer("{}");
    assert_true(all_delivered());
}

static void what_is_out_of_range_is_left_out(void **state)
{
    (void)state;
    set_key("MeterValuesSampledData", "Voltage,Current.Import,SoC,Temperature");
    struct roost_ledger_values v = values(1);
    v.voltage_mv = 120000;
    v.current_ma = -5;
    v.temperature_tenths_c = 3000;
    assert_int_equal(roost_ledger_sample(&ledger, 1, ROOST_LEDGER_PERIODIC, &v, instant.now_ms), 0);
    expect("MeterValues", NULL);
    assert_true(holds("\"sampledValue\":[{\"value\":\"55\",") && !holds("Voltage") &&
                !holds("Current") && !holds("Temperature") && !holds("transactionId"));
    assert_int_equal(ocpp.count.left_out, 3);
    answer("{}");
    set_key("MeterValuesSampledData", "Voltage");
    assert_int_equal(roost_ledger_sample(&ledger, 1, ROOST_LEDGER_PERIODIC, &v, instant.now_ms), 0);
    expect_silence(); /* an empty one would be none */
    assert_true(all_delivered());
}

static void stop_with_data(void **state)
{
    (void)state;
    set_key("StopTxnSampledData", "Energy.Active.Import.Register");
    set_key("StopTxnAlignedData", "SoC");
    set_key("MeterValuesSampledData", "");
    set_key("MeterValuesAlignedData", "");
    begin(1, "CARD");
    sample(1, ROOST_LEDGER_PERIODIC);
    sample(1, ROOST_LEDGER_TRIGGER);
    sample(1, ROOST_LEDGER_CLOCK);
    meter_mwh[1] += 5000;
    end(1, "", ROOST_LEDGER_REMOTE);
    expect("StartTransaction", NULL);
    answer_start(77, "Accepted");
    assert_true(wait_ms(100));
    expect("StopTransaction",
           "{\"meterStop\":305,\"timestamp\":\"2026-12-01T00:00:05.000Z\",\"transactionId\":77,"
           "\"reason\":\"Remote\",\"transactionData\":["
           "{\"timestamp\":\"2026-12-01T00:00:05.000Z\",\"sampledValue\":[{\"value\":\"0\","
           "\"context\":\"Transaction.Begin\",\"measurand\":\"Energy.Active.Import.Register\","
           "\"unit\":\"Wh\"}]},"
           "{\"timestamp\":\"2026-12-01T00:00:05.000Z\",\"sampledValue\":[{\"value\":\"100\","
           "\"context\":\"Sample.Periodic\",\"measurand\":\"Energy.Active.Import.Register\","
           "\"unit\":\"Wh\"}]},"
           "{\"timestamp\":\"2026-12-01T00:00:05.000Z\",\"sampledValue\":[{\"value\":\"55\","
           "\"context\":\"Sample.Clock\",\"measurand\":\"SoC\",\"unit\":\"Percent\"}]},"
           "{\"timestamp\":\"2026-12-01T00:00:05.000Z\",\"sampledValue\":[{\"value\":\"305\","
           "\"context\":\"Transaction.End\",\"measurand\":\"Energy.Active.Import.Register\","
           "\"unit\":\"Wh\"}]}]}");
}

static int count_of(const char *part)
{
    int count = 0;
    for (const char *p = wire.payload; (p = strstr(p, part)) != NULL; p++)
        count++;
    return count;
}

static void thinned_by_the_key(void **state)
{
    (void)state;
    set_key("StopTxnSampledData", "Energy.Active.Import.Register");
    set_key("StopTransactionMaxMeterValues", "10");
    set_key("MeterValuesSampledData", "");
    begin(1, "CARD");
    for (int i = 0; i < 100; i++)
        sample(1, ROOST_LEDGER_PERIODIC);
    end(1, "", ROOST_LEDGER_LOCAL);
    expect("StartTransaction", NULL);
    answer_start(1, "Accepted");
    assert_true(wait_ms(1000));
    expect("StopTransaction", NULL);
    assert_int_equal(count_of("\"timestamp\"") - 1, 10);
    assert_true(holds("Transaction.Begin") && holds("Transaction.End"));
    assert_int_equal(count_of("Sample.Periodic"), 8);
    assert_true(holds("\"value\":\"10000\"")); /* of the samples the last is among them */
    set_key("StopTransactionMaxMeterValues", "2");
    drop_socket();
    open_socket();
    expect("StopTransaction", NULL);
    assert_int_equal(count_of("\"timestamp\"") - 1, 2);
}

/* All that can be measured, as often as the ledger keeps it: the longest message there is. */
static void the_longest_message(void **state)
{
    (void)state;
    static const char all[] =
        "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC,"
        "Temperature,Current.Offered";
    set_key("StopTxnSampledData", all);
    set_key("MeterValuesSampledData", "");
    begin(1, "CARD");
    for (int i = 0; i < 600; i++)
        sample(1, ROOST_LEDGER_PERIODIC);
    end(1, "", ROOST_LEDGER_LOCAL);
    expect("StartTransaction", NULL);
    answer_start(1, "Accepted");
    wire.pieces = 0;
    assert_true(wait_ms(1000));
    expect("StopTransaction", NULL);
    assert_in_range(wire.longest, CHARGER_OCPP_SAID_MAX / 3, CHARGER_OCPP_SAID_MAX);
    assert_true(wire.pieces > 40);
    print_message("the longest message: %zu bytes in %d pieces\n", wire.longest, wire.pieces);
    assert_int_equal(ledger.thinned, 0); /* of 500 elements every eighth fits */
    assert_int_equal(count_of("Sample.Periodic"), 7 * 60);
    assert_true(holds("Transaction.Begin") && holds("Transaction.End"));
    answer("{}");
    assert_true(all_delivered());
}

static void no_room_in_the_middle(void **state)
{
    (void)state;
    set_key("StopTxnSampledData", "Energy.Active.Import.Register,Voltage");
    set_key("MeterValuesSampledData", "");
    begin(1, "CARD");
    for (int i = 0; i < 20; i++)
        sample(1, ROOST_LEDGER_PERIODIC);
    end(1, "", ROOST_LEDGER_LOCAL);
    expect("StartTransaction", NULL);
    answer_start(1, "Accepted");
    wire.full_after = 3;
    assert_false(wait_ms(1000));
    assert_true(wire.closed_by_us);
    open_socket();
    expect("StopTransaction", NULL); /* whole */
    assert_int_equal(count_of("Sample.Periodic"), 40);
    assert_int_equal(ledger.attempts, 0);
}

static void p_18_the_stop_before_a_reset_or_after_it(void **state)
{
    (void)state;
    begin(1, "CARD");
    expect("StartTransaction", NULL);
    answer_start(1, "Accepted");
    ocpp.reset_due = true; /* as Reset does it */
    end(1, "", ROOST_LEDGER_SOFT_RESET);
    expect("StopTransaction", NULL);
    assert_true(holds("SoftReset"));
    assert_int_equal(restarts, 0);
    seen.rests = true;
    assert_false(wait_ms(29000)); /* the answer is withheld */
    assert_int_equal(restarts, 0);
    wait_ms(2000);
    assert_int_equal(restarts, 1);
    assert_true(boot());
    come_up(86400);
    expect("StopTransaction", NULL);
    assert_true(holds("SoftReset") && holds("\"transactionId\":1,"));
    answer("{}");
    ocpp.reset_due = ocpp.reset_hard = true;
    turn();
    assert_true(restarts == 2 && restart_hard);
    ocpp.reset_due = true;
    ocpp.reset_hard = false;
    turn();
    assert_int_equal(restarts, 3); /* nothing is left to say: at once */
}

/* Registers over many sessions and boots, all delivered in order (E 3.78). */
static void p_44_the_register_never_falls(void **state)
{
    (void)state;
    long last = 0, stops = 0;
    for (int i = 0; i < 300; i++) {
        if (i % 10 == 0) {
            assert_true(boot());
            meter_mwh[1] = roost_ledger_energy_mwh(&ledger, 1);
        }
        if (i % 10 == 5)
            open_socket();
        begin(1, "CARD");
        sample(1, ROOST_LEDGER_PERIODIC);
        end(1, "", ROOST_LEDGER_LOCAL);
        for (int k = 0; wire.open && k < 60 && wait_ms(0); k++) {
            assert_true(said());
            const char *at = strstr(wire.payload, "\"meterSt");
            if (at) {
                long value = strtol(strchr(at + 3, ':') + 1, NULL, 10);
                assert_true(value >= last);
                stops += at[8] == 'o';
                last = value;
            }
            serve_one();
        }
    }
    serve_for(100000);
    assert_true(all_delivered());
    assert_int_equal(ledger.thinned, 0);
    assert_true(stops > 290 && last == 30000);
}

/* A central system that takes sockets and answers nothing for a day, while people charge. */
static void a_day_of_silence(void **state)
{
    (void)state;
    int begun = 0, silent = 0;
    uint64_t end_ms = instant.now_ms + 86400000;
    while (instant.now_ms < end_ms) {
        if (silent++ % 150 == 0) {
            if (begun > 0 && roost_ledger_open(&ledger, 1))
                end(1, "", ROOST_LEDGER_LOCAL);
            begin(1, "CARD");
            begun++;
        }
        wire_forget();
        wait_ms(30000);
        wire_forget();
        if (!wire.open)
            open_socket();
        pass_ms(5000);
    }
    assert_true(ocpp.count.timeouts > 1000 && begun > 10);
    assert_int_equal(ledger.attempts, 0);
    drop_socket();
    open_socket();
    serve_for(3000000);
    assert_int_equal(heard.starts, begun);
    assert_int_equal(heard.ends, begun - 1);
    assert_true(all_delivered());
    assert_int_equal(ocpp.count.given_up, 0);
}

/* The flash takes no mark: the item comes again, not faster than it makes sense. */
static void a_flash_that_fails(void **state)
{
    (void)state;
    begin(1, "CARD");
    expect("StartTransaction", NULL);
    chip.dead = true;
    answer_start(5, "Accepted");
    assert_int_equal(ocpp.count.unkept, 1);
    assert_false(wait_ms(9999));
    chip.dead = false;
    assert_true(wait_ms(1));
    expect("StartTransaction", NULL);
    answer_start(5, "Accepted");
    assert_true(all_delivered());
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, up, NULL)
    const struct CMUnitTest tests[] = {
        T(p_28_a_session_off_line),
        T(p_29_the_ladder_of_a_refused_stop),
        T(a_start_that_is_given_up),
        T(p_31_p_58_silence_uses_no_attempt),
        T(p_58_odd_errors),
        T(a_bad_answer_is_a_failed_attempt),
        T(an_answer_may_have_more),
        T(contexts_and_lists),
        T(what_is_out_of_range_is_left_out),
        T(stop_with_data),
        T(thinned_by_the_key),
        T(the_longest_message),
        T(no_room_in_the_middle),
        T(p_18_the_stop_before_a_reset_or_after_it),
        T(p_44_the_register_never_falls),
        T(a_day_of_silence),
        T(a_flash_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
