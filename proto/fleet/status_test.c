/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "proto/fleet/status.h"

static struct roost_status status;

static int parse(const char *text)
{
    memset(&status, 0xA5, sizeof status);
    return roost_status_parse(&status, text, strlen(text));
}

static struct roost_status full(void)
{
    return (struct roost_status){
        .online = true,
        .has_health = true,
        .seq = 123456789012,
        .journal_id = 0xDEADBEEF,
        .type = "window",
        .firmware = "1.4.0",
        .reset_reason = "power-on",
        .fault = "sensor_stuck",
        .fault_number = 203,
        .uptime_ms = 86400000,
        .heap_free_bytes = 150000,
        .heap_low_bytes = 120000,
        .boots = 3,
        .crashes = 1,
        .brown_outs = 2,
        .reconnects = 4,
        .journal_waiting = 5,
        .journal_dropped = 6,
        .event_dropped = 7,
        .log_errors = 8,
        .counters = {{"audio_dropped", 9}},
        .counter_count = 1,
        .rssi_dbm = -61,
        .has_update = true,
        .update = {.state = "loading",
                   .version = "1.5.0",
                   .report = "1.4.9 rolled back: no broker within 300 s",
                   .error = true},
    };
}

static void round_trip(void **state)
{
    (void)state;
    char out[ROOST_STATUS_MAX];
    struct roost_status in = full();
    int len = roost_status_write(out, sizeof out, &in);
    assert_true(len > 0);
    assert_int_equal(len, strlen(out));
    assert_true(strncmp(out, "{\"online\":true,\"seq\":123456789012,", 34) == 0);
    assert_int_equal(parse(out), 0);
    assert_true(status.online && status.has_health);
    assert_true(status.seq == in.seq);
    assert_true(status.uptime_ms == in.uptime_ms);
    assert_true(status.journal_id == in.journal_id);
    assert_string_equal(status.type, "window");
    assert_string_equal(status.firmware, "1.4.0");
    assert_string_equal(status.reset_reason, "power-on");
    assert_string_equal(status.fault, "sensor_stuck");
    assert_int_equal(status.fault_number, 203);
    assert_int_equal(status.heap_free_bytes, 150000);
    assert_int_equal(status.heap_low_bytes, 120000);
    assert_int_equal(status.boots, 3);
    assert_int_equal(status.crashes, 1);
    assert_int_equal(status.brown_outs, 2);
    assert_int_equal(status.reconnects, 4);
    assert_int_equal(status.journal_waiting, 5);
    assert_int_equal(status.journal_dropped, 6);
    assert_int_equal(status.event_dropped, 7);
    assert_int_equal(status.log_errors, 8);
    assert_int_equal(status.counter_count, 1);
    assert_string_equal(status.counters[0].name, "audio_dropped");
    assert_int_equal(status.counters[0].value, 9);
    assert_int_equal(status.rssi_dbm, -61);
    assert_true(status.has_update && status.update.error);
    assert_string_equal(status.update.state, "loading");
    assert_string_equal(status.update.version, "1.5.0");
    assert_string_equal(status.update.report, "1.4.9 rolled back: no broker within 300 s");
    for (size_t size = 0; size <= (size_t)len; size++)
        assert_int_equal(roost_status_write(out, size, &in), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_status_write(out, sizeof out, &in), len);
    for (size_t cut = 0; cut < (size_t)len; cut++)
        assert_true(roost_status_parse(&status, out, cut) < 0);
}

static void the_last_will(void **state)
{
    (void)state;
    char out[ROOST_STATUS_MAX];
    struct roost_status offline = {0};
    assert_int_equal(roost_status_write(out, sizeof out, &offline), 16);
    assert_string_equal(out, ROOST_STATUS_OFFLINE);
    assert_int_equal(parse(out), 0);
    assert_false(status.online);
    assert_false(status.has_health);
    assert_string_equal(status.fault, "");
    assert_true(status.seq == 0);
}

static void the_largest_fits(void **state)
{
    (void)state;
    char out[ROOST_STATUS_MAX];
    struct roost_status in = full();
    in.seq = in.uptime_ms = UINT64_MAX;
    memset(in.type, 'x', sizeof in.type - 1);
    memset(in.firmware, 'x', sizeof in.firmware - 1);
    memset(in.reset_reason, 'x', sizeof in.reset_reason - 1);
    memset(in.fault, 'x', sizeof in.fault - 1);
    in.journal_id = in.fault_number = in.heap_free_bytes = in.heap_low_bytes = UINT32_MAX;
    in.boots = in.crashes = in.brown_outs = in.reconnects = UINT32_MAX;
    in.journal_waiting = in.journal_dropped = in.event_dropped = UINT32_MAX;
    in.log_errors = UINT32_MAX;
    in.counter_count = ROOST_STATUS_COUNTERS;
    for (int i = 0; i < ROOST_STATUS_COUNTERS; i++) {
        memset(in.counters[i].name, 'a' + i, sizeof in.counters[i].name - 1);
        in.counters[i].value = UINT32_MAX;
    }
    in.rssi_dbm = -128;
    memset(in.update.state, 'x', sizeof in.update.state - 1);
    memset(in.update.version, 'x', sizeof in.update.version - 1);
    memset(in.update.report, 'x', sizeof in.update.report - 1);
    in.update.error = false;
    assert_true(roost_status_write(out, sizeof out, &in) > 0);
    assert_int_equal(parse(out), 0);
    assert_true(status.seq == UINT64_MAX);
    assert_int_equal(status.counter_count, ROOST_STATUS_COUNTERS);
    assert_true(status.counters[ROOST_STATUS_COUNTERS - 1].value == UINT32_MAX);
}

static void health_may_be_partial(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"seq\":0,\"battery\":{\"mv\":3700},\"fault\":null,\"online\":true}"),
                     0);
    assert_true(status.online && status.has_health);
    assert_int_equal(status.boots, 0);
    assert_string_equal(status.firmware, "");
    assert_string_equal(status.fault, "");
    assert_false(status.has_update);
}

static void the_update_may_be_partial(void **state)
{
    (void)state;
    char out[ROOST_STATUS_MAX];
    struct roost_status in = {.online = true, .has_health = true, .has_update = true};
    assert_true(roost_status_write(out, sizeof out, &in) > 0);
    assert_non_null(strstr(
        out, "\"update\":{\"state\":null,\"version\":null,\"report\":null,\"error\":false}}"));
    assert_int_equal(parse(out), 0);
    assert_true(status.has_update && !status.update.error);
    assert_string_equal(status.update.report, "");
    assert_int_equal(parse("{\"online\":true,\"seq\":1,\"update\":{\"error\":true,\"x\":[1]}}"), 0);
    assert_true(status.has_update && status.update.error);
    assert_string_equal(status.update.state, "");
    assert_int_equal(parse("{\"online\":true,\"seq\":1,\"update\":null}"), 0);
    assert_false(status.has_update);
    assert_int_equal(parse("{\"online\":false,\"update\":7}"), 0); /* no health: not looked at */
    assert_false(status.has_update);
}

static void bad_statuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
    } table[] = {
        {"{}", ROOST_ERR_NOT_FOUND},
        {"{\"seq\":1}", ROOST_ERR_NOT_FOUND},
        {"{\"online\":1}", ROOST_ERR_INVALID},
        {"{\"online\":\"true\"}", ROOST_ERR_INVALID},
        {"{\"online\":null}", ROOST_ERR_INVALID},
        {"true", ROOST_ERR_INVALID},
        {"online", ROOST_ERR_INVALID},
        {"{\"online\":true,\"seq\":-1}", ROOST_ERR_RANGE},
        {"{\"online\":true,\"seq\":\"1\"}", ROOST_ERR_INVALID},
        {"{\"online\":true,\"seq\":1,\"boots\":4294967296}", ROOST_ERR_RANGE},
        {"{\"online\":true,\"seq\":1,\"boots\":null}", ROOST_ERR_INVALID},
        {"{\"online\":true,\"seq\":1,\"rssi_dbm\":-129}", ROOST_ERR_RANGE},
        {"{\"online\":true,\"seq\":1,\"type\":\"0123456789abcdef\"}", ROOST_ERR_TOO_LONG},
        {"{\"online\":true,\"seq\":1,\"type\":7}", ROOST_ERR_INVALID},
        {"{\"online\":true,\"seq\":1,\"update\":7}", ROOST_ERR_INVALID},
        {"{\"online\":true,\"seq\":1,\"update\":[]}", ROOST_ERR_INVALID},
        {"{\"online\":true,\"seq\":1,\"update\":{\"state\":1}}", ROOST_ERR_INVALID},
        {"{\"online\":true,\"seq\":1,\"update\":{\"error\":null}}", ROOST_ERR_INVALID},
        {"{\"online\":true,\"seq\":1,\"update\":{\"state\":\"0123456789ab\"}}", ROOST_ERR_TOO_LONG},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(parse(table[i].text), table[i].err);
    assert_int_equal(roost_status_parse(&status, "{", ROOST_STATUS_PAYLOAD_MAX + 1),
                     ROOST_ERR_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(the_last_will),
        cmocka_unit_test(the_largest_fits),
        cmocka_unit_test(health_may_be_partial),
        cmocka_unit_test(the_update_may_be_partial),
        cmocka_unit_test(bad_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
