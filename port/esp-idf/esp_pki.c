/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures, and keys in slots. */
#include "port/esp-idf/esp_pki.h"

#include <stdio.h>
#include <stddef.h>
#include <string.h>

#include "mbedtls/asn1.h"
#include "mbedtls/base64.h"
#include "mbedtls/ecp.h"
#include "mbedtls/md.h"
#include "mbedtls/pk.h"
#include "mbedtls/rsa.h"
#include "mbedtls/version.h"
#include "mbedtls/x509_csr.h"

#include "core/err.h"

enum {
    RSA_BITS = 2048,
    RSA_EXPONENT = 65537,
    SUBJECT_TEXT_MAX = 640, /* two names of 64 characters of 4 bytes, and what surrounds them */
    SIGNATURE_ROOM = 1024   /* MBEDTLS_PK_SIGNATURE_MAX_SIZE: up to RSA-8192 */
};

int esp_pki_random(void *ctx, unsigned char *out, size_t len)
{
    const struct esp_pki *pki = ctx;

    pki->random.ops->fill(pki->random.ctx, out, len);
    return 0;
}

/* ---- signatures of others ---- */

static bool verify_as(mbedtls_pk_context *key, enum roost_pki_signature kind,
                      const uint8_t digest[32], const void *signature, size_t len)
{
    const mbedtls_pk_rsassa_pss_options pss = {.mgf1_hash_id = MBEDTLS_MD_SHA256,
                                               .expected_salt_len = MBEDTLS_RSA_SALT_LEN_ANY};
    mbedtls_pk_type_t type = mbedtls_pk_get_type(key);

    if (kind == ROOST_PKI_ECDSA)
        return mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA) &&
               mbedtls_pk_verify(key, MBEDTLS_MD_SHA256, digest, 32, signature, len) == 0;
    if (type != MBEDTLS_PK_RSA)
        return false;
    if (kind == ROOST_PKI_RSA_PSS)
        return mbedtls_pk_verify_ext(MBEDTLS_PK_RSASSA_PSS, &pss, key, MBEDTLS_MD_SHA256, digest,
                                     32, signature, len) == 0;
    return mbedtls_pk_verify(key, MBEDTLS_MD_SHA256, digest, 32, signature, len) == 0;
}

static int verify_signature(void *ctx, const struct roost_pki_text *signer,
                            enum roost_pki_signature kind, const uint8_t digest[32],
                            const void *signature, size_t len)
{
    struct esp_certificate *certificate;
    bool good = false;

    (void)ctx;
    int err = esp_pki_read_at(signer, 0, &certificate);
    if (err)
        return err;
    for (int i = ROOST_PKI_RSA_PSS; i <= ROOST_PKI_ECDSA && !good; i++)
        if (kind == ROOST_PKI_ANY_SIGNATURE || (int)kind == i)
            good = verify_as(&certificate->crt.pk, (enum roost_pki_signature)i, digest, signature,
                             len);
    esp_pki_free(certificate);
    return good ? 0 : ROOST_ERR_CRYPTO;
}

/* ---- keys ---- */

static int parse_key(struct esp_pki *pki, const struct roost_slot_key *key, mbedtls_pk_context *out)
{
#if MBEDTLS_VERSION_MAJOR < 3
    (void)pki;
    int err = mbedtls_pk_parse_key(out, key->der, key->len, NULL, 0);
#else
    int err = mbedtls_pk_parse_key(out, key->der, key->len, NULL, 0, esp_pki_random, pki);
#endif
    return err == MBEDTLS_ERR_PK_ALLOC_FAILED ? ROOST_ERR_NO_MEMORY : err ? ROOST_ERR_CORRUPT : 0;
}

/* The key of the slot, ready for use; out is to be freed whatever this returns. */
static int load_key(struct esp_pki *pki, const char *slot, enum roost_slot_which which,
                    mbedtls_pk_context *out)
{
    struct roost_slot_key key;

    mbedtls_pk_init(out);
    int err = roost_slot_key(&pki->slots, slot, which, &key);
    if (!err)
        err = parse_key(pki, &key, out);
    roost_slot_forget(&key);
    return err;
}

void esp_pki_free_all(struct esp_certificate *chain)
{
    while (chain) {
        struct esp_certificate *next = (struct esp_certificate *)chain->crt.next;
        esp_pki_free(chain);
        chain = next;
    }
}

int esp_pki_pair(struct esp_pki *pki, const char *slot, mbedtls_pk_context *key,
                 struct esp_certificate **chain)
{
    struct roost_pki_slot held;
    struct esp_certificate *next;
    mbedtls_x509_crt *last = NULL;
    int err = roost_slot_look(&pki->slots, slot, &held);

    *chain = NULL;
    mbedtls_pk_init(key);
    if (!err && !held.bound)
        err = ROOST_ERR_NOT_FOUND;
    if (!err)
        err = load_key(pki, slot, ROOST_SLOT_IN_USE, key);
    for (unsigned i = 0; !err && i < ROOST_PKI_CERTIFICATES_MAX; i++) {
        err = esp_pki_read_at(&held.chain, i, &next);
        if (err)
            break;
        if (last)
            last->next = &next->crt;
        else
            *chain = next;
        last = &next->crt;
    }
    if (*chain && err == ROOST_ERR_NOT_FOUND) /* behind the last one */
        return 0;
    if (err) {
        esp_pki_free_all(*chain);
        *chain = NULL;
        mbedtls_pk_free(key);
    }
    return err;
}

static bool is_pair(struct esp_pki *pki, const mbedtls_pk_context *public_key,
                    const mbedtls_pk_context *key)
{
#if MBEDTLS_VERSION_MAJOR < 3
    (void)pki;
    return mbedtls_pk_check_pair(public_key, key) == 0;
#else
    return mbedtls_pk_check_pair(public_key, key, esp_pki_random, pki) == 0;
#endif
}

static int make_key(struct esp_pki *pki, enum roost_pki_key kind, mbedtls_pk_context *out)
{
    bool rsa = kind == ROOST_PKI_RSA;
    int err =
        mbedtls_pk_setup(out, mbedtls_pk_info_from_type(rsa ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECKEY));

    if (!err && rsa)
        err =
            mbedtls_rsa_gen_key(mbedtls_pk_rsa(*out), esp_pki_random, pki, RSA_BITS, RSA_EXPONENT);
    else if (!err)
        err =
            mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*out), esp_pki_random, pki);
    if (err == MBEDTLS_ERR_PK_ALLOC_FAILED || err == MBEDTLS_ERR_MPI_ALLOC_FAILED)
        return ROOST_ERR_NO_MEMORY;
    return err ? ROOST_ERR_CRYPTO : 0;
}

static int generate(void *ctx, const char *slot, enum roost_pki_key kind)
{
    struct esp_pki *pki = ctx;
    struct roost_slot_key key = {.kind = kind};
    mbedtls_pk_context made;
    int err = roost_slot_name(slot);

    if (err)
        return err;
    if (kind != ROOST_PKI_P256 && !(kind == ROOST_PKI_RSA && pki->rsa))
        return ROOST_ERR_UNSUPPORTED;
    mbedtls_pk_init(&made);
    err = make_key(pki, kind, &made);
    if (!err) {
        int len = mbedtls_pk_write_key_der(&made, key.der, sizeof key.der);
        if (len > 0) { /* it stands at the end */
            key.len = (uint16_t)len;
            memmove(key.der, key.der + sizeof key.der - len, (size_t)len);
            err = roost_slot_keep(&pki->slots, slot, &key);
        } else {
            err = ROOST_ERR_CRYPTO;
        }
    }
    roost_slot_forget(&key);
    mbedtls_pk_free(&made);
    return err;
}

/* ---- requests ---- */

/* Appends ",O=Some\, Name"; at most SUBJECT_TEXT_MAX is what roost_slot_subject_ok lets through. */
static size_t append(char *out, size_t len, const char *kind, const char *value)
{
    if (!value)
        return len;
    len += (size_t)snprintf(out + len, SUBJECT_TEXT_MAX - len, "%s%s=", len ? "," : "", kind);
    for (; *value; value++) {
        if (*value == ',')
            out[len++] = '\\';
        out[len++] = *value;
    }
    out[len] = '\0';
    return len;
}

static int write_request(struct esp_pki *pki, mbedtls_pk_context *key, const char *subject,
                         char *pem, size_t size)
{
    mbedtls_x509write_csr csr;

    mbedtls_x509write_csr_init(&csr);
    mbedtls_x509write_csr_set_md_alg(&csr, MBEDTLS_MD_SHA256);
    mbedtls_x509write_csr_set_key(&csr, key);
    int err = mbedtls_x509write_csr_set_subject_name(&csr, subject) ? ROOST_ERR_INVALID : 0;
    if (!err) {
        int made = mbedtls_x509write_csr_pem(&csr, (unsigned char *)pem, size, esp_pki_random, pki);
        if (made == MBEDTLS_ERR_BASE64_BUFFER_TOO_SMALL || made == MBEDTLS_ERR_ASN1_BUF_TOO_SMALL)
            err = ROOST_ERR_TOO_LONG;
        else if (made)
            err = ROOST_ERR_CRYPTO;
    }
    mbedtls_x509write_csr_free(&csr);
    return err ? err : (int)strlen(pem);
}

static int request(void *ctx, const char *slot, const struct roost_pki_subject *subject, char *pem,
                   size_t size)
{
    struct esp_pki *pki = ctx;
    char text[SUBJECT_TEXT_MAX];
    mbedtls_pk_context key;

    if (!roost_slot_subject_ok(subject))
        return ROOST_ERR_INVALID;
    size_t len = append(text, 0, "C", subject->country);
    len = append(text, len, "O", subject->organization);
    (void)append(text, len, "CN", subject->common_name);
    int err = load_key(pki, slot, ROOST_SLOT_WAITING, &key);
    if (err == ROOST_ERR_NOT_FOUND) {
        mbedtls_pk_free(&key);
        err = load_key(pki, slot, ROOST_SLOT_IN_USE, &key);
    }
    if (!err)
        err = write_request(pki, &key, text, pem, size);
    mbedtls_pk_free(&key);
    return err;
}

/* ---- use ---- */

/* Every certificate can be read, and all of them fit. */
static int check_chain(const struct roost_pki_text *chain)
{
    struct roost_pem pem;
    size_t total = 0, count = 0;
    int more;

    roost_pem_init(&pem, chain);
    for (; (more = roost_pem_next(&pem)) > 0; count++) {
        struct esp_certificate *certificate;
        int err = count == ROOST_PKI_CERTIFICATES_MAX ? ROOST_ERR_TOO_LONG
                                                      : esp_pki_read(&pem, &certificate);
        if (err)
            return err;
        total += certificate->crt.raw.len;
        esp_pki_free(certificate);
        if (total > ROOST_PKI_DER_MAX)
            return ROOST_ERR_TOO_LONG;
    }
    return more;
}

/* The slot's key, if it is that of the certificate. */
static int key_for(struct esp_pki *pki, const char *slot, enum roost_slot_which which,
                   const mbedtls_x509_crt *crt, struct roost_slot_key *key)
{
    mbedtls_pk_context private_key;
    int err = roost_slot_key(&pki->slots, slot, which, key);

    if (err)
        return err;
    mbedtls_pk_init(&private_key);
    err = parse_key(pki, key, &private_key);
    if (!err && !is_pair(pki, &crt->pk, &private_key))
        err = ROOST_ERR_CRYPTO;
    mbedtls_pk_free(&private_key);
    return err;
}

static int bind(void *ctx, const char *slot, const struct roost_pki_text *chain)
{
    struct esp_pki *pki = ctx;
    struct roost_slot_key key;
    struct esp_certificate *leaf;
    int err = roost_slot_name(slot);

    if (!err)
        err = check_chain(chain);
    if (!err)
        err = esp_pki_read_at(chain, 0, &leaf);
    if (err)
        return err;
    enum roost_slot_which which = ROOST_SLOT_WAITING;
    err = key_for(pki, slot, which, &leaf->crt, &key);
    if (err == ROOST_ERR_NOT_FOUND || err == ROOST_ERR_CRYPTO) {
        which = ROOST_SLOT_IN_USE;
        int other = key_for(pki, slot, which, &leaf->crt, &key);
        err = other == ROOST_ERR_NOT_FOUND ? err : other;
    }
    if (!err)
        err = roost_slot_bind(&pki->slots, slot, which, &key, chain);
    roost_slot_forget(&key);
    esp_pki_free(leaf);
    return err;
}

static int sign(void *ctx, const char *slot, const uint8_t digest[32],
                uint8_t signature[ROOST_PKI_SIGNATURE_MAX])
{
    struct esp_pki *pki = ctx;
    unsigned char made[SIGNATURE_ROOM];
    mbedtls_pk_context key;
    size_t len = 0;
    int err = load_key(pki, slot, ROOST_SLOT_IN_USE, &key);

    if (!err && esp_pki_kind(&key) != ROOST_PKI_P256)
        err = ROOST_ERR_UNSUPPORTED;
#if MBEDTLS_VERSION_MAJOR < 3
    if (!err &&
        mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, digest, 32, made, &len, esp_pki_random, pki))
#else
    if (!err && mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, digest, 32, made, sizeof made, &len,
                                esp_pki_random, pki))
#endif
        err = ROOST_ERR_CRYPTO;
    mbedtls_pk_free(&key);
    if (!err && len > ROOST_PKI_SIGNATURE_MAX)
        err = ROOST_ERR_INTERNAL;
    if (err)
        return err;
    memcpy(signature, made, len);
    return (int)len;
}

_Static_assert(offsetof(struct esp_pki, slots) == 0, "what slot.c is given");

static const struct roost_pki_ops pki_ops = {.inspect = esp_pki_inspect,
                                             .identify = esp_pki_identify,
                                             .verify_chain = esp_pki_verify_chain,
                                             .verify_signature = verify_signature,
                                             .generate = generate,
                                             .request = request,
                                             .bind = bind,
                                             .sign = sign,
                                             .look = roost_slot_look,
                                             .erase = roost_slot_erase};

void esp_pki_init(struct esp_pki *pki, const struct roost_kv *kv, const struct roost_random *random,
                  bool rsa, struct roost_pki *out)
{
    *pki = (struct esp_pki){.slots = {*kv}, .random = *random, .rsa = rsa};
    *out = (struct roost_pki){&pki_ops, pki};
}
