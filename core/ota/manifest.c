/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ota/manifest.h"

#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "core/json_read.h"
#include "core/number.h"
#include "port/port.h"

/* ---- the members ---- */

enum { TOKENS = 80 }; /* the members we know are 40; the rest is for those we do not */

enum kind { WORD, BYTES, NUMBER, OPTIONAL_NUMBER };

static const struct member {
    const char *path; /* "member" or "object.member" */
    uint8_t object;   /* bytes of the path that are the object's name */
    uint8_t kind;
    uint16_t offset, size; /* in the struct */
} members[] = {
/* clang-format off */
#define AT(member) offsetof(struct roost_manifest, member), sizeof(((struct roost_manifest *)0)->member)
    {"url", 0, WORD, AT(url)},
    {"version", 0, WORD, AT(version)},
    {"security_version", 0, NUMBER, AT(security_version)},
    {"size", 0, NUMBER, AT(size_bytes)},
    {"sha256", 0, BYTES, AT(sha256)},
    {"key_id", 0, BYTES, AT(key_id)},
    {"signature", 0, BYTES, AT(signature)},
    {"meta.product", 4, WORD, AT(product)},
    {"meta.target", 4, WORD, AT(target)},
    {"compatibility.min_hardware_version", 13, OPTIONAL_NUMBER, AT(min_hardware)},
    {"compatibility.max_hardware_version", 13, OPTIONAL_NUMBER, AT(max_hardware)},
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
    for (size_t i = 0; i < len; i++) {
        int digit = roost_hex_digit(text[i]);
        if (digit < 0)
            return ROOST_ERR_INVALID;
        out[i / 2] = (uint8_t)(out[i / 2] << 4 | digit);
    }
    return ROOST_OK;
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
    const char *key = member->path;
    int object = ROOST_JSON_ROOT;
    if (member->object) {
        char name[16];
        memcpy(name, key, member->object);
        name[member->object] = '\0';
        object = roost_json_find(doc, ROOST_JSON_ROOT, name);
        key += member->object + 1;
    }
    int index = roost_json_find(doc, object, key);
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
    struct roost_json_token tokens[TOKENS];
    struct roost_json doc;
    memset(manifest, 0, sizeof *manifest);
    manifest->max_hardware = UINT32_MAX;

    *field = "manifest";
    int err = len > ROOST_MANIFEST_MAX ? ROOST_ERR_TOO_LONG
                                       : roost_json_parse(&doc, tokens, TOKENS, json, len);
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

static void add_line(struct lines *lines, const char *name, const char *value)
{
    add(lines, name);
    add(lines, value);
    add(lines, "\n");
}

static void add_number(struct lines *lines, const char *name, uint32_t value)
{
    char text[ROOST_NUMBER_MAX];
    roost_write_uint64(text, value);
    add_line(lines, name, text);
}

int roost_manifest_text(const struct roost_manifest *manifest, char *out, size_t size)
{
    struct lines lines = {.out = out, .size = size};
    char digits[2 * sizeof manifest->sha256 + 1];
    roost_hex_write(digits, manifest->sha256, sizeof manifest->sha256);
    add(&lines, "roost-firmware-1\n");
    add_line(&lines, "product=", manifest->product);
    add_line(&lines, "target=", manifest->target);
    add_line(&lines, "version=", manifest->version);
    add_number(&lines, "security_version=", manifest->security_version);
    add_number(&lines, "size=", manifest->size_bytes);
    add_line(&lines, "sha256=", digits);
    add_number(&lines, "min_hardware_version=", manifest->min_hardware);
    add_number(&lines, "max_hardware_version=", manifest->max_hardware);
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
