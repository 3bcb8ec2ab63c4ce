/* SPDX-License-Identifier: Apache-2.0 */
/* What API and live view see of a window. */
#include "hub/climate/test_rig.h"

#include "hub/fleet/view.h"

static char json[FLEET_VIEW_MAX];

static int write_view(const char *device_id)
{
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    fleet_view_device(&w, fleet_find(rig.fleet, device_id), fleet_services(rig.fleet));
    return roost_json_finish(&w);
}

/* Every byte of a text takes the most room there is: \\u001f. */
static void fill(char *text, size_t size)
{
    memset(text, 0x1f, size - 1);
    text[size - 1] = '\0';
}

static void a_device_without_a_window_has_nothing_of_one(void **state)
{
    (void)state;
    rig_status("w1", 5);
    assert_true(write_view("w1") > 0);
    assert_non_null(strstr(json, "\"config\":{},\"latest\":{\"temperature\":null,\"humidity\":null,"
                                 "\"sound\":null},\"health\":{"));
    assert_non_null(strstr(json, ",\"update\":null,\"window\":null,\"decision\":null,"));
}

static void what_is_known_of_a_window_is_shown(void **state)
{
    char expected[160];
    (void)state;
    rig_send("sensor/w1/temperature", "25.5");
    rig_send("window/w1/state", "{\"position\":10,\"target\":20,\"moving\":true,"
                                "\"calibrated\":true,\"fault\":null}");
    assert_string_equal(rig.fake.event, "state");
    assert_string_equal(rig.fake.json, "{\"device_id\":\"w1\",\"position\":10.0,\"target\":20.0,"
                                       "\"moving\":true,\"calibrated\":true,\"fault\":null}");
    rig_send("window/w1/state", "[]");
    rig_send("window/w1/control",
             "{\"device_id\":\"w1\",\"timestamp\":\"2026-09-21T14:13:20.500Z\","
             "\"position\":42.5,\"confidence\":0.8}");
    assert_string_equal(rig.fake.event, "control");
    assert_true(write_view("w1") > 0);
    snprintf(expected, sizeof expected,
             "\"latest\":{\"temperature\":{\"value\":25.5,\"at_ms\":%lld},\"humidity\":null,"
             "\"sound\":null}",
             (long long)rig.fake.unix_ms);
    assert_non_null(strstr(json, expected));
    assert_non_null(strstr(
        json, "\"window\":{\"position\":10.0,\"target\":20.0,\"moving\":true,\"calibrated\":true,"
              "\"fault\":null},\"decision\":{\"at_ms\":1790000000500,\"position\":42.5,"
              "\"confidence\":0.8,\"temperature\":null,\"humidity\":null,\"sound\":null,"
              "\"model_version\":null,\"trace_id\":null},"));
}

static void a_removed_window_is_forgotten(void **state)
{
    (void)state;
    rig_send("sensor/w1/temperature", "25.5");
    rig_send("sensor/w1/humidity", "60");
    rig_sound("w1", 1000); /* asks the model: in the list of those asked */
    rig_settle();
    assert_int_equal(fleet_remove(rig.fleet, "w1", true, NULL, NULL), 0);
    rig.registry.ops->wait(rig.registry.ctx);
    rig_settle();
    rig_send("sensor/w1/humidity", "61");
    assert_true(write_view("w1") > 0);
    assert_non_null(strstr(json, "\"latest\":{\"temperature\":null,\"humidity\":{\"value\":61.0,"));
    fake_pass(&rig.fake, 5000);
    rig_settle();
}

/* A row on its way to the store outlives its device. */
static void a_window_may_be_removed_while_its_rows_are_written(void **state)
{
    (void)state;
    rig_reading("w1", "temperature", 20, rig.fake.unix_ms, 1);
    rig_tick();
    rig_reading("w1", "temperature", 21, rig.fake.unix_ms, 2);
    assert_int_equal(fleet_remove(rig.fleet, "w1", false, NULL, NULL), 0);
    rig.registry.ops->wait(rig.registry.ctx);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 2);
    rig_check_account();
}

static void the_largest_description_is_within_its_bound(void **state)
{
    struct climate_device part = {.seen = 7};
    struct roost_window_state window = {.position_pct = 99.9, .target_pct = 99.9};
    struct roost_control control = {.unix_ms = INT64_MIN,
                                    .position_pct = 99.9,
                                    .confidence = 0.999,
                                    .has_features = true,
                                    .features = {-99.99, -99.99, -99.99}};
    (void)state;
    rig_send("sensor/w1/temperature", "20");
    struct fleet_device device = *fleet_find(rig.fleet, "w1");
    for (int i = 0; i < FEATURE_COUNT; i++) {
        part.latest[i] = -99999.999;
        part.latest_ms[i] = INT64_MIN;
    }
    fill(window.fault, sizeof window.fault);
    fill(control.model_version, sizeof control.model_version);
    fill(control.trace_id, sizeof control.trace_id);
    part.state = &window;
    part.control = &control;
    device.part[0] = &part;
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    climate_latest(rig_climate(), &device, &w);
    climate_describe(rig_climate(), &device, &w);
    roost_json_end(&w);
    int len = roost_json_finish(&w);
    assert_in_range(len, 700, HUB_DESCRIPTION_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_device_without_a_window_has_nothing_of_one),
        RIG_TEST(what_is_known_of_a_window_is_shown),
        RIG_TEST(a_removed_window_is_forgotten),
        RIG_TEST(a_window_may_be_removed_while_its_rows_are_written),
        RIG_TEST(the_largest_description_is_within_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
