/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "hub/fleet/fleet.h"
#include "hub/fleet/test_rig.h"
#include "hub/store/registry_sqlite.h"

static struct rig rig;
static struct registry registry;
static struct fleet *fleet;
static struct fleet_config config;

/* A registry that can be told to fail its writes. */
static struct registry real;
static struct registry_ops failing_ops;
static int write_err;

static int put_or_fail(void *ctx, const struct registry_device *devices, size_t count)
{
    return write_err ? write_err : real.ops->devices_put(ctx, devices, count);
}

static int seen_or_fail(void *ctx, const char (*ids)[65], const int64_t *seen_ms, size_t count)
{
    return write_err ? write_err : real.ops->devices_seen(ctx, ids, seen_ms, count);
}

static int command_or_fail(void *ctx, const struct registry_command *command)
{
    return write_err ? write_err : real.ops->command_put(ctx, command);
}

static void start(void)
{
    fleet = fleet_new(&config, &registry, &rig.bus, &rig.clock, &rig.feed, rig.metrics);
    assert_non_null(fleet);
    assert_int_equal(fleet_load(fleet), 0);
}

static int set_up(void **state)
{
    (void)state;
    rig_init(&rig);
    write_err = 0;
    config = (struct fleet_config){.policy = FLEET_POLICY_OPEN,
                                   .inactive_after_ms = 300000,
                                   .command_timeout_ms = 10000,
                                   .device_max = 1000};
    if (registry_sqlite_open(&real, ":memory:", NULL, 0) != 0)
        return -1;
    failing_ops = *real.ops;
    failing_ops.devices_put = put_or_fail;
    failing_ops.devices_seen = seen_or_fail;
    failing_ops.command_put = command_or_fail;
    registry = (struct registry){&failing_ops, real.ctx};
    start();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fleet_free(fleet);
    real.ops->close(real.ctx);
    rig_deinit(&rig);
    return 0;
}

static void restart(void)
{
    fleet_free(fleet);
    rig_deinit(&rig);
    struct rig old = rig;
    rig_init(&rig);
    rig.unix_ms = old.unix_ms;
    start();
}

static struct fleet_device *hear(const char *id)
{
    int err;
    struct fleet_device *device = fleet_meet(fleet, id, true, &err);
    assert_int_equal(err, device ? 0 : err);
    return device;
}

static int meet_err(const char *id)
{
    int err = 0;
    assert_null(fleet_meet(fleet, id, true, &err));
    return err;
}

static void tick_after(uint64_t ms)
{
    rig_pass(&rig, ms);
    fleet_tick(fleet, rig.now_ms);
}

static void an_open_fleet_registers_who_speaks(void **state)
{
    struct registry_device record;
    (void)state;
    struct fleet_device *device = hear("window-1");
    assert_non_null(device);
    assert_true(device->active);
    assert_true(device->claimed);
    assert_int_equal(device->registered_ms, rig.unix_ms);
    assert_int_equal(device->last_seen_ms, rig.unix_ms);
    assert_true(isnan(device->temperature_degc));
    assert_string_equal(device->name, "");
    assert_string_equal(device->config_json, "{}");
    assert_null(device->status);
    assert_int_equal(fleet_count(fleet), 1);
    assert_string_equal(rig.event, "device");
    assert_int_equal(real.ops->device_get(real.ctx, "window-1", &record), ROOST_ERR_NOT_FOUND);
    tick_after(0);
    assert_int_equal(real.ops->device_get(real.ctx, "window-1", &record), 0);
    assert_string_equal(record.config_json, "{}");
    assert_ptr_equal(hear("window-1"), device);
    assert_int_equal(fleet_count(fleet), 1);
}

static void ids_that_are_none_are_refused(void **state)
{
    char id[80];
    (void)state;
    assert_int_equal(meet_err(""), ROOST_ERR_INVALID);
    assert_int_equal(meet_err("a b"), ROOST_ERR_INVALID);
    memset(id, 'x', sizeof id);
    id[65] = '\0';
    assert_int_equal(meet_err(id), ROOST_ERR_INVALID);
    id[64] = '\0';
    assert_non_null(hear(id));
}

static void a_closed_fleet_knows_only_who_was_added(void **state)
{
    (void)state;
    config.policy = FLEET_POLICY_CLOSED;
    restart();
    assert_int_equal(meet_err("stranger"), ROOST_ERR_REFUSED);
    assert_int_equal(fleet_count(fleet), 0);
    assert_int_equal(fleet_add(fleet, "friend", "window", "Kitchen"), 0);
    assert_int_equal(fleet_add(fleet, "friend", "window", "Kitchen"), ROOST_ERR_EXISTS);
    assert_int_equal(fleet_add(fleet, "a b", "window", NULL), ROOST_ERR_INVALID);
    assert_int_equal(fleet_add(fleet, "x", "a type that is too long", NULL), ROOST_ERR_TOO_LONG);
    assert_non_null(hear("friend"));
    assert_true(rig_metric(&rig, "roost_devices_refused_total", NULL) == 1);
}

static void a_claim_opens_the_door(void **state)
{
    bool yes = true;
    bool no = false;
    (void)state;
    config.policy = FLEET_POLICY_CLAIM;
    restart();
    assert_int_equal(meet_err("window-1"), ROOST_ERR_AUTH);
    assert_int_equal(fleet_count(fleet), 1);
    assert_true(rig_metric(&rig, "roost_devices_unclaimed", NULL) == 1);
    assert_true(fleet_find(fleet, "window-1")->active);
    assert_int_equal(fleet_update(fleet, "window-1", &yes, NULL, NULL, NULL), 0);
    assert_non_null(hear("window-1"));
    assert_true(rig_metric(&rig, "roost_devices_unclaimed", NULL) == 0);
    restart();
    assert_non_null(hear("window-1"));
    assert_int_equal(fleet_update(fleet, "window-1", &no, NULL, NULL, NULL), 0);
    assert_int_equal(meet_err("window-1"), ROOST_ERR_AUTH);
}

static void the_number_of_devices_is_bounded(void **state)
{
    char id[16];
    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(id, sizeof id, "d%d", i);
        assert_non_null(hear(id));
    }
    assert_int_equal(meet_err("one-more"), ROOST_ERR_FULL);
    assert_int_equal(fleet_add(fleet, "one-more", "", NULL), ROOST_ERR_FULL);
    assert_non_null(hear("d0"));
    assert_int_equal(fleet_remove(fleet, "d0"), 0);
    assert_non_null(hear("one-more"));
}

static void silence_makes_inactive(void **state)
{
    (void)state;
    struct fleet_device *a = hear("a");
    tick_after(200000);
    struct fleet_device *b = hear("b");
    tick_after(99999);
    assert_true(a->active);
    tick_after(1);
    assert_false(a->active);
    assert_true(b->active);
    assert_non_null(strstr(rig.json, "\"device_id\":\"a\""));
    assert_non_null(strstr(rig.json, "\"active\":false"));
    assert_true(rig_metric(&rig, "roost_devices", "state=\"active\"") == 1);
    assert_true(rig_metric(&rig, "roost_devices", "state=\"inactive\"") == 1);
    hear("a");
    assert_true(a->active);
    tick_after(250000);
    assert_true(a->active);
    assert_false(b->active);
}

static void a_device_that_never_spoke_is_inactive(void **state)
{
    (void)state;
    assert_int_equal(fleet_add(fleet, "new", "window", NULL), 0);
    assert_false(fleet_find(fleet, "new")->active);
    assert_int_equal(fleet_find(fleet, "new")->last_seen_ms, 0);
    assert_true(rig_metric(&rig, "roost_devices", "state=\"inactive\"") == 1);
}

static void activity_outlives_a_restart_by_last_seen(void **state)
{
    (void)state;
    hear("early");
    tick_after(200000);
    hear("late");
    tick_after(3000);
    tick_after(20);
    restart();
    assert_true(fleet_find(fleet, "early")->active);
    assert_true(fleet_find(fleet, "late")->active);
    tick_after(100000);
    assert_false(fleet_find(fleet, "early")->active);
    assert_true(fleet_find(fleet, "late")->active);
    tick_after(200000);
    assert_false(fleet_find(fleet, "late")->active);
    restart();
    assert_false(fleet_find(fleet, "late")->active);
}

static void write_back_is_batched_and_retried(void **state)
{
    struct registry_device record;
    char id[16];
    (void)state;
    for (int i = 0; i < 200; i++) {
        snprintf(id, sizeof id, "d%03d", i);
        hear(id);
    }
    write_err = ROOST_ERR_NO_SPACE;
    tick_after(3000);
    assert_true(rig_metric(&rig, "roost_registry_write_failures_total", NULL) == 1);
    tick_after(100); /* not at once */
    assert_true(rig_metric(&rig, "roost_registry_write_failures_total", NULL) == 1);
    write_err = 0;
    for (int i = 0; i < 100; i++)
        tick_after(1000);
    for (int i = 0; i < 200; i++) {
        snprintf(id, sizeof id, "d%03d", i);
        assert_int_equal(real.ops->device_get(real.ctx, id, &record), 0);
    }
    int64_t spoke_ms = rig.unix_ms;
    hear("d100");
    write_err = ROOST_ERR_IO;
    tick_after(3000);
    write_err = 0;
    for (int i = 0; i < 100; i++)
        tick_after(1000);
    assert_int_equal(real.ops->device_get(real.ctx, "d100", &record), 0);
    assert_int_equal(record.last_seen_ms, spoke_ms);
}

static void a_tick_says_when_the_next_is_due(void **state)
{
    (void)state;
    assert_true(fleet_tick(fleet, rig.now_ms) == UINT64_MAX);
    hear("a");
    assert_int_equal(fleet_tick(fleet, rig.now_ms), rig.now_ms + 300000); /* registered at once */
    rig_pass(&rig, 1000);
    hear("a");
    uint64_t heard_ms = rig.now_ms;
    assert_int_equal(fleet_tick(fleet, rig.now_ms), heard_ms + 3000);
    tick_after(3000);
    assert_int_equal(fleet_tick(fleet, rig.now_ms), heard_ms + 300000);
    hear("b");
    hear("a");
    assert_int_equal(fleet_tick(fleet, rig.now_ms), rig.now_ms + 20);
}

static void status_is_kept_and_told(void **state)
{
    struct roost_status status = {.online = true,
                                  .has_health = true,
                                  .seq = 12,
                                  .journal_id = 99,
                                  .type = "window",
                                  .firmware = "1.2.3",
                                  .reset_reason = "power",
                                  .uptime_ms = 5000,
                                  .rssi_dbm = -60};
    char text[ROOST_STATUS_MAX + 1];
    (void)state;
    struct fleet_device *device = hear("a");
    int len = roost_status_write(text, sizeof text, &status);
    assert_true(len > 0);
    assert_int_equal(fleet_status(fleet, device, text, (size_t)len, false), 0);
    assert_non_null(device->status);
    assert_true(device->online);
    assert_string_equal(device->type, "window");
    assert_string_equal(device->status->firmware, "1.2.3");
    assert_non_null(strstr(rig.json, "\"firmware\":\"1.2.3\""));
    /* The will leaves the health as it was. */
    assert_int_equal(fleet_status(fleet, device, "{\"online\":false}", 16, false), 0);
    assert_false(device->online);
    assert_string_equal(device->status->firmware, "1.2.3");
    assert_int_equal(fleet_status(fleet, device, "{\"online\":1}", 12, false), ROOST_ERR_INVALID);
    assert_int_equal(fleet_status(fleet, device, "", 0, false) < 0, 1);
}

static void what_the_broker_kept_is_not_the_device_speaking(void **state)
{
    int err;
    (void)state;
    struct fleet_device *device = fleet_meet(fleet, "a", false, &err);
    assert_non_null(device);
    assert_int_equal(fleet_status(fleet, device, "{\"online\":true}", 15, true), 0);
    assert_true(device->online);
    assert_false(device->active);
    assert_int_equal(fleet_status(fleet, device, "{\"online\":false}", 16, false), 0);
    assert_false(device->active); /* a will is the broker's word, too */
    assert_int_equal(fleet_status(fleet, device, "{\"online\":true}", 15, false), 0);
    assert_true(device->active);
}

static void window_state_is_kept_and_told(void **state)
{
    static const char text[] = "{\"position\":40,\"target\":55.5,\"moving\":true,"
                               "\"calibrated\":true,\"fault\":null}";
    (void)state;
    struct fleet_device *device = hear("a");
    assert_int_equal(fleet_window_state(fleet, device, text, sizeof text - 1), 0);
    assert_true(device->state->target_pct == 55.5);
    assert_string_equal(rig.event, "state");
    assert_non_null(strstr(rig.json, "\"moving\":true"));
    assert_true(fleet_window_state(fleet, device, "[]", 2) < 0);
    assert_true(device->state->target_pct == 55.5);
}

/* Appends the ids to a text of 16 bytes, until three characters are there. */
static int collect(void *arg, struct fleet_device *device)
{
    char *ids = arg;
    size_t len = strlen(ids);
    snprintf(ids + len, 16 - len, "%s", device->id);
    return strlen(ids) >= 3;
}

static void devices_come_by_id_in_pages(void **state)
{
    char ids[16] = "";
    (void)state;
    fleet_each(fleet, "", collect, ids);
    assert_string_equal(ids, "");
    hear("d");
    hear("b");
    hear("c");
    hear("a");
    fleet_each(fleet, "", collect, ids);
    assert_string_equal(ids, "abc");
    ids[0] = '\0';
    fleet_each(fleet, "c", collect, ids);
    assert_string_equal(ids, "d");
    ids[0] = '\0';
    fleet_remove(fleet, "a");
    hear("aa");
    fleet_each(fleet, "a", collect, ids);
    assert_string_equal(ids, "aab");
}

static void an_operators_changes_are_kept(void **state)
{
    char text[1100];
    (void)state;
    hear("a");
    assert_int_equal(fleet_update(fleet, "b", NULL, "x", NULL, NULL), ROOST_ERR_NOT_FOUND);
    assert_int_equal(fleet_update(fleet, "a", NULL, "Bedroom", "North", "{\"x\":1}"), 0);
    assert_string_equal(fleet_find(fleet, "a")->name, "Bedroom");
    assert_non_null(strstr(rig.json, "\"name\":\"Bedroom\""));
    assert_int_equal(fleet_update(fleet, "a", NULL, NULL, "", NULL), 0);
    assert_int_equal(fleet_update(fleet, "a", NULL, NULL, NULL, "[1]"), ROOST_ERR_INVALID);
    assert_true(fleet_update(fleet, "a", NULL, NULL, NULL, "{\"x\":") < 0);
    memset(text, 'n', sizeof text);
    text[65] = '\0';
    assert_int_equal(fleet_update(fleet, "a", NULL, text, NULL, NULL), ROOST_ERR_TOO_LONG);
    text[65] = 'n';
    text[1025] = '\0';
    assert_int_equal(fleet_update(fleet, "a", NULL, NULL, NULL, text), ROOST_ERR_TOO_LONG);
    restart();
    struct fleet_device *device = fleet_find(fleet, "a");
    assert_string_equal(device->name, "Bedroom");
    assert_string_equal(device->location, "");
    assert_string_equal(device->config_json, "{\"x\":1}");
}

static void a_removed_device_is_gone_everywhere(void **state)
{
    struct registry_device record;
    (void)state;
    hear("a");
    hear("b");
    hear("c");
    assert_int_equal(fleet_remove(fleet, "b"), 0); /* not in the registry yet */
    assert_int_equal(fleet_remove(fleet, "b"), ROOST_ERR_NOT_FOUND);
    tick_after(3000);
    assert_int_equal(fleet_remove(fleet, "c"), 0);
    assert_int_equal(real.ops->device_get(real.ctx, "c", &record), ROOST_ERR_NOT_FOUND);
    tick_after(400000);
    assert_int_equal(fleet_count(fleet), 1);
    assert_ptr_equal(fleet_next_changed(fleet), fleet_find(fleet, "a"));
    assert_null(fleet_next_changed(fleet));
}

static void changes_are_given_once_for_the_series(void **state)
{
    (void)state;
    struct fleet_device *device = hear("a");
    assert_ptr_equal(fleet_next_changed(fleet), device);
    assert_null(fleet_next_changed(fleet));
    hear("a");
    assert_null(fleet_next_changed(fleet)); /* last_seen of a moment ago will do */
    rig_pass(&rig, 60000);
    hear("a");
    assert_ptr_equal(fleet_next_changed(fleet), device);
    tick_after(300000);
    assert_ptr_equal(fleet_next_changed(fleet), device); /* inactive */
    fleet_mark_changed(fleet, device);
    fleet_mark_changed(fleet, device);
    assert_ptr_equal(fleet_next_changed(fleet), device);
    assert_null(fleet_next_changed(fleet));
}

/* Commands. */

static struct registry_command stored(const char *id)
{
    struct registry_command command;
    assert_int_equal(real.ops->command_get(real.ctx, id, &command), 0);
    return command;
}

static int answer(const char *device_id, const char *id, const char *rest)
{
    char text[512];
    int len = snprintf(text, sizeof text, "{\"id\":\"%s\",%s}", id, rest);
    return fleet_answer(fleet, hear(device_id), text, (size_t)len);
}

static void a_command_is_sent_recorded_and_answered(void **state)
{
    char id[37];
    char expected[256];
    (void)state;
    hear("a");
    assert_int_equal(fleet_command(fleet, "a", "set", "{\"log_level\":\"debug\"}", 7, id), 0);
    assert_int_equal(strlen(id), 36);
    assert_string_equal(rig_last(&rig)->topic, "device/a/command");
    snprintf(expected, sizeof expected,
             "{\"id\":\"%s\",\"command\":\"set\",\"args\":{\"log_level\":\"debug\"}}", id);
    assert_string_equal(rig_last(&rig)->payload, expected);
    assert_int_equal(rig_last(&rig)->qos, 1);
    assert_false(rig_last(&rig)->retain);
    assert_string_equal(stored(id).state, "sent");
    assert_int_equal(stored(id).operator_id, 7);
    assert_int_equal(answer("a", id, "\"ok\":true,\"data\":{\"x\":1}"), 0);
    assert_string_equal(stored(id).state, "ok");
    assert_non_null(strstr(stored(id).answer_json, "\"x\":1"));
    assert_int_equal(stored(id).finished_ms, rig.unix_ms);
    assert_string_equal(rig.event, "command");
    assert_non_null(strstr(rig.json, "\"state\":\"ok\""));
    assert_int_equal(answer("a", id, "\"ok\":true"), ROOST_ERR_EXISTS);
    assert_true(rig_metric(&rig, "roost_commands_total", "result=\"ok\"") == 1);
    assert_true(rig_metric(&rig, "roost_commands_waiting", NULL) == 0);
}

static void a_device_may_refuse(void **state)
{
    char id[37];
    (void)state;
    hear("a");
    assert_int_equal(fleet_command(fleet, "a", "move", NULL, 7, id), 0);
    assert_int_equal(answer("a", id, "\"ok\":false,\"error\":\"RANGE\",\"message\":\"0..100\""), 0);
    assert_string_equal(stored(id).state, "failed");
    assert_true(rig_metric(&rig, "roost_commands_total", "result=\"failed\"") == 1);
}

static void an_answer_counts_only_from_the_device_asked(void **state)
{
    char id[37];
    (void)state;
    hear("a");
    hear("b");
    assert_int_equal(fleet_command(fleet, "a", "reboot", NULL, 7, id), 0);
    assert_int_equal(answer("b", id, "\"ok\":true"), ROOST_ERR_NOT_FOUND);
    assert_string_equal(stored(id).state, "sent");
    assert_int_equal(answer("a", "00000000", "\"ok\":true"), ROOST_ERR_NOT_FOUND);
    tick_after(10000);
    assert_int_equal(answer("b", id, "\"ok\":true"), ROOST_ERR_NOT_FOUND);
}

static void a_command_times_out_and_a_late_answer_still_counts(void **state)
{
    char id[37];
    (void)state;
    hear("a");
    assert_int_equal(fleet_command(fleet, "a", "reboot", NULL, 7, id), 0);
    tick_after(9999);
    assert_string_equal(stored(id).state, "sent");
    tick_after(1);
    assert_string_equal(stored(id).state, "timeout");
    assert_string_equal(rig.event, "command");
    assert_true(rig_metric(&rig, "roost_commands_total", "result=\"timeout\"") == 1);
    assert_int_equal(answer("a", id, "\"ok\":true"), 0);
    assert_string_equal(stored(id).state, "ok");
    assert_int_equal(answer("a", id, "\"ok\":true"), ROOST_ERR_EXISTS);
}

static void commands_sent_before_a_restart_time_out(void **state)
{
    char id[37];
    (void)state;
    hear("a");
    assert_int_equal(fleet_command(fleet, "a", "reboot", NULL, 7, id), 0);
    rig_pass(&rig, 1);
    restart();
    assert_string_equal(stored(id).state, "timeout");
    assert_int_equal(answer("a", id, "\"ok\":true"), 0);
    assert_string_equal(stored(id).state, "ok");
}

static void commands_that_cannot_be_sent_say_why(void **state)
{
    char id[37];
    char args[1100];
    (void)state;
    assert_int_equal(fleet_command(fleet, "a", "reboot", NULL, 7, id), ROOST_ERR_NOT_FOUND);
    hear("a");
    assert_int_equal(fleet_command(fleet, "a", "a-name-of-twenty-five-chars", NULL, 7, id),
                     ROOST_ERR_TOO_LONG);
    assert_int_equal(fleet_command(fleet, "a", "set", "[1]", 7, id), ROOST_ERR_INVALID);
    assert_true(fleet_command(fleet, "a", "set", "{\"a\":", 7, id) < 0);
    memset(args, ' ', sizeof args);
    memcpy(args, "{}", 2);
    args[sizeof args - 1] = '\0';
    assert_int_equal(fleet_command(fleet, "a", "set", args, 7, id), ROOST_ERR_TOO_LONG);
    write_err = ROOST_ERR_NO_SPACE;
    assert_int_equal(fleet_command(fleet, "a", "reboot", NULL, 7, id), ROOST_ERR_NO_SPACE);
    write_err = 0;
    assert_int_equal(rig.published_count, 0);
    rig.publish_err = ROOST_ERR_CLOSED;
    assert_int_equal(fleet_command(fleet, "a", "reboot", NULL, 7, id), ROOST_ERR_CLOSED);
    tick_after(1);
    assert_string_equal(stored(id).state, "failed");
    assert_non_null(strstr(stored(id).answer_json, "CLOSED"));
    assert_true(rig_metric(&rig, "roost_commands_waiting", NULL) == 0);
}

static void an_answer_waits_for_the_registry(void **state)
{
    char id[37];
    (void)state;
    hear("a");
    assert_int_equal(fleet_command(fleet, "a", "reboot", NULL, 7, id), 0);
    write_err = ROOST_ERR_NO_SPACE;
    assert_int_equal(answer("a", id, "\"ok\":true"), 0);
    assert_int_equal(answer("a", id, "\"ok\":true"), ROOST_ERR_EXISTS);
    tick_after(20000);
    assert_string_equal(stored(id).state, "sent");
    write_err = 0;
    tick_after(20000);
    assert_string_equal(stored(id).state, "ok");
    assert_true(rig_metric(&rig, "roost_commands_total", "result=\"timeout\"") == 0);
}

static void unanswered_commands_are_bounded(void **state)
{
    char id[37];
    (void)state;
    hear("a");
    for (int i = 0; i < FLEET_PENDING_MAX; i++)
        assert_int_equal(fleet_command(fleet, "a", "reboot", NULL, 7, id), 0);
    assert_int_equal(fleet_command(fleet, "a", "reboot", NULL, 7, id), ROOST_ERR_FULL);
    tick_after(10000);
    assert_true(rig_metric(&rig, "roost_commands_total", "result=\"timeout\"") ==
                FLEET_PENDING_MAX);
    assert_int_equal(fleet_command(fleet, "a", "reboot", NULL, 7, id), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_open_fleet_registers_who_speaks),
        TEST(ids_that_are_none_are_refused),
        TEST(a_closed_fleet_knows_only_who_was_added),
        TEST(a_claim_opens_the_door),
        TEST(the_number_of_devices_is_bounded),
        TEST(silence_makes_inactive),
        TEST(a_device_that_never_spoke_is_inactive),
        TEST(activity_outlives_a_restart_by_last_seen),
        TEST(write_back_is_batched_and_retried),
        TEST(a_tick_says_when_the_next_is_due),
        TEST(status_is_kept_and_told),
        TEST(what_the_broker_kept_is_not_the_device_speaking),
        TEST(window_state_is_kept_and_told),
        TEST(devices_come_by_id_in_pages),
        TEST(an_operators_changes_are_kept),
        TEST(a_removed_device_is_gone_everywhere),
        TEST(changes_are_given_once_for_the_series),
        TEST(a_command_is_sent_recorded_and_answered),
        TEST(a_device_may_refuse),
        TEST(an_answer_counts_only_from_the_device_asked),
        TEST(a_command_times_out_and_a_late_answer_still_counts),
        TEST(commands_sent_before_a_restart_time_out),
        TEST(commands_that_cannot_be_sent_say_why),
        TEST(an_answer_waits_for_the_registry),
        TEST(unanswered_commands_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
