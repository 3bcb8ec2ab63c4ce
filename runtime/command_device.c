/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that every device has; those about Wi-Fi, updates and health stand with them. */
#include <string.h>

#include "core/err.h"
#include "runtime/device_parts.h"

static int bad_level(struct roost_message *message, const char *key)
{
    roost_say(message, key);
    roost_say(message, ": allowed error, warn, info, debug");
    return ROOST_ERR_INVALID;
}

/* Says what the setting `key` would have taken. */
static int bad_setting(const struct roost_device *device, struct roost_message *message,
                       const char *key, int err)
{
    for (size_t i = 0; i < device->settings.count; i++) {
        const struct roost_setting *setting = &device->settings.table[i];
        if (strcmp(setting->key, key) != 0)
            continue;
        switch (setting->type) {
        case ROOST_SETTING_INT:
            return roost_say_bad_number(message, key, err, setting->min, setting->max, 0,
                                        setting->unit);
        case ROOST_SETTING_MILLI:
            return roost_say_bad_number(message, key, err, setting->min, setting->max, 3,
                                        setting->unit);
        case ROOST_SETTING_STRING:
            return bad_level(message, key);
        case ROOST_SETTING_BOOL:
            break;
        }
        roost_say(message, key);
        roost_say(message, ": ");
        roost_say(message, roost_err_text(err));
        roost_say(message, ", allowed true, false");
        return err;
    }
    roost_say(message, *key ? key : "args");
    roost_say(message, ": ");
    roost_say(message, roost_err_text(err));
    return err;
}

/* The log level that member `key` of the args names. */
static int get_level(const struct roost_command *command, const char *key,
                     struct roost_message *message, enum roost_log_level *level)
{
    char text[8];
    int err = command->args < 0
                  ? ROOST_ERR_NOT_FOUND
                  : roost_json_get_string(&command->doc, command->args, key, text, sizeof text);

    if (err < 0 || roost_log_level_parse(text, strlen(text), level) < 0)
        return bad_level(message, key);
    return 0;
}

/* ---- commands ---- */

/* The answer goes out first. */
void roost_device_restart(struct roost_device *device)
{
    roost_device_live(device, ROOST_LIFE_EV_REBOOT);
    device->last_answer = 0;
    roost_device_restart_at(device, device->now.now_ms + ROOST_DEVICE_REBOOT_MS);
}

static ROOST_COMMAND(roost, reboot)
{
    (void)message;
    roost_device_restart(device);
    roost_write_nothing(out);
    return 0;
}

static ROOST_COMMAND(roost, settings)
{
    (void)message;
    roost_settings_write_json(&device->settings, out);
    return 0;
}

static ROOST_COMMAND(roost, set)
{
    const struct roost_command *command = &device->command;
    enum roost_log_level level;
    char bad_key[25];

    if (command->args < 0)
        return bad_setting(device, message, "args", ROOST_ERR_NOT_FOUND);
    if (roost_json_find(&command->doc, command->args, "log_level") >= 0 &&
        get_level(command, "log_level", message, &level) < 0)
        return ROOST_ERR_INVALID;
    int err = roost_settings_apply_json(&device->settings, &command->doc, command->args, bad_key,
                                        sizeof bad_key);
    if (err < 0)
        return bad_setting(device, message, bad_key, err);
    roost_device_apply_settings(device);
    ROOST_LOG(&device->log, ROOST_LOG_INFO, "command", "settings changed",
              RF_INT("members", roost_json_size(&command->doc, command->args)));
    roost_settings_write_json(&device->settings, out);
    return 0;
}

static ROOST_COMMAND(roost, log_level)
{
    enum roost_log_level level;
    int err = get_level(&device->command, "level", message, &level);

    if (err == 0) {
        err = roost_settings_set_text(&device->settings, ROOST_SETTING_LOG_LEVEL,
                                      roost_log_level_name(level));
        if (err < 0)
            return bad_setting(device, message, "level", err);
        roost_device_apply_settings(device);
        roost_write_nothing(out);
    }
    return err;
}

/* As many of the newest lines as the answer holds once they are escaped. */
static ROOST_COMMAND(roost, read_log)
{
    (void)message;
    struct roost_json_writer start = *out;
    /* The command's arguments are not read any more: its bytes serve as room. */
    for (size_t size = sizeof device->event.data; size > ROOST_LOG_LINE_MAX; size -= size / 4) {
        size_t len = roost_log_read(&device->log, device->event.data, size);
        *out = start;
        roost_json_object(out);
        roost_json_put_strn(out, "log", device->event.data, len);
        roost_json_put_uint(out, "lines", device->log.lines);
        roost_json_put_uint(out, "overwritten", device->log.overwritten);
        roost_json_end(out);
        if (!out->failed && out->len + 2 < out->size)
            return 0;
    }
    return ROOST_ERR_TOO_LONG;
}

/* Carried out by the next boot (roost_device_init), so that a power cut cannot leave half of it. */
static ROOST_COMMAND(roost, factory_reset)
{
    const struct roost_kv *kv = &device->port->kv;
    int err = kv->ops->set(kv->ctx, ROOST_RESET_KEY, "1", 1);

    if (err < 0) {
        roost_say(message, "flash: ");
        roost_say(message, roost_err_text(err));
        return err;
    }
    roost_device_restart(device);
    roost_write_nothing(out);
    return 0;
}

#define COMMAND(name)                                                                              \
    {                                                                                              \
#name, roost_command_##name                                                                \
    }

const struct roost_command_row roost_device_commands[ROOST_DEVICE_COMMANDS] = {
    COMMAND(reboot),        COMMAND(settings),  COMMAND(set),      COMMAND(log_level),
    COMMAND(read_log),      COMMAND(health),    COMMAND(update),   COMMAND(update_status),
    COMMAND(wifi_scan),     COMMAND(wifi_list), COMMAND(wifi_add), COMMAND(wifi_remove),
    COMMAND(factory_reset),
};
