/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: from the queue to the answer. */
#include <string.h>

#include "core/assert.h"
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

/* A payload in device->event.data. */
static void run_payload(struct roost_device *device, size_t len)
{
    struct roost_command *command = &device->command;
    struct roost_json_writer out;
    struct roost_message message = {.len = 0};
    int written = 0;

    command->id[0] = command->name[0] = '\0';
    int err = roost_command_parse(command, device->event.data, len);
    if (err < 0) {
        roost_say(&message, "command: ");
        roost_say(&message, roost_err_text(err));
    } else {
        roost_answer_begin(&out, device->answer, sizeof device->answer, command->id);
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
    if (kind == ROOST_RECORD_COMMAND)
        run_payload(device, (size_t)len);
    else
        roost_device_scan_answer(device, kind, (size_t)len);
    return true;
}
