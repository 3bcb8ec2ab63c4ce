/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame among the bytes:
 *
 *     bits 0-4 its row, or FOREIGN | bit 5 changed | bits 6-7 ticks since the one before, 3: more
 *     more ticks, 7 bits a byte, lowest first, bit 7: another one follows
 *     changed: a bit for each byte of its data that is another one, and those bytes
 *     foreign: bus, said, extended, length << 4; the identifier; its data
 */
#include "devices/charger/blackbox.h"

#include <string.h>

#include "core/assert.h"
#include "core/bytes.h"
#include "core/err.h"
#include "core/number.h"

enum {
    FOREIGN = 31,
    CHANGED = 1 << 5,
    TICKS_AT = 6,
    TICKS_MORE = 3,
    SAID = 2,
    EXTENDED = 4,
    ENTRY_MAX = 1 + 10 + 1 + 4 + 8
};

_Static_assert(sizeof(struct charger_blackbox) <= CHARGER_BLACKBOX_RAM_MAX, "of static memory");
_Static_assert((int)CHARGER_BLACKBOX_ROWS <= (int)FOREIGN, "a row is a number of five bits");

/* ---- reading ---- */

struct entry {
    uint8_t bus;
    bool said;
    struct roost_can_frame frame;
};

static uint8_t next_byte(const struct charger_blackbox *box, struct charger_blackbox_place *place)
{
    uint8_t byte = box->bytes[place->at];

    place->at = (place->at + 1) % CHARGER_BLACKBOX_BYTES;
    place->left--;
    return byte;
}

static void read_ticks(const struct charger_blackbox *box, struct charger_blackbox_place *place,
                       unsigned head)
{
    uint64_t ticks = head >> TICKS_AT;
    uint8_t byte = 0x80;

    if (ticks == TICKS_MORE)
        for (unsigned shift = 0; byte & 0x80; shift += 7) {
            byte = next_byte(box, place);
            ticks += (uint64_t)(byte & 0x7F) << shift;
        }
    place->tick += ticks;
}

static void read_foreign(const struct charger_blackbox *box, struct charger_blackbox_place *place,
                         struct entry *out)
{
    uint8_t flags = next_byte(box, place);

    out->bus = flags & 1;
    out->said = flags & SAID;
    out->frame.extended = flags & EXTENDED;
    out->frame.len = flags >> 4;
    for (int i = 0; i < 4; i++)
        out->frame.id = out->frame.id << 8 | next_byte(box, place);
    for (int i = 0; i < out->frame.len; i++)
        out->frame.data[i] = next_byte(box, place);
}

/* The frame behind the place, and the place behind it. */
static void read_entry(const struct charger_blackbox *box, struct charger_blackbox_place *place,
                       struct entry *out)
{
    unsigned head = next_byte(box, place), number = head & FOREIGN;

    *out = (struct entry){0};
    read_ticks(box, place, head);
    if (number == FOREIGN) {
        read_foreign(box, place, out);
        return;
    }
    const struct can_row *row = &box->table->rows[number];
    uint8_t *data = place->data[number];
    unsigned changed = head & CHANGED ? next_byte(box, place) : 0;

    for (unsigned i = 0; i < sizeof out->frame.data; i++)
        if (changed >> i & 1)
            data[i] = next_byte(box, place);
    out->bus = row->bus;
    out->said = can_is_said((enum can_kind)row->kind);
    out->frame = (struct roost_can_frame){.id = row->id, .extended = true, .len = 8};
    memcpy(out->frame.data, data, sizeof out->frame.data);
}

/* ---- writing ---- */

static void append(struct charger_blackbox *box, const uint8_t *entry, uint32_t len)
{
    struct entry gone;

    while (CHARGER_BLACKBOX_BYTES - box->oldest.left < len) {
        read_entry(box, &box->oldest, &gone);
        box->kept--;
        box->gone++;
    }
    for (uint32_t i = 0; i < len; i++)
        box->bytes[(box->oldest.at + box->oldest.left + i) % CHARGER_BLACKBOX_BYTES] = entry[i];
    box->oldest.left += len;
    box->kept++;
}

static uint32_t put_head(uint8_t *out, unsigned head, uint64_t ticks)
{
    uint32_t len = 1;

    out[0] = (uint8_t)(head | (ticks < TICKS_MORE ? (unsigned)ticks : TICKS_MORE) << TICKS_AT);
    if (ticks < TICKS_MORE)
        return len;
    for (ticks -= TICKS_MORE; ticks > 0x7F; ticks >>= 7)
        out[len++] = (uint8_t)(0x80 | (ticks & 0x7F));
    out[len++] = (uint8_t)ticks;
    return len;
}

static uint32_t put_foreign(uint8_t *out, uint64_t ticks, enum can_bus bus,
                            const struct roost_can_frame *frame, bool said)
{
    uint32_t len = put_head(out, FOREIGN, ticks);
    unsigned bytes = frame->len > 8 ? 8 : frame->len;

    out[len++] = (uint8_t)(bus | (said ? SAID : 0) | (frame->extended ? EXTENDED : 0) | bytes << 4);
    roost_be_put(out + len, frame->id, 4);
    memcpy(out + len + 4, frame->data, bytes);
    return len + 4 + bytes;
}

static uint32_t put_known(uint8_t *out, uint64_t ticks, unsigned number, uint8_t last[8],
                          const uint8_t data[8])
{
    bool same = memcmp(last, data, 8) == 0;
    uint32_t len = put_head(out, number | (same ? 0 : CHANGED), ticks);

    if (same)
        return len;
    uint8_t *changed = &out[len++];
    *changed = 0;
    for (unsigned i = 0; i < 8; i++)
        if (last[i] != data[i]) {
            *changed = (uint8_t)(*changed | 1u << i);
            out[len++] = data[i];
        }
    memcpy(last, data, 8);
    return len;
}

void charger_blackbox_frame(void *ctx, uint64_t now_ms, enum can_bus bus,
                            const struct roost_can_frame *frame, bool said)
{
    struct charger_blackbox *box = ctx;
    const struct can_row *row = can_find(box->table, bus, frame);
    uint64_t tick = now_ms / CHARGER_BLACKBOX_TICK_MS;
    uint8_t entry[ENTRY_MAX];
    uint32_t len;

    if (box->frozen) {
        box->missed++;
        return;
    }
    if (box->oldest.left == 0 && box->gone == 0) /* the first */
        box->tick = box->oldest.tick = tick;
    if (tick > box->tick)
        box->seen = 0;
    uint64_t ticks = tick > box->tick ? tick - box->tick : 0;
    /* An echo of what the charger says is not what it said. */
    if (row && frame->len == 8 && said == can_is_said((enum can_kind)row->kind)) {
        unsigned number = (unsigned)(row - box->table->rows);
        if (box->seen >> number & 1) {
            box->left_out++;
            return;
        }
        box->seen |= 1u << number;
        len = put_known(entry, ticks, number, box->newest[number], frame->data);
    } else {
        if (now_ms < box->foreign_ms) {
            box->left_out++;
            return;
        }
        box->foreign_ms = now_ms + CHARGER_BLACKBOX_FOREIGN_MS;
        len = put_foreign(entry, ticks, bus, frame, said);
    }
    box->tick += ticks;
    append(box, entry, len);
}

/* ---- life ---- */

void charger_blackbox_init(struct charger_blackbox *box, const struct can_table *table)
{
    ROOST_ASSERT(table->row_count <= CHARGER_BLACKBOX_ROWS);
    memset(box, 0, sizeof *box);
    box->table = table;
}

void charger_blackbox_freeze(struct charger_blackbox *box, unsigned fault)
{
    if (box->frozen)
        return;
    box->frozen = true;
    box->fault = (uint16_t)fault;
    box->missed = 0;
}

void charger_blackbox_thaw(struct charger_blackbox *box)
{
    box->thaws += box->frozen;
    box->frozen = false;
}

/* ---- lines ---- */

static char *put_text(char *out, const char *text)
{
    size_t len = strlen(text);

    memcpy(out, text, len);
    return out + len;
}

static char *put_number(char *out, uint64_t value, unsigned decimals)
{
    return out + roost_write_scaled(out, (int64_t)value, decimals);
}

static char *write_first(char *out, const struct charger_blackbox *box)
{
    const struct {
        const char *before;
        uint64_t number;
        unsigned decimals;
    } parts[] = {
        {box->fault > 0 ? "# until fault " : NULL, box->fault, 0},
        {box->fault > 0 ? ": " : "# until asked: ", box->kept, 0},
        {" frames in ", (box->tick - box->oldest.tick) / 10, 1},
        {" s; earlier ", box->gone, 0},
        {", left out ", box->left_out, 0},
        {", later ", box->missed, 0},
    };

    for (unsigned i = box->fault > 0 ? 0 : 1; i < sizeof parts / sizeof parts[0]; i++)
        out = put_number(put_text(out, parts[i].before), parts[i].number, parts[i].decimals);
    return out;
}

/* Upper-case digits, the highest first. */
static char *put_digits(char *out, uint32_t value, unsigned digits)
{
    while (digits > 0)
        *out++ = "0123456789ABCDEF"[value >> 4 * --digits & 15];
    return out;
}

static char *write_entry(char *out, uint64_t tick, const struct entry *entry)
{
    const struct roost_can_frame *frame = &entry->frame;
    uint8_t hundredths = (uint8_t)(tick % 100);
    char *at = put_number(put_text(out, "("), tick / 100, 0);

    *at++ = '.';
    *at++ = (char)('0' + hundredths / 10);
    *at++ = (char)('0' + hundredths % 10);
    at = put_text(at, entry->bus ? "0000) can1 " : "0000) can0 ");
    at = put_digits(at, frame->id, frame->extended ? 8 : 3);
    *at++ = '#';
    for (unsigned i = 0; i < frame->len; i++)
        at = put_digits(at, frame->data[i], 2);
    return put_text(at, entry->said ? " T" : " R");
}

int charger_blackbox_read(const struct charger_blackbox *box,
                          struct charger_blackbox_reader *reader)
{
    if (!box->frozen)
        return ROOST_ERR_STATE;
    *reader =
        (struct charger_blackbox_reader){.box = box, .thaws = box->thaws, .place = box->oldest};
    return 0;
}

int charger_blackbox_line(struct charger_blackbox_reader *reader,
                          char out[CHARGER_BLACKBOX_LINE_MAX])
{
    const struct charger_blackbox *box = reader->box;
    struct entry entry;
    char *end;

    if (!box->frozen || box->thaws != reader->thaws)
        return ROOST_ERR_STALE;
    if (!reader->headed) {
        end = write_first(out, box);
        reader->headed = true;
    } else if (reader->place.left > 0) {
        read_entry(box, &reader->place, &entry);
        end = write_entry(out, reader->place.tick, &entry);
    } else {
        return 0;
    }
    *end++ = '\n';
    *end = '\0';
    return (int)(end - out);
}
