/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/security/roots.h"

#include <string.h>

#include "core/assert.h"
#include "core/bytes.h"
#include "core/err.h"

/* On flash: "rc<place>" holds version, use and length; the text is the blob "rc<place>". The header
 * is written behind the text and erased before it. */
enum { VERSION = 1, HEADER = 4 };

_Static_assert(sizeof(struct charger_roots) <= CHARGER_ROOTS_RAM_MAX, "as the header says");

static int read_header(struct charger_roots *roots, unsigned place)
{
    struct charger_blob *blob = &roots->places[place].blob;
    uint8_t header[HEADER];
    int len = roots->kv->ops->get(roots->kv->ctx, blob->name, header, sizeof header);

    if (len == ROOST_ERR_IO)
        return len;
    if (len != HEADER || header[0] != VERSION || header[1] > CHARGER_ROOT_MANUFACTURER)
        return 0;
    roots->places[place].use = header[1];
    blob->len = roost_le_get16(header + 2);
    return 0;
}

int charger_roots_init(struct charger_roots *roots, const struct roost_kv *kv,
                       const struct roost_pki *pki, uint16_t max)
{
    int result = 0;

    ROOST_ASSERT(max >= 1 && max <= CHARGER_ROOTS_MAX);
    *roots = (struct charger_roots){.kv = kv, .pki = pki, .max = max, .in_use = -1};
    for (unsigned i = 0; i < CHARGER_ROOTS_MAX; i++) {
        roots->places[i].blob =
            (struct charger_blob){.kv = kv, .name = {'r', 'c', (char)('0' + i)}};
        if (read_header(roots, i))
            result = ROOST_ERR_IO;
    }
    return result;
}

static int identify(struct charger_roots *roots, unsigned place, enum roost_pki_hash hash,
                    struct roost_certificate_id *out)
{
    struct roost_pki_text text = charger_blob_text(&roots->places[place].blob);

    return roots->pki->ops->identify(roots->pki->ctx, &text, 0, NULL, hash, out);
}

static bool same(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if ((*a >= 'A' && *a <= 'F' ? *a + 'a' - 'A' : *a) !=
            (*b >= 'A' && *b <= 'F' ? *b + 'a' - 'A' : *b))
            return false;
    return *a == *b;
}

/* The place of such a one, or -1. */
static int find(struct charger_roots *roots, uint8_t use, enum roost_pki_hash hash,
                const struct roost_certificate_id *id)
{
    struct roost_certificate_id other;

    for (unsigned i = 0; i < CHARGER_ROOTS_MAX; i++)
        if (roots->places[i].use && (!use || roots->places[i].use == use) &&
            identify(roots, i, hash, &other) == 0 &&
            same(id->issuer_name_hash, other.issuer_name_hash) &&
            same(id->issuer_key_hash, other.issuer_key_hash) && same(id->serial, other.serial))
            return (int)i;
    return -1;
}

unsigned charger_roots_count(const struct charger_roots *roots, enum charger_root_use use)
{
    unsigned found = 0;

    for (unsigned i = 0; i < CHARGER_ROOTS_MAX; i++)
        found += roots->places[i].use && (!use || roots->places[i].use == use);
    return found;
}

/* ---- installing ---- */

static bool is_root(struct charger_roots *roots, const struct roost_pki_text *text, int64_t unix_ms)
{
    const struct roost_pki *pki = roots->pki;
    struct roost_certificate certificate, other;

    if (text->len > CHARGER_BLOB_MAX || pki->ops->inspect(pki->ctx, text, 0, &certificate) ||
        pki->ops->inspect(pki->ctx, text, 1, &other) != ROOST_ERR_NOT_FOUND)
        return false;
    if (certificate.key == ROOST_PKI_KEY_OTHER ||
        (certificate.key == ROOST_PKI_RSA && certificate.key_bits < 2048))
        return false;
    return certificate.root && (!unix_ms || unix_ms < certificate.not_after_ms + 1000);
}

enum charger_install_answer charger_roots_install(struct charger_roots *roots,
                                                  enum charger_root_use use,
                                                  const struct roost_pki_text *text,
                                                  int64_t unix_ms)
{
    const struct roost_pki *pki = roots->pki;
    struct roost_certificate_id id;
    unsigned place = 0;

    if (!is_root(roots, text, unix_ms) ||
        pki->ops->identify(pki->ctx, text, 0, NULL, ROOST_PKI_SHA256, &id))
        return CHARGER_INSTALL_REJECTED;
    if (find(roots, use, ROOST_PKI_SHA256, &id) >= 0)
        return CHARGER_INSTALL_ACCEPTED;
    if (charger_roots_count(roots, CHARGER_ROOT_NONE) >= roots->max)
        return CHARGER_INSTALL_REJECTED;
    while (roots->places[place].use)
        place++;
    struct charger_blob *blob = &roots->places[place].blob;
    int err = charger_blob_write(blob, text);
    uint8_t header[HEADER] = {VERSION, use};
    roost_le_put(header + 2, blob->len, 2);
    if (!err)
        err = roots->kv->ops->set(roots->kv->ctx, blob->name, header, sizeof header);
    if (err) {
        /* Where even that fails the next boot finds the root, whole. */
        (void)roots->kv->ops->erase(roots->kv->ctx, blob->name);
        (void)charger_blob_erase(blob);
        return CHARGER_INSTALL_FAILED;
    }
    roots->places[place].use = (uint8_t)use;
    return CHARGER_INSTALL_ACCEPTED;
}

/* ---- use ---- */

int charger_roots_used(struct charger_roots *roots, const struct roost_pki_text *chain,
                       int64_t unix_ms)
{
    const struct roost_pki *pki = roots->pki;
    int err = ROOST_ERR_CRYPTO;

    roots->in_use = -1;
    for (unsigned i = 0; i < CHARGER_ROOTS_MAX; i++) {
        if (roots->places[i].use != CHARGER_ROOT_CENTRAL)
            continue;
        struct roost_pki_text root = charger_blob_text(&roots->places[i].blob);
        struct roost_pki_check check = {.chain = chain,
                                        .roots = &root,
                                        .root_count = 1,
                                        .at_ms = unix_ms,
                                        .usage = ROOST_PKI_TLS_SERVER};
        enum roost_pki_verdict verdict;
        err = pki->ops->verify_chain(pki->ctx, &check, &verdict);
        if (!err) {
            roots->in_use = (int8_t)i;
            return 0;
        }
    }
    return err;
}

void charger_roots_connect(struct charger_roots *roots)
{
    for (unsigned i = 0; i < CHARGER_ROOTS_MAX; i++)
        roots->places[i].blob.was_read = false;
}

void charger_roots_connected(struct charger_roots *roots)
{
    roots->in_use = -1;
    for (unsigned i = 0; i < CHARGER_ROOTS_MAX; i++)
        if (roots->places[i].use == CHARGER_ROOT_CENTRAL && roots->places[i].blob.was_read)
            roots->in_use = (int8_t)i;
}

enum charger_delete_answer charger_roots_delete(struct charger_roots *roots,
                                                enum roost_pki_hash hash,
                                                const struct roost_certificate_id *id, bool tls)
{
    int place = find(roots, CHARGER_ROOT_NONE, hash, id);

    if (place < 0)
        return CHARGER_DELETE_NOT_FOUND;
    if (tls && roots->places[place].use == CHARGER_ROOT_CENTRAL &&
        (place == roots->in_use || charger_roots_count(roots, CHARGER_ROOT_CENTRAL) == 1))
        return CHARGER_DELETE_FAILED;
    struct charger_blob *blob = &roots->places[place].blob;
    if (roots->kv->ops->erase(roots->kv->ctx, blob->name))
        return CHARGER_DELETE_FAILED;
    roots->places[place].use = CHARGER_ROOT_NONE;
    if (place == roots->in_use)
        roots->in_use = -1;
    (void)charger_blob_erase(blob); /* what is left is overwritten by the next one */
    return CHARGER_DELETE_ACCEPTED;
}

int charger_roots_list(struct charger_roots *roots, enum charger_root_use use,
                       enum roost_pki_hash hash, unsigned *at, struct roost_certificate_id *out)
{
    while (*at < CHARGER_ROOTS_MAX) {
        unsigned place = (*at)++;
        if (roots->places[place].use == use && identify(roots, place, hash, out) == 0)
            return 0;
    }
    return ROOST_ERR_EMPTY;
}

size_t charger_roots_texts(struct charger_roots *roots, enum charger_root_use use,
                           struct roost_pki_text texts[CHARGER_ROOTS_MAX])
{
    size_t len = 0;

    for (unsigned i = 0; i < CHARGER_ROOTS_MAX; i++)
        if (roots->places[i].use == use)
            texts[len++] = charger_blob_text(&roots->places[i].blob);
    return len;
}
