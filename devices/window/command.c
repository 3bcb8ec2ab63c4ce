/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/err.h"
#include "core/number.h"
#include "devices/window/parts.h"

enum { MESSAGE_MAX = 128 };

/* Text put together from pieces; what does not fit is cut. */
struct message {
    char text[MESSAGE_MAX];
    size_t len;
};

static void say(struct message *message, const char *text)
{
    for (; *text && message->len + 1 < sizeof message->text; text++)
        message->text[message->len++] = *text;
    message->text[message->len] = '\0';
}

static void say_scaled(struct message *message, int64_t value, unsigned decimals)
{
    char number[ROOST_NUMBER_MAX];

    roost_write_scaled(number, value, decimals);
    say(message, number);
}

/* ---- arguments ---- */

/* "position: not found, allowed 0..100 %" */
static int bad_number(struct message *message, const char *key, int err, int64_t min, int64_t max,
                      unsigned decimals, const char *unit)
{
    say(message, key);
    say(message, ": ");
    say(message, roost_err_text(err));
    say(message, ", allowed ");
    say_scaled(message, min, decimals);
    say(message, "..");
    say_scaled(message, max, decimals);
    if (unit && *unit) {
        say(message, " ");
        say(message, unit);
    }
    return err;
}

static int bad_level(struct message *message, const char *key)
{
    say(message, key);
    say(message, ": allowed error, warn, info, debug");
    return ROOST_ERR_INVALID;
}

/* Says what the setting `key` would have taken. */
static int bad_setting(struct message *message, const char *key, int err)
{
    for (size_t i = 0; i < WINDOW_SET_COUNT; i++) {
        const struct roost_setting *setting = &window_settings[i];
        if (strcmp(setting->key, key) != 0)
            continue;
        switch (setting->type) {
        case ROOST_SETTING_INT:
            return bad_number(message, key, err, setting->min, setting->max, 0, setting->unit);
        case ROOST_SETTING_MILLI:
            return bad_number(message, key, err, setting->min, setting->max, 3, setting->unit);
        case ROOST_SETTING_STRING:
            return bad_level(message, key);
        case ROOST_SETTING_BOOL:
            break;
        }
        say(message, key);
        say(message, ": ");
        say(message, roost_err_text(err));
        say(message, ", allowed true, false");
        return err;
    }
    say(message, *key ? key : "args");
    say(message, ": ");
    say(message, roost_err_text(err));
    return err;
}

/* The log level that member `key` of the args names. */
static int get_level(const struct roost_command *command, const char *key, struct message *message,
                     enum roost_log_level *level)
{
    char text[8];
    int err = command->args < 0
                  ? ROOST_ERR_NOT_FOUND
                  : roost_json_get_string(&command->doc, command->args, key, text, sizeof text);

    if (err < 0 || roost_log_level_parse(text, strlen(text), level) < 0)
        return bad_level(message, key);
    return 0;
}

static int get_position(const struct roost_command *command, struct message *message, int32_t *mpct)
{
    double position = 0;
    int err = command->args < 0
                  ? ROOST_ERR_NOT_FOUND
                  : roost_json_get_double(&command->doc, command->args, "position", &position);

    if (err == 0 && !(position >= 0 && position <= 100))
        err = ROOST_ERR_RANGE;
    if (err < 0)
        return bad_number(message, "position", err, 0, 100, 0, "%");
    *mpct = (int32_t)(position * 1000.0 + 0.5);
    return 0;
}

/* ---- commands ---- */

/* Each writes one JSON value as the answer's data and returns 0, or an error with its message. */
typedef int (*command_fn)(struct roost_window *window, struct roost_json_writer *out,
                          struct message *message);

static void write_nothing(struct roost_json_writer *out)
{
    roost_json_object(out);
    roost_json_end(out);
}

static int command_reboot(struct roost_window *window, struct roost_json_writer *out,
                          struct message *message)
{
    (void)message;
    window->rebooting = true;
    window->reboot_token = 0;
    roost_timers_start(&window->timers, WINDOW_TIMER_REBOOT,
                       window->now.now_ms + ROOST_WINDOW_REBOOT_MS);
    write_nothing(out);
    return 0;
}

static int command_settings(struct roost_window *window, struct roost_json_writer *out,
                            struct message *message)
{
    (void)message;
    roost_settings_write_json(&window->settings, out);
    return 0;
}

static int command_set(struct roost_window *window, struct roost_json_writer *out,
                       struct message *message)
{
    const struct roost_command *command = &window->command;
    enum roost_log_level level;
    char bad_key[25];

    if (command->args < 0)
        return bad_setting(message, "args", ROOST_ERR_NOT_FOUND);
    if (roost_json_find(&command->doc, command->args, "log_level") >= 0 &&
        get_level(command, "log_level", message, &level) < 0)
        return ROOST_ERR_INVALID;
    int err = roost_settings_apply_json(&window->settings, &command->doc, command->args, bad_key,
                                        sizeof bad_key);
    if (err < 0)
        return bad_setting(message, bad_key, err);
    window_apply_settings(window);
    ROOST_LOG(&window->log, ROOST_LOG_INFO, "command", "settings changed",
              RF_INT("members", roost_json_size(&command->doc, command->args)));
    roost_settings_write_json(&window->settings, out);
    return 0;
}

static int command_log_level(struct roost_window *window, struct roost_json_writer *out,
                             struct message *message)
{
    enum roost_log_level level;
    int err = get_level(&window->command, "level", message, &level);

    if (err == 0) {
        err = roost_settings_set_text(&window->settings, WINDOW_SET_LOG_LEVEL,
                                      roost_log_level_name(level));
        if (err < 0)
            return bad_setting(message, "level", err);
        window_apply_settings(window);
        write_nothing(out);
    }
    return err;
}

/* As many of the newest lines as the answer holds once they are escaped. */
static int command_read_log(struct roost_window *window, struct roost_json_writer *out,
                            struct message *message)
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

static int command_health(struct roost_window *window, struct roost_json_writer *out,
                          struct message *message)
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

static int motion_refused(const struct roost_window *window, struct message *message, int err)
{
    if (err < 0) {
        say(message, "motor: ");
        say(message,
            window->safe_mode ? "safe mode" : window_motor_state_name(window->motor.state));
    }
    return err;
}

static int command_calibrate(struct roost_window *window, struct roost_json_writer *out,
                             struct message *message)
{
    struct window_situation situation = window_situation_now(window);

    write_nothing(out);
    return motion_refused(window, message, window_control_calibrate(&window->control, &situation));
}

static int command_move(struct roost_window *window, struct roost_json_writer *out,
                        struct message *message)
{
    struct window_situation situation = window_situation_now(window);
    int32_t mpct = 0;
    int err = get_position(&window->command, message, &mpct);

    if (err < 0)
        return err;
    write_nothing(out);
    return motion_refused(
        window, message,
        window_control_hand(&window->control, &situation, mpct,
                            (uint32_t)roost_settings_int(&window->settings, WINDOW_SET_HAND_HOLD)));
}

static int command_measure(struct roost_window *window, struct roost_json_writer *out,
                           struct message *message)
{
    int err = window_measure(window);

    write_nothing(out);
    if (err < 0) {
        say(message, "sensor: ");
        say(message, roost_err_text(err));
    }
    return err;
}

static const struct {
    const char *name;
    command_fn run;
} commands[] = {
    {"reboot", command_reboot},       {"settings", command_settings}, {"set", command_set},
    {"log_level", command_log_level}, {"read_log", command_read_log}, {"health", command_health},
    {"calibrate", command_calibrate}, {"move", command_move},         {"measure", command_measure},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static int run_command(struct roost_window *window, struct roost_json_writer *out,
                       struct message *message)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(window->command.name, commands[i].name) == 0)
            return commands[i].run(window, out, message);
    window->command.name[0] = '\0'; /* somebody's text: not for the log */
    say(message, "command: not one of");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        say(message, " ");
        say(message, commands[i].name);
    }
    return ROOST_ERR_NOT_FOUND;
}

/* ---- interface ---- */

void window_command(struct roost_window *window, size_t len)
{
    struct roost_command *command = &window->command;
    struct roost_json_writer out;
    struct message message = {.len = 0};

    if (window->answer_len > 0) { /* the port has no room for the answer before */
        window->answers_lost++;
        return;
    }
    command->id[0] = command->name[0] = '\0';
    int err = roost_command_parse(command, window->event.data, len);
    if (err < 0) {
        say(&message, "command: ");
        say(&message, roost_err_text(err));
    } else {
        roost_answer_begin(&out, window->answer, sizeof window->answer, command->id);
        err = run_command(window, &out, &message);
    }
    int written = err == 0 ? roost_answer_end(&out) : err;
    if (written < 0)
        written = roost_answer_error(window->answer, sizeof window->answer, command->id, written,
                                     message.len > 0 ? message.text : NULL);
    ROOST_LOG(&window->log, err < 0 ? ROOST_LOG_WARN : ROOST_LOG_INFO, "command",
              command->name[0] ? command->name : "unknown", RF_ERR("result", err));
    if (written > 0)
        window->answer_len = (size_t)written;
    else
        window->answers_lost++;
}
