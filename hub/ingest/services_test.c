/* SPDX-License-Identifier: Apache-2.0 */
/* A product is one row: with nothing of another linked, all that the row says is there. */
#include "hub/ingest/test_meter_rig.h"

#include "hub/fleet/view.h"

static bool has_filter(const services_filter *filters, size_t count, const char *filter)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(filters[i], filter) == 0)
            return true;
    return false;
}

static void its_topics_are_subscribed_to_and_taken(void **state)
{
    static const struct hub_service *const products[] = {&meter_service};
    services_filter filters[SERVICES_FILTERS_MAX];
    (void)state;
    size_t count = services_filters(products, 1, HUB_LANE_STORED, filters);
    assert_true(has_filter(filters, count, "meter/+/in"));
    assert_true(has_filter(filters, count, "meter/+/ask"));
    assert_true(has_filter(filters, count, "device/+/status"));
    assert_false(has_filter(filters, count, "meter/+/order")); /* the hub's own word */
    assert_false(has_filter(filters, count, "device/+/command"));
    assert_false(has_filter(filters, count, "device/+/answer"));
    count = services_filters(products, 1, HUB_LANE_PROMPT, filters);
    assert_int_equal(count, 1);
    assert_string_equal(filters[0], "device/+/answer");
    rig_send("meter/m1/in", "21.5");
    rig_settle();
    assert_true(rig_rows(SERIES_TEMPERATURE, "m1")->rows[0].value == 21.5);
    rig_check_account();
}

static void its_numbers_are_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        rig_reading("m1", "in", 20, rig.fake.unix_ms, 1);
        rig_reading("m1", "out", 30, rig.fake.unix_ms, 2);
        rig_reading("m1", "note", 40, rig.fake.unix_ms, 1);
        rig_reading("m1", "plan", 50, rig.fake.unix_ms, (uint64_t)rig.fake.unix_ms);
    }
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "m1")->count, 2);
    assert_int_equal(rig_rows(SERIES_HUMIDITY, "m1")->count, 2);
    assert_true(rig_topic("roost_ingest_duplicate_total", "plan", NULL) == 1);
}

static void its_tick_is_called_and_awaited(void **state)
{
    (void)state;
    rig_settle();
    meter.due_ms = rig.fake.now_ms + 7;
    assert_int_equal(rig_tick(), rig.fake.now_ms + 7);
    assert_int_equal(meter.ticked_ms, rig.fake.now_ms);
}

static void its_depth_counts_and_shows(void **state)
{
    (void)state;
    assert_int_equal(services_waiting(&rig.services), 0);
    meter.waiting = 5;
    rig_send("meter/m1/in", "20");
    assert_int_equal(services_waiting(&rig.services), 6);
    assert_true(rig_count("roost_service_waiting", "service=\"meter\"") == 5);
    rig_settle();
    assert_int_equal(services_waiting(&rig.services), 5);
}

static void its_metrics_and_its_topics_account_are_exposed(void **state)
{
    (void)state;
    rig_send("meter/m1/in", "20");
    rig_send("meter/m1/in", "13");
    rig_settle();
    assert_true(rig_count("meter_taken_total", NULL) == 1);
    assert_true(rig_topic("roost_ingest_stored_total", "in", NULL) == 1);
    assert_true(rig_topic("roost_ingest_rejected_total", "in", "odd") == 1);
}

static void its_routes_are_served_with_it(void **state)
{
    size_t count;
    const struct http_route *routes = services_routes(&rig.services, &count);
    (void)state;
    assert_int_equal(count, 1);
    assert_string_equal(routes[0].path, "/api/v1/devices/{device_id}/meter");
    assert_ptr_equal(routes[0].ctx, &meter);
    routes[0].handler(routes[0].ctx, NULL, NULL);
    assert_int_equal(meter.called, 1);
}

static const char *view(const char *device_id)
{
    static char json[FLEET_VIEW_MAX];
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    fleet_view_device(&w, fleet_find(rig.fleet, device_id), fleet_services(rig.fleet));
    assert_true(roost_json_finish(&w) > 0);
    return json;
}

static void it_describes_each_device(void **state)
{
    (void)state;
    rig_send("meter/m1/ask", "?"); /* of nobody: not registered */
    rig_status("m1", 3);
    assert_non_null(strstr(view("m1"), "\"latest\":{\"meter\":null},"));
    assert_non_null(strstr(view("m1"), ",\"update\":null,\"metered\":0,"));
    rig_send("meter/m1/in", "21.5");
    assert_non_null(strstr(view("m1"), "\"latest\":{\"meter\":21.5},"));
    assert_non_null(strstr(view("m1"), ",\"metered\":1,"));
    rig_status("m1", 3);
    assert_string_equal(rig.fake.event, "device"); /* and so does the live view */
    assert_non_null(strstr(rig.fake.json, ",\"metered\":1,"));
}

static void it_hears_of_commands_carried_out(void **state)
{
    char id[37], text[128];
    (void)state;
    rig_status("m1", 3);
    assert_int_equal(rig_command("m1", "turn", NULL, id), 0);
    assert_int_equal(meter.obeyed, 0);
    snprintf(text, sizeof text, "{\"id\":\"%s\",\"ok\":true}", id);
    rig_send("device/m1/answer", text);
    rig_send("device/m1/answer", text);
    assert_int_equal(meter.obeyed, 1);
    assert_string_equal(meter.command, id);
    assert_int_equal(rig_command("m1", "turn", NULL, id), 0);
    snprintf(text, sizeof text, "{\"id\":\"%s\",\"ok\":false,\"error\":\"BUSY\"}", id);
    rig_send("device/m1/answer", text);
    assert_int_equal(meter.obeyed, 1);
}

static void it_forgets_what_is_removed(void **state)
{
    (void)state;
    rig_send("meter/m1/in", "20");
    rig_send("meter/m2/in", "20");
    rig_settle();
    assert_int_equal(fleet_remove(rig.fleet, "m1", true, NULL, NULL), 0);
    rig.registry.ops->wait(rig.registry.ctx);
    assert_int_equal(meter.forgotten, 1);
    rig_settle();
    rig_send("meter/m1/in", "22");
    assert_non_null(strstr(view("m1"), "\"metered\":1,"));
}

static void it_is_closed_after_all_is_forgotten(void **state)
{
    (void)state;
    rig_send("meter/m1/in", "20");
    rig_send("meter/m2/in", "20");
    rig_settle();
    rig_stop();
    assert_int_equal(meter.forgotten, 2);
    assert_int_equal(meter.opened, 0);
    rig_begin_again();
}

static void one_that_does_not_open_stops_the_start(void **state)
{
    static const struct hub_service *const products[] = {&meter_service};
    const struct ingest_lanes lanes = {.bus = {&rig.fake.bus, &rig.prompt}};
    struct services services;
    const char *what = "";
    (void)state;
    meter_open_err = ROOST_ERR_REFUSED;
    assert_int_equal(services_open(&services, products, 1, &rig.parts, &lanes, &what),
                     ROOST_ERR_REFUSED);
    meter_open_err = 0;
    assert_string_equal(what, "meter");
    assert_int_equal(services.set.count, 0);
    rig_restart(); /* what the failed start registered points nowhere */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(its_topics_are_subscribed_to_and_taken),
        RIG_TEST(its_numbers_are_its_own),
        RIG_TEST(its_tick_is_called_and_awaited),
        RIG_TEST(its_depth_counts_and_shows),
        RIG_TEST(its_metrics_and_its_topics_account_are_exposed),
        RIG_TEST(its_routes_are_served_with_it),
        RIG_TEST(it_describes_each_device),
        RIG_TEST(it_hears_of_commands_carried_out),
        RIG_TEST(it_forgets_what_is_removed),
        RIG_TEST(it_is_closed_after_all_is_forgotten),
        RIG_TEST(one_that_does_not_open_stops_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
