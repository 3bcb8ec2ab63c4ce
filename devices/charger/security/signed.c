/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/security/signed.h"

#include <string.h>

#include "core/base64.h"
#include "core/bytes.h"
#include "core/err.h"

/* The request as a value of the kv, under "fs":
 *
 *     0  version, 1
 *     1  state
 *     2  bank: the certificate is the blob "fc<bank>"
 *     3  request's id, 32 bits, little-endian
 *     7  length of the certificate, 16 bits
 *     9  the image's SHA-256, zeros before it is known
 *    41  the signature's bytes */
enum { VERSION = 1, HEADER = 41, RECORD_MAX = HEADER + CHARGER_SIGNATURE_MAX };

_Static_assert(sizeof(struct charger_signed) <= CHARGER_SIGNED_RAM_MAX, "as the header says");

static const char key[] = "fs";

static struct charger_blob blob_of(const struct charger_signed *update, uint8_t bank)
{
    return (struct charger_blob){
        .kv = update->kv, .name = {'f', 'c', (char)('0' + bank)}, .len = update->certificate_len};
}

/* ---- on flash ---- */

static void write_header(const struct charger_signed *update, uint8_t bytes[RECORD_MAX])
{
    bytes[0] = VERSION;
    bytes[1] = update->state;
    bytes[2] = update->bank;
    roost_le_put(bytes + 3, (uint32_t)update->id, 4);
    roost_le_put(bytes + 7, update->certificate_len, 2);
    memcpy(bytes + 9, update->digest, sizeof update->digest);
}

/* Returns the value's length or an error. */
static int load(const struct charger_signed *update, uint8_t bytes[RECORD_MAX])
{
    int len = update->kv->ops->get(update->kv->ctx, key, bytes, RECORD_MAX);

    if (len == ROOST_ERR_IO || len == ROOST_ERR_NOT_FOUND)
        return len;
    return len <= HEADER || bytes[0] != VERSION || bytes[1] > CHARGER_SIGNED_INSTALLING ||
                   bytes[2] > 1
               ? ROOST_ERR_CORRUPT
               : len;
}

int charger_signed_init(struct charger_signed *update, const struct roost_kv *kv,
                        const struct roost_pki *pki, struct charger_roots *roots,
                        struct charger_events *events)
{
    uint8_t bytes[RECORD_MAX];

    *update = (struct charger_signed){.kv = kv, .pki = pki, .roots = roots, .events = events};
    int len = load(update, bytes);
    if (len < 0)
        return len == ROOST_ERR_IO ? len : 0;
    update->state = bytes[1];
    update->bank = bytes[2];
    update->id = (int32_t)roost_le_get32(bytes + 3);
    update->certificate_len = roost_le_get16(bytes + 7);
    memcpy(update->digest, bytes + 9, sizeof update->digest);
    return 0;
}

/* One write, and only then in memory. */
static int move_to(struct charger_signed *update, enum charger_signed_state state,
                   const uint8_t digest[32])
{
    struct charger_signed next = *update;
    uint8_t bytes[RECORD_MAX];
    int len = load(update, bytes);

    if (len < 0)
        return len;
    next.state = (uint8_t)state;
    memcpy(next.digest, digest, sizeof next.digest);
    write_header(&next, bytes);
    int err = update->kv->ops->set(update->kv->ctx, key, bytes, (size_t)len);
    if (!err)
        *update = next;
    return err;
}

int charger_signed_drop(struct charger_signed *update)
{
    struct charger_blob blob = blob_of(update, update->bank);
    int err = update->kv->ops->erase(update->kv->ctx, key);

    if (err)
        return err;
    update->state = CHARGER_SIGNED_NONE;
    (void)charger_blob_erase(&blob); /* what is left is overwritten by a later one */
    return 0;
}

/* ---- accepting ---- */

/* Returns the length, or an error. */
static int decode(uint8_t out[CHARGER_SIGNATURE_MAX], const char *text, size_t len)
{
    char four[4];
    size_t filled = 0, made = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t')
            continue;
        if (made % 3) /* padding was read */
            return ROOST_ERR_INVALID;
        four[filled++] = text[i];
        if (filled < sizeof four)
            continue;
        int got = roost_base64_decode(out + made, CHARGER_SIGNATURE_MAX - made, four, sizeof four);
        if (got < 0)
            return got;
        made += (size_t)got;
        filled = 0;
    }
    return filled || made == 0 ? ROOST_ERR_INVALID : (int)made;
}

/* 0, ROOST_ERR_CRYPTO or what kept it from being said. */
static int judge(struct charger_signed *update, const struct roost_pki_text *certificate,
                 uint64_t now_ms, int64_t unix_ms)
{
    struct roost_pki_text roots[CHARGER_ROOTS_MAX];
    struct roost_pki_check check = {
        .chain = certificate,
        .roots = roots,
        .root_count = charger_roots_texts(update->roots, CHARGER_ROOT_MANUFACTURER, roots),
        .at_ms = unix_ms,
        .usage = ROOST_PKI_CODE_SIGNING};
    enum roost_pki_verdict verdict;
    int err = update->pki->ops->verify_chain(update->pki->ctx, &check, &verdict);

    if (err && verdict != ROOST_PKI_FAILED) {
        (void)charger_events_add(update->events, CHARGER_EVENT_InvalidFirmwareSigningCertificate,
                                 roost_pki_verdict_text(verdict), now_ms, unix_ms);
        err = ROOST_ERR_CRYPTO;
    }
    return err;
}

/* What is not for a request that counts is overwritten. */
static int keep(struct charger_signed *next, const struct charger_signed_request *request)
{
    uint8_t bytes[RECORD_MAX];
    int len = decode(bytes + HEADER, request->signature, request->signature_len);

    if (len < 0)
        return len;
    struct charger_blob blob = blob_of(next, next->bank);
    int err = charger_blob_write(&blob, &request->certificate);
    if (err)
        return err;
    next->certificate_len = blob.len;
    write_header(next, bytes);
    return next->kv->ops->set(next->kv->ctx, key, bytes, (size_t)(HEADER + len));
}

enum charger_signed_answer charger_signed_accept(struct charger_signed *update,
                                                 const struct charger_signed_request *request,
                                                 uint64_t now_ms, int64_t unix_ms)
{
    struct charger_signed next = *update;
    bool canceled = update->state != CHARGER_SIGNED_NONE;

    if (update->state == CHARGER_SIGNED_INSTALLING)
        return CHARGER_SIGNED_REJECTED;
    int err = judge(update, &request->certificate, now_ms, unix_ms);
    if (err)
        return err == ROOST_ERR_CRYPTO ? CHARGER_SIGNED_INVALID_CERTIFICATE
                                       : CHARGER_SIGNED_REJECTED;
    next.state = CHARGER_SIGNED_ACCEPTED;
    next.bank = canceled ? update->bank ^ 1 : 0;
    next.id = request->id;
    memset(next.digest, 0, sizeof next.digest);
    if (keep(&next, request)) {
        /* Whether the last write happened only the flash knows. */
        (void)charger_signed_init(&next, update->kv, update->pki, update->roots, update->events);
        *update = next;
        return CHARGER_SIGNED_REJECTED;
    }
    *update = next;
    return canceled ? CHARGER_SIGNED_YES_CANCELED : CHARGER_SIGNED_YES;
}

/* ---- verifying and installing ---- */

int charger_signed_verify(struct charger_signed *update, const uint8_t digest[32], uint64_t now_ms,
                          int64_t unix_ms)
{
    struct charger_blob blob = blob_of(update, update->bank);
    struct roost_pki_text certificate = charger_blob_text(&blob);
    uint8_t bytes[RECORD_MAX];

    if (update->state != CHARGER_SIGNED_ACCEPTED && update->state != CHARGER_SIGNED_VERIFIED)
        return ROOST_ERR_STATE;
    int len = load(update, bytes);
    if (len < 0)
        return len;
    int err = judge(update, &certificate, now_ms, unix_ms);
    if (!err) {
        err = update->pki->ops->verify_signature(update->pki->ctx, &certificate,
                                                 ROOST_PKI_ANY_SIGNATURE, digest, bytes + HEADER,
                                                 (size_t)len - HEADER);
        if (err == ROOST_ERR_CRYPTO)
            (void)charger_events_add(update->events, CHARGER_EVENT_InvalidFirmwareSignature, NULL,
                                     now_ms, unix_ms);
    }
    if (err == ROOST_ERR_CRYPTO)
        (void)charger_signed_drop(update);
    return err ? err : move_to(update, CHARGER_SIGNED_VERIFIED, digest);
}

bool charger_signed_allows(const struct charger_signed *update, const uint8_t digest[32])
{
    return (update->state == CHARGER_SIGNED_VERIFIED ||
            update->state == CHARGER_SIGNED_INSTALLING) &&
           memcmp(update->digest, digest, sizeof update->digest) == 0;
}

int charger_signed_installing(struct charger_signed *update)
{
    if (update->state == CHARGER_SIGNED_INSTALLING)
        return 0;
    return update->state == CHARGER_SIGNED_VERIFIED
               ? move_to(update, CHARGER_SIGNED_INSTALLING, update->digest)
               : ROOST_ERR_STATE;
}

enum charger_signed_end charger_signed_booted(struct charger_signed *update,
                                              const uint8_t digest[32], uint64_t now_ms,
                                              int64_t unix_ms)
{
    if (update->state != CHARGER_SIGNED_INSTALLING)
        return CHARGER_SIGNED_NO_END;
    bool installed = digest && charger_signed_allows(update, digest);
    /* The event first: after a cut between the two it is there twice, not never. */
    if (installed)
        (void)charger_events_add(update->events, CHARGER_EVENT_FirmwareUpdated, NULL, now_ms,
                                 unix_ms);
    if (charger_signed_drop(update))
        update->state = CHARGER_SIGNED_NONE; /* on flash it is not: the next boot tells it again */
    return installed ? CHARGER_SIGNED_INSTALLED : CHARGER_SIGNED_FAILED;
}
