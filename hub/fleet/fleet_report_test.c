/* SPDX-License-Identifier: Apache-2.0 */
/* What devices say of themselves. */
#include "hub/fleet/test_rig.h"

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
    assert_non_null(strstr(fake.json, "\"firmware\":\"1.2.3\""));
    /* The will leaves the health as it was. */
    assert_int_equal(fleet_status(fleet, device, "{\"online\":false}", 16, false), 0);
    assert_false(device->online);
    assert_string_equal(device->status->firmware, "1.2.3");
    assert_int_equal(fleet_status(fleet, device, "{\"online\":1}", 12, false), ROOST_ERR_INVALID);
    assert_int_equal(fleet_status(fleet, device, "", 0, false) < 0, 1);
}

static void an_update_is_kept_and_told(void **state)
{
    static const char text[] =
        "{\"online\":true,\"seq\":1,\"update\":{\"state\":\"idle\",\"version\":"
        "\"1.4.0\",\"report\":\"1.4.0 refused: sha256 differs\",\"error\":true}}";
    (void)state;
    struct fleet_device *device = hear("a");
    assert_int_equal(fleet_status(fleet, device, text, sizeof text - 1, false), 0);
    assert_true(device->status->has_update);
    assert_non_null(
        strstr(fake.json, "\"report\":\"1.4.0 refused: sha256 differs\",\"error\":true"));
    /* The will leaves it as it was. */
    assert_int_equal(fleet_status(fleet, device, "{\"online\":false}", 16, false), 0);
    assert_true(device->status->has_update);
    assert_string_equal(device->status->update.version, "1.4.0");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(status_is_kept_and_told),
        TEST(an_update_is_kept_and_told),
        TEST(what_the_broker_kept_is_not_the_device_speaking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
