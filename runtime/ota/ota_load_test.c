/* SPDX-License-Identifier: Apache-2.0 */
/* The way of an image from the hub into the slot, and back out of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/timer.h"
#include "proto/fleet/image.h"
#include "runtime/ota/test/rig.h"

static struct rig rig;

static void start_offer(void)
{
    rig_start(&rig);
    rig_offer(&rig, "1.4.0", 3);
}

static void expect_installed(void)
{
    rig_run(&rig, RIG_DAY_MS);
    assert_string_equal(rig.version, "1.4.0");
    assert_string_equal(rig.ota.report, "installed 1.4.0");
}

static void expect_refused(const char *report)
{
    rig_run(&rig, RIG_DAY_MS);
    assert_string_equal(rig.ota.report, report);
    assert_true(rig.ota.report_is_error);
    assert_string_equal(rig.version, "1.3.0");
    assert_int_equal(rig.ota.state, ROOST_OTA_IDLE);
    assert_int_equal(rig.ota.record.phase, 0);
    assert_int_equal(rig.ota.loaded_bytes, 0);
}

static void parts_and_program_units_of_any_size(void **state)
{
    (void)state;
    static const uint32_t units[] = {1, 2, 4, 8, 16};
    static const size_t parts[] = {1, 3, 255, 256, 257, 1000, ROOST_HTTP_PART_MAX};
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
            start_offer();
            rig.port.slot.program_bytes = units[u];
            rig.part_bytes = parts[p];
            rig.hold = true;
            rig_until(&rig, ROOST_OTA_READY);
            assert_memory_equal(rig_other(&rig), rig.image, rig.image_len);
            assert_int_equal(rig_other(&rig)[rig.image_len], 0xFF); /* the padding */
        }
    }
}

static void images_of_any_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {
        ROOST_IMAGE_HEAD_BYTES, 511,           512,          513,     RIG_NOTED,
        RIG_NOTED + 1,          2 * RIG_NOTED, RIG_SLOT - 1, RIG_SLOT};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        start_offer();
        rig.image_len = sizes[i];
        rig_make_image(rig.image, rig.image_len, "1.4.0", 3);
        struct roost_manifest manifest = rig_manifest(&rig, "1.4.0", 3);
        rig_serve(&rig, &manifest, 0);
        rig.hold = true;
        rig_until(&rig, ROOST_OTA_READY);
        assert_int_equal(rig.ota.loaded_bytes, sizes[i]);
        assert_memory_equal(rig_other(&rig), rig.image, rig.image_len);
    }
}

/* A step does one thing: one erase, one program, or one piece of the verification. */
static void a_step_is_bounded(void **state)
{
    (void)state;
    start_offer();
    rig.hold = true;
    rig_until(&rig, ROOST_OTA_LOADING);
    while (rig.ota.state != ROOST_OTA_READY) {
        int operations = rig.operations;
        uint32_t loaded = rig.ota.loaded_bytes, verified = rig.ota.verified_bytes;
        assert_true(roost_ota_due(&rig.ota) <= rig.now_ms || rig.transfer.open);
        assert_true(rig_work(&rig));
        assert_true(rig.operations <= operations + 2); /* a program may bring a note */
        assert_true(rig.ota.loaded_bytes <= loaded + RIG_SECTOR);
        assert_true(rig.ota.verified_bytes <= verified + ROOST_OTA_VERIFY_STEP ||
                    rig.ota.state == ROOST_OTA_VERIFYING);
    }
}

/* ---- transfers that break ---- */

static void a_lost_connection_is_taken_up_again(void **state)
{
    (void)state;
    for (size_t after = 300; after < RIG_IMAGE; after += 700) {
        start_offer();
        rig.drops = 1;
        rig.drop_after = after;
        expect_installed();
        assert_true(rig.image_offset > after - 300 && rig.image_offset % 4 == 0);
        assert_int_equal(rig.ota.failures, 0); /* it is another boot */
    }
    start_offer();
    rig.drops = 1000;
    rig.drop_after = 900; /* of each transfer */
    rig.hold = true;
    rig_until(&rig, ROOST_OTA_LOADING);
    uint64_t before_ms = rig.now_ms;
    rig_until(&rig, ROOST_OTA_READY);
    assert_true(rig.gets > 2 * RIG_IMAGE / 1200);
    assert_true(rig.now_ms - before_ms < RIG_IMAGE / 900 * 5000); /* each brought it forward */
}

static void a_connection_that_brings_nothing_is_asked_less_and_less(void **state)
{
    (void)state;
    start_offer();
    rig.image_status = ROOST_ERR_TIMEOUT;
    rig_run(&rig, RIG_DAY_MS);
    assert_true(rig.ota.failures > 40 && rig.ota.failures < 150); /* up to half an hour apart */
    assert_string_equal(rig.ota.report, "");
    rig.image_status = 0;
    expect_installed();
}

static void the_network_goes_and_comes(void **state)
{
    (void)state;
    start_offer();
    rig_until(&rig, ROOST_OTA_LOADING);
    rig.network_up = false;
    rig_run(&rig, 1000); /* nothing was begun */
    assert_int_equal(rig.ota.state, ROOST_OTA_LOADING);
    assert_int_equal(rig.gets, 1);
    rig.network_up = true;
    rig.drops = 1;
    rig.drop_after = 3000;
    while (rig.ota.failures == 0)
        assert_true(rig_work(&rig));
    rig.network_up = false;
    rig_run(&rig, RIG_DAY_MS);
    assert_true(rig.ota.loaded_bytes >= 2700 && rig.gets == 2);
    assert_true(roost_ota_due(&rig.ota) == ROOST_NEVER);
    rig.network_up = true;
    expect_installed();
    assert_true(rig.image_offset >= 2700);
}

static void without_range_it_starts_over(void **state)
{
    (void)state;
    start_offer();
    rig.no_range = true;
    rig.drops = 1;
    rig.drop_after = 6000;
    expect_installed();
    assert_int_equal(rig.image_offset, 0);

    start_offer(); /* what was noted before is void when the slot is written again */
    rig.no_range = true;
    rig.drops = 1;
    rig.drop_after = 6000;
    while (rig.ota.loaded_bytes < 5000)
        assert_true(rig_work(&rig) && rig_wait(&rig, UINT64_MAX));
    while (rig.ota.loaded_bytes >= 1000 || rig.ota.loaded_bytes == 0)
        assert_true(rig_work(&rig) && rig_wait(&rig, UINT64_MAX));
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    assert_int_equal(rig.ota.loaded_bytes, 0);
    expect_installed();
}

static void a_redirect_to_http_is_refused(void **state)
{
    (void)state;
    start_offer();
    rig.image_status = ROOST_ERR_UNSUPPORTED;
    expect_refused("1.4.0 refused: redirected to http");
}

static void another_image_in_between_is_loaded_from_its_start(void **state)
{
    (void)state;
    start_offer();
    rig.drops = 1;
    rig.drop_after = 6000;
    rig_until(&rig, ROOST_OTA_LOADING);
    rig_until(&rig, ROOST_OTA_IDLE);
    assert_true(rig.ota.loaded_bytes > 5000);
    rig_offer(&rig, "1.4.1", 3);
    rig_run(&rig, RIG_DAY_MS);
    assert_string_equal(rig.version, "1.4.1");
    assert_int_equal(rig.image_offset, 0);
}

static void what_arrives_after_the_end_is_of_no_interest(void **state)
{
    (void)state;
    start_offer();
    struct roost_event late = {.type = ROOST_EV_HTTP_DATA, .data = "late", .len = 4};
    assert_int_equal(roost_ota_post(&rig.ota, &late), 0);
    rig.hold = true;
    rig_until(&rig, ROOST_OTA_READY);
    assert_int_equal(roost_ota_post(&rig.ota, &late), 0);
    late.type = ROOST_EV_HTTP_DONE;
    assert_int_equal(roost_ota_post(&rig.ota, &late), 0);
    assert_int_equal(rig.ota.buffer_len, 0);
    assert_int_equal(rig.ota.state, ROOST_OTA_READY);
}

/* A part at the wrong place is a broken transfer, not a broken image. */
static void a_gap_breaks_the_transfer(void **state)
{
    (void)state;
    start_offer();
    rig_until(&rig, ROOST_OTA_LOADING);
    assert_true(rig_work(&rig));
    assert_true(rig.transfer.open && rig.transfer.of_image);
    rig.transfer.at += 4;
    assert_true(rig_work(&rig));
    assert_int_equal(rig.ota.state, ROOST_OTA_IDLE);
    assert_int_equal(rig.cancels, 1);
    expect_installed();
}

/* ---- images that are not what the manifest says ---- */

static void the_size_has_to_be_right(void **state)
{
    (void)state;
    start_offer();
    rig.image_len--;
    expect_refused("1.4.0 refused: size is 9036, not 9037");
    rig.image_len += 2;
    expect_refused("1.4.0 refused: size is more than 9037");
    rig.image_len += 20;
    expect_refused("1.4.0 refused: size is more than 9037");
    rig.image_len = 0;
    expect_refused("1.4.0 refused: size is 0, not 9037");
    rig.image_len = RIG_IMAGE; /* put right */
    expect_installed();
}

static void every_byte_counts(void **state)
{
    (void)state;
    for (size_t at = 0; at < RIG_IMAGE; at = at == 0 ? 300 : at * 2 + 1) {
        start_offer();
        rig.image[at] ^= 0x80;
        expect_refused("1.4.0 refused: sha256 differs");
    }
    for (int i = 0; i < 32; i++) {
        start_offer();
        struct roost_manifest manifest = rig_manifest(&rig, "1.4.0", 3);
        manifest.sha256[i] ^= 1;
        rig_serve(&rig, &manifest, 0);
        expect_refused("1.4.0 refused: sha256 differs");
    }
}

/* The same image with a size below what is loaded of it already. */
static void a_size_that_shrinks_is_loaded_from_its_start(void **state)
{
    (void)state;
    start_offer();
    rig.drops = 1;
    rig.drop_after = 6000;
    rig_until(&rig, ROOST_OTA_LOADING);
    rig_until(&rig, ROOST_OTA_IDLE);
    assert_true(rig.ota.loaded_bytes > 5000);
    struct roost_manifest manifest = rig_manifest(&rig, "1.4.0", 3);
    manifest.size_bytes = 5000;
    rig_serve(&rig, &manifest, 0);
    rig.image_offset = 1;
    rig_until(&rig, ROOST_OTA_LOADING);
    assert_true(rig_work(&rig));
    assert_int_equal(rig.image_offset, 0);
    expect_refused("1.4.0 refused: size is more than 5000");
}

/* What counts is what the flash gives back. */
static void a_cell_that_does_not_hold_is_found(void **state)
{
    (void)state;
    start_offer();
    rig.rot = rig_other(&rig) + 5000;
    expect_refused("1.4.0 refused: sha256 differs");
}

static void expect_other_image(unsigned at, const void *bytes, size_t len, const char *report)
{
    start_offer();
    memcpy(rig.image + at, bytes, len);
    struct roost_manifest manifest = rig_manifest(&rig, "1.4.0", 3);
    rig_serve(&rig, &manifest, 0);
    expect_refused(report);
}

static void the_image_has_to_say_the_same_as_its_manifest(void **state)
{
    (void)state;
    expect_other_image(0, "\xE8", 1, "1.4.0 refused: no application image");
    expect_other_image(12, "\x09", 1, "1.4.0 refused: image is for another chip");
    expect_other_image(36, "\x02", 1, "1.4.0 refused: image has another security version");
    expect_other_image(48, "1.4.1", 6, "1.4.0 refused: image is of another version");
    expect_other_image(80, "roost-teddy", 12, "1.4.0 refused: image is of another product");
    expect_other_image(80, "window", 7, "1.4.0 refused: image is of another product");
    expect_other_image(80, "roost-windows", 14, "1.4.0 refused: image is of another product");

    start_offer();
    rig.image_len = ROOST_IMAGE_HEAD_BYTES - 1;
    struct roost_manifest manifest = rig_manifest(&rig, "1.4.0", 3);
    rig_serve(&rig, &manifest, 0);
    expect_refused("1.4.0 refused: no application image");
}

/* ---- a port that fails ---- */

static void flash_errors_are_told_and_tried_again_the_next_day(void **state)
{
    (void)state;
    int *const errors[] = {&rig.erase_error, &rig.program_error, &rig.read_error};
    for (int i = 0; i < 3; i++) {
        start_offer();
        *errors[i] = ROOST_ERR_IO;
        rig_run(&rig, RIG_DAY_MS);
        assert_string_equal(rig.ota.report, i < 2 ? "1.4.0 refused: slot: input/output error"
                                                  : "1.4.0 refused: input/output error");
        assert_string_equal(rig.version, "1.3.0");
        *errors[i] = 0;
        expect_installed();
    }
    start_offer();
    rig.kv_error = ROOST_ERR_NO_SPACE;
    rig_run(&rig, RIG_DAY_MS);
    assert_string_equal(rig.ota.report, "1.4.0 refused: progress: no space left on the medium");
    assert_string_equal(rig.url, "");
    rig.kv_error = 0;
    expect_installed();
}

/* A note that fails on the way costs nothing while the power stays. */
static void notes_may_fail(void **state)
{
    (void)state;
    start_offer();
    rig.hold = true;
    rig_until(&rig, ROOST_OTA_LOADING);
    rig.kv_error = ROOST_ERR_IO;
    rig_until(&rig, ROOST_OTA_READY);
    rig.hold = false;
    assert_true(rig_work(&rig)); /* but no trial without a record of it */
    assert_string_equal(rig.ota.report, "1.4.0 refused: activation: input/output error");
    assert_int_equal(rig.slot_state[1], RIG_EMPTY);
}

static void a_url_the_port_refuses_is_refused(void **state)
{
    (void)state;
    start_offer();
    rig_until(&rig, ROOST_OTA_LOADING);
    rig.get_error = ROOST_ERR_INVALID;
    assert_true(rig_work(&rig));
    assert_string_equal(rig.ota.report, "1.4.0 refused: url: malformed or not allowed here");
    start_offer();
    rig_until(&rig, ROOST_OTA_LOADING);
    rig.get_error = ROOST_ERR_BUSY;
    assert_true(rig_work(&rig));
    assert_string_equal(rig.ota.report, "");
    assert_int_equal(rig.ota.failures, 1);
    rig.get_error = 0;
    expect_installed();
}

/* ---- power cuts, at their simplest ---- */

static void after_a_power_cut_it_goes_on_from_the_last_note(void **state)
{
    (void)state;
    start_offer();
    rig_until(&rig, ROOST_OTA_LOADING);
    while (rig.ota.loaded_bytes < RIG_NOTED + 3000)
        assert_true(rig_work(&rig));
    uint64_t before_ms = rig.now_ms;
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    assert_int_equal(rig.ota.loaded_bytes, RIG_NOTED);
    rig.hold = true;
    rig_until(&rig, ROOST_OTA_READY);
    assert_int_equal(rig.image_offset, RIG_NOTED);
    assert_true(rig.now_ms < before_ms + 10000); /* soon, not tomorrow */

    rig_boot(&rig, ROOST_RESET_POWER_ON); /* all of it is there: nothing is asked for again */
    rig.image_offset = 1;
    rig_until(&rig, ROOST_OTA_READY);
    assert_int_equal(rig.image_offset, 1);
    rig.hold = false;
    expect_installed();
}

static void the_hub_changed_its_mind_during_the_cut(void **state)
{
    (void)state;
    start_offer();
    rig_until(&rig, ROOST_OTA_LOADING);
    while (rig.ota.loaded_bytes < RIG_NOTED + 1000)
        assert_true(rig_work(&rig));
    rig_offer(&rig, "1.4.1", 3);
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    rig_until(&rig, ROOST_OTA_LOADING);
    while (rig.ota.loaded_bytes < 1000) /* the old one's note must not count for it */
        assert_true(rig_work(&rig));
    assert_int_equal(rig.image_offset, 0);
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    assert_int_equal(rig.ota.loaded_bytes, 0);
    rig_offer(&rig, "1.4.0", 3);
    expect_installed();
}

/* The slot was written by other means: what was noted of it is void. */
static void a_note_counts_for_its_slot_only(void **state)
{
    (void)state;
    start_offer();
    rig_until(&rig, ROOST_OTA_LOADING);
    while (rig.ota.loaded_bytes < RIG_NOTED + 1000)
        assert_true(rig_work(&rig));
    memcpy(rig.slot[1], rig.slot[0], RIG_SLOT);
    rig.slot_state[0] = RIG_FAILED;
    rig.slot_state[1] = RIG_VALID;
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    assert_int_equal(rig.running, 1);
    assert_int_equal(rig.ota.loaded_bytes, 0);
    expect_installed();
}

static void a_record_from_elsewhere_is_none(void **state)
{
    (void)state;
    start_offer();
    rig_until(&rig, ROOST_OTA_LOADING);
    while (rig.ota.loaded_bytes < RIG_NOTED + 1000)
        assert_true(rig_work(&rig));
    for (int change = 0; change < 4; change++) {
        uint8_t value[RIG_VALUE];
        int len = rig.key[0].len;
        memcpy(value, rig.key[0].value, sizeof value);
        if (change == 0)
            rig.key[0].value[0]++; /* of a later format */
        else if (change == 1)
            rig.key[0].len--;
        else if (change == 2)
            rig.key[0].len++;
        else
            rig.key[0].value[103] = 'x';
        rig_boot(&rig, ROOST_RESET_POWER_ON);
        assert_int_equal(rig.ota.loaded_bytes, 0);
        assert_string_equal(rig.ota.record.version, "");
        memcpy(rig.key[0].value, value, sizeof value);
        rig.key[0].len = len;
    }
    rig.kv_error = ROOST_ERR_CORRUPT;
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    assert_int_equal(rig.ota.loaded_bytes, 0);
    rig.kv_error = 0;
    rig_boot(&rig, ROOST_RESET_POWER_ON);
    assert_int_equal(rig.ota.loaded_bytes, RIG_NOTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_and_program_units_of_any_size),
        cmocka_unit_test(images_of_any_size),
        cmocka_unit_test(a_step_is_bounded),
        cmocka_unit_test(a_lost_connection_is_taken_up_again),
        cmocka_unit_test(a_connection_that_brings_nothing_is_asked_less_and_less),
        cmocka_unit_test(the_network_goes_and_comes),
        cmocka_unit_test(without_range_it_starts_over),
        cmocka_unit_test(a_redirect_to_http_is_refused),
        cmocka_unit_test(another_image_in_between_is_loaded_from_its_start),
        cmocka_unit_test(what_arrives_after_the_end_is_of_no_interest),
        cmocka_unit_test(a_gap_breaks_the_transfer),
        cmocka_unit_test(the_size_has_to_be_right),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(a_size_that_shrinks_is_loaded_from_its_start),
        cmocka_unit_test(a_cell_that_does_not_hold_is_found),
        cmocka_unit_test(the_image_has_to_say_the_same_as_its_manifest),
        cmocka_unit_test(flash_errors_are_told_and_tried_again_the_next_day),
        cmocka_unit_test(notes_may_fail),
        cmocka_unit_test(a_url_the_port_refuses_is_refused),
        cmocka_unit_test(after_a_power_cut_it_goes_on_from_the_last_note),
        cmocka_unit_test(the_hub_changed_its_mind_during_the_cut),
        cmocka_unit_test(a_note_counts_for_its_slot_only),
        cmocka_unit_test(a_record_from_elsewhere_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
