/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "devices/window/parts.h"
#include "devices/window/test/fake_port.h"
#include "devices/window/window.h"
#include "proto/climate/payload.h"
#include "proto/fleet/command.h"
#include "proto/fleet/status.h"

enum { MINUTE = 60000, CALIBRATION_MS = 60000, MOVE_MS = 12000 };

static struct fake_port fake;
static struct roost_window window;
static char audio_memory[ROOST_WINDOW_AUDIO_BYTES(8000)];
static struct roost_answer answer;
static struct roost_status status;
static struct roost_window_state motion;

static void boot(void)
{
    static const struct roost_window_config config = {.device_id = "win-1",
                                                      .firmware_version = "1.2.3",
                                                      .audio_memory = audio_memory,
                                                      .audio_bytes = sizeof audio_memory};

    assert_int_equal(roost_window_init(&window, &fake.port, &config), 0);
    fake_attach(&fake, &window);
}

static void start(void)
{
    fake_init(&fake);
    boot();
}

/* Started, connected, calibrated and at rest. */
static void start_ready(void)
{
    start();
    fake_run(&fake, CALIBRATION_MS + MOVE_MS);
    assert_int_equal(window.motor.state, WINDOW_MOTOR_HOLDING);
}

static void reboot_as(enum roost_reset_reason reason)
{
    fake_boot(&fake, reason);
    boot();
}

/* ---- what it says ---- */

static void read_status(void)
{
    const char *payload = fake.last[ROOST_TOPIC_STATUS];
    assert_int_equal(roost_status_parse(&status, payload, strlen(payload)), 0);
    assert_true(fake.retained[ROOST_TOPIC_STATUS]);
}

static void read_motion(void)
{
    const char *payload = fake.last[ROOST_TOPIC_STATE];
    assert_int_equal(roost_window_state_parse(&motion, payload, strlen(payload)), 0);
    assert_true(fake.retained[ROOST_TOPIC_STATE]);
}

/* Sends a command and reads its answer. */
static void ask(const char *payload)
{
    int before = fake.count[ROOST_TOPIC_ANSWER];
    assert_int_equal(fake_deliver(&fake, ROOST_TOPIC_COMMAND, payload), 0);
    fake_run(&fake, 10);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + 1);
    const char *said = fake.last[ROOST_TOPIC_ANSWER];
    assert_int_equal(roost_answer_parse(&answer, said, strlen(said)), 0);
    assert_true(!fake.retained[ROOST_TOPIC_ANSWER]);
}

static bool contains(const char *text, const char *part)
{
    size_t len = strlen(part);
    for (; strlen(text) >= len; text++)
        if (memcmp(text, part, len) == 0)
            return true;
    return false;
}

static void send_control(double position, double confidence, int64_t age_ms)
{
    char payload[512];
    struct roost_control control = {.device_id = "win-1",
                                    .unix_ms = fake_unix_ms(&fake) - age_ms,
                                    .position_pct = position,
                                    .confidence = confidence,
                                    .inference_time_ms = -1};
    assert_true(roost_control_write(payload, sizeof payload, &control) > 0);
    assert_int_equal(fake_deliver(&fake, ROOST_TOPIC_CONTROL, payload), 0);
}

static bool near(double value, double expected)
{
    return value > expected - 1.5 && value < expected + 1.5;
}

/* ---- start and readings ---- */

static void fits_the_chip(void **state)
{
    (void)state;
    assert_true(sizeof(struct roost_window) <= 20 * 1024);
}

static void refuses_what_it_cannot_run_with(void **state)
{
    (void)state;
    struct roost_window_config config = {.device_id = "win-1", .firmware_version = "1"};
    static const struct roost_window_config bad_id = {.device_id = "a/b", .firmware_version = "1"};
    fake_init(&fake);
    assert_int_equal(roost_window_init(&window, &fake.port, &bad_id), ROOST_ERR_INVALID);
    config.firmware_version = "a version that is longer than the thirty-two bytes it may have";
    assert_int_equal(roost_window_init(&window, &fake.port, &config), ROOST_ERR_TOO_LONG);
    config.firmware_version = "1";
    fake.port.journal.sector_count = 1;
    assert_int_equal(roost_window_init(&window, &fake.port, &config), ROOST_ERR_INVALID);
    fake.port.journal.sector_count = FAKE_SECTORS;
    fake.port.motor.ops = NULL;
    assert_int_equal(roost_window_init(&window, &fake.port, &config), ROOST_ERR_UNSUPPORTED);
}

static void a_first_start_connects_calibrates_and_closes_the_window(void **state)
{
    (void)state;
    start();
    fake_run(&fake, 5000);
    assert_int_equal(fake.subscribes, 2);
    read_status();
    assert_true(status.online);
    assert_string_equal(status.type, "window");
    assert_string_equal(status.firmware, "1.2.3");
    assert_string_equal(status.reset_reason, "power-on");
    assert_int_equal(status.boots, 1);
    read_motion();
    assert_true(motion.moving && !motion.calibrated);
    assert_string_equal(motion.fault, "motor_uncalibrated");

    fake_run(&fake, CALIBRATION_MS + MOVE_MS);
    read_motion();
    assert_true(motion.calibrated && !motion.moving);
    assert_string_equal(motion.fault, "");
    assert_true(near(motion.position_pct, 0));
    assert_true(near(world_sash_opening_pct(&fake.sash), 2));
    assert_true(fake.sash.overrun_raw < 50);
}

static void a_second_start_stays_where_it_stands(void **state)
{
    (void)state;
    start_ready();
    send_control(60, 0.9, 0);
    fake_run(&fake, MOVE_MS);
    reboot_as(ROOST_RESET_POWER_ON);
    fake_run(&fake, MOVE_MS);
    assert_int_equal(window.motor.calibrations, 0);
    read_motion();
    assert_true(near(motion.position_pct, 60));
    assert_true(fake.sash.energised);
}

static void readings_come_at_their_interval(void **state)
{
    (void)state;
    start();
    fake_run(&fake, 5 * MINUTE);
    assert_int_equal(fake.reading_count, 2 * 30);
    for (int i = 0; i < fake.reading_count; i++)
        assert_int_equal(fake.readings[i].seq, 1 + i / 2);
    assert_true(fake.readings[4].unix_ms - fake.readings[2].unix_ms == 10000);
    read_status();
    assert_true(status.seq > 0 && status.journal_id == window.publisher.journal.id);
}

static void a_lost_connection_loses_nothing(void **state)
{
    (void)state;
    start();
    fake_run(&fake, MINUTE);
    fake.broker_up = false;
    fake_disconnect(&fake);
    fake_run(&fake, 10 * MINUTE);
    int opens = fake.opens;
    assert_true(opens > 5 && opens < 60); /* tries again, slower and slower */
    assert_true(window_publisher_waiting(&window.publisher) > 55);
    fake.broker_up = true;
    fake_run(&fake, 4 * MINUTE);
    assert_true(window_publisher_waiting(&window.publisher) <= 1);
    uint64_t last = 0;
    for (int i = 0; i < fake.reading_count; i += 2) {
        assert_true(fake.readings[i].seq == last || fake.readings[i].seq == last + 1);
        last = fake.readings[i].seq;
    }
    assert_int_equal(last, window_publisher_last_seq(&window.publisher));
    read_status();
    assert_int_equal(status.reconnects, 1);
}

static void a_broker_that_acknowledges_nothing_is_left(void **state)
{
    (void)state;
    start();
    fake.acks = false;
    fake_run(&fake, 90000);
    assert_true(fake.opens >= 2);
    fake.acks = true;
    fake_disconnect(&fake);
    fake_run(&fake, MINUTE);
    assert_true(window_publisher_waiting(&window.publisher) <= 1);
}

static void a_silent_sensor_is_reported_and_forgiven(void **state)
{
    (void)state;
    start_ready();
    fake.sensor_silent = true;
    fake_run(&fake, MINUTE);
    read_status();
    assert_string_equal(status.fault, "sensor_silent");
    assert_int_equal(status.fault_number, 201);
    fake.sensor_silent = false;
    fake_run(&fake, 20000);
    read_status();
    assert_string_equal(status.fault, "");
}

static void a_stuck_sensor_is_not_believed(void **state)
{
    (void)state;
    start_ready();
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"stuck_samples\":5}}");
    assert_true(answer.ok);
    fake.climate_frozen = true;
    fake_run(&fake, 2 * MINUTE);
    read_status();
    assert_string_equal(status.fault, "sensor_stuck");
    int count = fake.reading_count;
    fake_run(&fake, MINUTE);
    assert_int_equal(fake.reading_count, count);
}

static void broken_flash_is_a_fault_not_the_end(void **state)
{
    (void)state;
    start_ready();
    fake.flash_fails = true;
    int count = fake.reading_count;
    fake_run(&fake, MINUTE);
    assert_int_equal(fake.reading_count, count + 12);
    read_status();
    assert_string_equal(status.fault, "flash");
    fake.flash_fails = false;
    fake_run(&fake, MINUTE);
    read_status();
    assert_string_equal(status.fault, "");
}

static void sound_goes_out_and_stops_with_the_setting(void **state)
{
    (void)state;
    start();
    fake_run(&fake, 2 * MINUTE);
    int sent = fake.count[ROOST_TOPIC_AUDIO];
    assert_true(sent >= 3 && window.sound.dropped == 0);
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"audio_interval_ms\":0}}");
    fake_run(&fake, 2 * MINUTE);
    assert_int_equal(fake.count[ROOST_TOPIC_AUDIO], sent);
    assert_true(!fake.mic_open);
}

/* ---- motion ---- */

static void a_control_message_moves_the_window(void **state)
{
    (void)state;
    start_ready();
    int states = fake.count[ROOST_TOPIC_STATE];
    send_control(42.5, 0.9, 0);
    fake_run(&fake, 1500);
    read_motion();
    assert_true(motion.moving && near(motion.target_pct, 42.5));
    fake_run(&fake, MOVE_MS);
    read_motion();
    assert_true(!motion.moving && near(motion.position_pct, 42.5));
    states = fake.count[ROOST_TOPIC_STATE] - states;
    assert_true(states >= 4 && states <= 10); /* twice a second while it moves */
}

static void bad_control_does_not_move_it_and_is_counted(void **state)
{
    (void)state;
    start_ready();
    int moves = (int)window.motor.moves;
    send_control(80, 0.9, 11000);
    send_control(80, 0.1, 0);
    send_control(80, 0.9, -120000);
    assert_int_equal(fake_deliver(&fake, ROOST_TOPIC_CONTROL, "{\"position\":80}"), 0);
    fake_run(&fake, MOVE_MS);
    assert_int_equal(window.motor.moves, moves);
    ask("{\"id\":\"1\",\"command\":\"health\"}");
    assert_true(answer.ok);
    assert_true(contains(answer.data_json, "\"stale\":1,"));
    assert_true(contains(answer.data_json, "\"confidence\":1,"));
    assert_true(contains(answer.data_json, "\"future\":1,"));
    assert_true(contains(answer.data_json, "\"malformed\":1,"));
}

static void a_stall_latches_until_calibrated(void **state)
{
    (void)state;
    start_ready();
    fake.sash.obstruction_raw = fake.sash.stop_closed_raw + 400;
    send_control(90, 0.9, 0);
    fake_run(&fake, MOVE_MS);
    read_motion();
    assert_string_equal(motion.fault, "motor_stall");
    read_status();
    assert_string_equal(status.fault, "motor_stall");
    assert_true(!fake.sash.energised);

    ask("{\"id\":\"1\",\"command\":\"move\",\"args\":{\"position\":10}}");
    assert_true(!answer.ok);
    assert_string_equal(answer.error, "STATE");
    assert_string_equal(answer.message, "motor: stalled");
    reboot_as(ROOST_RESET_POWER_ON);
    fake_run(&fake, MINUTE);
    assert_int_equal(window.motor.state, WINDOW_MOTOR_STALLED);

    fake.sash.obstruction_raw = 1e9;
    ask("{\"id\":\"2\",\"command\":\"calibrate\"}");
    assert_true(answer.ok);
    fake_run(&fake, CALIBRATION_MS + MOVE_MS);
    read_status();
    assert_string_equal(status.fault, "");
    send_control(90, 0.9, 0);
    fake_run(&fake, MOVE_MS);
    read_motion();
    assert_true(near(motion.position_pct, 90));
}

static void a_hand_wins_for_its_time(void **state)
{
    (void)state;
    start_ready();
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"hand_hold_ms\":60000}}");
    ask("{\"id\":\"2\",\"command\":\"move\",\"args\":{\"position\":25.5}}");
    assert_true(answer.ok);
    fake_run(&fake, MOVE_MS);
    send_control(80, 0.9, 0);
    fake_run(&fake, MOVE_MS);
    read_motion();
    assert_true(near(motion.position_pct, 25.5));
    fake_run(&fake, MINUTE);
    send_control(80, 0.9, 0);
    fake_run(&fake, MOVE_MS);
    read_motion();
    assert_true(near(motion.position_pct, 80));
}

static void cut_off_it_goes_to_the_safe_position(void **state)
{
    (void)state;
    start_ready();
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"safe_position\":10}}");
    send_control(80, 0.9, 0);
    fake_run(&fake, MOVE_MS);
    fake.broker_up = false;
    fake_disconnect(&fake);
    fake_run(&fake, 14 * MINUTE);
    assert_true(world_sash_opening_pct(&fake.sash) > 75);
    fake_run(&fake, MINUTE + MOVE_MS);
    assert_true(world_sash_opening_pct(&fake.sash) < 15);
    fake.broker_up = true;
    fake_run(&fake, 3 * MINUTE);
    read_motion();
    assert_string_equal(motion.fault, "control_lost");
    send_control(50, 0.9, 0);
    fake_run(&fake, MOVE_MS);
    read_motion();
    assert_string_equal(motion.fault, "");
    assert_true(near(motion.position_pct, 50));
}

static void three_crashes_make_a_safe_mode(void **state)
{
    (void)state;
    start_ready();
    for (int i = 0; i < 3; i++) {
        reboot_as(i == 1 ? ROOST_RESET_WATCHDOG : ROOST_RESET_CRASH);
        fake_run(&fake, 5000);
    }
    assert_true(window.safe_mode);
    int sets = fake.sets, starts = fake.mic_starts, readings = fake.reading_count;
    send_control(70, 0.9, 0);
    fake_run(&fake, 2 * MINUTE);
    read_status();
    assert_string_equal(status.fault, "crash_loop");
    assert_int_equal(fake.sets, sets);
    assert_int_equal(fake.mic_starts, starts);
    assert_true(fake.reading_count > readings);
    assert_true(!fake.sash.energised);
    ask("{\"id\":\"1\",\"command\":\"calibrate\"}");
    assert_string_equal(answer.error, "STATE");
    assert_string_equal(answer.message, "motor: safe mode");
    ask("{\"id\":\"2\",\"command\":\"settings\"}");
    assert_true(answer.ok);
}

/* ---- commands ---- */

static void bad_commands_are_answered_with_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *payload, *error, *message;
    } rows[] = {
        {"{\"id\":\"1\",\"command\":\"fly\"}", "NOT_FOUND",
         "command: not one of reboot settings set log_level read_log health calibrate move "
         "measure"},
        {"{\"id\":\"1\",\"command\":\"move\"}", "NOT_FOUND",
         "position: not found, allowed 0..100 %"},
        {"{\"id\":\"1\",\"command\":\"move\",\"args\":{\"position\":100.1}}", "RANGE",
         "position: outside the allowed range, allowed 0..100 %"},
        {"{\"id\":\"1\",\"command\":\"move\",\"args\":{\"position\":\"up\"}}", "INVALID",
         "position: malformed or not allowed here, allowed 0..100 %"},
        {"{\"id\":\"1\",\"command\":\"set\"}", "NOT_FOUND", "args: not found"},
        {"{\"id\":\"1\",\"command\":\"set\",\"args\":{\"colour\":1}}", "NOT_FOUND",
         "colour: not found"},
        {"{\"id\":\"1\",\"command\":\"set\",\"args\":{\"sample_interval_ms\":499}}", "RANGE",
         "sample_interval_ms: outside the allowed range, allowed 500..3600000 ms"},
        {"{\"id\":\"1\",\"command\":\"set\",\"args\":{\"control_min_confidence\":1.5}}", "RANGE",
         "control_min_confidence: outside the allowed range, allowed 0.0..1.0"},
        {"{\"id\":\"1\",\"command\":\"set\",\"args\":{\"auto_calibrate\":3}}", "INVALID",
         "auto_calibrate: malformed or not allowed here, allowed true, false"},
        {"{\"id\":\"1\",\"command\":\"set\",\"args\":{\"log_level\":\"loud\"}}", "INVALID",
         "log_level: allowed error, warn, info, debug"},
        {"{\"id\":\"1\",\"command\":\"log_level\",\"args\":{\"level\":7}}", "INVALID",
         "level: allowed error, warn, info, debug"},
        {"{\"id\":\"1\",\"command\":\"log_level\"}", "INVALID",
         "level: allowed error, warn, info, debug"},
    };
    start();
    fake_run(&fake, 2000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ask(rows[i].payload);
        assert_true(!answer.ok);
        assert_string_equal(answer.id, "1");
        assert_string_equal(answer.error, rows[i].error);
        assert_string_equal(answer.message, rows[i].message);
    }
    /* Unreadable ones have no id to answer to, and are answered all the same. */
    int before = fake.count[ROOST_TOPIC_ANSWER];
    assert_int_equal(fake_deliver(&fake, ROOST_TOPIC_COMMAND, "{\"id\":"), 0);
    fake_run(&fake, 10);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + 1);
    assert_true(contains(fake.last[ROOST_TOPIC_ANSWER], "command: ends too early"));
}

static void a_rejected_set_changes_nothing(void **state)
{
    (void)state;
    start();
    fake_run(&fake, 2000);
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"safe_position\":50,\"motor_speed\":0}}");
    assert_true(!answer.ok);
    assert_true(contains(answer.message, "motor_speed"));
    assert_int_equal(roost_settings_int(&window.settings, WINDOW_SET_SAFE_POSITION), 0);
}

static void settings_hold_at_once_and_after_a_reboot(void **state)
{
    (void)state;
    start();
    fake_run(&fake, 5000);
    int count = fake.reading_count;
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"sample_interval_ms\":1000,"
        "\"log_level\":\"debug\"}}");
    assert_true(answer.ok);
    assert_true(contains(answer.data_json, "\"sample_interval_ms\":1000"));
    fake_run(&fake, 10000);
    assert_true(fake.reading_count >= count + 18);
    assert_int_equal(window.log.level, ROOST_LOG_DEBUG);
    reboot_as(ROOST_RESET_POWER_ON);
    assert_int_equal(roost_settings_int(&window.settings, WINDOW_SET_SAMPLE_INTERVAL), 1000);
    assert_int_equal(window.log.level, ROOST_LOG_DEBUG);
}

static void the_log_can_be_read_from_afar(void **state)
{
    (void)state;
    start_ready();
    ask("{\"id\":\"1\",\"command\":\"log_level\",\"args\":{\"level\":\"debug\"}}");
    assert_true(answer.ok);
    for (int i = 0; i < 30; i++) {
        send_control(80, 0.01, 0);
        fake_run(&fake, 100);
    }
    ask("{\"id\":\"1\",\"command\":\"read_log\"}");
    assert_true(answer.ok);
    assert_true(contains(answer.data_json, "refused reason=confidence"));
}

static void a_measurement_can_be_asked_for(void **state)
{
    (void)state;
    start();
    fake_run(&fake, 15000);
    int measurements = fake.measurements;
    ask("{\"id\":\"1\",\"command\":\"measure\"}");
    assert_true(answer.ok);
    assert_int_equal(fake.measurements, measurements + 1);
    fake.measuring = true;
    ask("{\"id\":\"1\",\"command\":\"measure\"}");
    assert_string_equal(answer.error, "BUSY");
    assert_string_equal(answer.message, "sensor: in use");
}

static void a_reboot_is_answered_first(void **state)
{
    (void)state;
    start_ready();
    ask("{\"id\":\"9\",\"command\":\"reboot\"}");
    assert_true(answer.ok);
    assert_int_equal(fake.reboots, 0);
    fake_run(&fake, 30);
    assert_int_equal(fake.reboots, 1);
    assert_int_equal(fake.reset_reason, ROOST_RESET_COMMAND);
    assert_true(!fake.sash.energised);
    assert_int_equal(window.answers_lost, 0);

    start_ready();
    fake.acks = false;
    ask("{\"id\":\"9\",\"command\":\"reboot\"}");
    fake_run(&fake, ROOST_WINDOW_REBOOT_MS - 100);
    assert_int_equal(fake.reboots, 0);
    fake_run(&fake, 200);
    assert_int_equal(fake.reboots, 1);
}

static void an_answer_waits_for_room(void **state)
{
    (void)state;
    start_ready();
    fake.room = 0;
    int before = fake.count[ROOST_TOPIC_ANSWER];
    fake_deliver(&fake, ROOST_TOPIC_COMMAND, "{\"id\":\"1\",\"command\":\"health\"}");
    fake_run(&fake, 100);
    fake_deliver(&fake, ROOST_TOPIC_COMMAND, "{\"id\":\"2\",\"command\":\"health\"}");
    fake_run(&fake, 100);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before);
    assert_int_equal(window.answers_lost, 1); /* the second found the first still waiting */
    fake.room = 32;
    fake_run(&fake, 10000);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + 1);
}

/* ---- bounds ---- */

static void floods_and_giants_are_dropped_and_counted(void **state)
{
    (void)state;
    char payload[ROOST_COMMAND_MAX + 2];
    start_ready();
    memset(payload, ' ', sizeof payload);
    payload[sizeof payload - 1] = '\0';
    assert_int_equal(fake_deliver(&fake, ROOST_TOPIC_COMMAND, payload), ROOST_ERR_TOO_LONG);
    payload[ROOST_COMMAND_MAX] = '\0';
    int full = 0;
    for (int i = 0; i < 10; i++)
        full += fake_deliver(&fake, ROOST_TOPIC_COMMAND, payload) == ROOST_ERR_FULL;
    assert_true(full >= 7);
    /* There is still room for what keeps the device consistent. */
    for (uint64_t token = 1; token < 30; token++)
        assert_int_equal(
            roost_window_post(&window, &(struct roost_event){.type = ROOST_EV_MQTT_ACKED,
                                                             .token = token + 1000000}),
            0);
    fake_run(&fake, 2 * MINUTE);
    read_status();
    assert_int_equal(status.event_dropped, full + 1);
}

static void foreign_topics_are_not_taken(void **state)
{
    (void)state;
    struct roost_event event = {
        .type = ROOST_EV_MQTT_MESSAGE, .topic = "window/win-2/control", .data = "{}", .len = 2};
    start();
    assert_int_equal(roost_window_post(&window, &event), 0);
    event.topic = "somewhere/else";
    assert_int_equal(roost_window_post(&window, &event), 0);
    event.topic = "sensor/win-1/temperature";
    assert_int_equal(roost_window_post(&window, &event), 0);
    assert_int_equal(window.unexpected, 3);
    assert_int_equal(window.events.count, 0);
}

static void every_step_feeds_the_watchdog_in_time(void **state)
{
    (void)state;
    start_ready();
    fake.broker_up = false;
    fake_disconnect(&fake);
    for (int i = 0; i < 200; i++) {
        int fed = fake.fed;
        uint64_t due = roost_window_step(&window);
        assert_int_equal(fake.fed, fed + 1);
        assert_true(due <= fake.now_ms + ROOST_WINDOW_WATCHDOG_MS);
        fake_run(&fake, due > fake.now_ms ? due - fake.now_ms : 1);
    }
}

static void an_idle_device_sleeps(void **state)
{
    (void)state;
    start_ready();
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"audio_interval_ms\":0}}");
    int fed = fake.fed;
    fake_run(&fake, 10 * MINUTE);
    assert_true(fake.fed - fed < 600); /* less than one step a second */
}

/* ---- network and end ---- */

static void wifi_comes_first_and_is_asked_for_again(void **state)
{
    (void)state;
    fake_init(&fake);
    fake_use_wifi(&fake);
    fake.rssi_dbm = -61;
    boot();
    fake_run(&fake, MINUTE);
    assert_int_equal(fake.wifi_connects, 1);
    assert_int_equal(fake.opens, 0);
    fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_WIFI_DOWN});
    fake_run(&fake, 10000);
    assert_int_equal(fake.wifi_connects, 2);
    fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_WIFI_UP});
    fake_run(&fake, 5000); /* back within five seconds */
    assert_true(fake.open);
    fake_run(&fake, 2 * MINUTE);
    read_status();
    assert_int_equal(status.rssi_dbm, -61);

    fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_WIFI_DOWN});
    fake_disconnect(&fake);
    fake_run(&fake, 5 * MINUTE);
    int opens = fake.opens;
    fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_WIFI_UP});
    fake_run(&fake, 5000);
    assert_int_equal(fake.opens, opens + 1);
    assert_true(fake.open);
}

static void stopping_says_offline_and_closes(void **state)
{
    (void)state;
    start_ready();
    send_control(80, 0.9, 0);
    fake_run(&fake, 2000);
    roost_window_stop(&window);
    assert_true(!roost_window_stopped(&window));
    assert_string_equal(fake.last[ROOST_TOPIC_STATUS], "{\"online\":false}");
    assert_true(fake.retained[ROOST_TOPIC_STATUS]);
    assert_true(!fake.sash.energised);
    fake_run(&fake, 100);
    assert_true(roost_window_stopped(&window));
    int publishes = fake.publishes;
    fake_run(&fake, MINUTE);
    assert_int_equal(fake.publishes, publishes);

    start();
    fake.broker_up = false;
    roost_window_stop(&window); /* before it was ever connected */
    assert_true(roost_window_stopped(&window));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_the_chip),
        cmocka_unit_test(refuses_what_it_cannot_run_with),
        cmocka_unit_test(a_first_start_connects_calibrates_and_closes_the_window),
        cmocka_unit_test(a_second_start_stays_where_it_stands),
        cmocka_unit_test(readings_come_at_their_interval),
        cmocka_unit_test(a_lost_connection_loses_nothing),
        cmocka_unit_test(a_broker_that_acknowledges_nothing_is_left),
        cmocka_unit_test(a_silent_sensor_is_reported_and_forgiven),
        cmocka_unit_test(a_stuck_sensor_is_not_believed),
        cmocka_unit_test(broken_flash_is_a_fault_not_the_end),
        cmocka_unit_test(sound_goes_out_and_stops_with_the_setting),
        cmocka_unit_test(a_control_message_moves_the_window),
        cmocka_unit_test(bad_control_does_not_move_it_and_is_counted),
        cmocka_unit_test(a_stall_latches_until_calibrated),
        cmocka_unit_test(a_hand_wins_for_its_time),
        cmocka_unit_test(cut_off_it_goes_to_the_safe_position),
        cmocka_unit_test(three_crashes_make_a_safe_mode),
        cmocka_unit_test(bad_commands_are_answered_with_what_is_wrong),
        cmocka_unit_test(a_rejected_set_changes_nothing),
        cmocka_unit_test(settings_hold_at_once_and_after_a_reboot),
        cmocka_unit_test(the_log_can_be_read_from_afar),
        cmocka_unit_test(a_measurement_can_be_asked_for),
        cmocka_unit_test(a_reboot_is_answered_first),
        cmocka_unit_test(an_answer_waits_for_room),
        cmocka_unit_test(floods_and_giants_are_dropped_and_counted),
        cmocka_unit_test(foreign_topics_are_not_taken),
        cmocka_unit_test(every_step_feeds_the_watchdog_in_time),
        cmocka_unit_test(an_idle_device_sleeps),
        cmocka_unit_test(wifi_comes_first_and_is_asked_for_again),
        cmocka_unit_test(stopping_says_offline_and_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
