/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything at once, drawn from a seed: connections that come and go, garbage and good messages,
 * failing parts, reboots of every kind. What must always hold is checked after each turn, and in
 * the end, with the world whole again, the device must work. A failure repeats with its seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>

#include "devices/window/parts.h"
#include "devices/window/test/fake_world.h"
#include "proto/climate/payload.h"

enum { SEEDS = 12, TURNS = 250, SEQ_MAX = 4000, OVERRUN_MAX_RAW = 50 };

static struct fake_port fake;
static struct fake_world world;
static struct roost_window window;
static char audio_memory[4000];
static int32_t value_of[SEQ_MAX]; /* temperature by number; 0: not seen */
static uint64_t chance, highest_seq;
static int stored;
static char version_of[2][8], offered[8]; /* by slot */
static int versions;

static uint32_t draw(uint32_t below)
{
    chance = chance * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(chance >> 33) % below;
}

static void boot(enum roost_reset_reason reason)
{
    if (fake.activated)
        memcpy(version_of[!fake.running.slot], offered, sizeof offered);
    fake_boot(&fake, reason);
    fake.update.version = version_of[fake.running.slot];
    const struct roost_window_config config = {.device_id = "win-1",
                                               .firmware_version = fake.update.version,
                                               .audio_memory = audio_memory,
                                               .audio_bytes = sizeof audio_memory,
                                               .update = &fake.update};
    assert_int_equal(roost_window_init(&window, &fake.port, &config), 0);
    fake_attach_window(&fake, &window);
}

/* A version there has not been before; while an update is on its way the offer stays. */
static void offer(void)
{
    if (window.device.update.ota.state != ROOST_OTA_IDLE || fake.activated)
        return;
    offered[0] = (char)('2' + versions / 26);
    offered[1] = '.';
    offered[2] = (char)('a' + versions++ % 26);
    offered[3] = '\0';
    fake_offer(&fake, offered);
}

static void say_control(void)
{
    char payload[512];
    struct roost_control control = {.device_id = "win-1",
                                    .unix_ms = fake_unix_ms(&fake) - draw(20000),
                                    .position_pct = draw(101),
                                    .confidence = draw(100) / 100.0,
                                    .inference_time_ms = -1};
    if (roost_control_write(payload, sizeof payload, &control) > 0)
        (void)fake_deliver(&fake, FAKE_CONTROL, payload);
}

#define COMMAND(name) "{\"id\":\"a\",\"command\":\"" name "\"}"
#define COMMAND_WITH(name, key, value)                                                             \
    "{\"id\":\"b\",\"command\":\"" name "\",\"args\":{\"" key "\":" value "}}"

static void say_command(void)
{
    static const char *const payloads[] = {
        COMMAND("calibrate"),
        COMMAND("health"),
        COMMAND("read_log"),
        COMMAND("measure"),
        COMMAND("reboot"),
        COMMAND("settings"),
        COMMAND_WITH("move", "position", "33"),
        COMMAND_WITH("set", "sample_interval_ms", "1000"),
        COMMAND_WITH("set", "sample_interval_ms", "5000"),
        COMMAND_WITH("set", "hand_hold_ms", "0"),
        COMMAND_WITH("set", "motor_speed", "100"),
        COMMAND_WITH("set", "motor_speed", "5"),
        COMMAND_WITH("set", "motor_acceleration", "400"),
        COMMAND_WITH("set", "log_level", "\"debug\""),
        COMMAND_WITH("set", "control_lost_ms", "5000"),
        COMMAND("update"),
        COMMAND("update_status"),
        COMMAND("wifi_scan"),
        COMMAND("wifi_list"),
        COMMAND_WITH("wifi_remove", "ssid", "attic"),
        COMMAND_WITH("wifi_add", "psk", "\"" FAKE_PSK "\",\"ssid\":\"home\""),
        COMMAND_WITH("wifi_add", "psk", "\"not the right one\",\"ssid\":\"attic\""),
    };
    (void)fake_deliver(&fake, ROOST_TOPIC_COMMAND,
                       payloads[draw(sizeof payloads / sizeof payloads[0])]);
}

static void say_garbage(void)
{
    char payload[200];
    size_t len = draw(sizeof payload);
    for (size_t i = 0; i < len; i++)
        payload[i] = "{}[]\":,0123456789.eE-+idcommand \\u\x01\xC3"[draw(36)];
    payload[len] = '\0';
    (void)fake_deliver(&fake, draw(2) ? ROOST_TOPIC_COMMAND : FAKE_CONTROL, payload);
}

static void bend_the_network(void)
{
    switch (draw(8)) {
    case 0:
        fake_lose_wifi(&fake);
        break;
    case 1:
        fake.own_network = true;
        break;
    case 2:
        if (fake.air_count < 3)
            fake_air(&fake, draw(2) ? "home" : "attic", -50, (uint8_t)draw(8));
        break;
    case 3:
        fake.wifi_error = fake.wifi_error ? 0 : -17;
        break;
    case 4:
        fake.scan_error = fake.scan_error ? 0 : -17;
        break;
    case 5:
        fake.http_breaks = !fake.http_breaks;
        break;
    case 6:
        fake.slot_fails = !fake.slot_fails;
        break;
    default:
        fake.activate_error = fake.activate_error ? 0 : -16;
        break;
    }
}

static void bend_a_part(void)
{
    switch (draw(12)) {
    case 0:
        world.sash.jammed = !world.sash.jammed;
        break;
    case 1:
        world.sash.sensor_dead = !world.sash.sensor_dead;
        break;
    case 2:
        world.sense_error = world.sense_error ? 0 : -17;
        break;
    case 3:
        world.set_error = world.set_error ? 0 : -24;
        break;
    case 4:
        world.sensor_silent = !world.sensor_silent;
        break;
    case 5:
        world.climate.humidity_mpct = draw(2) ? 50000 : 100001;
        break;
    case 6:
        world.mic_dead = !world.mic_dead;
        break;
    case 7:
        fake.kv_fails = !fake.kv_fails;
        break;
    case 8:
        fake.room = (int)draw(20);
        break;
    case 9:
        fake.acks = !fake.acks;
        break;
    case 10:
        fake.unix_at_boot_ms = fake.unix_at_boot_ms ? 0 : 1772409600000;
        break;
    default:
        world.sash.obstruction_raw = draw(2) ? 1e9 : 700.0 + draw(1500);
        break;
    }
}

static void repair_all(void)
{
    world.sash.jammed = world.sash.sensor_dead = world.sensor_silent = world.mic_dead = false;
    world.sash.obstruction_raw = 1e9;
    fake.kv_fails = false;
    world.sense_error = world.set_error = 0;
    fake.room = 32;
    fake.acks = fake.broker_up = true;
    world.climate.humidity_mpct = 50000;
    fake.unix_at_boot_ms = 1772409600000;
    fake.own_network = true;
    fake_air(&fake, "home", -40, 3);
    fake.wifi_error = fake.scan_error = fake.activate_error = 0;
    fake.http_breaks = fake.slot_fails = false;
}

static void turn(void)
{
    static const enum roost_reset_reason reasons[] = {ROOST_RESET_POWER_ON, ROOST_RESET_CRASH,
                                                      ROOST_RESET_WATCHDOG, ROOST_RESET_BROWN_OUT};
    switch (draw(12)) {
    case 0:
        fake.broker_up = !fake.broker_up;
        break;
    case 1:
        fake_disconnect(&fake);
        break;
    case 2:
    case 3:
        say_control();
        break;
    case 4:
        say_command();
        break;
    case 5:
        say_garbage();
        break;
    case 6:
        if (draw(4) == 0)
            boot(reasons[draw(4)]);
        break;
    case 7:
        bend_a_part();
        break;
    case 8:
        bend_the_network();
        break;
    case 9:
        offer();
        break;
    default:
        break;
    }
    fake_run(&fake, draw(3) ? draw(3000) : draw(40000));
    if (fake.reboots > 0)
        boot(ROOST_RESET_COMMAND);
}

static void check_readings(void)
{
    for (int i = 0; i < world.reading_count; i++) {
        const struct fake_reading *reading = &world.readings[i];
        if (reading->seq == 0 || reading->kind != CLIMATE_TOPIC_TEMPERATURE)
            continue;
        assert_true(reading->seq < SEQ_MAX);
        if (value_of[reading->seq] == 0)
            stored++;
        else
            assert_int_equal(value_of[reading->seq], reading->value_milli);
        value_of[reading->seq] = reading->value_milli;
        if (reading->seq > highest_seq)
            highest_seq = reading->seq;
    }
    world.reading_count = 0;
}

static void check(void)
{
    enum window_motor_state motor = window.motor.state;
    bool free = motor == WINDOW_MOTOR_UNCALIBRATED || motor == WINDOW_MOTOR_RELEASED ||
                motor == WINDOW_MOTOR_STALLED;

    assert_true(world.sash.overrun_raw < OVERRUN_MAX_RAW);
    assert_true(!free || !world.sash.energised);
    assert_true(!window.device.safe_mode || !world.sash.energised);
    assert_true(!world.mic_open || (fake.open && !window.device.safe_mode));
    assert_true(window.motor.target_mpct >= 0 && window.motor.target_mpct <= WINDOW_MPCT_MAX);
    assert_int_equal(window.outbox.unreadable, 0);
    check_readings();
}

static void run_seed(uint64_t seed)
{
    fake_init(&fake);
    fake_world_init(&world, &fake);
    fake_use_wifi(&fake);
    fake_use_update(&fake, "window");
    fake.own_network = true;
    versions = 0;
    memcpy(version_of[0], "1.0", 4);
    offer();
    world_sash_init(&world.sash, seed);
    memset(value_of, 0, sizeof value_of);
    chance = seed;
    highest_seq = 0;
    stored = 0;
    boot(ROOST_RESET_POWER_ON);
    for (int i = 0; i < TURNS; i++) {
        turn();
        check();
    }

    repair_all();
    boot(ROOST_RESET_POWER_ON);
    assert_true(roost_networks_count(&window.device.wifi.networks) == 0 ||
                roost_networks_add(&window.device.wifi.networks, "home", FAKE_PSK) == 0);
    bool restarted = false; /* by an update that was on its way */
    for (int i = 0; i < 8 || restarted || window.device.update.ota.state != ROOST_OTA_IDLE; i++) {
        assert_true(i < 20);
        fake_run(&fake, 30000);
        restarted = fake.reboots > 0;
        if (restarted)
            boot(ROOST_RESET_UPDATE);
        check();
    }
    assert_true(window.device.wifi.up);
    fake.manifest[0] = '\0'; /* nothing to install for now */
    (void)fake_deliver(&fake, ROOST_TOPIC_COMMAND,
                       COMMAND_WITH("set", "control_lost_ms", "900000"));
    fake_run(&fake, 1000);
    (void)fake_deliver(&fake, ROOST_TOPIC_COMMAND, COMMAND("calibrate"));
    fake_run(&fake, 60000);
    check();
    (void)fake_deliver(&fake, ROOST_TOPIC_COMMAND, COMMAND_WITH("move", "position", "50"));
    fake_run(&fake, 30000);
    check();
    assert_int_equal(window.motor.state, WINDOW_MOTOR_HOLDING);
    assert_true(fabs(world_sash_opening_pct(&world.sash) - 50) < 2);
    assert_true(roost_outbox_waiting(&window.outbox) <= 3);
    assert_true(stored > 20);

    offer();
    (void)fake_deliver(&fake, ROOST_TOPIC_COMMAND, COMMAND("update"));
    fake_run(&fake, 10000);
    assert_int_equal(fake.reboots, 1);
    boot(ROOST_RESET_UPDATE);
    fake_run(&fake, 20000);
    assert_string_equal(window.device.firmware, offered);
    assert_true(!fake.running.on_trial);
}

static void whatever_happens_it_keeps_its_promises(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_seed(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_it_keeps_its_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
