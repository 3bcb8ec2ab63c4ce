/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/number.h"
#include "devices/window/parts.h"

void window_say(struct window_message *message, const char *text)
{
    for (; *text && message->len + 1 < sizeof message->text; text++)
        message->text[message->len++] = *text;
    message->text[message->len] = '\0';
}

static void say_scaled(struct window_message *message, int64_t value, unsigned decimals)
{
    char number[ROOST_NUMBER_MAX];

    roost_write_scaled(number, value, decimals);
    window_say(message, number);
}

/* ---- arguments ---- */

/* "position: not found, allowed 0..100 %" */
static int bad_number(struct window_message *message, const char *key, int err, int64_t min,
                      int64_t max, unsigned decimals, const char *unit)
{
    window_say(message, key);
    window_say(message, ": ");
    window_say(message, roost_err_text(err));
    window_say(message, ", allowed ");
    say_scaled(message, min, decimals);
    window_say(message, "..");
    say_scaled(message, max, decimals);
    if (unit && *unit) {
        window_say(message, " ");
        window_say(message, unit);
    }
    return err;
}

static int bad_level(struct window_message *message, const char *key)
{
    window_say(message, key);
    window_say(message, ": allowed error, warn, info, debug");
    return ROOST_ERR_INVALID;
}

/* Says what the setting `key` would have taken. */
static int bad_setting(struct window_message *message, const char *key, int err)
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
        window_say(message, key);
        window_say(message, ": ");
        window_say(message, roost_err_text(err));
        window_say(message, ", allowed true, false");
        return err;
    }
    window_say(message, *key ? key : "args");
    window_say(message, ": ");
    window_say(message, roost_err_text(err));
    return err;
}

/* The log level that member `key` of the args names. */
static int get_level(const struct roost_command *command, const char *key,
                     struct window_message *message, enum roost_log_level *level)
{
    char text[8];
    int err = command->args < 0
                  ? ROOST_ERR_NOT_FOUND
                  : roost_json_get_string(&command->doc, command->args, key, text, sizeof text);

    if (err < 0 || roost_log_level_parse(text, strlen(text), level) < 0)
        return bad_level(message, key);
    return 0;
}

static int get_position(const struct roost_command *command, struct window_message *message,
                        int32_t *mpct)
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

void window_write_nothing(struct roost_json_writer *out)
{
    roost_json_object(out);
    roost_json_end(out);
}

static WINDOW_COMMAND(reboot)
{
    (void)message;
    window->rebooting = true;
    window->reboot_token = 0;
    roost_timers_start(&window->timers, WINDOW_TIMER_REBOOT,
                       window->now.now_ms + ROOST_WINDOW_REBOOT_MS);
    window_write_nothing(out);
    return 0;
}

static WINDOW_COMMAND(settings)
{
    (void)message;
    roost_settings_write_json(&window->settings, out);
    return 0;
}

static WINDOW_COMMAND(set)
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

static WINDOW_COMMAND(log_level)
{
    enum roost_log_level level;
    int err = get_level(&window->command, "level", message, &level);

    if (err == 0) {
        err = roost_settings_set_text(&window->settings, WINDOW_SET_LOG_LEVEL,
                                      roost_log_level_name(level));
        if (err < 0)
            return bad_setting(message, "level", err);
        window_apply_settings(window);
        window_write_nothing(out);
    }
    return err;
}

static int motion_refused(const struct roost_window *window, struct window_message *message,
                          int err)
{
    if (err < 0) {
        window_say(message, "motor: ");
        window_say(message,
                   window->safe_mode ? "safe mode" : window_motor_state_name(window->motor.state));
    }
    return err;
}

static WINDOW_COMMAND(calibrate)
{
    struct window_situation situation = window_situation_now(window);

    window_write_nothing(out);
    return motion_refused(window, message, window_control_calibrate(&window->control, &situation));
}

static WINDOW_COMMAND(move)
{
    struct window_situation situation = window_situation_now(window);
    int32_t mpct = 0;
    int err = get_position(&window->command, message, &mpct);

    if (err < 0)
        return err;
    window_write_nothing(out);
    return motion_refused(
        window, message,
        window_control_hand(&window->control, &situation, mpct,
                            (uint32_t)roost_settings_int(&window->settings, WINDOW_SET_HAND_HOLD)));
}

static WINDOW_COMMAND(measure)
{
    int err = window_measure(window);

    window_write_nothing(out);
    if (err < 0) {
        window_say(message, "sensor: ");
        window_say(message, roost_err_text(err));
    }
    return err;
}

static const struct {
    const char *name;
    int (*run)(struct roost_window *window, struct roost_json_writer *out,
               struct window_message *message);
} commands[] = {
#define COMMAND(name)                                                                              \
    {                                                                                              \
#name, window_command_##name                                                               \
    }
    COMMAND(reboot),    COMMAND(settings), COMMAND(set),           COMMAND(log_level),
    COMMAND(read_log),  COMMAND(health),   COMMAND(calibrate),     COMMAND(move),
    COMMAND(measure),   COMMAND(update),   COMMAND(update_status), COMMAND(wifi_scan),
    COMMAND(wifi_list), COMMAND(wifi_add), COMMAND(wifi_remove),
#undef COMMAND
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static int run_command(struct roost_window *window, struct roost_json_writer *out,
                       struct window_message *message)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(window->command.name, commands[i].name) == 0)
            return commands[i].run(window, out, message);
    window->command.name[0] = '\0'; /* somebody's text: not for the log */
    window_say(message, "command: not one of");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        window_say(message, " ");
        window_say(message, commands[i].name);
    }
    return ROOST_ERR_NOT_FOUND;
}

/* ---- interface ---- */

/* A payload in window->event.data. */
static void run_payload(struct roost_window *window, size_t len)
{
    struct roost_command *command = &window->command;
    struct roost_json_writer out;
    struct window_message message = {.len = 0};
    int written = 0;

    command->id[0] = command->name[0] = '\0';
    int err = roost_command_parse(command, window->event.data, len);
    if (err < 0) {
        window_say(&message, "command: ");
        window_say(&message, roost_err_text(err));
    } else {
        roost_answer_begin(&out, window->answer, sizeof window->answer, command->id);
        err = run_command(window, &out, &message);
    }
    if (err == 0)
        written = roost_answer_end(&out);
    else if (err < 0)
        written = err;
    if (written < 0)
        written = roost_answer_error(window->answer, sizeof window->answer, command->id, written,
                                     message.len > 0 ? message.text : NULL);
    ROOST_LOG(&window->log, err < 0 ? ROOST_LOG_WARN : ROOST_LOG_INFO, "command",
              command->name[0] ? command->name : "unknown", RF_ERR("result", err < 0 ? err : 0));
    ROOST_ASSERT(written > 0 || err == WINDOW_ANSWER_LATER);
    window->answer_len = (size_t)written;
}

void window_run_commands(struct roost_window *window)
{
    while (!window->stopping) {
        window_publish_answer(window);
        if (window->answer_len > 0)
            return; /* no room in the port: an acknowledgement makes some */
        int len = roost_queue_pop(&window->commands, window->event.data, sizeof window->event.data);
        if (len < 1)
            return; /* empty */
        int8_t kind = (int8_t)window->event.data[--len];
        if (kind == WINDOW_RECORD_COMMAND)
            run_payload(window, (size_t)len);
        else
            window_scan_answer(window, kind, (size_t)len);
    }
}
