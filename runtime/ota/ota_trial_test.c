/* SPDX-License-Identifier: Apache-2.0 */
/* A new image's first minutes, what a boot makes of their end, and what an operator reads of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/timer.h"
#include "runtime/ota/test/rig.h"

static struct rig rig;

/* 1.4.0 runs on trial and is not through yet. */
static void start_trial(void)
{
    rig_start(&rig);
    rig_offer(&rig, "1.4.0", 3);
    rig.missing = "broker";
    rig_until(&rig, ROOST_OTA_TRIAL);
    assert_string_equal(rig.version, "1.4.0");
    assert_string_equal(rig.ota.manifest.version, "1.4.0");
    assert_int_equal(rig.reason, ROOST_RESET_UPDATE);
    assert_string_equal(rig.ota.report, "");
}

static void expect_old_image(const char *report)
{
    assert_string_equal(rig.version, "1.3.0");
    assert_string_equal(rig.ota.report, report);
    assert_true(rig.ota.report_is_error && rig.ota.report_changed);
    assert_int_equal(rig.lowest, 2); /* it could still run */
}

static void expect_not_tried_again(void)
{
    int boots = rig.boots;
    uint32_t checks = rig.ota.checks;
    rig.ota.report_changed = false;
    rig_run(&rig, 3 * (uint64_t)RIG_DAY_MS);
    assert_int_equal(rig.boots, boots);
    assert_true(rig.ota.checks >= checks + 3);
    assert_false(rig.ota.report_changed);
}

static void what_proves_itself_stays(void **state)
{
    (void)state;
    start_trial();
    rig_run(&rig, 100000);
    assert_int_equal(rig.ota.state, ROOST_OTA_TRIAL);
    assert_int_equal(rig.lowest, 2); /* until it is confirmed the old one can run */
    rig.missing = NULL;
    rig_run(&rig, RIG_DAY_MS);
    assert_int_equal(rig.ota.state, ROOST_OTA_IDLE);
    assert_int_equal(rig.lowest, 3);
    assert_string_equal(rig.ota.report, "installed 1.4.0");
    assert_false(rig.ota.report_is_error);
    rig_boot(&rig, ROOST_RESET_CRASH); /* and for good */
    assert_string_equal(rig.version, "1.4.0");
    assert_string_equal(rig.ota.report, "installed 1.4.0");
    assert_true(rig.ota.report_changed);
}

static void past_the_limit_the_old_one_returns_and_says_why(void **state)
{
    (void)state;
    start_trial();
    uint64_t booted_ms = rig.now_ms;
    rig_run(&rig, 299000);
    assert_string_equal(rig.version, "1.4.0");
    rig_run(&rig, 2000);
    assert_true(rig.now_ms >= booted_ms + 300000);
    assert_int_equal(rig.reason, ROOST_RESET_UPDATE);
    expect_old_image("1.4.0 rolled back: no broker within 300 s");
    expect_not_tried_again();
    rig_boot(&rig, ROOST_RESET_COMMAND);
    expect_old_image("1.4.0 rolled back: no broker within 300 s");
    expect_not_tried_again();
    rig.missing = NULL;
    rig_offer(&rig, "1.4.1", 3); /* another one is */
    rig_run(&rig, RIG_DAY_MS);
    assert_string_equal(rig.ota.report, "installed 1.4.1");
}

static void the_limit_can_be_set(void **state)
{
    (void)state;
    rig_start(&rig);
    rig.config.trial_ms = 60000;
    rig_offer(&rig, "1.4.0", 3);
    rig.missing = "sensor";
    rig_until(&rig, ROOST_OTA_TRIAL);
    rig_run(&rig, 59000);
    assert_string_equal(rig.version, "1.4.0");
    rig_run(&rig, 2000);
    expect_old_image("1.4.0 rolled back: no sensor within 60 s");
}

static void any_reset_ends_the_trial(void **state)
{
    (void)state;
    static const struct {
        enum roost_reset_reason reason;
        const char *report;
    } resets[] = {
        {ROOST_RESET_CRASH, "1.4.0 rolled back: it restarted before its self-test passed (crash)"},
        {ROOST_RESET_WATCHDOG,
         "1.4.0 rolled back: it restarted before its self-test passed (watchdog)"},
        {ROOST_RESET_COMMAND,
         "1.4.0 rolled back: it restarted before its self-test passed (command)"},
        {ROOST_RESET_UNKNOWN,
         "1.4.0 rolled back: it restarted before its self-test passed (unknown)"},
    };
    for (size_t i = 0; i < sizeof resets / sizeof resets[0]; i++) {
        start_trial();
        rig_run(&rig, 1000);
        rig_boot(&rig, resets[i].reason);
        expect_old_image(resets[i].report);
        expect_not_tried_again();
    }
}

/* A power cut proves nothing against the image, three of them are taken for its doing. */
static void the_power_may_go_during_a_trial(void **state)
{
    (void)state;
    start_trial();
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    expect_old_image("1.4.0 rolled back: it restarted before its self-test passed (power-on)");
    int gets = rig.gets;
    rig_until(&rig, ROOST_OTA_TRIAL);
    assert_int_equal(rig.gets, gets + 1); /* the manifest; the image is still in the slot */
    rig.missing = NULL;
    rig_run(&rig, RIG_DAY_MS);
    assert_string_equal(rig.ota.report, "installed 1.4.0");

    start_trial();
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    rig_until(&rig, ROOST_OTA_TRIAL);
    rig_boot(&rig, ROOST_RESET_BROWN_OUT);
    rig_until(&rig, ROOST_OTA_TRIAL);
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    expect_old_image("1.4.0 rolled back: it restarted before its self-test passed (power-on)");
    expect_not_tried_again();
}

static void a_cut_before_the_activation_is_no_trial(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_offer(&rig, "1.4.0", 3);
    rig.hold = true;
    rig_until(&rig, ROOST_OTA_READY);
    rig.cut_at = rig.operations + 2; /* report dropped, record written, not activated */
    roost_ota_restart(&rig.ota);
    assert_false(rig.power);
    rig.cut_at = RIG_NO_CUT;
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    assert_string_equal(rig.version, "1.3.0");
    assert_string_equal(rig.ota.report, "");
    int gets = rig.gets;
    uint64_t before_ms = rig.now_ms;
    rig_until(&rig, ROOST_OTA_READY);
    assert_true(rig.now_ms - before_ms < 10000);
    assert_int_equal(rig.gets, gets + 1);
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    rig.manifest_status = ROOST_ERR_NOT_FOUND; /* and when the hub wants it no more, it is over */
    rig.slot_state[1] = RIG_FAILED;
    rig_boot(&rig, ROOST_RESET_CRASH);
    assert_string_equal(rig.ota.report, "");
}

/* The other slot still counts as failed from an earlier trial when the power goes before the
 * activation: nobody can tell this from a trial that the power ended. */
static void an_old_failure_does_not_condemn_the_next_image(void **state)
{
    (void)state;
    start_trial();
    rig_run(&rig, 301000);
    expect_old_image("1.4.0 rolled back: no broker within 300 s");
    rig_offer(&rig, "1.4.1", 3);
    rig.missing = NULL;
    for (int i = 0; i < 2; i++) {
        rig.hold = true;
        rig_until(&rig, ROOST_OTA_READY);
        rig.cut_at = rig.operations + 2; /* report dropped, record written, not activated */
        rig.cut = RIG_CUT_BEFORE;
        roost_ota_restart(&rig.ota);
        assert_false(rig.power);
        rig_boot(&rig, ROOST_RESET_POWER_ON);
        assert_string_equal(rig.version, "1.3.0");
    }
    rig.cut_at = RIG_NO_CUT;
    rig.hold = false;
    rig_run(&rig, RIG_DAY_MS);
    assert_string_equal(rig.ota.report, "installed 1.4.1");
}

static void what_the_platform_refuses_is_reported(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_offer(&rig, "1.4.0", 3);
    rig.activate_error = ROOST_ERR_CRYPTO;
    rig_run(&rig, RIG_DAY_MS);
    assert_int_equal(rig.ota.state, ROOST_OTA_IDLE);
    expect_old_image("1.4.0 refused: activation: signature, tag or certificate does not verify");
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    assert_int_equal(rig.ota.record.phase, 0); /* no trial took place */
    rig.activate_error = 0;
    rig_run(&rig, RIG_DAY_MS);
    assert_string_equal(rig.ota.report, "installed 1.4.0");
}

static void restart_is_for_the_ready(void **state)
{
    (void)state;
    rig_start(&rig);
    roost_ota_restart(&rig.ota);
    roost_ota_self_test(&rig.ota, rig.now_ms, NULL);
    assert_int_equal(rig.operations, 0);
    assert_false(rig.rebooting);
    start_trial();
    int operations = rig.operations;
    roost_ota_restart(&rig.ota);
    assert_int_equal(rig.operations, operations);
}

static void a_confirmation_is_tried_until_the_limit(void **state)
{
    (void)state;
    start_trial();
    rig.missing = NULL;
    rig.confirm_error = ROOST_ERR_IO;
    int operations = rig.operations;
    for (int i = 0; i < 100; i++) { /* not at every step: each try may wear flash */
        roost_ota_self_test(&rig.ota, rig.now_ms, NULL);
        rig.now_ms += 100;
    }
    assert_int_equal(rig.operations, operations + 10);
    assert_int_equal(rig.ota.state, ROOST_OTA_TRIAL);
    rig.confirm_error = 0;
    rig_run(&rig, 10000);
    roost_ota_self_test(&rig.ota, rig.now_ms, NULL);
    assert_string_equal(rig.ota.report, "installed 1.4.0");

    start_trial(); /* confirmed is confirmed, whatever else fails */
    rig.running_error = ROOST_ERR_IO;
    roost_ota_self_test(&rig.ota, rig.now_ms, NULL);
    assert_string_equal(rig.ota.report, "installed 1.4.0");

    start_trial();
    rig.missing = NULL;
    rig.confirm_error = ROOST_ERR_IO;
    rig_run(&rig, 301000);
    expect_old_image("1.4.0 rolled back: no confirmation within 300 s");
}

/* A device whose other slot is empty must not end with none. */
static void it_stays_where_nothing_else_can_run(void **state)
{
    (void)state;
    start_trial();
    rig.roll_back_error = ROOST_ERR_STATE;
    rig_run(&rig, 301000);
    assert_string_equal(rig.version, "1.4.0");
    assert_string_equal(rig.ota.report, "1.4.0 stays without broker: no other image can run");
    assert_true(rig.ota.report_is_error);
    assert_int_equal(rig.slot_state[rig.running], RIG_VALID);
    assert_int_equal(rig.ota.state, ROOST_OTA_IDLE);
    rig.roll_back_error = 0;
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    assert_string_equal(rig.version, "1.4.0");
}

/* Its settings are gone, or it has no hub any more: a trial is a trial. */
static void a_trial_needs_no_url(void **state)
{
    (void)state;
    for (int good = 0; good < 2; good++) {
        rig_start(&rig);
        rig_offer(&rig, "1.4.0", 3);
        rig.missing = good ? NULL : "broker";
        rig.hold = true;
        rig_until(&rig, ROOST_OTA_READY);
        roost_ota_restart(&rig.ota);
        rig.config.url = NULL;
        rig_run(&rig, RIG_DAY_MS);
        assert_string_equal(rig.version, good ? "1.4.0" : "1.3.0");
        assert_string_equal(rig.ota.report,
                            good ? "installed 1.4.0" : "1.4.0 rolled back: no broker within 300 s");
        assert_true(roost_ota_due(&rig.ota) == ROOST_NEVER);
    }
}

/* Somebody reset the keys between restart and boot: the trial goes its way, without a memory. */
static void a_trial_needs_no_record(void **state)
{
    (void)state;
    start_trial();
    rig.key[0].len = rig.key[1].len = -1;
    rig_boot(&rig, ROOST_RESET_CRASH);
    assert_string_equal(rig.version, "1.3.0");
    assert_string_equal(rig.ota.report, "");

    rig_start(&rig);
    rig_offer(&rig, "1.4.0", 3);
    rig.hold = true;
    rig_until(&rig, ROOST_OTA_READY);
    roost_ota_restart(&rig.ota);
    rig.key[0].len = rig.key[1].len = -1;
    rig_boot(&rig, ROOST_RESET_UPDATE);
    assert_int_equal(rig.ota.state, ROOST_OTA_TRIAL);
    rig_run(&rig, 1000);
    assert_string_equal(rig.ota.report, "installed 1.4.0");
}

static void a_long_report_is_cut(void **state)
{
    (void)state;
    start_trial();
    rig.missing = "a part of the self-test whose name is longer than anybody would ever choose, "
                  "and then longer";
    rig_run(&rig, 301000);
    assert_int_equal(strlen(rig.ota.report), ROOST_OTA_REPORT_MAX);
    assert_int_equal(strncmp(rig.ota.report, "1.4.0 rolled back: no a part of", 31), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_proves_itself_stays),
        cmocka_unit_test(past_the_limit_the_old_one_returns_and_says_why),
        cmocka_unit_test(the_limit_can_be_set),
        cmocka_unit_test(any_reset_ends_the_trial),
        cmocka_unit_test(the_power_may_go_during_a_trial),
        cmocka_unit_test(a_cut_before_the_activation_is_no_trial),
        cmocka_unit_test(an_old_failure_does_not_condemn_the_next_image),
        cmocka_unit_test(what_the_platform_refuses_is_reported),
        cmocka_unit_test(restart_is_for_the_ready),
        cmocka_unit_test(a_confirmation_is_tried_until_the_limit),
        cmocka_unit_test(it_stays_where_nothing_else_can_run),
        cmocka_unit_test(a_trial_needs_no_url),
        cmocka_unit_test(a_trial_needs_no_record),
        cmocka_unit_test(a_long_report_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
