/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/fleet/manifest.h"

#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "core/json_read.h"
#include "core/number.h"
#include "port/port.h"

/* ---- the members ---- */

enum kind { WORD, BYTES, NUMBER, OPTIONAL_NUMBER };

/* What is signed stands first, in the order of its lines; a line has the member's own name. */
enum { SIGNED_MEMBERS = 8 };

static const struct member {
    const char *path; /* "member" or "object.member" */
    uint8_t object;   /* bytes of the path that are the object's name and the dot */
    uint8_t kind;
    uint16_t offset, size; /* in the struct */
} members[] = {
/* clang-format off */
#define AT(m) offsetof(struct roost_manifest, m), sizeof(((struct roost_manifest *)0)->m)
    {"meta.product", 5, WORD, AT(product)},
    {"meta.target", 5, WORD, AT(target)},
    {"version", 0, WORD, AT(version)},
    {"security_version", 0, NUMBER, AT(security_version)},
    {"size", 0, NUMBER, AT(size_bytes)},
    {"sha256", 0, BYTES, AT(sha256)},
    {"compatibility.min_hardware_version", 14, OPTIONAL_NUMBER, AT(min_hardware)},
    {"compatibility.max_hardware_version", 14, OPTIONAL_NUMBER, AT(max_hardware)},
    {"url", 0, WORD, AT(url)},
    {"key_id", 0, BYTES, AT(key_id)},
    {"signature", 0, BYTES, AT(signature)},
#undef AT
    /* clang-format on */
};

static int read_word(const struct roost_json *doc, int index, char *out, size_t size)
{
    int err = roost_json_string(doc, index, out, size);
    if (err)
        return err;
    for (const char *c = out; *c; c++)
        if (*c <= ' ' || *c > '~')
            return ROOST_ERR_INVALID;
    return out[0] ? ROOST_OK : ROOST_ERR_INVALID;
}

static int read_bytes(const struct roost_json *doc, int index, uint8_t *out, size_t size)
{
    size_t len;
    const char *text = roost_json_text(doc, index, &len);
    if (roost_json_type(doc, index) != ROOST_JSON_STRING)
        return ROOST_ERR_INVALID;
    if (len != 2 * size)
        return len < 2 * size ? ROOST_ERR_TRUNCATED : ROOST_ERR_TOO_LONG;
    return roost_hex_read(out, text, size) ? ROOST_OK : ROOST_ERR_INVALID;
}

static int read_number(const struct roost_json *doc, int index, uint32_t *out)
{
    size_t len;
    uint64_t value;
    const char *text = roost_json_text(doc, index, &len);
    if (roost_json_type(doc, index) != ROOST_JSON_NUMBER)
        return ROOST_ERR_INVALID;
    int err = roost_parse_uint64(text, len, &value);
    if (!err && value > UINT32_MAX)
        err = ROOST_ERR_RANGE;
    if (!err)
        *out = (uint32_t)value;
    return err;
}

static int read_member(struct roost_manifest *manifest, const struct roost_json *doc,
                       const struct member *member)
{
    char *out = (char *)manifest + member->offset;
    int object = ROOST_JSON_ROOT;
    if (member->object > 0) {
        char name[16] = "";
        memcpy(name, member->path, member->object - 1u);
        object = roost_json_find(doc, ROOST_JSON_ROOT, name);
    }
    int index = roost_json_find(doc, object, member->path + member->object);
    if (index < 0)
        return member->kind == OPTIONAL_NUMBER ? ROOST_OK : index;
    switch ((enum kind)member->kind) {
    case WORD:
        return read_word(doc, index, out, member->size);
    case BYTES:
        return read_bytes(doc, index, (uint8_t *)out, member->size);
    default:
        return read_number(doc, index, (uint32_t *)(void *)out);
    }
}

int roost_manifest_read(struct roost_manifest *manifest, const char *json, size_t len,
                        const char **field)
{
    struct roost_json_token tokens[ROOST_MANIFEST_VALUES_MAX];
    struct roost_json doc;
    memset(manifest, 0, sizeof *manifest);
    manifest->max_hardware = UINT32_MAX;

    *field = "manifest";
    int err = len > ROOST_MANIFEST_MAX
                  ? ROOST_ERR_TOO_LONG
                  : roost_json_parse(&doc, tokens, ROOST_MANIFEST_VALUES_MAX, json, len);
    if (!err && roost_json_type(&doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT)
        err = ROOST_ERR_INVALID;
    if (err)
        return err;
    *field = "available";
    err = roost_json_get_bool(&doc, ROOST_JSON_ROOT, *field, &manifest->available);
    if (err || !manifest->available)
        return err;
    *field = "mandatory";
    err = roost_json_get_bool(&doc, ROOST_JSON_ROOT, *field, &manifest->mandatory);
    if (err == ROOST_ERR_NOT_FOUND)
        err = ROOST_OK;
    for (size_t i = 0; !err && i < sizeof members / sizeof members[0]; i++) {
        *field = members[i].path;
        err = read_member(manifest, &doc, &members[i]);
    }
    return err;
}

/* ---- what is signed ---- */

struct lines {
    char *out;
    size_t size, len;
};

/* Counts on when it is full: the length tells. */
static void add(struct lines *lines, const char *text)
{
    size_t len = strlen(text);
    if (lines->len + len < lines->size)
        memcpy(lines->out + lines->len, text, len + 1);
    lines->len += len;
}

int roost_manifest_text(const struct roost_manifest *manifest, char *out, size_t size)
{
    struct lines lines = {.out = out, .size = size};
    char value[2 * sizeof manifest->sha256 + 1]; /* the longest: a word is at most half of it */
    add(&lines, "roost-firmware-1\n");
    for (const struct member *m = members; m < members + SIGNED_MEMBERS; m++) {
        const char *from = (const char *)manifest + m->offset;
        uint32_t number;
        if (m->kind == WORD) {
            memcpy(value, from, m->size);
        } else if (m->kind == BYTES) {
            roost_hex_write(value, from, m->size);
        } else {
            memcpy(&number, from, sizeof number);
            roost_write_uint64(value, number);
        }
        add(&lines, m->path + m->object);
        add(&lines, "=");
        add(&lines, value);
        add(&lines, "\n");
    }
    return lines.len < size ? (int)lines.len : ROOST_ERR_TOO_LONG;
}

int roost_key_id(const struct roost_crypto *crypto, const uint8_t key[ROOST_PUBLIC_KEY_BYTES],
                 uint8_t id[ROOST_KEY_ID_BYTES])
{
    uint8_t digest[32];
    if (crypto->ops->sha256(crypto->ctx, key, ROOST_PUBLIC_KEY_BYTES, digest) != 0)
        return ROOST_ERR_CRYPTO;
    memcpy(id, digest, ROOST_KEY_ID_BYTES);
    return ROOST_OK;
}

int roost_manifest_verify(const struct roost_manifest *manifest, const struct roost_crypto *crypto,
                          const uint8_t (*keys)[ROOST_PUBLIC_KEY_BYTES], size_t count)
{
    char text[ROOST_MANIFEST_TEXT_MAX];
    uint8_t id[ROOST_KEY_ID_BYTES], digest[32];
    int len = roost_manifest_text(manifest, text, sizeof text);
    if (len < 0 || crypto->ops->sha256(crypto->ctx, text, (size_t)len, digest) != 0)
        return ROOST_ERR_CRYPTO;
    for (size_t i = 0; i < count; i++) {
        if (roost_key_id(crypto, keys[i], id) != 0)
            return ROOST_ERR_CRYPTO;
        if (memcmp(id, manifest->key_id, sizeof id) == 0)
            return crypto->ops->ecdsa_p256_verify(crypto->ctx, keys[i], digest,
                                                  manifest->signature) == 0
                       ? ROOST_OK
                       : ROOST_ERR_CRYPTO;
    }
    return ROOST_ERR_AUTH;
}
