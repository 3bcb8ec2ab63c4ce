/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: from the queue to the answer. */
#include <string.h>

#include "core/assert.h"
#include "core/crc32.h"
#include "core/err.h"
#include "core/number.h"
#include "runtime/device_parts.h"

void roost_say(struct roost_message *message, const char *text)
{
    for (; *text && message->len + 1 < sizeof message->text; text++)
        message->text[message->len++] = *text;
    message->text[message->len] = '\0';
}

static void say_scaled(struct roost_message *message, int64_t value, unsigned decimals)
{
    char number[ROOST_NUMBER_MAX];

    roost_write_scaled(number, value, decimals);
    roost_say(message, number);
}

int roost_say_bad_number(struct roost_message *message, const char *key, int err, int64_t min,
                         int64_t max, unsigned decimals, const char *unit)
{
    roost_say(message, key);
    roost_say(message, ": ");
    roost_say(message, roost_err_text(err));
    roost_say(message, ", allowed ");
    say_scaled(message, min, decimals);
    roost_say(message, "..");
    say_scaled(message, max, decimals);
    if (unit && *unit) {
        roost_say(message, " ");
        roost_say(message, unit);
    }
    return err;
}

void roost_write_nothing(struct roost_json_writer *out)
{
    roost_json_object(out);
    roost_json_end(out);
}

/* Row number n of every device's commands, then of the product's; NULL: no more. */
static const struct roost_command_row *row_at(const struct roost_device *device, size_t n)
{
    const struct roost_device_spec *spec = device->spec;

    if (n < ROOST_DEVICE_COMMANDS)
        return &roost_device_commands[n];
    n -= ROOST_DEVICE_COMMANDS;
    return n < spec->command_count ? &spec->commands[n] : NULL;
}

static int run_row(struct roost_device *device, struct roost_json_writer *out,
                   struct roost_message *message)
{
    const struct roost_command_row *row;

    for (size_t n = 0; (row = row_at(device, n)); n++)
        if (strcmp(device->command.name, row->name) == 0)
            return row->run(device, out, message);
    device->command.name[0] = '\0'; /* somebody's text: not for the log */
    roost_say(message, "command: not one of");
    for (size_t n = 0; (row = row_at(device, n)); n++) {
        roost_say(message, " ");
        roost_say(message, row->name);
    }
    return ROOST_ERR_NOT_FOUND;
}

/* ---- news or not ---- */

int roost_device_commands_init(struct roost_device *device)
{
    const struct roost_kv *kv = &device->port->kv;
    int len = kv->ops->get(kv->ctx, ROOST_KNOWN_KEY, &device->known, sizeof device->known);

    if (len == (int)sizeof device->known)
        return 0;
    memset(&device->known, 0, sizeof device->known);
    return len == ROOST_ERR_NOT_FOUND || len >= 0 ? 0 : len;
}

static bool is_known(const struct roost_device *device, uint32_t id)
{
    uint32_t count = device->known.taken;

    for (uint32_t i = 0; i < ROOST_DEVICE_KNOWN_COMMANDS && i < count; i++)
        if (device->known.id[i] == id)
            return true;
    return false;
}

/* The clocks of two machines differ, so that time decides only where the command may have waited
 * with the broker: shortly after the connection opened. */
static bool is_over(const struct roost_device *device)
{
    return device->command.expires_ms != 0 && device->now.unix_ms > device->command.expires_ms &&
           device->now.now_ms - device->link.up_since_ms < ROOST_DEVICE_REPLAY_MS;
}

/* Kept before it runs: a reboot that is repeated after the reboot would have no end. Flash that
 * takes nothing does not keep a device from being commanded. */
static void know(struct roost_device *device, uint32_t id)
{
    const struct roost_kv *kv = &device->port->kv;

    device->known.id[device->known.taken++ % ROOST_DEVICE_KNOWN_COMMANDS] = id;
    int err = kv->ops->set(kv->ctx, ROOST_KNOWN_KEY, &device->known, sizeof device->known);
    if (err < 0)
        ROOST_LOG(&device->log, ROOST_LOG_WARN, "command", "not noted", RF_ERR("error", err));
}

/* 0: it is news, and known from here on. */
static int take_once(struct roost_device *device, bool retained, struct roost_message *message)
{
    uint32_t id = roost_crc32(0, device->command.id, strlen(device->command.id));
    const char *why = retained               ? "retained by the broker"
                      : is_known(device, id) ? "its id was taken before"
                      : is_over(device)      ? "its time is over"
                                             : NULL;

    if (!why) {
        know(device, id);
        return 0;
    }
    device->stale_commands++;
    roost_say(message, "command: not run, ");
    roost_say(message, why);
    return ROOST_ERR_STALE;
}

/* A payload in device->event.data. None: what the broker kept is taken away. */
static void run_payload(struct roost_device *device, size_t len, bool retained)
{
    struct roost_command *command = &device->command;
    struct roost_json_writer out;
    struct roost_message message = {.len = 0};
    int written = 0;

    command->id[0] = command->name[0] = '\0';
    if (len == 0)
        return;
    int err = roost_command_parse(command, device->event.data, len);
    if (err < 0) {
        roost_say(&message, "command: ");
        roost_say(&message, roost_err_text(err));
    } else {
        roost_answer_begin(&out, device->answer, sizeof device->answer, command->id);
        err = take_once(device, retained, &message);
        if (err == 0)
            err = run_row(device, &out, &message);
    }
    if (err == 0)
        written = roost_answer_end(&out);
    else if (err < 0)
        written = err;
    if (written < 0)
        written = roost_answer_error(device->answer, sizeof device->answer, command->id, written,
                                     message.len > 0 ? message.text : NULL);
    ROOST_LOG(&device->log, err < 0 ? ROOST_LOG_WARN : ROOST_LOG_INFO, "command",
              command->name[0] ? command->name : "unknown", RF_ERR("result", err < 0 ? err : 0));
    ROOST_ASSERT(written > 0 || err == ROOST_ANSWER_LATER);
    device->answer_len = (size_t)written;
}

void roost_device_say_answer(struct roost_device *device)
{
    if (device->answer_len == 0)
        return;
    int token = device->uplink.ops->report(device->uplink.ctx, ROOST_REPORT_ANSWER, device->answer,
                                           device->answer_len);

    if (token == ROOST_ERR_FULL)
        return;
    device->answer_len = 0;
    if (token < 0)
        device->answers_lost++;
    else if (device->life == ROOST_LIFE_REBOOTING && device->last_answer == 0)
        device->last_answer = (uint32_t)token;
}

bool roost_device_run_command(struct roost_device *device)
{
    roost_device_say_answer(device);
    if (device->answer_len > 0)
        return false; /* no room in the port: an acknowledgement makes some */
    int len = roost_queue_pop(&device->commands, device->event.data, sizeof device->event.data);
    if (len < 1)
        return false; /* empty */
    int8_t kind = (int8_t)device->event.data[--len];
    if (kind == ROOST_RECORD_COMMAND || kind == ROOST_RECORD_RETAINED)
        run_payload(device, (size_t)len, kind == ROOST_RECORD_RETAINED);
    else
        roost_device_scan_answer(device, kind, (size_t)len);
    return true;
}
