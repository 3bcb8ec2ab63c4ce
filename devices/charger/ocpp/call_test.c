/* SPDX-License-Identifier: Apache-2.0 */
/* One CALL at a time in each direction, time-outs, and whatever else comes in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "devices/charger/ocpp/test/rig.h"

static void p_09_one_at_a_time(void **state)
{
    (void)state;
    first_boot(2);
    come_up(3600);
    station.connectors[1].status = CHARGER_IS_PREPARING;
    expect("StatusNotification", NULL);
    char id[64];
    strcpy(id, wire.id);
    station.connectors[2].status = CHARGER_IS_PREPARING;
    ask_about("CARD");
    assert_false(wait_ms(25000));
    hear("[2,\"c\",\"Foo\",{}]"); /* is answered at once */
    expect_error("c", "NotImplemented");
    strcpy(wire.id, id);
    answer("{}");
    expect("Authorize", "{\"idTag\":\"CARD\"}");
}

static void p_11_wrong_calls(void **state)
{
    (void)state;
    first_boot(1);
    come_up(3600);
    hear("[2,\"a\",\"Foo\",{}]");
    expect_error("a", "NotImplemented");
    hear("[2,\"b\",\"Reset\",{}]");
    expect_error("b", "OccurenceConstraintViolation");
    hear("[2,\"c\",\"Reset\",{\"type\":5}]");
    expect_error("c", "TypeConstraintViolation");
    hear("[2,\"d\",\"Reset\",{\"type\":\"Warm\"}]");
    expect_error("d", "PropertyConstraintViolation");
    hear("[2,\"e\",\"Reset\",{\"type\":\"Soft\",\"x\":1}]");
    expect_error("e", "FormationViolation");
    hear("[2,\"f\",\"Heartbeat\",{}]"); /* is for the other side */
    expect_error("f", "NotSupported");
    hear("[9,\"g\"]");
    hear("{}");
    hear("[2,\"h\",\"Reset\"");
    hear("[3,\"nobody\",{}]");
    hear("[4,\"-1\",\"RpcFrameworkError\",\"x\",{}]");
    expect_silence();
    assert_true(wire.open);
    assert_int_equal(ocpp.count.dropped[OCPP_DROP_TYPE], 1);
    assert_int_equal(ocpp.count.dropped[OCPP_DROP_NO_ARRAY], 1);
    assert_int_equal(ocpp.count.dropped[OCPP_DROP_NOT_JSON], 1);
    assert_int_equal(ocpp.count.dropped[OCPP_DROP_UNASKED], 1);
    assert_int_equal(ocpp.count.dropped[OCPP_DROP_MINUS_ONE], 1);
    charger_ocpp_dropped(&ocpp, OCPP_DROP_BINARY);
    assert_int_equal(ocpp.count.dropped[OCPP_DROP_BINARY], 1);
    assert_int_equal(ocpp.count.errors_sent, 6);
}

static void a_time_out_gives_up_the_socket(void **state)
{
    (void)state;
    first_boot(1);
    come_up(3600);
    set_key("MessageTimeout", "10");
    ask_about("CARD");
    expect("Authorize", NULL);
    assert_false(wait_ms(9999));
    assert_true(wire.open && seen.tolds == 0);
    assert_false(wait_ms(1));
    assert_true(wire.closed_by_us && !station.online);
    assert_true(seen.tolds == 1 && seen.told_none); /* whoever waits for it waits no longer */
    assert_int_equal(ocpp.count.timeouts, 1);
    answer("{\"idTagInfo\":{\"status\":\"Accepted\"}}"); /* too late */
    assert_int_equal(seen.tolds, 1);
    charger_ocpp_closed(&ocpp, &instant);
    assert_int_equal(seen.tolds, 1);
}

static void a_card_does_not_wait_for_a_dead_line(void **state)
{
    (void)state;
    first_boot(1);
    come_up(3600);
    station.connectors[1].status = CHARGER_IS_PREPARING;
    expect("StatusNotification", NULL);
    ask_about("CARD");
    turn();
    drop_socket();
    assert_true(seen.told_none);
}

static void no_room_in_the_wire(void **state)
{
    (void)state;
    first_boot(1);
    wire.full = 2;
    open_socket();
    expect_silence();
    assert_int_equal(wire.full, 1);
    assert_true(wait_ms(300));
    expect("BootNotification", NULL);
    answer_boot("Accepted", 3600);
    wire.full = 2;
    hear("[2,\"a\",\"Foo\",{}]"); /* its answer goes out later, and before anything else */
    expect_silence();
    hear("[2,\"b\",\"Foo\",{}]");
    assert_int_equal(ocpp.count.busy, 1);
    assert_true(wait_ms(300));
    expect_error("a", "NotImplemented");
    expect("StatusNotification", NULL);
    assert_int_equal(wire.closes, 0);
}

/* Pieces of 1 to 7 bytes, good and broken ones between each other. */
static void garbage_in_pieces(void **state)
{
    (void)state;
    static const char letters[] = "[]{}\",:0123456789-.eE\\u truefalsn[2,\"a\",";
    uint32_t sent = 0;
    first_boot(1);
    come_up(3600);
    for (int i = 0; i < 2000; i++) {
        char text[96];
        size_t len = 1 + chip_draw() % (sizeof text - 1);
        for (size_t k = 0; k < len; k++)
            text[k] =
                chip_draw() % 20 ? letters[chip_draw() % (sizeof letters - 1)] : (char)chip_draw();
        if (i % 5 == 0)
            len = (size_t)snprintf(text, sizeof text, "[2,\"%d\",\"Foo\",{\"a\":[1,{}]}]", i);
        for (size_t at = 0; at < len;) {
            size_t n = 1 + chip_draw() % 7;
            n = n > len - at ? len - at : n;
            charger_ocpp_feed(&ocpp, text + at, n, at == 0, at + n == len && i % 7 != 3, &instant);
            at += n;
        }
        while (wire.count > 0) {
            assert_true(said());
            assert_int_equal(wire.type, 4);
            sent++;
        }
    }
    assert_true(wire.open && sent > 300 && ocpp.count.dropped[OCPP_DROP_NOT_JSON] > 1000);
    ask_about("CARD");
    expect("Authorize", NULL);
    answer("{\"idTagInfo\":{\"status\":\"Accepted\"}}");
    assert_int_equal(seen.told.status, CHARGER_TAG_ACCEPTED);
}

/* A message that the line broke off is none, and the next one is not joined to it. */
static void half_a_message(void **state)
{
    (void)state;
    first_boot(1);
    come_up(3600);
    charger_ocpp_feed(&ocpp, "[2,\"a\",\"Fo", 10, true, false, &instant);
    drop_socket();
    open_socket();
    charger_ocpp_feed(&ocpp, "o\",{}]", 6, false, true, &instant);
    expect_silence();
    hear("[2,\"b\",\"Foo\",{}]");
    expect_error("b", "NotImplemented");
}

static void ten_thousand_reconnects(void **state)
{
    (void)state;
    char last[64] = "";
    first_boot(2);
    come_up(86400);
    for (int i = 0; i < 10000; i++) {
        station.connectors[1].status = i % 2 ? CHARGER_IS_AVAILABLE : CHARGER_IS_PREPARING;
        expect("StatusNotification", NULL);
        assert_string_not_equal(wire.id, last); /* over all sockets */
        strcpy(last, wire.id);
        if (i % 3)
            answer("{}");
        pass_ms(100);
        drop_socket();
        open_socket();
        if (i % 3 == 0) {
            expect("StatusNotification", NULL); /* nobody knows whether it came */
            answer("{}");
        }
        expect_silence();
    }
    assert_int_equal(wire.closes, 0);
    assert_int_equal(seen.tolds, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p_09_one_at_a_time),
        cmocka_unit_test(p_11_wrong_calls),
        cmocka_unit_test(a_time_out_gives_up_the_socket),
        cmocka_unit_test(a_card_does_not_wait_for_a_dead_line),
        cmocka_unit_test(no_room_in_the_wire),
        cmocka_unit_test(garbage_in_pieces),
        cmocka_unit_test(half_a_message),
        cmocka_unit_test(ten_thousand_reconnects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
