/* SPDX-License-Identifier: Apache-2.0 */
/* The way on line: boots, heartbeats, reconnects, and statuses by the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "devices/charger/ocpp/test/rig.h"

static void p_01_cold_boot(void **state)
{
    (void)state;
    first_boot(2);
    expect_silence();
    open_socket();
    expect("BootNotification", "{\"chargePointVendor\":\"Roost\",\"chargePointModel\":\"DC-20\","
                               "\"firmwareVersion\":\"1.0.0\"}");
    expect_silence();
    assert_false(station.online);
    answer_boot("Accepted", 2);
    for (int c = 0; c <= 2; c++) {
        char payload[160];
        snprintf(payload, sizeof payload,
                 "{\"connectorId\":%d,\"errorCode\":\"NoError\",\"status\":\"Available\","
                 "\"timestamp\":\"2026-12-01T00:00:05.000Z\"}",
                 c);
        expect("StatusNotification", payload);
        expect_silence(); /* each is answered before the next */
        answer("{}");
    }
    assert_true(station.online);
    assert_int_equal(charger_keys_int(&keys, CHARGER_KEY_HEARTBEAT_INTERVAL), 2);
    for (int i = 0; i < 20; i++) {
        uint64_t then_ms = instant.now_ms;
        assert_true(wait_ms(10000));
        expect("Heartbeat", "{}");
        assert_in_range(instant.now_ms - then_ms, 1000, 2000);
        pass_ms(300);
        answer_heartbeat();
    }
}

static void p_02_pending_is_repeated(void **state)
{
    (void)state;
    first_boot(2);
    open_socket();
    expect("BootNotification", NULL);
    answer_boot("Pending", 5);
    assert_false(wait_ms(4999));
    assert_true(wait_ms(2000));
    expect("BootNotification", NULL);
    answer_boot("Pending", 5);
    assert_false(station.online);
    ocpp.status[1].asked = true; /* by a trigger: this alone */
    expect("StatusNotification", NULL);
    answer("{}");
    ocpp.heartbeat_asked = true;
    expect("Heartbeat", "{}");
    answer_heartbeat();
    expect_silence();
    ocpp.boot_asked = true;
    expect("BootNotification", NULL);
    answer_boot("Accepted", 60);
    expect("StatusNotification", NULL);
    assert_true(holds("\"connectorId\":0"));
}

static void p_04_rejected_is_silent(void **state)
{
    (void)state;
    first_boot(1);
    open_socket();
    expect("BootNotification", NULL);
    answer_boot("Rejected", 10);
    hear("[2,\"a\",\"GetConfiguration\",{}]");
    hear("[2,\"b\",\"Nothing\",{}]");
    ask_about("CARD");
    ocpp.status[1].asked = ocpp.boot_asked = ocpp.heartbeat_asked = true;
    assert_false(wait_ms(4000));
    drop_socket();
    open_socket();
    assert_false(wait_ms(5999));
    assert_int_equal(ocpp.count.unserved, 2);
    assert_true(wait_ms(1));
    expect("BootNotification", NULL);
}

static void p_05_an_interval_of_nothing(void **state)
{
    (void)state;
    first_boot(1);
    open_socket();
    for (int i = 0; i < 5; i++) {
        expect("BootNotification", NULL);
        answer_boot("Pending", 0);
        assert_false(wait_ms(9999));
        assert_true(wait_ms(1));
    }
    expect("BootNotification", NULL);
    answer_boot("Accepted", 0);
    assert_int_equal(charger_keys_int(&keys, CHARGER_KEY_HEARTBEAT_INTERVAL), 3600);
}

static void p_05_one_heartbeat_a_day_at_least(void **state)
{
    (void)state;
    first_boot(1);
    come_up(2000000000);
    assert_true(wait_ms(86400000));
    expect("Heartbeat", "{}");
}

static void p_06_failed_boots(void **state)
{
    (void)state;
    uint64_t waited_ms[12];
    first_boot(1);
    open_socket();
    for (int i = 0; i < 12; i++) {
        expect("BootNotification", NULL);
        if (i % 2)
            answer("{\"status\":\"Accepted\"}"); /* no time, no interval */
        else
            answer_error("InternalError");
        expect_silence(); /* no error in reply to an answer */
        uint64_t then_ms = instant.now_ms;
        assert_true(wait_ms(10000000));
        waited_ms[i] = instant.now_ms - then_ms;
    }
    assert_in_range(waited_ms[0], 10000, 12500);
    assert_in_range(waited_ms[1], 20000, 25000);
    assert_in_range(waited_ms[11], 3600000, 4500000);
    expect("BootNotification", NULL);
    assert_false(wait_ms(29999)); /* and no answer at all: the socket is given up */
    assert_true(wire.open);
    assert_false(wait_ms(1));
    assert_false(wire.open);
    charger_ocpp_closed(&ocpp, &instant);
    open_socket();
    assert_true(wait_ms(4600000));
    expect("BootNotification", NULL);
    answer_boot("Accepted", 60);
    expect("StatusNotification", NULL);
}

static void p_07_a_mere_reconnect(void **state)
{
    (void)state;
    first_boot(2);
    come_up(3600);
    drop_socket();
    assert_false(wait_ms(60000));
    assert_false(station.online);
    open_socket();
    assert_false(wait_ms(60000));
    assert_true(station.online);
    drop_socket(); /* with a plug inserted meanwhile: what is, not what was */
    station.connectors[1].status = CHARGER_IS_PREPARING;
    wait_ms(1000);
    station.connectors[1].status = CHARGER_IS_AVAILABLE;
    wait_ms(1000);
    station.connectors[1].status = CHARGER_IS_PREPARING;
    wait_ms(1000);
    open_socket();
    expect("StatusNotification", "{\"connectorId\":1,\"errorCode\":\"NoError\",\"status\":"
                                 "\"Preparing\",\"timestamp\":\"2026-12-01T00:02:07.000Z\"}");
    answer("{}");
    expect_silence();
    drop_socket();
    config.facts.firmware = "1.0.1";
    ocpp.config.facts.firmware = "1.0.1";
    open_socket();
    expect("BootNotification", NULL);
    answer_boot("Accepted", 3600);
    expect("StatusNotification", NULL);
}

static void a_boot_of_ours_always_says_so(void **state)
{
    (void)state;
    first_boot(1);
    come_up(60);
    assert_true(boot());
    open_socket();
    expect("BootNotification", NULL);
}

static void heartbeats_are_not_put_off(void **state)
{
    (void)state;
    first_boot(1);
    come_up(10);
    for (int i = 0; i < 9; i++) {
        pass_ms(1000);
        ocpp.status[1].asked = true;
        expect("StatusNotification", NULL);
        answer("{}");
    }
    assert_true(wait_ms(1000));
    expect("Heartbeat", "{}");
    answer_error("GenericError");
    assert_false(wait_ms(9999));
    assert_true(wait_ms(1));
    expect("Heartbeat", "{}");
    answer_heartbeat();
    set_key("HeartbeatInterval", "3"); /* counts at once */
    assert_true(wait_ms(3000));
    expect("Heartbeat", "{}");
}

static void p_55_the_clock_jumps(void **state)
{
    (void)state;
    static const char *const times[] = {"2026-12-01T02:00:00Z", "2026-12-01T01:00:00Z",
                                        "2026-12-01T00:00:30Z"};
    first_boot(1);
    come_up(10);
    for (size_t i = 0; i < 3; i++) {
        char text[64];
        assert_false(wait_ms(9900)); /* intervals are those of the monotonic clock */
        assert_true(wait_ms(100));
        expect("Heartbeat", "{}");
        snprintf(text, sizeof text, "{\"currentTime\":\"%s\"}", times[i]);
        answer(text);
    }
}

static void what_must_be_there(void **state)
{
    (void)state;
    first_boot(1);
    struct charger_ocpp_config bad = config;
    bad.facts.model = "";
    assert_int_equal(charger_ocpp_init(&ocpp, &bad, &instant), ROOST_ERR_INVALID);
    bad = config;
    bad.ledger = NULL;
    assert_int_equal(charger_ocpp_init(&ocpp, &bad, &instant), ROOST_ERR_INVALID);
    bad = config;
    bad.wire.close = NULL;
    assert_int_equal(charger_ocpp_init(&ocpp, &bad, &instant), ROOST_ERR_INVALID);
}

/* Facts that no message can hold: nothing wrong goes out, and it does not spin. */
static void facts_too_long(void **state)
{
    (void)state;
    first_boot(1);
    config.facts.model = "a model of more than twenty characters";
    assert_true(boot());
    open_socket();
    assert_false(wait_ms(100000));
    assert_in_range(ocpp.count.unsaid, 2, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p_01_cold_boot),
        cmocka_unit_test(p_02_pending_is_repeated),
        cmocka_unit_test(p_04_rejected_is_silent),
        cmocka_unit_test(p_05_an_interval_of_nothing),
        cmocka_unit_test(p_05_one_heartbeat_a_day_at_least),
        cmocka_unit_test(p_06_failed_boots),
        cmocka_unit_test(p_07_a_mere_reconnect),
        cmocka_unit_test(a_boot_of_ours_always_says_so),
        cmocka_unit_test(heartbeats_are_not_put_off),
        cmocka_unit_test(p_55_the_clock_jumps),
        cmocka_unit_test(what_must_be_there),
        cmocka_unit_test(facts_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
