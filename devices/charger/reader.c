/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame (UM0701-02, 6.2.1.1), between two of whose ends is the data, a direction first:
 *
 *     00 00 FF | length | its negative | D4 or D5, data | their sum's negative | 00
 *
 * An acknowledgement has the length 0, and is passed over: the answer says it, too.
 */
#include "devices/charger/reader.h"

#include <string.h>

#include "core/err.h"

enum {
    TO_IT = 0xD4,
    FROM_IT = 0xD5,
    HEAD = 5, /* up to the data */
    TAIL = 2,
    DATA_MAX = sizeof((struct charger_reader *)0)->bytes - HEAD - TAIL,
    /* InListPassiveTarget's answer: behind direction and command. */
    AT_TARGETS = 2,
    AT_UID_LEN = 7,
    AT_UID = 8
};

/* In the order in which they are sent; the last again and again. */
enum { WAKE, ROUNDS, LOOK, STATES };
static const struct {
    uint8_t len, data[6];
} said[STATES] = {
    [WAKE] = {4, {0x14, 0x01, 0x14, 0x01}},         /* SAMConfiguration: normal mode, no IRQ */
    [ROUNDS] = {5, {0x32, 0x05, 0xFF, 0x01, 0x01}}, /* RFConfiguration: MaxRetries */
    [LOOK] = {3, {0x4A, 0x01, 0x00}},               /* InListPassiveTarget: one, 106 kbps A */
};

void charger_reader_init(struct charger_reader *reader, const struct charger_reader_config *config)
{
    *reader = (struct charger_reader){.config = *config, .state = WAKE};
}

/* ---- what is said ---- */

static int say(struct charger_reader *reader)
{
    static const uint8_t wake[16] = {0x55, 0x55}; /* before the first frame (7.2.11) */
    const uint8_t *data = said[reader->state].data;
    uint8_t len = said[reader->state].len, sum = TO_IT;
    uint8_t frame[sizeof wake + HEAD + 1 + sizeof said[0].data + TAIL];
    size_t at = 0;

    if (reader->state == WAKE) {
        memcpy(frame, wake, sizeof wake);
        at = sizeof wake;
    }
    const uint8_t head[] = {0, 0, 0xFF, (uint8_t)(len + 1), (uint8_t)(0xFF - len), TO_IT};
    memcpy(frame + at, head, sizeof head);
    at += sizeof head;
    for (unsigned i = 0; i < len; i++)
        sum = (uint8_t)(sum + (frame[at++] = data[i]));
    frame[at++] = (uint8_t)(0x100 - sum);
    frame[at++] = 0;
    return reader->config.write(reader->config.line, frame, at);
}

/* ---- what is heard ---- */

static void drop(struct charger_reader *reader, size_t len)
{
    reader->len = (uint8_t)(reader->len - len);
    memmove(reader->bytes, reader->bytes + len, reader->len);
}

/* The data of the next whole frame at the beginning of the bytes, and how long it is; 0: none yet.
 * What is before it, and what is no frame, is dropped. */
static size_t next_frame(struct charger_reader *reader)
{
    static const uint8_t start[] = {0, 0, 0xFF};
    const uint8_t *bytes = reader->bytes;

    while (reader->len >= HEAD) {
        size_t len = bytes[3];

        if (memcmp(bytes, start, sizeof start) != 0) {
            drop(reader, 1);
        } else if (len == 0) { /* an acknowledgement */
            drop(reader, HEAD);
        } else if ((uint8_t)(len + bytes[4]) != 0 || len > DATA_MAX) {
            reader->broken++;
            drop(reader, 1);
        } else if (reader->len < HEAD + len + 1) {
            return 0;
        } else {
            uint8_t sum = 0;
            for (size_t i = 0; i <= len; i++)
                sum = (uint8_t)(sum + bytes[HEAD + i]);
            if (sum == 0)
                return len;
            reader->broken++;
            drop(reader, 1);
        }
    }
    return 0;
}

/* Whether the frame answers what was said; and the UID that is in it. */
static int take(const struct charger_reader *reader, size_t len, uint8_t uid[CHARGER_CARD_UID_MAX],
                bool *answers)
{
    const uint8_t *data = reader->bytes + HEAD;

    *answers = len >= 2 && data[0] == FROM_IT && data[1] == said[reader->state].data[0] + 1;
    if (!*answers || reader->state != LOOK || len <= AT_UID || data[AT_TARGETS] == 0 ||
        data[AT_UID_LEN] > CHARGER_CARD_UID_MAX || AT_UID + (size_t)data[AT_UID_LEN] > len)
        return 0;
    memcpy(uid, data + AT_UID, data[AT_UID_LEN]);
    return data[AT_UID_LEN];
}

static int hear(struct charger_reader *reader, uint64_t now_ms, uint8_t uid[CHARGER_CARD_UID_MAX])
{
    bool answers = false;
    int got = reader->config.read(reader->config.line, reader->bytes + reader->len,
                                  sizeof reader->bytes - reader->len);
    int uid_len = 0;

    reader->len = (uint8_t)(reader->len + (got > 0 ? got : 0));
    for (size_t len; !answers && (len = next_frame(reader)) > 0; drop(reader, HEAD + len + 1))
        uid_len = take(reader, len, uid, &answers);
    if (answers) {
        reader->answers++;
        reader->asked = false;
        reader->due_ms = now_ms + (reader->state == LOOK ? CHARGER_READER_PAUSE_MS : 0);
        reader->state = reader->state == LOOK ? LOOK : (uint8_t)(reader->state + 1);
    }
    return uid_len;
}

int charger_reader_look(struct charger_reader *reader, uint64_t now_ms,
                        uint8_t uid[CHARGER_CARD_UID_MAX])
{
    int uid_len = hear(reader, now_ms, uid);

    if (now_ms < reader->due_ms)
        return uid_len;
    if (reader->asked) {
        reader->silences++;
        reader->asked = false;
        reader->state = WAKE;
        return ROOST_ERR_TIMEOUT;
    }
    reader->len = 0; /* nothing of before answers it */
    reader->asked = say(reader) == 0;
    reader->due_ms = now_ms + CHARGER_READER_SILENT_MS;
    return uid_len;
}
