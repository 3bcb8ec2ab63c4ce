/* SPDX-License-Identifier: Apache-2.0 */
#include "world/charger/reader.h"

#include <string.h>

enum { HEAD = 5, SAM_CONFIGURATION = 0x14, RF_CONFIGURATION = 0x32, LIST_TARGET = 0x4A };

void world_reader_init(struct world_reader *reader)
{
    memset(reader, 0, sizeof *reader);
}

void world_reader_lay(struct world_reader *reader, const uint8_t *uid, size_t len)
{
    reader->uid_len = (uint8_t)(len < WORLD_READER_UID_MAX ? len : WORLD_READER_UID_MAX);
    if (len > 0)
        memcpy(reader->uid, uid, reader->uid_len);
}

static void put(struct world_reader *reader, const uint8_t *bytes, size_t len)
{
    if (len > sizeof reader->bytes - reader->len)
        return;
    memcpy(reader->bytes + reader->len, bytes, len);
    reader->len += len;
}

/* Behind its acknowledgement. */
static void answer(struct world_reader *reader, const uint8_t *data, uint8_t len)
{
    static const uint8_t ack[] = {0, 0, 0xFF, 0, 0xFF, 0};
    const uint8_t head[] = {0, 0, 0xFF, (uint8_t)(len + 1), (uint8_t)(0xFF - len), 0xD5};
    uint8_t sum = 0xD5;

    for (unsigned i = 0; i < len; i++)
        sum = (uint8_t)(sum + data[i]);
    const uint8_t tail[] = {(uint8_t)(0x100 - sum), 0};
    put(reader, ack, sizeof ack);
    put(reader, head, sizeof head);
    put(reader, data, len);
    put(reader, tail, sizeof tail);
    if (reader->noisy)
        reader->bytes[reader->len - 4] ^= 0x10;
}

/* ATQA and SAK as NXP has them for one, two and three cascades (AN10833). */
static void list_target(struct world_reader *reader)
{
    uint8_t data[7 + WORLD_READER_UID_MAX] = {0x4B, 1, 1, 0x00, 0x04, 0x08, reader->uid_len};

    if (reader->uid_len == 0) {
        answer(reader, (const uint8_t[]){0x4B, 0}, 2);
        return;
    }
    if (reader->uid_len > 4)
        data[4] = reader->uid_len > 7 ? 0x84 : 0x44;
    memcpy(data + 7, reader->uid, reader->uid_len);
    answer(reader, data, (uint8_t)(7 + reader->uid_len));
}

static bool sums(const uint8_t *frame, size_t len)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + frame[i]);
    return sum == 0;
}

int world_reader_write(void *ctx, const void *bytes, size_t len)
{
    struct world_reader *reader = ctx;
    const uint8_t *frame = bytes;

    if (len > 0 && frame[0] == 0x55)
        reader->awake = true;
    for (; len > 0 && frame[0] != 0; len--)
        frame++;
    while (len > HEAD && memcmp(frame, "\0\0\xFF", 3) != 0) { /* the rest of what woke it */
        frame++;
        len--;
    }
    if (!reader->awake || reader->silent || len < HEAD + 3 || !sums(frame + 3, 2) ||
        len < HEAD + (size_t)frame[3] + 1 || !sums(frame + HEAD, (size_t)frame[3] + 1) ||
        frame[HEAD] != 0xD4)
        return 0;
    reader->asked++;
    reader->len = 0;
    if (frame[HEAD + 1] == LIST_TARGET)
        list_target(reader);
    else if (frame[HEAD + 1] == SAM_CONFIGURATION || frame[HEAD + 1] == RF_CONFIGURATION)
        answer(reader, (const uint8_t[]){(uint8_t)(frame[HEAD + 1] + 1)}, 1);
    return 0;
}

int world_reader_read(void *ctx, void *out, size_t room)
{
    struct world_reader *reader = ctx;
    size_t len = reader->len < room ? reader->len : room;

    if (len > 7) /* as a line gives it: in pieces */
        len = 7;
    memcpy(out, reader->bytes, len);
    reader->len -= len;
    memmove(reader->bytes, reader->bytes + len, reader->len);
    return (int)len;
}
