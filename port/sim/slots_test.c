/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "port/sim/sim.h"

enum { SECTORS = 4, BODY = 5000 };

static const struct sim_slots_options slots_options = {.sectors = SECTORS, .security_version = 1};

static uint8_t *make(const char *version, uint32_t security_version, size_t *len)
{
    const struct sim_image_options options = {.version = version,
                                              .project = "test",
                                              .security_version = security_version,
                                              .body_bytes = BODY,
                                              .seed = (uint64_t)version[0]};

    return sim_image_make(&options, len);
}

/* Erases and programs as a firmware does. Returns 0 or the first error. */
static int load(const struct roost_flash *slot, const uint8_t *image, size_t len)
{
    int err = 0;

    for (uint32_t at = 0; at < len && err == 0; at += slot->sector_bytes) {
        uint8_t sector[4096];
        size_t part = len - at < sizeof sector ? len - at : sizeof sector;

        memset(sector, 0xFF, sizeof sector);
        memcpy(sector, image + at, part);
        err = slot->ops->erase(slot->ctx, at / slot->sector_bytes);
        if (err == 0)
            err = slot->ops->program(slot->ctx, at, sector,
                                     (part + slot->program_bytes - 1) / slot->program_bytes *
                                         slot->program_bytes);
    }
    return err;
}

/* ---- images ---- */

static void any_change_of_an_image_is_seen(void **state)
{
    struct roost_image head;
    size_t len;
    uint8_t *image = make("1.2.3", 7, &len);

    (void)state;
    assert_int_equal(sim_image_check(&head, image, len, ROOST_CHIP_ESP32), 0);
    assert_string_equal(head.version, "1.2.3");
    assert_string_equal(head.project, "test");
    assert_int_equal(head.security_version, 7);
    for (size_t i = 0; i < len; i++) {
        image[i] ^= 0x04;
        assert_int_equal(sim_image_check(&head, image, len, ROOST_CHIP_ESP32), ROOST_ERR_CORRUPT);
        image[i] ^= 0x04;
    }
    for (size_t i = 0; i < len; i++)
        assert_int_equal(sim_image_check(&head, image, i, ROOST_CHIP_ESP32), ROOST_ERR_CORRUPT);
    assert_int_equal(sim_image_check(&head, image, len, ROOST_CHIP_ESP32C3), ROOST_ERR_CORRUPT);
    assert_int_equal(sim_image_check(&head, image, len, ROOST_CHIP_ESP32), 0);
    free(image);
}

/* ---- a board with several builds ---- */

static struct sim sim;
static struct sim_board board;

/* What each build does at boot and in its first step, and how often it ran. */
struct build {
    bool hangs, confirms, rolls_back, crashes;
    int boots;
    enum roost_reset_reason reason;
    struct roost_running running;
};

static struct build factory, builds[3]; /* 'a', 'b', 'c' */
static struct sim_firmware firmwares[3];

static int build_boot(void *ctx)
{
    struct build *build = ctx;

    build->boots++;
    build->reason = board.port.system.ops->reset_reason(&board);
    assert_int_equal(board.port.firmware.ops->running(board.port.firmware.ctx, &build->running), 0);
    if (build->crashes)
        board.port.system.ops->reboot(&board, ROOST_RESET_CRASH);
    return 0;
}

static uint64_t build_step(void *ctx)
{
    struct build *build = ctx;
    const struct roost_firmware *firmware = &board.port.firmware;

    if (build->confirms)
        assert_int_equal(firmware->ops->confirm(firmware->ctx), 0);
    if (build->rolls_back)
        assert_int_equal(firmware->ops->roll_back(firmware->ctx), 0);
    if (!build->hangs)
        board.port.system.ops->feed_watchdog(&board);
    return board.port.clock.ops->now_ms(&board) + 1000;
}

/* Images name their build by the first letter of their version; 'x' does not even start. */
static const struct sim_firmware *which(void *ctx, const uint8_t *bytes, size_t len)
{
    struct roost_image head;

    (void)ctx;
    assert_int_equal(roost_image_read(&head, bytes, len), 0);
    return head.version[0] == 'x' ? NULL : &firmwares[head.version[0] - 'a'];
}

static int setup(void **state)
{
    static const struct sim_board_options options = {.index = 1, .slots = {.sectors = SECTORS}};
    struct sim_firmware firmware = {.boot = build_boot, .step = build_step, .ctx = &factory};

    (void)state;
    memset(builds, 0, sizeof builds);
    memset(&factory, 0, sizeof factory);
    for (size_t i = 0; i < 3; i++) {
        firmwares[i] = firmware;
        firmwares[i].ctx = &builds[i];
    }
    if (sim_init(&sim, 4) < 0 || sim_board_init(&board, &sim.clock, &sim.net, &options) < 0)
        return -1;
    board.image = which;
    sim_board_power_on(&board, &firmware);
    sim_run_until(&sim.clock, 1000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_board_deinit(&board);
    sim_deinit(&sim);
    return 0;
}

static void pass(uint64_t ms)
{
    sim_run_until(&sim.clock, sim.clock.now_ms + ms);
}

static void update(const char *version)
{
    const struct roost_firmware *firmware = &board.port.firmware;
    size_t len;
    uint8_t *image = make(version, 0, &len);

    assert_int_equal(load(&board.port.slot, image, len), 0);
    assert_int_equal(firmware->ops->activate(firmware->ctx, (uint32_t)len), 0);
    board.port.system.ops->reboot(&board, ROOST_RESET_UPDATE);
    free(image);
    pass(1000);
}

static void an_update_runs_the_other_build(void **state)
{
    (void)state;
    builds[0].confirms = builds[1].confirms = true;
    update("a");
    assert_int_equal(builds[0].boots, 1);
    assert_true(builds[0].reason == ROOST_RESET_UPDATE && builds[0].running.on_trial);
    sim_board_power_cut(&board, 1000);
    pass(5000);
    assert_int_equal(builds[0].boots, 2);
    assert_false(builds[0].running.on_trial);
    update("b"); /* into the slot of the factory */
    sim_board_reset(&board, ROOST_RESET_CRASH);
    pass(5000);
    assert_int_equal(builds[1].boots, 2);
    assert_int_equal(builds[1].running.slot, 0);
    assert_int_equal(factory.boots, 1);
    assert_true(board.slots.trials == 2 && board.slots.confirmed == 2 && board.slots.aborted == 0);
}

static void bad_builds_give_way_to_the_old_one(void **state)
{
    static const enum roost_reset_reason reasons[] = {ROOST_RESET_CRASH, ROOST_RESET_CRASH,
                                                      ROOST_RESET_WATCHDOG, ROOST_RESET_UPDATE};
    static const char *const versions[] = {"x", "a", "b", "c"};

    (void)state;
    builds[0].crashes = builds[1].hangs = builds[2].rolls_back = true;
    for (int i = 0; i < 4; i++) {
        update(versions[i]);
        pass(20000);
        assert_int_equal(factory.boots, 2 + i);
        assert_int_equal(factory.reason, reasons[i]);
        assert_int_equal(factory.running.slot, 0);
        assert_true(factory.running.other_failed);
        assert_false(factory.running.on_trial);
    }
    assert_true(board.slots.trials == 4 && board.slots.aborted == 3 &&
                board.slots.rolled_back == 1);
}

static void a_damaged_image_is_not_run(void **state)
{
    size_t len;
    uint8_t *image = make("c", 0, &len);

    (void)state;
    builds[0].confirms = true;
    update("a");
    board.slots.region[1].bytes[3000] ^= 1;
    sim_board_reset(&board, ROOST_RESET_COMMAND);
    pass(5000);
    assert_int_equal(factory.boots, 2);
    assert_false(factory.running.other_failed); /* it had passed */
    builds[1].confirms = true;
    update("b");
    assert_int_equal(sim_slots_put(&board.slots, 0, image, len), 0);
    for (int slot = 0; slot < 2; slot++)
        board.slots.region[slot].bytes[3000] ^= 1;
    sim_board_reset(&board, ROOST_RESET_COMMAND);
    pass(5000);
    assert_false(sim_board_alive(&board)); /* tries again and again */
    assert_int_equal(sim_slots_put(&board.slots, 0, image, len), 0);
    pass(5000);
    assert_int_equal(builds[2].boots, 1);
    free(image);
}

static void without_its_record_nothing_changes(void **state)
{
    const struct roost_firmware *firmware = &board.port.firmware;
    size_t len;
    uint8_t *image = make("a", 0, &len);

    (void)state;
    assert_int_equal(load(&board.port.slot, image, len), 0);
    board.slots.broken = true;
    assert_int_equal(firmware->ops->activate(firmware->ctx, (uint32_t)len), ROOST_ERR_IO);
    board.slots.broken = false;
    assert_int_equal(firmware->ops->activate(firmware->ctx, (uint32_t)len), 0);
    board.slots.broken = true; /* a trial nobody can remember is not begun */
    sim_board_reset(&board, ROOST_RESET_UPDATE);
    pass(5000);
    assert_false(sim_board_alive(&board));
    board.slots.broken = false;
    pass(1000);
    assert_int_equal(builds[0].boots, 1);
    board.slots.broken = true;
    assert_int_equal(firmware->ops->confirm(firmware->ctx), ROOST_ERR_IO);
    board.slots.broken = false;
    sim_board_reset(&board, ROOST_RESET_COMMAND);
    pass(1000);
    assert_int_equal(factory.boots, 2);
    free(image);
}

static void cut_in_the_boot_loader(void *ctx)
{
    if ((*(int *)ctx)-- > 0)
        sim_power_cut_at(&board.power, 1, SIM_CUT_AFTER);
}

/* The image was never run, but nobody can know: its trial is over. */
static void the_power_may_go_in_the_boot_loader(void **state)
{
    int cuts = 1;

    (void)state;
    board.booting = cut_in_the_boot_loader;
    board.booting_ctx = &cuts;
    update("a");
    pass(5000);
    assert_int_equal(builds[0].boots, 0);
    assert_int_equal(factory.boots, 2);
    assert_int_equal(factory.reason, ROOST_RESET_POWER_ON);
    assert_true(factory.running.other_failed);
}

/* ---- the power goes anywhere ---- */

struct story {
    struct sim_power power;
    struct sim_slots slots;
    uint8_t *image;
    size_t len;
    bool stuck, confirmed, went_back;
};

static void begin(void *ctx)
{
    struct story *story = ctx;

    story->slots.record = (struct sim_boot_record){.slot[0].state = SIM_SLOT_VALID};
    story->slots.running = 0;
    story->stuck = story->confirmed = story->went_back = false;
}

/* Loads, activates, restarts, confirms; one life ends where the power does. */
static void run(void *ctx)
{
    struct story *story = ctx;
    struct sim_slots *slots = &story->slots;
    struct roost_running now;

    for (int restarts = 0; restarts < 3; restarts++) {
        int err = sim_slots_boot(slots);

        story->stuck |= err < 0 && !story->power.off;
        if (err < 0 || slots->port.ops->running(slots, &now) < 0)
            return;
        story->went_back |= story->confirmed && now.slot == 0;
        if (now.slot == 1) {
            story->confirmed |= slots->port.ops->confirm(slots) == 0;
            return;
        }
        if (load(&slots->region[1].port, story->image, story->len) < 0 ||
            slots->port.ops->activate(slots, (uint32_t)story->len) < 0)
            return;
    }
}

static const char *check(void *ctx)
{
    const struct story *story = ctx;
    const struct sim_boot_record *record = &story->slots.record;

    if (story->stuck)
        return "a boot found nothing to run";
    if (story->went_back)
        return "a confirmed image was left";
    if (story->slots.running != 1 || record->slot[1].state != SIM_SLOT_VALID || record->lowest != 2)
        return "the update did not come to its end";
    for (int i = 0; i < 2; i++)
        if (story->slots.region[i].misuses > 0)
            return "programmed flash that was not erased";
    return NULL;
}

static void an_update_survives_any_cut(void **state)
{
    static const struct sim_cut_scenario scenario = {.begin = begin, .run = run, .check = check};
    struct story story = {.stuck = false};
    char id[SIM_CUT_ID_MAX];
    uint64_t cases = 0;
    const char *wrong;

    (void)state;
    story.image = make("a", 2, &story.len);
    sim_power_init(&story.power, 1, 0);
    assert_int_equal(sim_slots_init(&story.slots, &story.power, &slots_options), 0);
    wrong = sim_cut_test(&scenario, &story, &story.power, 1, getenv("ROOST_CUT"), id, &cases);
    if (wrong)
        fail_msg("%s, replay with ROOST_CUT=%s", wrong, id);
    assert_true(cases > 100 || getenv("ROOST_CUT"));
    sim_slots_deinit(&story.slots);
    free(story.image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        cmocka_unit_test(any_change_of_an_image_is_seen), TEST(an_update_runs_the_other_build),
        TEST(bad_builds_give_way_to_the_old_one),         TEST(a_damaged_image_is_not_run),
        TEST(without_its_record_nothing_changes),         TEST(the_power_may_go_in_the_boot_loader),
        cmocka_unit_test(an_update_survives_any_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
