/* SPDX-License-Identifier: Apache-2.0 */
/* A run with two products: what is a product's own stays with its devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/timer.h"
#include "runtime/uplink_mqtt.h"
#include "sim/run.h"
#include "sim/window.h"

/* ---- a beacon: a device that does nothing but be there ---- */

struct beacon {
    struct roost_device device;
    struct roost_uplink_mqtt mqtt;
    union roost_setting_value values[ROOST_SETTING_COUNT];
    struct roost_timer timers[ROOST_TIMER_COUNT];
};

struct sim_beacon {
    struct sim_device device;
    struct beacon beacon;
    uint64_t boots, steps, eclipses;
};

enum { ECLIPSE = 40, BOOTS = 0, STEPS, ECLIPSES, BESIDE };

static unsigned besides;
static const char *lacking; /* what the checks are to find */
static bool bad_end;

static struct sim_beacon *beacon_of(const struct sim_device *device)
{
    return (struct sim_beacon *)device;
}

static const struct roost_setting settings[] = {ROOST_DEVICE_SETTINGS};

static const struct roost_device_spec spec = {
    .type = "beacon",
    .settings = settings,
    .setting_count = ROOST_SETTING_COUNT,
    .timer_count = ROOST_TIMER_COUNT,
};

static int init(struct sim_device *device, double hours)
{
    (void)device;
    return hours > 1000 ? ROOST_ERR_NO_MEMORY : 0;
}

static int boot(struct sim_device *device)
{
    static const struct roost_mqtt_options broker = {
        .host = "broker", .port = SIM_BROKER_PORT, .keepalive_s = 30, .clean_session = true};
    struct beacon *beacon = &beacon_of(device)->beacon;
    int err = roost_device_init(&beacon->device, &(struct roost_device_config){
                                                     .spec = &spec,
                                                     .port = &device->board.port,
                                                     .device_id = device->id,
                                                     .firmware_version = "1.0.0",
                                                     .uplink = roost_uplink_mqtt(&beacon->mqtt),
                                                     .values = beacon->values,
                                                     .timers = beacon->timers,
                                                 });

    beacon_of(device)->boots++;
    if (err == 0)
        err = roost_uplink_mqtt_init(&beacon->mqtt, &device->board.port, &broker, beacon->device.id,
                                     NULL, 0);
    if (err == 0)
        roost_device_ready(&beacon->device);
    return err;
}

static uint64_t step(struct sim_device *device)
{
    struct beacon *beacon = &beacon_of(device)->beacon;
    struct roost_what what;

    beacon_of(device)->steps++;
    roost_device_begin(&beacon->device);
    while (roost_device_next(&beacon->device, &what))
        continue;
    return roost_device_finish(&beacon->device, ROOST_NEVER, true, NULL);
}

static const char *lacks(const struct sim_device *device)
{
    (void)device;
    return lacking;
}

static void end(struct sim_device *device)
{
    if (bad_end)
        sim_device_wrong(device, "light", "ends in the dark");
}

static void *beside_new(struct sim_world *world)
{
    besides++;
    return world;
}

static void beside_free(void *beside)
{
    assert_non_null(beside);
    besides--;
}

static void eclipse_begins(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    assert_string_equal(device->product->name, "beacon");
    beacon_of(device)->eclipses++;
}

static void eclipse_ends(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    assert_string_equal(device->product->name, "beacon");
}

static const struct sim_fault faults[] = {
    {ECLIPSE, "eclipse", 10, 10, 60, false, eclipse_begins, eclipse_ends},
};

static void account(const struct sim_world *world, uint64_t totals[SIM_TOTALS_MAX]);

static void print(const uint64_t totals[SIM_TOTALS_MAX], FILE *out)
{
    fprintf(out, "beacons  %u eclipses\n", (unsigned)totals[ECLIPSES]);
}

static const struct sim_product beacon_product = {
    .name = "beacon",
    .plural = "beacons",
    .size = sizeof(struct sim_beacon),
    .runtime = offsetof(struct sim_beacon, beacon),
    .runtime_bytes = sizeof(struct beacon),
    .init = init,
    .boot = boot,
    .step = step,
    .lacks = lacks,
    .end = end,
    .beside_new = beside_new,
    .beside_free = beside_free,
    .faults = faults,
    .fault_count = 1,
    .account = account,
    .print = print,
};

static void account(const struct sim_world *world, uint64_t totals[SIM_TOTALS_MAX])
{
    const struct sim_fleet *fleet = sim_world_fleet(world, &beacon_product);

    for (uint32_t i = 0; i < fleet->count; i++) {
        const struct sim_beacon *beacon = beacon_of(world->devices[fleet->first + i]);

        totals[BOOTS] += beacon->boots;
        totals[STEPS] += beacon->steps;
        totals[ECLIPSES] += beacon->eclipses;
    }
    totals[BESIDE] = fleet->beside == world && besides == 1;
}

/* ---- tests ---- */

static struct sim_report run(const struct sim_run_options *options)
{
    struct sim_report report;

    assert_int_equal(sim_run(options, &report), 0);
    assert_int_equal(besides, 0);
    return report;
}

static void two_products_live_in_one_run(void **state)
{
    const struct sim_run_options options = {
        .seed = 4, .hours = 2, .products = {&sim_window, &beacon_product}, .devices = 3};
    struct sim_report first = run(&options), again = run(&options);

    (void)state;
    assert_string_equal(first.violation, "");
    assert_string_equal(first.digest, again.digest);
    assert_int_equal(first.product_count, 2);
    assert_ptr_equal(first.products[1], &beacon_product);
    assert_true(first.totals[1][BOOTS] >= 3);
    assert_true(first.totals[1][STEPS] > 100);
    assert_int_equal(first.totals[1][BESIDE], 1);
    assert_true(first.injected[ECLIPSE] > 0);
    assert_int_equal(first.totals[1][ECLIPSES], first.injected[ECLIPSE]);
}

static void a_product_may_be_alone(void **state)
{
    const struct sim_run_options options = {
        .seed = 4, .hours = 1, .products = {&beacon_product}, .devices = 2};
    struct sim_report report = run(&options);
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    assert_string_equal(report.violation, "");
    assert_null(report.faults[11]); /* no model, so it cannot be away */
    sim_report_print(&report, out);
    fclose(out);
    assert_non_null(strstr(text, "beacons  "));
    assert_null(strstr(text, "windows"));
    free(text);
}

static void what_it_lacks_at_the_end_is_found(void **state)
{
    const struct sim_run_options options = {.seed = 5,
                                            .hours = 0.2,
                                            .products = {&sim_window, &beacon_product},
                                            .devices = 2,
                                            .calm = true};

    (void)state;
    lacking = "is out of sight";
    struct sim_report report = run(&options);
    lacking = NULL;
    assert_non_null(strstr(report.violation, "beacon-02, checker liveness: is out of sight long"));
    assert_non_null(
        strstr(report.violation, "--hours 0.2 --product window --product beacon --devices 2"));
    bad_end = true;
    report = run(&options);
    bad_end = false;
    assert_non_null(strstr(report.violation, "beacon-02, checker light: ends in the dark"));
}

static void a_world_that_cannot_be_made_leaves_nothing_behind(void **state)
{
    const struct sim_run_options options = {
        .seed = 5, .hours = 1001, .products = {&sim_window, &beacon_product}, .devices = 1};
    struct sim_report report;

    (void)state;
    assert_int_equal(sim_run(&options, &report), ROOST_ERR_NO_MEMORY);
    assert_int_equal(besides, 0);
}

/* A number is in the digests of runs: two products that had it could not be in one run. */
static void every_fault_has_a_number_of_its_own(void **state)
{
    const char *taken[SIM_FAULTS_MAX] = {NULL};

    (void)state;
    for (size_t i = 0; i < sim_product_count; i++) {
        const struct sim_product *product = sim_products[i];

        assert_ptr_equal(sim_product_find(product->name), product);
        for (size_t k = 0; k < product->fault_count; k++) {
            unsigned number = product->faults[k].number;

            assert_true(number < SIM_FAULTS_MAX);
            assert_null(taken[number]);
            taken[number] = product->faults[k].name;
        }
    }
    assert_null(sim_product_find("door"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_products_live_in_one_run),
        cmocka_unit_test(a_product_may_be_alone),
        cmocka_unit_test(what_it_lacks_at_the_end_is_found),
        cmocka_unit_test(a_world_that_cannot_be_made_leaves_nothing_behind),
        cmocka_unit_test(every_fault_has_a_number_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
