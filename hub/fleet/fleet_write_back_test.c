/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry and the series learn, and when. */
#include "hub/fleet/test_rig.h"

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
    assert_true(fake_metric(&fake, "roost_registry_write_failures_total", NULL) == 1);
    tick_after(100); /* not at once */
    assert_true(fake_metric(&fake, "roost_registry_write_failures_total", NULL) == 1);
    write_err = 0;
    for (int i = 0; i < 100; i++)
        tick_after(1000);
    for (int i = 0; i < 200; i++) {
        snprintf(id, sizeof id, "d%03d", i);
        assert_int_equal(ask_device_get(&real, id, &record), 0);
    }
    int64_t spoke_ms = fake.unix_ms;
    hear("d100");
    write_err = ROOST_ERR_IO;
    tick_after(3000);
    write_err = 0;
    for (int i = 0; i < 100; i++)
        tick_after(1000);
    assert_int_equal(ask_device_get(&real, "d100", &record), 0);
    assert_int_equal(record.last_seen_ms, spoke_ms);
}

static void a_tick_says_when_the_next_is_due(void **state)
{
    (void)state;
    assert_true(fleet_tick(fleet, fake.now_ms) == UINT64_MAX);
    hear("a");
    assert_int_equal(fleet_tick(fleet, fake.now_ms), fake.now_ms + 150000); /* registered at once */
    settle();
    fake_pass(&fake, 1000);
    hear("a");
    uint64_t heard_ms = fake.now_ms;
    assert_int_equal(fleet_tick(fleet, fake.now_ms), heard_ms + 3000);
    tick_after(3000);
    assert_int_equal(fleet_tick(fleet, fake.now_ms), heard_ms + 150000); /* late, */
    fake_pass(&fake, 147000);
    assert_int_equal(fleet_tick(fleet, fake.now_ms), heard_ms + 300000); /* then inactive */
    hear("b");
    hear("a"); /* both are written at once */
    assert_int_equal(fleet_tick(fleet, fake.now_ms), fake.now_ms + 150000);
    settle();
    hear("c");
    assert_int_equal(fleet_tick(fleet, fake.now_ms), fake.now_ms + 20);
}

static void changes_are_given_once_for_the_series(void **state)
{
    (void)state;
    struct fleet_device *device = hear("a");
    assert_ptr_equal(fleet_next_changed(fleet), device);
    assert_null(fleet_next_changed(fleet));
    hear("a");
    assert_null(fleet_next_changed(fleet)); /* last_seen of a moment ago will do */
    fake_pass(&fake, 60000);
    hear("a");
    assert_ptr_equal(fleet_next_changed(fleet), device);
    tick_after(300000);
    assert_ptr_equal(fleet_next_changed(fleet), device); /* inactive */
    fleet_mark_changed(fleet, device);
    fleet_mark_changed(fleet, device);
    assert_ptr_equal(fleet_next_changed(fleet), device);
    assert_null(fleet_next_changed(fleet));
}

/* One request is under way at most; what comes meanwhile waits for its own time. */
static void one_write_is_under_way_at_a_time(void **state)
{
    struct registry_counts counts;
    (void)state;
    settle();
    hear("a");
    fleet_tick(fleet, fake.now_ms);
    hear("b");
    assert_int_equal(fleet_tick(fleet, fake.now_ms + 1000), fake.now_ms + 150000);
    real.ops->counts(real.ctx, &counts);
    assert_int_equal(counts.waiting, 1);
    settle();
    tick_after(20);
    fake_pass(&fake, 100);
    hear("a");
    uint64_t heard_ms = fake.now_ms;
    tick_after(3000);
    hear("a"); /* while nothing is under way: three seconds again */
    assert_int_equal(fleet_tick(fleet, fake.now_ms), heard_ms + 6000);
    fake_pass(&fake, 3000);
    fleet_tick(fleet, fake.now_ms);
    hear("b"); /* while the write is under way: the same */
    uint64_t next_ms = fake.now_ms + 3000;
    settle();
    assert_int_equal(fleet_tick(fleet, fake.now_ms), next_ms);
}

static void a_registry_that_takes_nothing_is_asked_again(void **state)
{
    struct registry_device record;
    (void)state;
    hear("a");
    ask_err = ROOST_ERR_FULL;
    uint64_t due_ms = fleet_tick(fleet, fake.now_ms);
    assert_true(due_ms > fake.now_ms && due_ms <= fake.now_ms + 30000);
    assert_true(fake_metric(&fake, "roost_registry_write_failures_total", NULL) == 1);
    ask_err = 0;
    tick_after(due_ms - fake.now_ms);
    assert_int_equal(ask_device_get(&real, "a", &record), 0);
}

/* What a device said in the last seconds before the hub was stopped is not lost with it. */
static void a_hub_that_stops_writes_what_waits(void **state)
{
    static const char up[] = "{\"online\":true,\"seq\":1}", away[] = "{\"online\":false}";
    struct registry_device record;
    (void)state;
    struct fleet_device *device = hear("a");
    assert_int_equal(fleet_status(fleet, device, up, sizeof up - 1, false), 0);
    settle();
    tick_after(3000);
    tick_after(3000);
    assert_int_equal(fleet_status(fleet, device, away, sizeof away - 1, false), 0);
    int64_t spoke_ms = fake.unix_ms += 1000;
    hear("a");
    fleet_tick(fleet, fake.now_ms);
    assert_int_equal(fleet_service.waiting(fleet), 0);
    fleet_flush(fleet);
    for (int turns = 0; fleet_service.waiting(fleet) > 0; turns++) {
        assert_true(turns < 10);
        fleet_tick(fleet, fake.now_ms);
        settle();
    }
    assert_int_equal(ask_device_get(&real, "a", &record), 0);
    assert_int_equal(record.last_seen_ms, spoke_ms);
    assert_non_null(strstr(record.status_json, "\"online\":false"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(write_back_is_batched_and_retried),
        TEST(a_tick_says_when_the_next_is_due),
        TEST(changes_are_given_once_for_the_series),
        TEST(one_write_is_under_way_at_a_time),
        TEST(a_registry_that_takes_nothing_is_asked_again),
        TEST(a_hub_that_stops_writes_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
