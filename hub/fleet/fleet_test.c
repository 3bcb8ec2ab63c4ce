/* SPDX-License-Identifier: Apache-2.0 */
/* Who is there: registration by policy, activity, what operators change. */
#include "hub/fleet/test_rig.h"

static void an_open_fleet_registers_who_speaks(void **state)
{
    struct registry_device record;
    (void)state;
    struct fleet_device *device = hear("window-1");
    assert_non_null(device);
    assert_true(device->active);
    assert_true(device->claimed);
    assert_int_equal(device->registered_ms, fake.unix_ms);
    assert_int_equal(device->last_seen_ms, fake.unix_ms);
    assert_null(device->part[0]);
    assert_string_equal(device->name, "");
    assert_string_equal(device->config_json, "{}");
    assert_null(device->status);
    assert_int_equal(fleet_count(fleet), 1);
    assert_string_equal(fake.event, "device");
    assert_int_equal(ask_device_get(&real, "window-1", &record), ROOST_ERR_NOT_FOUND);
    tick_after(0);
    assert_int_equal(ask_device_get(&real, "window-1", &record), 0);
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
    assert_int_equal(add("friend", "window", "Kitchen"), 0);
    assert_int_equal(add("friend", "window", "Kitchen"), ROOST_ERR_EXISTS);
    assert_int_equal(add("a b", "window", NULL), ROOST_ERR_INVALID);
    assert_int_equal(add("x", "a type that is too long", NULL), ROOST_ERR_TOO_LONG);
    assert_non_null(hear("friend"));
    assert_true(fake_metric(&fake, "roost_devices_refused_total", NULL) == 1);
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
    assert_true(fake_metric(&fake, "roost_devices_unclaimed", NULL) == 1);
    assert_true(fleet_find(fleet, "window-1")->active);
    assert_int_equal(update("window-1", &yes, NULL, NULL, NULL), 0);
    assert_non_null(hear("window-1"));
    assert_true(fake_metric(&fake, "roost_devices_unclaimed", NULL) == 0);
    restart();
    assert_non_null(hear("window-1"));
    assert_int_equal(update("window-1", &no, NULL, NULL, NULL), 0);
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
    assert_int_equal(add("one-more", "", NULL), ROOST_ERR_FULL);
    assert_non_null(hear("d0"));
    assert_int_equal(take_away("d0"), 0);
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
    assert_non_null(strstr(fake.json, "\"device_id\":\"a\""));
    assert_non_null(strstr(fake.json, "\"active\":false"));
    assert_true(fake_metric(&fake, "roost_devices", "state=\"active\"") == 1);
    assert_true(fake_metric(&fake, "roost_devices", "state=\"inactive\"") == 1);
    hear("a");
    assert_true(a->active);
    tick_after(250000);
    assert_true(a->active);
    assert_false(b->active);
}

static void a_device_that_never_spoke_is_inactive(void **state)
{
    (void)state;
    assert_int_equal(add("new", "window", NULL), 0);
    assert_false(fleet_find(fleet, "new")->active);
    assert_int_equal(fleet_find(fleet, "new")->last_seen_ms, 0);
    assert_true(fake_metric(&fake, "roost_devices", "state=\"inactive\"") == 1);
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
    take_away("a");
    hear("aa");
    fleet_each(fleet, "a", collect, ids);
    assert_string_equal(ids, "aab");
}

static void an_operators_changes_are_kept(void **state)
{
    char text[1100];
    (void)state;
    hear("a");
    assert_int_equal(update("b", NULL, "x", NULL, NULL), ROOST_ERR_NOT_FOUND);
    assert_int_equal(update("a", NULL, "Bedroom", "North", "{\"x\":1}"), 0);
    assert_string_equal(fleet_find(fleet, "a")->name, "Bedroom");
    assert_non_null(strstr(fake.json, "\"name\":\"Bedroom\""));
    assert_int_equal(update("a", NULL, NULL, "", NULL), 0);
    assert_int_equal(update("a", NULL, NULL, NULL, "[1]"), ROOST_ERR_INVALID);
    assert_true(update("a", NULL, NULL, NULL, "{\"x\":") < 0);
    memset(text, 'n', sizeof text);
    text[65] = '\0';
    assert_int_equal(update("a", NULL, text, NULL, NULL), ROOST_ERR_TOO_LONG);
    text[65] = 'n';
    text[1025] = '\0';
    assert_int_equal(update("a", NULL, NULL, NULL, text), ROOST_ERR_TOO_LONG);
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
    assert_int_equal(take_away("b"), 0); /* not in the registry yet */
    assert_int_equal(take_away("b"), ROOST_ERR_NOT_FOUND);
    tick_after(3000);
    assert_int_equal(take_away("c"), 0);
    assert_int_equal(ask_device_get(&real, "c", &record), ROOST_ERR_NOT_FOUND);
    tick_after(400000);
    assert_int_equal(fleet_count(fleet), 1);
    assert_ptr_equal(fleet_next_changed(fleet), fleet_find(fleet, "a"));
    assert_null(fleet_next_changed(fleet));
}

/* ---- while the registry has not answered yet ---- */

static void changes_under_way_keep_each_other(void **state)
{
    int first = 1, second = 1;
    (void)state;
    hear("a"); /* not in the registry yet, either */
    assert_int_equal(fleet_update(fleet, "a", NULL, "Attic", NULL, NULL, note_err, &first), 0);
    assert_int_equal(fleet_update(fleet, "a", NULL, NULL, "Up", NULL, note_err, &second), 0);
    fleet_tick(fleet, fake.now_ms);                        /* the registration goes behind them */
    assert_string_equal(fleet_find(fleet, "a")->name, ""); /* shown when it is stored */
    settle();
    assert_int_equal(first, 0);
    assert_int_equal(second, 0);
    assert_string_equal(fleet_find(fleet, "a")->name, "Attic");
    assert_string_equal(fleet_find(fleet, "a")->location, "Up");
    restart();
    assert_string_equal(fleet_find(fleet, "a")->name, "Attic");
    assert_string_equal(fleet_find(fleet, "a")->location, "Up");
}

static void a_change_that_is_refused_changes_nothing(void **state)
{
    bool yes = true;
    (void)state;
    config.policy = FLEET_POLICY_CLAIM;
    restart();
    meet_err("a");
    tick_after(0);
    write_err = ROOST_ERR_BUSY;
    assert_int_equal(update("a", &yes, "Attic", NULL, NULL), ROOST_ERR_BUSY);
    assert_int_equal(add("b", "window", ""), ROOST_ERR_BUSY);
    assert_int_equal(take_away("a"), ROOST_ERR_BUSY);
    write_err = 0;
    ask_err = ROOST_ERR_FULL; /* the same to who asks */
    assert_int_equal(update("a", &yes, "Attic", NULL, NULL), ROOST_ERR_BUSY);
    assert_int_equal(add("b", "window", ""), ROOST_ERR_BUSY);
    assert_int_equal(take_away("a"), ROOST_ERR_BUSY);
    ask_err = 0;
    assert_int_equal(meet_err("a"), ROOST_ERR_AUTH);
    assert_string_equal(fleet_find(fleet, "a")->name, "");
    assert_null(fleet_find(fleet, "b"));
    assert_true(fake_metric(&fake, "roost_devices_unclaimed", NULL) == 1);
    assert_int_equal(update("a", &yes, "Attic", NULL, NULL), 0);
    assert_int_equal(add("b", "window", ""), 0);
    assert_int_equal(take_away("a"), 0);
}

static void one_is_added_once_though_two_ask(void **state)
{
    int first = 1, second = 1;
    (void)state;
    config.device_max = 1;
    restart();
    assert_int_equal(fleet_add(fleet, "a", "window", "One", note_err, &first), 0);
    assert_int_equal(fleet_add(fleet, "b", "window", "", note_err, &second), ROOST_ERR_FULL);
    settle();
    assert_int_equal(first, 0);
    config.device_max = 10;
    restart();
    first = 1;
    assert_int_equal(fleet_add(fleet, "c", "window", "One", note_err, &first), 0);
    assert_int_equal(fleet_add(fleet, "c", "window", "Two", note_err, &second), 0);
    settle();
    assert_int_equal(first, 0);
    assert_int_equal(second, ROOST_ERR_EXISTS);
    assert_string_equal(fleet_find(fleet, "c")->name, "One");
    assert_int_equal(fleet_count(fleet), 2);
}

/* A device that is being added speaks before it is stored: one device, with what was added. */
static void a_device_may_speak_while_it_is_added(void **state)
{
    struct registry_device record;
    int result = 1;
    (void)state;
    assert_int_equal(fleet_add(fleet, "a", "teddy", "Bear", note_err, &result), 0);
    const struct fleet_device *device = hear("a");
    fleet_tick(fleet, fake.now_ms);
    settle();
    assert_int_equal(result, 0);
    assert_ptr_equal(fleet_find(fleet, "a"), device);
    assert_string_equal(device->name, "Bear");
    assert_string_equal(device->type, "teddy");
    assert_true(device->active);
    assert_int_equal(ask_device_get(&real, "a", &record), 0);
    assert_string_equal(record.name, "Bear");
    assert_string_equal(record.type, "teddy");
    assert_int_equal(record.last_seen_ms, fake.unix_ms);
}

/* Neither its registration nor its last words bring a device back that is being removed. */
static void a_device_that_is_being_removed_stays_away(void **state)
{
    struct registry_device record;
    int result = 1, other = 1;
    (void)state;
    hear("a");
    assert_int_equal(fleet_remove(fleet, "a", true, note_removed, &result), 0);
    hear("a");
    fleet_tick(fleet, fake.now_ms);
    assert_int_equal(fleet_remove(fleet, "a", true, note_removed, &other), ROOST_ERR_NOT_FOUND);
    assert_int_equal(fleet_update(fleet, "a", NULL, "x", NULL, NULL, note_err, &other),
                     ROOST_ERR_NOT_FOUND);
    settle();
    assert_int_equal(result, 0);
    tick_after(5000);
    assert_null(fleet_find(fleet, "a"));
    assert_int_equal(ask_device_get(&real, "a", &record), ROOST_ERR_NOT_FOUND);

    hear("b"); /* written back while it is removed */
    fleet_tick(fleet, fake.now_ms);
    assert_int_equal(fleet_remove(fleet, "b", true, note_removed, &result), 0);
    settle();
    assert_int_equal(result, 0);
    assert_int_equal(ask_device_get(&real, "b", &record), ROOST_ERR_NOT_FOUND);

    hear("c"); /* a removal that fails leaves a device that is registered after all */
    write_err = ROOST_ERR_NO_SPACE;
    assert_int_equal(fleet_remove(fleet, "c", true, note_removed, &result), 0);
    fleet_tick(fleet, fake.now_ms);
    settle();
    assert_int_equal(result, ROOST_ERR_NO_SPACE);
    write_err = 0;
    tick_after(60000);
    assert_int_equal(ask_device_get(&real, "c", &record), 0);
}

static void a_change_may_find_its_device_gone(void **state)
{
    int updated = 1, gone = 1;
    (void)state;
    hear("a");
    tick_after(0);
    assert_int_equal(fleet_update(fleet, "a", NULL, "x", NULL, NULL, note_err, &updated), 0);
    assert_int_equal(fleet_remove(fleet, "a", true, note_removed, &gone), 0);
    settle();
    assert_int_equal(updated, 0);
    assert_int_equal(gone, 0);
    assert_null(fleet_find(fleet, "a"));
}

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
        TEST(devices_come_by_id_in_pages),
        TEST(an_operators_changes_are_kept),
        TEST(a_removed_device_is_gone_everywhere),
        TEST(changes_under_way_keep_each_other),
        TEST(a_change_that_is_refused_changes_nothing),
        TEST(one_is_added_once_though_two_ask),
        TEST(a_device_may_speak_while_it_is_added),
        TEST(a_device_that_is_being_removed_stays_away),
        TEST(a_change_may_find_its_device_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
