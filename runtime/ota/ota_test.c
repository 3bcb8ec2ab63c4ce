/* SPDX-License-Identifier: Apache-2.0 */
/* What is installed, what is refused, and what is left alone. */
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

/* A day with an offer that is changed before or after it is signed. */
static struct roost_manifest start_offer(void)
{
    rig_start(&rig);
    rig_offer(&rig, "1.4.0", 3);
    return rig_manifest(&rig, "1.4.0", 3);
}

static void expect_refused(const char *report)
{
    int boots = rig.boots;
    rig_run(&rig, RIG_DAY_MS);
    assert_string_equal(rig.ota.report, report);
    assert_true(rig.ota.report_is_error && rig.ota.report_changed);
    assert_string_equal(rig.version, "1.3.0");
    assert_int_equal(rig.boots, boots);
    assert_int_equal(rig.ota.state, ROOST_OTA_IDLE);
    assert_true(rig.ota.failures > 0);
    assert_true(rig.ota.due_ms != ROOST_NEVER);
    rig.ota.report_changed = false; /* the same again is no news */
    rig_run(&rig, RIG_DAY_MS);
    assert_false(rig.ota.report_changed);
}

static void expect_nothing(void)
{
    rig_run(&rig, RIG_DAY_MS);
    assert_int_equal(rig.ota.checks, 1);
    assert_int_equal(rig.ota.failures, 0);
    assert_int_equal(rig.boots, 1);
    assert_string_equal(rig.ota.report, "");
    assert_false(rig.ota.report_changed);
    assert_int_equal(rig.ota.state, ROOST_OTA_IDLE);
}

static void expect_installed(const char *version)
{
    rig_run(&rig, RIG_DAY_MS);
    assert_string_equal(rig.version, version);
    assert_int_equal(rig.slot_state[rig.running], RIG_VALID);
    assert_int_equal(rig.ota.installs, 1);
    assert_true(rig.ota.report_changed && !rig.ota.report_is_error);
    assert_int_equal(strncmp(rig.ota.report, "installed ", 10), 0);
    assert_string_equal(rig.ota.report + 10, version);
}

static void a_newer_image_is_installed(void **state)
{
    (void)state;
    start_offer();
    expect_installed("1.4.0");
    assert_int_equal(rig.lowest, 3);
    assert_int_equal(rig.ota.running.security_version, 3);
    assert_true(rig.fulls > 0); /* flash is slower than the network */
    rig_run(&rig, 3 * (uint64_t)RIG_DAY_MS);
    assert_int_equal(rig.boots, 2); /* and that was all */
    rig_offer(&rig, "1.5.0", 3);
    expect_installed("1.5.0");
    assert_int_equal(rig.running, 0);
}

/* By its owner's word, at an url of his: given up on the way, and asked for again. */
static void an_owner_may_ask_elsewhere_and_give_up(void **state)
{
    (void)state;
    start_offer();
    const char *url = rig.config.url;
    assert_int_equal(roost_ota_fetch(&rig.ota, url, rig.now_ms), 0);
    assert_ptr_equal(rig.ota.url, url);
    assert_int_equal(roost_ota_fetch(&rig.ota, url, rig.now_ms), ROOST_ERR_BUSY);
    roost_ota_drop(&rig.ota); /* before anything was asked */
    assert_null(rig.ota.url);
    assert_true(rig.ota.due_ms > rig.now_ms);
    assert_int_equal(roost_ota_fetch(&rig.ota, url, rig.now_ms), 0);
    rig_until(&rig, ROOST_OTA_LOADING);
    assert_int_equal(roost_ota_fetch(&rig.ota, url, rig.now_ms), ROOST_ERR_BUSY);
    roost_ota_drop(&rig.ota);
    assert_int_equal(rig.ota.state, ROOST_OTA_IDLE);
    assert_null(rig.ota.url);
    assert_int_equal(rig.ota.failures, 0);
    assert_int_equal(roost_ota_fetch(&rig.ota, url, rig.now_ms), 0);
    rig.hold = true;
    rig_until(&rig, ROOST_OTA_READY);
    assert_ptr_equal(rig.ota.url, url);
    roost_ota_drop(&rig.ota);
    rig.hold = false;
    assert_int_equal(rig.ota.state, ROOST_OTA_IDLE);
    assert_int_equal(roost_ota_check(&rig.ota, rig.now_ms), 0);
    expect_installed("1.4.0"); /* at the url of the configuration; what is in the slot counts */
    assert_null(rig.ota.url);
}

static void an_operator_may_go_back(void **state)
{
    (void)state;
    start_offer();
    rig_offer(&rig, "1.2.9", 2);
    expect_installed("1.2.9");
}

static void the_second_key_is_as_good(void **state)
{
    (void)state;
    struct roost_manifest manifest = start_offer();
    rig_serve(&rig, &manifest, 1);
    expect_installed("1.4.0");
}

static void a_path_is_meant_on_the_hub(void **state)
{
    (void)state;
    struct roost_manifest manifest = start_offer();
    rig_text(manifest.url, "/firmware.bin");
    rig_serve(&rig, &manifest, 0);
    expect_installed("1.4.0");
    assert_string_equal(rig.url, "https://hub.example/firmware.bin");

    manifest = start_offer();
    memset(manifest.url, 'x', ROOST_MANIFEST_URL_MAX);
    manifest.url[0] = '/';
    rig_serve(&rig, &manifest, 0);
    expect_refused("1.4.0 refused: url: longer than the limit");
}

static void nothing_there_is_no_news(void **state)
{
    (void)state;
    rig_start(&rig);
    expect_nothing(); /* 404 */

    struct roost_manifest manifest = start_offer();
    manifest.available = false;
    rig_write_manifest(&rig, &manifest);
    expect_nothing();

    start_offer();
    rig_offer(&rig, "1.3.0", 2);
    expect_nothing(); /* what runs */
}

static void what_was_refused_is_forgiven_when_it_is_gone(void **state)
{
    (void)state;
    start_offer();
    rig_offer(&rig, "1.2.0", 1);
    expect_refused("1.2.0 refused: security version 1 is below 2");
    rig.manifest_status = ROOST_ERR_NOT_FOUND;
    rig_run(&rig, RIG_DAY_MS);
    assert_string_equal(rig.ota.report, "1.2.0 refused: security version 1 is below 2");
    assert_true(rig.ota.report_changed && !rig.ota.report_is_error);
    rig_boot(&rig, ROOST_RESET_COMMAND);
    assert_string_equal(rig.ota.report, "1.2.0 refused: security version 1 is below 2");
    assert_true(rig.ota.report_changed && !rig.ota.report_is_error);
}

static void only_what_is_signed_by_a_trusted_key(void **state)
{
    (void)state;
    struct roost_manifest manifest = start_offer();
    rig_serve(&rig, &manifest, 0);
    manifest.signature[40] ^= 1;
    rig_write_manifest(&rig, &manifest);
    expect_refused("1.4.0 refused: signature is wrong");

    manifest = start_offer();
    rig_serve(&rig, &manifest, 0);
    manifest.key_id[7] ^= 1;
    rig_write_manifest(&rig, &manifest);
    expect_refused("1.4.0 refused: signed by an unknown key");

    manifest = start_offer();
    rig_serve(&rig, &manifest, 1);
    rig.config.key_count = 1; /* the second one is trusted no more */
    expect_refused("1.4.0 refused: signed by an unknown key");
    assert_int_equal(rig.image_offset, 0);
    assert_string_equal(rig.url, ""); /* not a byte of the image was asked for */
}

/* Every signed member: what was changed after signing does not verify. */
static void nothing_signed_can_be_changed(void **state)
{
    (void)state;
    for (int change = 0; change < 8; change++) {
        struct roost_manifest manifest = start_offer();
        rig_serve(&rig, &manifest, 0);
        if (change == 0)
            rig_text(manifest.product, "windov");
        else if (change == 1)
            rig_text(manifest.target, "esp32c2");
        else if (change == 2)
            rig_text(manifest.version, "1.4.1");
        else if (change == 3)
            manifest.security_version++;
        else if (change == 4)
            manifest.size_bytes--;
        else if (change == 5)
            manifest.sha256[31] ^= 1;
        else if (change == 6)
            manifest.min_hardware++;
        else
            manifest.max_hardware++;
        rig_write_manifest(&rig, &manifest);
        expect_refused(change == 2 ? "1.4.1 refused: signature is wrong"
                                   : "1.4.0 refused: signature is wrong");
    }
}

static void only_what_is_for_this_device(void **state)
{
    (void)state;
    struct roost_manifest manifest = start_offer();
    rig_text(manifest.product, "teddy");
    rig_serve(&rig, &manifest, 0);
    expect_refused("1.4.0 refused: product teddy, not window");

    manifest = start_offer();
    rig_text(manifest.target, "esp32s3");
    rig_serve(&rig, &manifest, 0);
    expect_refused("1.4.0 refused: target esp32s3, not esp32c3");

    manifest = start_offer();
    manifest.min_hardware = 3;
    rig_serve(&rig, &manifest, 0);
    expect_refused("1.4.0 refused: hardware version 2 is not in 3..9");

    manifest = start_offer();
    manifest.max_hardware = 1;
    rig_serve(&rig, &manifest, 0);
    expect_refused("1.4.0 refused: hardware version 2 is not in 1..1");

    manifest = start_offer();
    manifest.security_version = 1;
    rig_serve(&rig, &manifest, 0);
    expect_refused("1.4.0 refused: security version 1 is below 2");

    manifest = start_offer();
    manifest.size_bytes = 0;
    rig_serve(&rig, &manifest, 0);
    expect_refused("1.4.0 refused: size 0 is not in 1..10240");

    manifest = start_offer();
    manifest.size_bytes = RIG_SLOT + 1;
    rig_serve(&rig, &manifest, 0);
    expect_refused("1.4.0 refused: size 10241 is not in 1..10240");
}

static void only_over_https_where_that_is_asked_for(void **state)
{
    (void)state;
    struct roost_manifest manifest = start_offer();
    rig_text(manifest.url, "http://hub.example/firmware.bin");
    rig_serve(&rig, &manifest, 0);
    expect_refused("1.4.0 refused: url is not https");

    manifest = start_offer();
    rig.config.url = "http://hub.example/";
    expect_refused("manifest refused: url is not https");
    assert_int_equal(rig.gets, 0);

    manifest = start_offer();
    rig_text(manifest.url, "http://hub.example/firmware.bin");
    rig_serve(&rig, &manifest, 0);
    rig.config.url = "http://hub.example/";
    rig.config.https_only = false;
    expect_installed("1.4.0");
}

static void a_manifest_has_to_be_one(void **state)
{
    (void)state;
    start_offer();
    rig_text(rig.manifest, "<html>log in</html>");
    rig.manifest_len = strlen(rig.manifest);
    expect_refused("manifest refused: manifest: malformed or not allowed here");

    start_offer();
    memset(rig.manifest, ' ', sizeof rig.manifest);
    rig.manifest_len = ROOST_MANIFEST_MAX;
    expect_refused("manifest refused: manifest: ends too early");

    start_offer();
    memset(rig.manifest + rig.manifest_len, ' ', sizeof rig.manifest - rig.manifest_len);
    rig.manifest_len = ROOST_MANIFEST_MAX;
    expect_installed("1.4.0");

    start_offer();
    memset(rig.manifest + rig.manifest_len, ' ', sizeof rig.manifest - rig.manifest_len);
    rig.manifest_len = ROOST_MANIFEST_MAX + 1;
    expect_refused("manifest refused: longer than 2048 bytes");
    assert_int_equal(rig.cancels, rig.ota.checks);
    rig_offer(&rig, "1.4.0", 1);
    expect_refused("1.4.0 refused: security version 1 is below 2");
    rig.manifest_len = ROOST_MANIFEST_MAX + 1;
    expect_refused("manifest refused: longer than 2048 bytes"); /* not the version of before */

    start_offer();
    char *member = strstr(rig.manifest, "\"sha256\"");
    assert_non_null(member);
    member[1] = 'S';
    expect_refused("1.4.0 refused: sha256: not found");
}

/* ---- time ---- */

static void the_first_check_falls_into_a_tenth_of_the_interval(void **state)
{
    (void)state;
    uint64_t earliest = UINT64_MAX, latest = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        rig_start(&rig);
        rig.config.interval_ms = 100000;
        rig.random = seed * 77777;
        uint64_t now_ms = rig.now_ms;
        assert_int_equal(roost_ota_init(&rig.ota, &rig.port, &rig.config, &rig.log, now_ms), 0);
        roost_ota_step(&rig.ota, now_ms, true);
        uint64_t due_ms = roost_ota_due(&rig.ota) - now_ms;
        earliest = due_ms < earliest ? due_ms : earliest;
        latest = due_ms > latest ? due_ms : latest;
    }
    assert_true(earliest < 500 && latest > 9500 && latest <= 10000);
}

static void the_first_check_of_a_day_comes_within_two_minutes(void **state)
{
    (void)state;
    rig_start(&rig);
    rig.config.interval_ms = 0;
    rig.random = UINT64_MAX;
    uint64_t now_ms = rig.now_ms;
    assert_int_equal(roost_ota_init(&rig.ota, &rig.port, &rig.config, &rig.log, now_ms), 0);
    roost_ota_step(&rig.ota, now_ms, true);
    assert_true(roost_ota_due(&rig.ota) <= now_ms + 120000);
}

static void checks_are_an_interval_apart(void **state)
{
    (void)state;
    rig_start(&rig);
    rig.config.interval_ms = 1000;
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    rig_run(&rig, 100000);
    assert_true(rig.ota.checks == 100 || rig.ota.checks == 99);
}

static void errors_wait_longer_each_time(void **state)
{
    (void)state;
    rig_start(&rig);
    static const int errors[] = {ROOST_ERR_TIMEOUT, ROOST_ERR_CLOSED, ROOST_ERR_REFUSED,
                                 ROOST_ERR_CRYPTO, ROOST_ERR_UNSUPPORTED};
    uint64_t cap_ms = 5000;
    rig_until(&rig, ROOST_OTA_ASKING);
    for (int i = 0; i < 14; i++) {
        rig.manifest_status = errors[i % 5];
        while (rig.ota.state == ROOST_OTA_ASKING)
            assert_true(rig_work(&rig));
        assert_int_equal(rig.ota.failures, i + 1);
        uint64_t wait_ms = roost_ota_due(&rig.ota) - rig.now_ms;
        cap_ms = cap_ms > 1800000 ? 1800000 : cap_ms;
        assert_true(wait_ms <= cap_ms && wait_ms >= 2000);
        cap_ms *= 2;
        rig_until(&rig, ROOST_OTA_ASKING);
    }
    assert_string_equal(rig.ota.report, ""); /* the log tells, nobody else */
    rig.manifest_status = ROOST_ERR_NOT_FOUND;
    while (rig.ota.state == ROOST_OTA_ASKING)
        assert_true(rig_work(&rig));
    rig.manifest_status = ROOST_ERR_TIMEOUT; /* an answer makes it quick again */
    rig_until(&rig, ROOST_OTA_ASKING);
    while (rig.ota.state == ROOST_OTA_ASKING)
        assert_true(rig_work(&rig));
    assert_true(roost_ota_due(&rig.ota) - rig.now_ms <= 5000);
    rig_offer(&rig, "1.4.0", 3);
    expect_installed("1.4.0");
    rig_start(&rig);
    rig.get_error = ROOST_ERR_BUSY;
    rig_run(&rig, RIG_DAY_MS);
    assert_true(rig.ota.failures > 10);
}

static void nothing_is_asked_without_a_network(void **state)
{
    (void)state;
    start_offer();
    rig.network_up = false;
    rig_run(&rig, RIG_DAY_MS);
    assert_int_equal(rig.ota.checks, 0);
    assert_true(roost_ota_due(&rig.ota) == ROOST_NEVER);
    rig.network_up = true;
    expect_installed("1.4.0");
}

static void a_check_can_be_asked_for(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_run(&rig, RIG_DAY_MS);
    assert_int_equal(rig.ota.checks, 1);
    assert_int_equal(roost_ota_check(&rig.ota, rig.now_ms), 0);
    rig_run(&rig, 1000);
    assert_int_equal(rig.ota.checks, 2);
    rig_offer(&rig, "1.4.0", 3);
    rig.hold = true;
    assert_int_equal(roost_ota_check(&rig.ota, rig.now_ms), 0);
    roost_ota_step(&rig.ota, rig.now_ms, true);
    assert_int_equal(rig.ota.state, ROOST_OTA_ASKING);
    assert_int_equal(roost_ota_check(&rig.ota, rig.now_ms), ROOST_ERR_BUSY);
    rig_run(&rig, 1000);
    assert_int_equal(rig.ota.state, ROOST_OTA_READY);
    assert_true(roost_ota_due(&rig.ota) == ROOST_NEVER);
    assert_int_equal(roost_ota_check(&rig.ota, rig.now_ms), ROOST_ERR_BUSY);
}

/* ---- what it needs ---- */

static void expect_inert(void)
{
    roost_ota_step(&rig.ota, rig.now_ms + RIG_DAY_MS, true);
    roost_ota_restart(&rig.ota);
    roost_ota_self_test(&rig.ota, rig.now_ms, NULL);
    assert_int_equal(rig.ota.state, ROOST_OTA_IDLE);
    assert_true(roost_ota_due(&rig.ota) == ROOST_NEVER);
    assert_int_equal(roost_ota_check(&rig.ota, rig.now_ms), ROOST_ERR_UNSUPPORTED);
    assert_int_equal(roost_ota_post(&rig.ota, &(struct roost_event){.type = ROOST_EV_HTTP_DONE}),
                     0);
    assert_int_equal(rig.gets, 0);
}

static int init(void)
{
    return roost_ota_init(&rig.ota, &rig.port, &rig.config, &rig.log, rig.now_ms);
}

static void without_a_url_it_does_nothing(void **state)
{
    (void)state;
    rig_start(&rig);
    rig.config.url = NULL;
    rig.config.key_count = 0;
    assert_int_equal(init(), 0);
    expect_inert();
    memset(&rig.port, 0, sizeof rig.port);
    assert_int_equal(init(), 0);
    expect_inert();
}

static void what_is_missing_is_told_at_init(void **state)
{
    (void)state;
    static char url[ROOST_MANIFEST_URL_MAX + 2];
    for (int part = 0; part < 10; part++) {
        rig_start(&rig);
        if (part == 0)
            rig.port.kv.ops = NULL;
        else if (part == 1)
            rig.port.http.ops = NULL;
        else if (part == 2)
            rig.port.slot.ops = NULL;
        else if (part == 3)
            rig.port.firmware.ops = NULL;
        else if (part == 4)
            rig.port.random.ops = NULL;
        else if (part == 5)
            rig.port.system.ops = NULL;
        else if (part == 6)
            rig.port.crypto.ops = NULL;
        else if (part == 7)
            rig.port.slot.program_bytes = 3;
        else if (part == 8)
            rig.port.slot.sector_bytes = 0;
        else
            rig.running_error = ROOST_ERR_IO;
        assert_int_equal(init(), ROOST_ERR_UNSUPPORTED);
        expect_inert();
    }
    rig_start(&rig);
    rig.config.key_count = 0;
    assert_int_equal(init(), ROOST_ERR_INVALID);
    expect_inert();
    rig.config.key_count = 3;
    assert_int_equal(init(), ROOST_ERR_INVALID);
    rig.config.key_count = 2;
    memset(url, 'x', sizeof url - 1);
    rig.config.url = url;
    assert_int_equal(init(), ROOST_ERR_INVALID);
    expect_inert();
}

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(roost_ota_state_name(ROOST_OTA_IDLE), "idle");
    assert_string_equal(roost_ota_state_name(ROOST_OTA_TRIAL), "trial");
    assert_string_equal(roost_ota_state_name(ROOST_OTA_STATE_COUNT), "unknown");
}

static void transitions_are_logged(void **state)
{
    (void)state;
    static char lines[2048];
    start_offer();
    rig.hold = true;
    rig_until(&rig, ROOST_OTA_READY);
    roost_log_read(&rig.log, lines, sizeof lines);
    assert_non_null(strstr(lines, "I ota: check is due from=idle to=asking"));
    assert_non_null(strstr(lines, "I ota: image wanted from=asking to=loading version=1.4.0"));
    assert_non_null(strstr(lines, "I ota: image loaded from=loading to=verifying"));
    assert_non_null(strstr(lines, "I ota: image verified from=verifying to=ready"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_newer_image_is_installed),
        cmocka_unit_test(an_owner_may_ask_elsewhere_and_give_up),
        cmocka_unit_test(an_operator_may_go_back),
        cmocka_unit_test(the_second_key_is_as_good),
        cmocka_unit_test(a_path_is_meant_on_the_hub),
        cmocka_unit_test(nothing_there_is_no_news),
        cmocka_unit_test(what_was_refused_is_forgiven_when_it_is_gone),
        cmocka_unit_test(only_what_is_signed_by_a_trusted_key),
        cmocka_unit_test(nothing_signed_can_be_changed),
        cmocka_unit_test(only_what_is_for_this_device),
        cmocka_unit_test(only_over_https_where_that_is_asked_for),
        cmocka_unit_test(a_manifest_has_to_be_one),
        cmocka_unit_test(the_first_check_falls_into_a_tenth_of_the_interval),
        cmocka_unit_test(the_first_check_of_a_day_comes_within_two_minutes),
        cmocka_unit_test(checks_are_an_interval_apart),
        cmocka_unit_test(errors_wait_longer_each_time),
        cmocka_unit_test(nothing_is_asked_without_a_network),
        cmocka_unit_test(a_check_can_be_asked_for),
        cmocka_unit_test(without_a_url_it_does_nothing),
        cmocka_unit_test(what_is_missing_is_told_at_init),
        cmocka_unit_test(states_have_names),
        cmocka_unit_test(transitions_are_logged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
