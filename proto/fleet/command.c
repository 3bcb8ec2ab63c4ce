/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/fleet/command.h"

#include <string.h>

#include "core/err.h"

/* An answer may carry all settings or a page of health. */
enum { ANSWER_TOKENS = 256 };

static int get_id(const struct roost_json *doc, char id[ROOST_COMMAND_ID_MAX + 1])
{
    int err = roost_json_get_string(doc, ROOST_JSON_ROOT, "id", id, ROOST_COMMAND_ID_MAX + 1);
    return !err && id[0] == '\0' ? ROOST_ERR_INVALID : err;
}

int roost_command_parse(struct roost_command *command, const char *payload, size_t len)
{
    if (len > ROOST_COMMAND_MAX)
        return ROOST_ERR_TOO_LONG;
    int err = roost_json_parse(&command->doc, command->tokens, ROOST_COMMAND_TOKENS, payload, len);
    if (err)
        return err;
    if (roost_json_type(&command->doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT)
        return ROOST_ERR_INVALID;
    err = get_id(&command->doc, command->id);
    if (!err)
        err = roost_json_get_string(&command->doc, ROOST_JSON_ROOT, "command", command->name,
                                    sizeof command->name);
    if (err)
        return err;
    if (command->name[0] == '\0')
        return ROOST_ERR_INVALID;
    command->args = -1;
    command->expires_ms = 0;
    err = roost_json_get_int64(&command->doc, ROOST_JSON_ROOT, "expires_ms", &command->expires_ms);
    if (err && err != ROOST_ERR_NOT_FOUND)
        return err;
    int args = roost_json_find(&command->doc, ROOST_JSON_ROOT, "args");
    if (args < 0 || roost_json_type(&command->doc, args) == ROOST_JSON_NULL)
        return 0;
    if (roost_json_type(&command->doc, args) != ROOST_JSON_OBJECT)
        return ROOST_ERR_INVALID;
    command->args = args;
    return 0;
}

int roost_command_write(char *out, size_t size, const char *id, const char *name,
                        const char *args_json, size_t args_len, int64_t expires_ms)
{
    struct roost_json_writer w;
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_str(&w, "id", id);
    roost_json_put_str(&w, "command", name);
    if (args_json) {
        roost_json_put_raw(&w, "args", args_json, args_len);
    }
    if (expires_ms)
        roost_json_put_int(&w, "expires_ms", expires_ms);
    roost_json_end(&w);
    return roost_json_finish(&w);
}

void roost_answer_begin(struct roost_json_writer *writer, char *out, size_t size, const char *id)
{
    roost_json_begin(writer, out, size);
    roost_json_object(writer);
    roost_json_put_str(writer, "id", id);
    roost_json_put_bool(writer, "ok", true);
    roost_json_key(writer, "data");
}

int roost_answer_end(struct roost_json_writer *writer)
{
    roost_json_end(writer);
    return roost_json_finish(writer);
}

/* Length of `text`, cut to what the other side keeps, between two UTF-8 characters. */
static size_t message_len(const char *text)
{
    size_t max = sizeof(((struct roost_answer *)0)->message) - 1;
    size_t len = 0;
    while (len <= max && text[len] != '\0')
        len++;
    if (len <= max)
        return len;
    len = max;
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    return len;
}

int roost_answer_error(char *out, size_t size, const char *id, int err, const char *message)
{
    struct roost_json_writer w;
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_str(&w, "id", id);
    roost_json_put_bool(&w, "ok", false);
    roost_json_put_str(&w, "error", roost_err_name(err));
    roost_json_key(&w, "message");
    if (!message)
        message = roost_err_text(err);
    roost_json_strn(&w, message, message_len(message));
    roost_json_end(&w);
    return roost_json_finish(&w);
}

static int get_optional_string(const struct roost_json *doc, const char *key, char *out,
                               size_t size)
{
    out[0] = '\0';
    int index = roost_json_find(doc, ROOST_JSON_ROOT, key);
    if (index < 0 || roost_json_type(doc, index) == ROOST_JSON_NULL)
        return 0;
    return roost_json_get_string(doc, ROOST_JSON_ROOT, key, out, size);
}

int roost_answer_parse(struct roost_answer *answer, const char *payload, size_t len)
{
    struct roost_json doc;
    struct roost_json_token tokens[ANSWER_TOKENS];
    if (len > ROOST_ANSWER_MAX)
        return ROOST_ERR_TOO_LONG;
    int err = roost_json_parse(&doc, tokens, ANSWER_TOKENS, payload, len);
    if (err)
        return err;
    if (roost_json_type(&doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT)
        return ROOST_ERR_INVALID;
    err = get_id(&doc, answer->id);
    if (!err)
        err = roost_json_get_bool(&doc, ROOST_JSON_ROOT, "ok", &answer->ok);
    if (!err)
        err = get_optional_string(&doc, "error", answer->error, sizeof answer->error);
    if (!err)
        err = get_optional_string(&doc, "message", answer->message, sizeof answer->message);
    if (err)
        return err;
    answer->data_json = NULL;
    answer->data_len = 0;
    int data = roost_json_find(&doc, ROOST_JSON_ROOT, "data");
    if (data < 0)
        return 0;
    err = roost_json_get_raw(&doc, ROOST_JSON_ROOT, "data", &answer->data_json, &answer->data_len);
    if (!err && roost_json_type(&doc, data) == ROOST_JSON_STRING) {
        answer->data_json--; /* with its quotes it is JSON again */
        answer->data_len += 2;
    }
    return err;
}
