/* SPDX-License-Identifier: Apache-2.0 */
#include "port/pki/slot.h"

#include <string.h>

#include "core/bytes.h"
#include "core/crc32.h"
#include "core/err.h"
#include "core/utf8.h"
#include "port/pki/pem.h"

/* A pair in use, or a key that waits, as a value of the kv:
 *
 *     0  version, 1
 *     1  generation of the chain, 0 or 1
 *     2  length of the chain in bytes, 16 bits, little-endian; 0 for a key that waits
 *     4  CRC-32 of the chain
 *     8  number, one more than the pair before
 *    12  kind of key
 *    13  the key */
enum {
    VERSION = 1,
    HEADER = 13,
    RECORD_MAX = HEADER + ROOST_SLOT_KEY_MAX,
    PIECES_MAX = (ROOST_PKI_DER_MAX + ROOST_SLOT_PIECE - 1) / ROOST_SLOT_PIECE,
    SUBJECT_MAX = 64, /* characters: ub-common-name, ub-organization-name (RFC 5280, appendix A) */
};

struct record {
    uint8_t generation;
    uint16_t chain_len;
    uint32_t chain_crc, number;
};

/* ---- names ---- */

int roost_slot_name(const char *name)
{
    size_t len = 0;

    for (; name[len]; len++)
        if (!((name[len] >= 'a' && name[len] <= 'z') || (name[len] >= '0' && name[len] <= '9')))
            return ROOST_ERR_INVALID;
        else if (len == ROOST_PKI_SLOT_MAX)
            return ROOST_ERR_TOO_LONG;
    return len ? 0 : ROOST_ERR_INVALID;
}

/* The kv's key of this kind: 's', 'w', '0' or '1'; with a piece's letter or none (0). */
static const char *value_name(char out[ROOST_KV_KEY_MAX + 1], char kind, const char *slot,
                              char piece)
{
    size_t len = strlen(slot);

    out[0] = 'p';
    out[1] = kind;
    memcpy(out + 2, slot, len);
    out[2 + len] = piece;
    out[3 + len] = '\0';
    return out;
}

/* ---- records ---- */

void roost_slot_forget(struct roost_slot_key *key)
{
    volatile uint8_t *bytes = (volatile uint8_t *)key;

    for (size_t i = 0; i < sizeof *key; i++)
        bytes[i] = 0;
}

static void forget_bytes(uint8_t *data, size_t len)
{
    volatile uint8_t *bytes = data;

    for (size_t i = 0; i < len; i++)
        bytes[i] = 0;
}

static int save(const struct roost_slots *slots, const char *slot, enum roost_slot_which which,
                const struct record *record, const struct roost_slot_key *key)
{
    char name[ROOST_KV_KEY_MAX + 1];
    uint8_t bytes[RECORD_MAX];

    if (key->len > ROOST_SLOT_KEY_MAX)
        return ROOST_ERR_TOO_LONG;
    bytes[0] = VERSION;
    bytes[1] = record->generation;
    roost_le_put(bytes + 2, record->chain_len, 2);
    roost_le_put(bytes + 4, record->chain_crc, 4);
    roost_le_put(bytes + 8, record->number, 4);
    bytes[12] = (uint8_t)key->kind;
    memcpy(bytes + HEADER, key->der, key->len);
    value_name(name, which == ROOST_SLOT_IN_USE ? 's' : 'w', slot, 0);
    int err = slots->kv.ops->set(slots->kv.ctx, name, bytes, (size_t)HEADER + key->len);
    forget_bytes(bytes, sizeof bytes);
    return err;
}

static int load(const struct roost_slots *slots, const char *slot, enum roost_slot_which which,
                struct record *record, struct roost_slot_key *key)
{
    char name[ROOST_KV_KEY_MAX + 1];
    uint8_t bytes[RECORD_MAX];

    value_name(name, which == ROOST_SLOT_IN_USE ? 's' : 'w', slot, 0);
    int len = slots->kv.ops->get(slots->kv.ctx, name, bytes, sizeof bytes);
    int err = len < 0 ? len : 0;
    if (len == ROOST_ERR_TOO_LONG)
        err = ROOST_ERR_CORRUPT;
    if (!err && (len <= HEADER || bytes[0] != VERSION || bytes[1] > 1 ||
                 roost_le_get16(bytes + 2) > ROOST_PKI_DER_MAX || bytes[12] > ROOST_PKI_P521))
        err = ROOST_ERR_CORRUPT;
    if (!err) {
        record->generation = bytes[1];
        record->chain_len = roost_le_get16(bytes + 2);
        record->chain_crc = roost_le_get32(bytes + 4);
        record->number = roost_le_get32(bytes + 8);
        key->kind = (enum roost_pki_key)bytes[12];
        key->len = (uint16_t)(len - HEADER);
        memcpy(key->der, bytes + HEADER, key->len);
    }
    forget_bytes(bytes, sizeof bytes);
    return err;
}

/* The pair in use of a slot whose name is checked here, without its key; where there is none, what
 * comes before the first one. */
static int load_pair(const struct roost_slots *slots, const char *slot, struct record *pair)
{
    struct roost_slot_key key;
    int err = roost_slot_name(slot);

    if (err)
        return err;
    err = load(slots, slot, ROOST_SLOT_IN_USE, pair, &key);
    roost_slot_forget(&key);
    if (err == ROOST_ERR_NOT_FOUND)
        *pair = (struct record){.generation = 1};
    return err == ROOST_ERR_NOT_FOUND ? 0 : err;
}

int roost_slot_key(const struct roost_slots *slots, const char *name, enum roost_slot_which which,
                   struct roost_slot_key *key)
{
    struct record pair = {0}, record;
    int err = roost_slot_name(name);

    if (!err && which == ROOST_SLOT_WAITING)
        err = load_pair(slots, name, &pair);
    if (!err)
        err = load(slots, name, which, &record, key);
    /* One that a rotation took before the power went is no longer waiting. */
    if (!err && which == ROOST_SLOT_WAITING && record.number != pair.number + 1)
        err = ROOST_ERR_NOT_FOUND;
    return err;
}

int roost_slot_keep(const struct roost_slots *slots, const char *name,
                    const struct roost_slot_key *key)
{
    struct record pair;
    int err = load_pair(slots, name, &pair);

    if (err)
        return err;
    const struct record waiting = {.number = pair.number + 1};
    return save(slots, name, ROOST_SLOT_WAITING, &waiting, key);
}

/* ---- chains ---- */

static int erase_pieces(const struct roost_slots *slots, const char *slot, uint8_t generation,
                        size_t from)
{
    char name[ROOST_KV_KEY_MAX + 1];
    int err = 0;

    for (size_t i = from; i < PIECES_MAX && !err; i++) {
        value_name(name, (char)('0' + generation), slot, (char)('a' + i));
        err = slots->kv.ops->erase(slots->kv.ctx, name);
    }
    return err;
}

/* Collects what comes into pieces and writes each when it is full. */
struct writer {
    const struct roost_slots *slots;
    const char *slot;
    struct record *record;
    size_t pieces, len; /* written; bytes in this one */
    uint8_t piece[ROOST_SLOT_PIECE];
};

static int write_piece(struct writer *writer)
{
    char name[ROOST_KV_KEY_MAX + 1];

    if (writer->pieces == PIECES_MAX || writer->record->chain_len + writer->len > ROOST_PKI_DER_MAX)
        return ROOST_ERR_TOO_LONG;
    value_name(name, (char)('0' + writer->record->generation), writer->slot,
               (char)('a' + writer->pieces));
    int err = writer->slots->kv.ops->set(writer->slots->kv.ctx, name, writer->piece, writer->len);
    if (err)
        return err;
    writer->record->chain_crc = roost_crc32(writer->record->chain_crc, writer->piece, writer->len);
    writer->record->chain_len = (uint16_t)(writer->record->chain_len + writer->len);
    writer->pieces++;
    writer->len = 0;
    return 0;
}

static int write_chain(struct writer *writer, const struct roost_pki_text *chain)
{
    struct roost_pem pem;
    int more, len;

    roost_pem_init(&pem, chain);
    while ((more = roost_pem_next(&pem)) > 0) {
        while ((len = roost_pem_read(&pem, writer->piece + writer->len,
                                     sizeof writer->piece - writer->len)) > 0) {
            writer->len += (size_t)len;
            int err = writer->len == sizeof writer->piece ? write_piece(writer) : 0;
            if (err)
                return err;
        }
        if (len < 0)
            return len;
    }
    return more < 0 || writer->len == 0 ? more : write_piece(writer);
}

int roost_slot_bind(const struct roost_slots *slots, const char *name, enum roost_slot_which which,
                    const struct roost_slot_key *key, const struct roost_pki_text *chain)
{
    struct record pair;
    int err = load_pair(slots, name, &pair);

    if (err)
        return err;
    uint8_t old = pair.generation;
    uint32_t number = pair.number + (which == ROOST_SLOT_WAITING);
    pair = (struct record){.generation = old ^ 1, .number = number};
    struct writer writer = {.slots = slots, .slot = name, .record = &pair};
    err = write_chain(&writer, chain);
    if (!err && pair.chain_len == 0)
        err = ROOST_ERR_INVALID;
    if (err) {
        (void)erase_pieces(slots, name, pair.generation, 0);
        return err;
    }
    err = save(slots, name, ROOST_SLOT_IN_USE, &pair, key);
    if (err) /* which of the two pairs it is, only the next look tells: both chains stay */
        return err;
    /* The change is made. What is left now counts no more, and is only in the way. */
    char waiting[ROOST_KV_KEY_MAX + 1];
    value_name(waiting, 'w', name, 0);
    if (which == ROOST_SLOT_WAITING)
        (void)slots->kv.ops->erase(slots->kv.ctx, waiting);
    (void)erase_pieces(slots, name, pair.generation, writer.pieces);
    (void)erase_pieces(slots, name, old, 0);
    return 0;
}

/* ---- looking and erasing ---- */

static int read_chain(void *ctx, uint32_t offset, void *out, size_t len)
{
    const struct roost_pki_slot *slot = ctx;
    const struct roost_slots *slots = slot->of.slots;
    uint8_t piece[ROOST_SLOT_PIECE], *to = out;

    while (len > 0) {
        char name[ROOST_KV_KEY_MAX + 1];
        size_t number = offset / ROOST_SLOT_PIECE, at = offset % ROOST_SLOT_PIECE;
        if (number >= PIECES_MAX)
            return ROOST_ERR_CORRUPT;
        value_name(name, (char)('0' + slot->of.generation), slot->of.name, (char)('a' + number));
        int got = slots->kv.ops->get(slots->kv.ctx, name, piece, sizeof piece);
        if (got < 0)
            return got == ROOST_ERR_IO ? got : ROOST_ERR_CORRUPT;
        size_t part = (size_t)got > at ? (size_t)got - at : 0;
        if (part == 0)
            return ROOST_ERR_CORRUPT;
        if (part > len)
            part = len;
        memcpy(to, piece + at, part);
        to += part;
        offset += (uint32_t)part;
        len -= part;
    }
    return 0;
}

static int check_chain(const struct roost_pki_slot *slot, uint32_t wanted)
{
    uint8_t bytes[64];
    uint32_t crc = 0;

    for (uint32_t at = 0; at < slot->chain.len;) {
        uint32_t left = slot->chain.len - at;
        uint32_t len = left < sizeof bytes ? left : sizeof bytes;
        int err = slot->chain.read(slot->chain.ctx, at, bytes, len);
        if (err)
            return err;
        crc = roost_crc32(crc, bytes, len);
        at += len;
    }
    return crc == wanted ? 0 : ROOST_ERR_CORRUPT;
}

int roost_slot_look(void *ctx, const char *name, struct roost_pki_slot *out)
{
    const struct roost_slots *slots = ctx;
    struct roost_slot_key key;
    struct record pair;
    int err = roost_slot_name(name);

    *out = (struct roost_pki_slot){0};
    if (err)
        return err;
    err = roost_slot_key(slots, name, ROOST_SLOT_WAITING, &key);
    out->waiting = !err;
    out->waiting_key = err ? ROOST_PKI_KEY_OTHER : key.kind;
    if (!err || err == ROOST_ERR_NOT_FOUND)
        err = load(slots, name, ROOST_SLOT_IN_USE, &pair, &key);
    if (!err) {
        out->bound = true;
        out->key = key.kind;
        out->of.slots = slots;
        out->of.generation = pair.generation;
        memcpy(out->of.name, name, strlen(name) + 1);
        out->chain = (struct roost_pki_text){.len = pair.chain_len, .read = read_chain, .ctx = out};
        err = check_chain(out, pair.chain_crc);
    }
    roost_slot_forget(&key);
    return err == ROOST_ERR_NOT_FOUND ? 0 : err;
}

int roost_slot_erase(void *ctx, const char *name)
{
    const struct roost_slots *slots = ctx;
    static const char kinds[] = {'w', 's'};
    char value[ROOST_KV_KEY_MAX + 1];
    int err = roost_slot_name(name);

    for (size_t i = 0; i < sizeof kinds && !err; i++)
        err = slots->kv.ops->erase(slots->kv.ctx, value_name(value, kinds[i], name, 0));
    for (uint8_t generation = 0; generation < 2 && !err; generation++)
        err = erase_pieces(slots, name, generation, 0);
    return err;
}

/* ---- subjects ---- */

static bool text_ok(const char *text)
{
    const char *end = text + strlen(text);
    size_t characters = 0;

    if (*text == '#')
        return false;
    for (size_t n; text < end; text += n, characters++) {
        n = roost_utf8_len(text, end);
        if (n == 0 || (uint8_t)*text < ' ' || *text == 0x7f || *text == '\\')
            return false;
    }
    return characters > 0 && characters <= SUBJECT_MAX;
}

static bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

bool roost_slot_subject_ok(const struct roost_pki_subject *subject)
{
    const char *country = subject->country;

    if (!subject->common_name || !text_ok(subject->common_name))
        return false;
    if (subject->organization && !text_ok(subject->organization))
        return false;
    return !country || (is_letter(country[0]) && is_letter(country[1]) && country[2] == '\0');
}
