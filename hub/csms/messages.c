/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Counted once, when a text is new: later it lies where nothing has been for long. */
static uint16_t bytes_of(const char *text)
{
    return text ? (uint16_t)(strlen(text) + 1) : 0;
}

static void row_free(struct messages *messages, struct message_row *row)
{
    messages->bytes -= (size_t)row->text_bytes + row->answer_bytes;
    free(row->text);
    free(row->answer);
}

void messages_deinit(struct messages *messages)
{
    for (size_t i = 0; i < messages->count; i++)
        row_free(messages, &messages->rows[(messages->first + i) % messages->room]);
    free(messages->rows);
    *messages = (struct messages){.number = messages->number};
}

/* ---- what is not kept ---- */

static bool has_text(const char *text, size_t len, const char *part)
{
    size_t part_len = strlen(part);

    for (size_t i = 0; i + part_len <= len; i++)
        if (strncasecmp(text + i, part, part_len) == 0)
            return true;
    return false;
}

/* Those that a charger says often and that have no place for a key or an address: looked at by
 * nobody, for they are most of what comes. */
static bool is_plain(enum ocpp_message message)
{
    switch (message) {
    case OCPP_MSG_Authorize:
    case OCPP_MSG_Heartbeat:
    case OCPP_MSG_MeterValues:
    case OCPP_MSG_StartTransaction:
    case OCPP_MSG_StopTransaction:
        return true;
    default:
        return false;
    }
}

/* A key written with escapes could be any key. */
static bool may_hold_password(enum ocpp_message message, const char *text, size_t len)
{
    bool of_keys = message == OCPP_MSG_ChangeConfiguration || message == OCPP_MSG_GetConfiguration;

    return has_text(text, len, "authorizationkey") || (of_keys && has_text(text, len, "\\u"));
}

/* "ftp://user:password@host" and its escaped form, in place. */
static void mask_urls(char *text)
{
    for (char *at = text; (at = strchr(at, ':')) != NULL;) {
        char *begin = strncmp(at, "://", 3) == 0       ? at + 3
                      : strncmp(at, ":\\/\\/", 5) == 0 ? at + 5
                                                       : NULL;
        at++;
        if (!begin)
            continue;
        char *end = begin + strcspn(begin, "/\\\" ");
        char *sign = end;
        while (sign > begin && *sign != '@')
            sign--;
        if (*sign == '@')
            memset(begin, '*', (size_t)(sign - begin));
        at = end;
    }
}

/* Of a text that is cut the last character may not be whole: who writes it shows that. */
static char *keep(struct message_row *row, const char *text, size_t len)
{
    static const char hidden[] = "(not kept: it may hold a password)";

    if (is_plain(row->message)) {
        row->cut = row->cut || len > MESSAGE_TEXT_MAX;
        return strndup(text, len < MESSAGE_TEXT_MAX ? len : MESSAGE_TEXT_MAX);
    }
    if (may_hold_password(row->message, text, len))
        return strdup(hidden);
    if (len > MESSAGE_TEXT_MAX)
        row->cut = true;
    /* What is masked may begin before the cut and end behind it. */
    char *kept = strndup(text, len < 2 * MESSAGE_TEXT_MAX ? len : 2 * MESSAGE_TEXT_MAX);
    if (!kept)
        return NULL;
    mask_urls(kept);
    if (len > MESSAGE_TEXT_MAX)
        kept[MESSAGE_TEXT_MAX] = '\0';
    return kept;
}

/* ---- the ring ---- */

static void drop_oldest(struct messages *messages)
{
    row_free(messages, &messages->rows[messages->first]);
    messages->first = (messages->first + 1) % messages->room;
    messages->count--;
}

/* Room for one more: the ring grows as it fills, up to `most`. */
static bool make_room(struct messages *messages, size_t most)
{
    enum { FIRST_ROWS = 4 };
    size_t room = messages->room == 0 ? FIRST_ROWS : 2 * messages->room;

    if (messages->count < messages->room)
        return true;
    if (room > most)
        room = most;
    if (room <= messages->room) {
        drop_oldest(messages);
        return true;
    }
    struct message_row *rows = calloc(room, sizeof *rows);
    if (!rows)
        return false;
    for (size_t i = 0; i < messages->count; i++)
        rows[i] = messages->rows[(messages->first + i) % messages->room];
    free(messages->rows);
    messages->rows = rows;
    messages->room = room;
    messages->first = 0;
    return true;
}

uint64_t messages_begin(struct messages *messages, const struct messages_room *room,
                        enum message_direction direction, enum ocpp_message message,
                        const char *text, size_t len, int64_t at_ms)
{
    struct message_row *row;

    while (messages->count > 0 && messages->bytes > room->bytes)
        drop_oldest(messages);
    if (room->most == 0 || !make_room(messages, room->most))
        return 0;
    row = &messages->rows[(messages->first + messages->count++) % messages->room];
    *row = (struct message_row){
        .number = ++messages->number, .at_ms = at_ms, .direction = direction, .message = message};
    row->text = keep(row, text, len);
    row->text_bytes = bytes_of(row->text);
    messages->bytes += row->text_bytes;
    return row->number;
}

void messages_end(struct messages *messages, uint64_t number, const char *result,
                  const char *answer, size_t len, int64_t now_ms)
{
    uint64_t oldest = messages->number - messages->count + 1;

    if (number == 0 || number < oldest)
        return;
    struct message_row *row =
        &messages->rows[(messages->first + (size_t)(number - oldest)) % messages->room];
    row->result = result;
    row->took_ms = now_ms > row->at_ms ? (uint32_t)(now_ms - row->at_ms) : 0;
    if (answer && !row->answer) {
        row->answer = keep(row, answer, len);
        row->answer_bytes = bytes_of(row->answer);
        messages->bytes += row->answer_bytes;
    }
}

const struct message_row *messages_at(const struct messages *messages, size_t i)
{
    if (i >= messages->count)
        return NULL;
    return &messages->rows[(messages->first + messages->count - 1 - i) % messages->room];
}

bool message_has(const struct message_row *row, const char *text)
{
    return (row->text && has_text(row->text, strlen(row->text), text)) ||
           (row->answer && has_text(row->answer, strlen(row->answer), text));
}
