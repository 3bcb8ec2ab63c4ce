/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that ask the window how it is. */
#include "core/err.h"
#include "devices/window/parts.h"

/* As many of the newest lines as the answer holds once they are escaped. */
WINDOW_COMMAND(read_log)
{
    (void)message;
    struct roost_json_writer start = *out;
    /* The command's arguments are not read any more: its bytes serve as room. */
    for (size_t size = sizeof window->event.data; size > ROOST_LOG_LINE_MAX; size -= size / 4) {
        size_t len = roost_log_read(&window->log, window->event.data, size);
        *out = start;
        roost_json_object(out);
        roost_json_key(out, "log");
        roost_json_strn(out, window->event.data, len);
        roost_json_key(out, "lines");
        roost_json_uint(out, window->log.lines);
        roost_json_key(out, "overwritten");
        roost_json_uint(out, window->log.overwritten);
        roost_json_end(out);
        if (!out->failed && out->len + 2 < out->size)
            return 0;
    }
    return ROOST_ERR_TOO_LONG;
}

static void write_uint(struct roost_json_writer *out, const char *key, uint64_t value)
{
    roost_json_key(out, key);
    roost_json_uint(out, value);
}

static void write_control(const struct roost_window *window, struct roost_json_writer *out)
{
    const struct window_control *control = &window->control;

    roost_json_key(out, "control");
    roost_json_object(out);
    roost_json_key(out, "reason");
    roost_json_str(out, window_reason_name(control->reason));
    write_uint(out, "taken", control->taken);
    for (int i = 0; i < WINDOW_REFUSAL_COUNT; i++)
        write_uint(out, window_refusal_name((enum window_refusal)i), control->refused[i]);
    roost_json_end(out);
}

static void write_samples(const struct window_sampler *sampler, struct roost_json_writer *out)
{
    roost_json_key(out, "samples");
    roost_json_object(out);
    for (int i = 0; i < WINDOW_VERDICT_COUNT; i++)
        write_uint(out, window_verdict_name((enum window_verdict)i), sampler->count[i]);
    roost_json_end(out);
}

static void write_motor(const struct roost_window *window, struct roost_json_writer *out)
{
    const struct window_motor *motor = &window->motor;

    roost_json_key(out, "motor");
    roost_json_object(out);
    roost_json_key(out, "state");
    roost_json_str(out, window_motor_state_name(motor->state));
    roost_json_key(out, "position");
    roost_json_milli(out, window_motor_position_mpct(motor));
    roost_json_key(out, "target");
    roost_json_milli(out, motor->target_mpct);
    roost_json_key(out, "current_ma");
    roost_json_int(out, motor->current_ma);
    write_uint(out, "moves", motor->moves);
    write_uint(out, "stalls", motor->stalls);
    write_uint(out, "calibrations", motor->calibrations);
    roost_json_end(out);
}

static void write_counters(const struct roost_window *window, struct roost_json_writer *out)
{
    const struct roost_health *health = &window->health;

    write_uint(out, "uptime_ms", health->uptime_ms);
    write_uint(out, "heap_free_bytes", health->heap_free_bytes);
    write_uint(out, "heap_low_bytes", health->heap_low_bytes);
    roost_json_key(out, "rssi_dbm");
    roost_json_int(out, health->rssi_dbm);
    write_uint(out, "boots", health->boots);
    write_uint(out, "crashes", health->crashes);
    write_uint(out, "reconnects", health->reconnects);
    write_uint(out, "journal_waiting", health->journal_waiting);
    write_uint(out, "journal_dropped", health->journal_dropped);
    write_uint(out, "journal_erases", window->publisher.journal.erases);
    write_uint(out, "live", window->publisher.live);
    write_uint(out, "live_lost", window->publisher.live_lost);
    write_uint(out, "event_high_water", health->event_high_water);
    write_uint(out, "event_dropped", health->event_dropped);
    write_uint(out, "unexpected", window->unexpected);
    write_uint(out, "answers_lost", window->answers_lost);
    write_uint(out, "audio_sent", window->sound.sent);
    write_uint(out, "audio_dropped", window->sound.dropped);
    write_uint(out, "audio_overruns", window->sound.overruns);
}

WINDOW_COMMAND(health)
{
    (void)message;
    window_sample_health(window);
    roost_json_object(out);
    write_counters(window, out);
    write_samples(&window->sampler, out);
    write_control(window, out);
    write_motor(window, out);
    roost_json_key(out, "faults");
    roost_json_array(out);
    for (int i = 0; i < ROOST_FAULT_COUNT; i++)
        if (roost_faults_active(&window->faults, (enum roost_fault)i))
            roost_json_int(out, roost_fault_info((enum roost_fault)i)->number);
    roost_json_end(out);
    roost_json_end(out);
    return 0;
}
