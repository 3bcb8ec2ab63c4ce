/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "proto/faults.h"
#include "hub/fleet/view.h"

static char json[FLEET_VIEW_MAX];

/* A service that says as much as all of them together may. */
static size_t said;

static void describe_at_length(const void *service, const struct fleet_device *device,
                               struct roost_json_writer *w)
{
    static char text[HUB_DESCRIPTION_MAX];
    static const char around[] = ",\"all\":\"\"";
    (void)service;
    (void)device;
    memset(text, 'x', sizeof text);
    text[sizeof text - (sizeof around - 1)] = '\0';
    roost_json_key(w, "all");
    roost_json_str(w, text);
    said = sizeof around - 1 + strlen(text);
}

static const struct hub_service talkative = {.name = "talkative", .describe = describe_at_length};
static struct hub_set services;

static int write_view(const struct fleet_device *device)
{
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    fleet_view_device(&w, device, &services);
    return roost_json_finish(&w);
}

/* Every byte of a text takes the most room there is: \u001f. */
static void fill(char *text, size_t size)
{
    memset(text, 0x1f, size - 1);
    text[size - 1] = '\0';
}

static struct fleet_device plain(void)
{
    return (struct fleet_device){
        .id = "w1", .type = "window", .name = "", .location = "", .config_json = "{}"};
}

static void the_largest_device_fits(void **state)
{
    static char name[65], location[65], config[1025];
    static struct roost_status status;
    struct fleet_device device = plain();
    (void)state;
    memset(&status, 0xff, sizeof status);
    status.online = status.has_health = status.has_update = status.update.error = true;
    status.uptime_ms = INT64_MAX;
    status.rssi_dbm = INT32_MIN;
    fill(status.type, sizeof status.type);
    fill(status.firmware, sizeof status.firmware);
    fill(status.reset_reason, sizeof status.reset_reason);
    fill(status.fault, sizeof status.fault);
    status.counter_count = ROOST_STATUS_COUNTERS;
    for (int i = 0; i < ROOST_STATUS_COUNTERS; i++)
        fill(status.counters[i].name, sizeof status.counters[i].name);
    fill(status.update.state, sizeof status.update.state);
    fill(status.update.version, sizeof status.update.version);
    fill(status.update.report, sizeof status.update.report);
    fill(name, sizeof name);
    fill(location, sizeof location);
    memset(config, ' ', sizeof config - 1);
    config[0] = '{';
    config[sizeof config - 2] = '}';
    memset(device.id, 'i', sizeof device.id - 1);
    device.name = name;
    device.location = location;
    device.config_json = config;
    device.registered_ms = device.last_seen_ms = INT64_MIN;
    device.clock = (struct fleet_clock){FLEET_CLOCK_SECONDS, INT64_MIN, INT64_MIN};
    device.status = &status;
    services = (struct hub_set){.at[0].row = &talkative, .count = 1};
    /* The longest words for a fault. */
    int largest = 0;
    for (size_t fault = 0; fault < roost_fault_catalogue_count; fault++) {
        status.fault_number = roost_fault_catalogue[fault].info.number;
        int len = write_view(&device);
        assert_true(len > 0);
        largest = len > largest ? len : largest;
    }
    assert_true(largest > 2000);
    assert_int_equal(said, HUB_DESCRIPTION_MAX);
    services.count = 0;
}

static void an_update_is_shown_once_it_is_known(void **state)
{
    static struct roost_status status = {.online = true, .has_health = true};
    struct fleet_device device = plain();
    (void)state;
    assert_true(write_view(&device) > 0);
    assert_non_null(strstr(json, "\"health\":null,\"update\":null,"));
    device.status = &status;
    assert_true(write_view(&device) > 0);
    assert_non_null(strstr(json, "\"update\":null,"));
    status.has_update = true;
    assert_true(write_view(&device) > 0);
    assert_non_null(strstr(
        json, "\"update\":{\"state\":null,\"version\":null,\"report\":null,\"error\":false},"));
    status.update = (struct roost_status_update){"idle", "1.4.0",
                                                 "1.4.0 rolled back: no broker within 300 s", true};
    assert_true(write_view(&device) > 0);
    assert_non_null(strstr(json, "\"update\":{\"state\":\"idle\",\"version\":\"1.4.0\",\"report\":"
                                 "\"1.4.0 rolled back: no broker within 300 s\",\"error\":true},"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_device_fits),
        cmocka_unit_test(an_update_is_shown_once_it_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
