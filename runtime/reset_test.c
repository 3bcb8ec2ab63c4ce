/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A factory reset forgets what the device's owner taught it, all of it or nothing, wherever the
 * power is cut; what the device is, and what it recorded, stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/product_rig.h"

#define RESET "{\"id\":\"1\",\"command\":\"factory_reset\"}"
#define TEACH "{\"id\":\"1\",\"command\":\"set\",\"args\":{\"volume\":0.7}}"
#define WIFI_ADD                                                                                   \
    "{\"id\":\"1\",\"command\":\"wifi_add\",\"args\":{\"ssid\":\"home\",\"psk\":\"" FAKE_PSK "\"}" \
    "}"

/* With a setting and a network of its owner's, and a record. */
static void start_taught(void)
{
    fake_init(&fake);
    fake_use_wifi(&fake);
    fake.own_network = true;
    boot();
    fake_run(&fake, ONLINE_MS);
    ask(TEACH);
    assert_true(answer.ok);
    ask(WIFI_ADD);
    assert_true(answer.ok);
    ask("{\"id\":\"1\",\"command\":\"ring\"}");
    fake_run(&fake, 100);
}

static bool knows_setting(void)
{
    return roost_settings_int(&product.device.settings, PRODUCT_SET_VOLUME) == 700;
}

static bool knows_network(void)
{
    return roost_networks_count(&product.device.wifi.networks) == 1;
}

static void it_forgets_its_owner_and_nothing_else(void **state)
{
    (void)state;
    start_taught();
    uint64_t last_seq = roost_outbox_last_seq(&product.outbox);
    uint32_t boots = product.device.health.boots;
    ask(RESET);
    assert_true(answer.ok);
    assert_string_equal(answer.id, "1");
    assert_true(knows_setting()); /* until it starts anew */
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS);
    assert_int_equal(fake.reboots, 1);
    assert_int_equal(fake.reset_reason, ROOST_RESET_COMMAND);

    reboot_as(ROOST_RESET_COMMAND);
    assert_true(product.device.resetting); /* for the product, to forget its own */
    assert_true(!knows_setting() && !knows_network());
    assert_int_equal(product.device.boot_err, 0);
    assert_int_equal(product.device.health.boots, boots + 1);
    fake_run(&fake, ONLINE_MS);
    assert_true(fake.open);
    assert_int_equal(roost_outbox_last_seq(&product.outbox), last_seq);

    /* Once: what it is taught from now on stays. */
    ask(TEACH);
    reboot_as(ROOST_RESET_POWER_ON);
    assert_false(product.device.resetting);
    assert_true(knows_setting());
}

static void flash_that_keeps_nothing_is_said(void **state)
{
    (void)state;
    start_taught();
    fake.kv_fails = true;
    ask(RESET);
    assert_true(!answer.ok);
    assert_string_equal(answer.error, "IO");
    assert_true(strncmp(answer.message, "flash: ", 7) == 0);
    fake_run(&fake, MINUTE);
    assert_int_equal(fake.reboots, 0);
    assert_true(knows_setting() && knows_network());
}

/* Cuts the power at operation `cut` after the command, and at operation `again` of the boot after.
 */
static void reset_with_cuts(int cut, int again)
{
    start_taught();
    fake.operations = 0;
    fake.cut_at = cut;
    send_command(RESET);
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS);
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    fake.operations = 0;
    fake.cut_at = again;
    boot();
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    boot();
}

static void a_power_cut_leaves_all_or_nothing(void **state)
{
    (void)state;
    int whole = 0, forgotten = 0;

    for (int cut = 0; cut < 6; cut++) {
        for (int again = -1; again < 24; again++) {
            reset_with_cuts(cut, again < 0 ? FAKE_NO_CUT : again);
            bool knows = knows_setting();
            assert_int_equal(knows_network(), knows);
            *(knows ? &whole : &forgotten) += 1;
        }
    }
    assert_true(whole > 0 && forgotten > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_forgets_its_owner_and_nothing_else),
        cmocka_unit_test(flash_that_keeps_nothing_is_said),
        cmocka_unit_test(a_power_cut_leaves_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
