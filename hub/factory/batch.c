/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/factory/batch.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "core/json_read.h"
#include "host/signature.h"

enum {
    TOKENS_OF_DEVICE = 11,
    TOKENS = (FACTORY_DEVICES_MAX + 1) * TOKENS_OF_DEVICE + 64,
    KEY_ID_BYTES = 8,
    LINE_SIZE = 512
};

struct reading {
    struct roost_json doc;
    char *why;
    size_t why_size;
};

static int refuse(const struct reading *r, int err, const char *member, const char *wanted)
{
    snprintf(r->why, r->why_size, "%s: missing or not %s", member, wanted);
    return err;
}

/* Printable and without blanks: what stands in a signed line must have one meaning. */
static bool is_word(const char *text)
{
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    return text[0] != '\0';
}

static int read_word(const struct reading *r, int object, const char *key, const char *member,
                     char *out, size_t size)
{
    char wanted[64];

    if (roost_json_get_string(&r->doc, object, key, out, size) == 0 && is_word(out))
        return 0;
    snprintf(wanted, sizeof wanted, "1 to %zu printable characters without blanks", size - 1);
    return refuse(r, ROOST_ERR_INVALID, member, wanted);
}

/* Exactly 2 * len digits. */
static bool to_bytes(uint8_t *out, const char *digits, size_t len)
{
    return strlen(digits) == 2 * len && roost_hex_read(out, digits, len);
}

/* ---- devices ---- */

static int read_device(const struct reading *r, int object, size_t number,
                       struct factory_device *device)
{
    char member[64];
    uint64_t version;

#define MEMBER(key) (snprintf(member, sizeof member, "devices[%zu].%s", number, key), member)
    if (roost_json_type(&r->doc, object) != ROOST_JSON_OBJECT)
        return refuse(r, ROOST_ERR_INVALID, MEMBER(""), "an object");
    int err = read_word(r, object, "device_id", MEMBER("device_id"), device->id, sizeof device->id);
    if (!err && roost_device_id_check(device->id, strlen(device->id)) != 0)
        err = refuse(r, ROOST_ERR_INVALID, member,
                     "1 to 64 characters of A-Z a-z 0-9 _ . : -, but for . and ..");
    if (!err)
        err = read_word(r, object, "broker_user", MEMBER("broker_user"), device->broker_user,
                        sizeof device->broker_user);
    if (!err)
        err = read_word(r, object, "broker_password_hash", MEMBER("broker_password_hash"),
                        device->password_hash, sizeof device->password_hash);
    if (!err)
        err = read_word(r, object, "secret_hex", MEMBER("secret_hex"), device->secret_hex,
                        sizeof device->secret_hex);
    if (!err && !to_bytes(device->secret, device->secret_hex, sizeof device->secret))
        err = refuse(r, ROOST_ERR_INVALID, member, "64 hexadecimal digits");
    if (!err && (roost_json_get_uint64(&r->doc, object, "hardware_version", &version) != 0 ||
                 version > UINT32_MAX))
        err = refuse(r, ROOST_ERR_INVALID, MEMBER("hardware_version"),
                     "a number from 0 to 4294967295");
#undef MEMBER
    device->hardware_version = err ? 0 : (uint32_t)version;
    return err;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int find_double(const struct reading *r, const struct factory_batch *batch)
{
    const char **ids = calloc(batch->count + 1, sizeof(const char *));
    int err = ids ? 0 : ROOST_ERR_NO_MEMORY;

    for (size_t i = 0; ids && i < batch->count; i++)
        ids[i] = batch->devices[i].id;
    if (ids)
        qsort(ids, batch->count, sizeof(const char *), by_id);
    for (size_t i = 1; ids && !err && i < batch->count; i++) {
        if (strcmp(ids[i - 1], ids[i]) == 0) {
            snprintf(r->why, r->why_size, "devices: %s is there twice", ids[i]);
            err = ROOST_ERR_EXISTS;
        }
    }
    free(ids);
    return err;
}

/* ---- signature ---- */

static int check_key(const struct reading *r, const uint8_t public_key[FACTORY_KEY_BYTES])
{
    uint8_t digest[SHA256_DIGEST_LENGTH], id[KEY_ID_BYTES];
    char digits[2 * KEY_ID_BYTES + 1], ours[2 * KEY_ID_BYTES + 1];

    if (roost_json_get_string(&r->doc, ROOST_JSON_ROOT, "key_id", digits, sizeof digits) != 0 ||
        !to_bytes(id, digits, sizeof id))
        return refuse(r, ROOST_ERR_INVALID, "key_id", "16 hexadecimal digits");
    SHA256(public_key, FACTORY_KEY_BYTES, digest);
    if (memcmp(id, digest, sizeof id) == 0)
        return 0;
    roost_hex_write(ours, digest, KEY_ID_BYTES);
    snprintf(r->why, r->why_size,
             "key_id: signed with key %s, and the factory's (ROOST_FACTORY_KEY_FILE) is %s", digits,
             ours);
    return ROOST_ERR_AUTH;
}

static int check_signature(const struct reading *r, const struct factory_batch *batch,
                           const uint8_t public_key[FACTORY_KEY_BYTES])
{
    uint8_t raw[SIGNATURE_BYTES];
    char digits[2 * SIGNATURE_BYTES + 1], line[LINE_SIZE];

    if (roost_json_get_string(&r->doc, ROOST_JSON_ROOT, "signature", digits, sizeof digits) != 0 ||
        !to_bytes(raw, digits, sizeof raw))
        return refuse(r, ROOST_ERR_INVALID, "signature", "128 hexadecimal digits");
    struct signature *signature = signature_begin(public_key);
    if (!signature) {
        snprintf(r->why, r->why_size, "ROOST_FACTORY_KEY_FILE: not a point of P-256");
        return ROOST_ERR_CRYPTO;
    }
    int len = snprintf(line, sizeof line, "roost-batch-1\nbatch=%s\nmade_at=%s\nproduct=%s\n",
                       batch->id, batch->made_at, batch->product);
    signature_add(signature, line, (size_t)len);
    for (size_t i = 0; i < batch->count; i++) {
        const struct factory_device *d = &batch->devices[i];
        len = snprintf(line, sizeof line, "device=%s %u %s %s %s\n", d->id, d->hardware_version,
                       d->broker_user, d->password_hash, d->secret_hex);
        signature_add(signature, line, (size_t)len);
    }
    OPENSSL_cleanse(line, sizeof line);
    int err = signature_end(signature, raw);
    if (err)
        snprintf(r->why, r->why_size, "signature: does not verify; the file was changed");
    return err;
}

/* ---- the file ---- */

static int read_head(const struct reading *r, struct factory_batch *batch)
{
    int err = read_word(r, ROOST_JSON_ROOT, "batch", "batch", batch->id, sizeof batch->id);

    if (!err)
        err = read_word(r, ROOST_JSON_ROOT, "made_at", "made_at", batch->made_at,
                        sizeof batch->made_at);
    if (!err)
        err = read_word(r, ROOST_JSON_ROOT, "product", "product", batch->product,
                        sizeof batch->product);
    return err;
}

static int read_devices(const struct reading *r, int list, struct factory_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        int err = read_device(r, roost_json_at(&r->doc, list, i), i, &batch->devices[i]);
        if (err)
            return err;
    }
    return find_double(r, batch);
}

static int read_batch(const struct reading *r, const uint8_t *public_key,
                      struct factory_batch **out)
{
    int list = roost_json_find(&r->doc, ROOST_JSON_ROOT, "devices");

    if (list < 0 || roost_json_type(&r->doc, list) != ROOST_JSON_ARRAY ||
        roost_json_size(&r->doc, list) == 0)
        return refuse(r, ROOST_ERR_INVALID, "devices", "an array of at least one device");
    size_t count = roost_json_size(&r->doc, list);
    if (count > FACTORY_DEVICES_MAX) {
        snprintf(r->why, r->why_size, "devices: %zu, at most %d in a batch", count,
                 FACTORY_DEVICES_MAX);
        return ROOST_ERR_TOO_LONG;
    }
    struct factory_batch *batch = calloc(1, sizeof *batch + count * sizeof batch->devices[0]);
    if (!batch)
        return ROOST_ERR_NO_MEMORY;
    batch->count = count;
    int err = read_head(r, batch);
    if (!err)
        err = read_devices(r, list, batch);
    if (!err)
        err = check_key(r, public_key);
    if (!err)
        err = check_signature(r, batch, public_key);
    if (err)
        factory_batch_free(batch);
    else
        *out = batch;
    return err;
}

int factory_batch_read(struct factory_batch **batch, const char *json, size_t len,
                       const uint8_t public_key[FACTORY_KEY_BYTES], char *why, size_t why_size)
{
    struct reading r = {.why = why, .why_size = why_size};
    struct roost_json_token *tokens = calloc(TOKENS, sizeof *tokens);

    snprintf(why, why_size, "out of memory");
    if (!tokens)
        return ROOST_ERR_NO_MEMORY;
    int err = roost_json_parse(&r.doc, tokens, TOKENS, json, len);
    if (err == ROOST_ERR_TOO_LONG)
        snprintf(why, why_size, "devices: at most %d in a batch", FACTORY_DEVICES_MAX);
    else if (err || roost_json_type(&r.doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT)
        err = (snprintf(why, why_size, "the batch must be one JSON object"), ROOST_ERR_INVALID);
    else
        err = read_batch(&r, public_key, batch);
    free(tokens);
    return err;
}

void factory_batch_free(struct factory_batch *batch)
{
    if (!batch)
        return;
    OPENSSL_cleanse(batch->devices, batch->count * sizeof batch->devices[0]);
    free(batch);
}
