/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "runtime/health.h"

/* ---- a port of what health needs ---- */

enum { SLOTS = 4 };

static struct {
    char key[ROOST_KV_KEY_MAX + 1], value[40];
    int len;
} slots[SLOTS];
static int get_error, set_error, sets;
static enum roost_reset_reason reason;
static struct roost_heap heap_now;

static int kv_get(void *ctx, const char *key, void *value, size_t size)
{
    (void)ctx;
    if (get_error)
        return get_error;
    for (int i = 0; i < SLOTS; i++) {
        if (strcmp(slots[i].key, key) == 0) {
            assert_true((size_t)slots[i].len <= size);
            memcpy(value, slots[i].value, (size_t)slots[i].len);
            return slots[i].len;
        }
    }
    return ROOST_ERR_NOT_FOUND;
}

static int kv_set(void *ctx, const char *key, const void *value, size_t len)
{
    (void)ctx;
    sets++;
    if (set_error)
        return set_error;
    int i = 0;
    while (slots[i].key[0] && strcmp(slots[i].key, key) != 0)
        assert_true(++i < SLOTS);
    assert_true(strlen(key) <= ROOST_KV_KEY_MAX && len < sizeof slots[i].value);
    memcpy(slots[i].key, key, strlen(key) + 1);
    memcpy(slots[i].value, value, len);
    slots[i].len = (int)len;
    return ROOST_OK;
}

static const struct roost_kv_ops kv_ops = {.get = kv_get, .set = kv_set};

static enum roost_reset_reason get_reason(void *ctx)
{
    (void)ctx;
    return reason;
}

static void get_heap(void *ctx, struct roost_heap *out)
{
    (void)ctx;
    *out = heap_now;
}

static const struct roost_system_ops system_ops = {.reset_reason = get_reason, .heap = get_heap};

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return 60007;
}

static const struct roost_clock_ops clock_ops = {.now_ms = now_ms};

static int rssi(void *ctx)
{
    (void)ctx;
    return -61;
}

static const struct roost_wifi_ops wifi_ops = {.rssi_dbm = rssi};

static const struct roost_port port = {.kv = {&kv_ops, NULL},
                                       .system = {&system_ops, NULL},
                                       .clock = {&clock_ops, NULL},
                                       .wifi = {&wifi_ops, NULL}};

static struct roost_health health;
static bool safe_mode;

static void new_device(void)
{
    memset(slots, 0, sizeof slots);
    get_error = set_error = sets = 0;
}

static int boot(enum roost_reset_reason why)
{
    reason = why;
    memset(&health, 0x55, sizeof health);
    return roost_health_boot(&health, &port, &safe_mode);
}

/* ---- boots ---- */

static void boots_are_counted_by_reason(void **state)
{
    (void)state;
    static const enum roost_reset_reason reasons[] = {
        ROOST_RESET_POWER_ON, ROOST_RESET_BROWN_OUT, ROOST_RESET_CRASH,  ROOST_RESET_COMMAND,
        ROOST_RESET_WATCHDOG, ROOST_RESET_UPDATE,    ROOST_RESET_UNKNOWN};
    new_device();
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(boot(reasons[i]), 0);
        assert_int_equal(health.boots, i + 1);
        assert_int_equal(health.reset_reason, reasons[i]);
        assert_int_equal(health.uptime_ms, 0);
        assert_false(safe_mode);
    }
    assert_int_equal(health.crashes, 2);
    assert_int_equal(health.brown_outs, 1);
}

static void three_crashes_in_a_row_are_safe_mode(void **state)
{
    (void)state;
    new_device();
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(boot(i % 2 ? ROOST_RESET_CRASH : ROOST_RESET_WATCHDOG), 0);
        assert_int_equal(safe_mode, i >= 3);
    }
    boot(ROOST_RESET_COMMAND); /* somebody took care */
    assert_false(safe_mode);
    boot(ROOST_RESET_CRASH);
    boot(ROOST_RESET_CRASH);
    assert_false(safe_mode);
    assert_int_equal(roost_health_stable(&health, &port), 0);
    boot(ROOST_RESET_CRASH);
    assert_false(safe_mode);
    assert_int_equal(health.crashes, 8);
}

static void flash_is_spared(void **state)
{
    (void)state;
    new_device();
    boot(ROOST_RESET_POWER_ON);
    assert_int_equal(sets, 1);
    assert_int_equal(roost_health_stable(&health, &port), 0);
    assert_int_equal(sets, 1);
}

static void a_failing_kv_is_told_and_survived(void **state)
{
    (void)state;
    new_device();
    boot(ROOST_RESET_CRASH);
    boot(ROOST_RESET_CRASH);
    set_error = ROOST_ERR_NO_SPACE;
    assert_int_equal(boot(ROOST_RESET_CRASH), ROOST_ERR_IO);
    assert_int_equal(health.boots, 3);
    assert_true(safe_mode);
    assert_int_equal(roost_health_stable(&health, &port), ROOST_ERR_IO);
    set_error = 0;
    get_error = ROOST_ERR_CORRUPT;
    assert_int_equal(boot(ROOST_RESET_BROWN_OUT), ROOST_ERR_IO);
    assert_int_equal(health.boots, 1);
    assert_int_equal(health.brown_outs, 1);
    assert_false(safe_mode);
    get_error = 0;
    assert_int_equal(boot(ROOST_RESET_POWER_ON), 0);
    assert_int_equal(health.boots, 2);
}

static void bad_counters_start_from_zero(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "x", "-1", "1.5", "4294967296", "1e99"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        new_device();
        kv_set(NULL, "h.boots", bad[i], strlen(bad[i]));
        assert_int_equal(boot(ROOST_RESET_POWER_ON), ROOST_ERR_IO);
        assert_int_equal(health.boots, 1);
        assert_int_equal(boot(ROOST_RESET_POWER_ON), 0);
        assert_int_equal(health.boots, 2);
    }
    new_device();
    kv_set(NULL, "h.boots", "4294967295", 10);
    assert_int_equal(boot(ROOST_RESET_POWER_ON), 0);
    assert_true(health.boots == UINT32_MAX);
}

/* ---- samples ---- */

static void samples_raise_and_clear_low_memory(void **state)
{
    (void)state;
    struct roost_faults faults;
    roost_faults_init(&faults, NULL, 0);
    new_device();
    boot(ROOST_RESET_POWER_ON);
    heap_now = (struct roost_heap){.free_bytes = 20000, .low_bytes = 18000};
    roost_health_sample(&health, &port, &faults, 20000);
    assert_int_equal(health.heap_free_bytes, 20000);
    assert_int_equal(health.heap_low_bytes, 18000);
    assert_int_equal(health.rssi_dbm, -61);
    assert_int_equal(health.uptime_ms, 60007);
    assert_false(roost_faults_active(&faults, ROOST_FAULT_MEMORY_LOW));
    roost_health_sample(&health, &port, &faults, 20001);
    assert_true(roost_faults_active(&faults, ROOST_FAULT_MEMORY_LOW));
    roost_health_sample(&health, &port, &faults, 20000);
    assert_false(roost_faults_active(&faults, ROOST_FAULT_MEMORY_LOW));

    struct roost_port wired = port;
    wired.wifi.ops = NULL;
    roost_health_sample(&health, &wired, &faults, 0);
    assert_int_equal(health.rssi_dbm, 0);
}

static char line[ROOST_LOG_LINE_MAX + 1];

static void sink(void *ctx, enum roost_log_level level, const char *text, size_t len)
{
    (void)ctx;
    (void)level;
    memcpy(line, text, len + 1);
}

static void the_line_has_every_figure(void **state)
{
    (void)state;
    struct roost_log log;
    roost_log_init(&log, NULL, 0, now_ms, sink, NULL);
    const struct roost_health figures = {.heap_free_bytes = 81920,
                                         .heap_low_bytes = 79000,
                                         .rssi_dbm = -61,
                                         .uptime_ms = 60007,
                                         .boots = 4,
                                         .crashes = 1,
                                         .brown_outs = 2,
                                         .reset_reason = ROOST_RESET_BROWN_OUT,
                                         .reconnects = 3,
                                         .journal_waiting = 5,
                                         .journal_dropped = 6,
                                         .event_high_water = 7,
                                         .event_dropped = 8,
                                         .log_errors = 9};
    roost_health_log(&figures, &log);
    assert_string_equal(line, "60.007 I health: state up_s=60 heap_free=81920 heap_low=79000 "
                              "rssi=-61 boots=4 crashes=1 brown_outs=2 reset=brown-out "
                              "reconnects=3 waiting=5 dropped=6 events_high=7 events_dropped=8 "
                              "errors=9");
    struct roost_health largest;
    memset(&largest, 0xFF, sizeof largest);
    largest.rssi_dbm = -128;
    largest.uptime_ms = UINT64_C(4294967295) * 1000;
    largest.reset_reason = ROOST_RESET_BROWN_OUT;
    roost_health_log(&largest, &log);
    assert_null(strstr(line, "..."));
    assert_non_null(strstr(line, " errors=4294967295"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boots_are_counted_by_reason),
        cmocka_unit_test(three_crashes_in_a_row_are_safe_mode),
        cmocka_unit_test(flash_is_spared),
        cmocka_unit_test(a_failing_kv_is_told_and_survived),
        cmocka_unit_test(bad_counters_start_from_zero),
        cmocka_unit_test(samples_raise_and_clear_low_memory),
        cmocka_unit_test(the_line_has_every_figure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
