/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures, and keys in slots. */
#include "port/linux/pki.h"

#include <stddef.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "core/err.h"

enum { RSA_BITS = 2048, SIGNATURE_ROOM = 80 };

/* ---- signatures of others ---- */

static bool prepare(EVP_PKEY_CTX *context, enum roost_pki_signature kind)
{
    if (EVP_PKEY_verify_init(context) != 1 ||
        EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) != 1)
        return false;
    if (kind == ROOST_PKI_ECDSA)
        return true;
    if (kind == ROOST_PKI_RSA_PKCS1)
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_AUTO) == 1;
}

static bool verify_as(EVP_PKEY *key, enum roost_pki_signature kind, const uint8_t digest[32],
                      const void *signature, size_t len)
{
    int wanted = kind == ROOST_PKI_ECDSA ? EVP_PKEY_EC : EVP_PKEY_RSA;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool good = context && EVP_PKEY_get_base_id(key) == wanted && prepare(context, kind) &&
                EVP_PKEY_verify(context, signature, len, digest, 32) == 1;

    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return good;
}

static int verify_signature(void *ctx, const struct roost_pki_text *signer,
                            enum roost_pki_signature kind, const uint8_t digest[32],
                            const void *signature, size_t len)
{
    X509 *certificate;
    bool good = false;

    (void)ctx;
    int err = linux_pki_read_at(signer, 0, &certificate);
    if (err)
        return err;
    for (int i = ROOST_PKI_RSA_PSS; i <= ROOST_PKI_ECDSA && !good; i++)
        if (kind == ROOST_PKI_ANY_SIGNATURE || (int)kind == i)
            good = verify_as(X509_get0_pubkey(certificate), (enum roost_pki_signature)i, digest,
                             signature, len);
    X509_free(certificate);
    return good ? 0 : ROOST_ERR_CRYPTO;
}

/* ---- keys ---- */

static int parse_key(const struct roost_slot_key *key, EVP_PKEY **out)
{
    const unsigned char *end = key->der;

    *out = d2i_AutoPrivateKey(NULL, &end, key->len);
    ERR_clear_error();
    return *out ? 0 : ROOST_ERR_CORRUPT;
}

/* The key of the slot, ready for use. */
static int load_key(const struct linux_pki *pki, const char *slot, enum roost_slot_which which,
                    EVP_PKEY **out)
{
    struct roost_slot_key key;

    *out = NULL;
    int err = roost_slot_key(&pki->slots, slot, which, &key);
    if (!err)
        err = parse_key(&key, out);
    roost_slot_forget(&key);
    return err;
}

static int generate(void *ctx, const char *slot, enum roost_pki_key kind)
{
    const struct linux_pki *pki = ctx;
    struct roost_slot_key key = {.kind = kind};
    unsigned char *end = key.der;
    int err = roost_slot_name(slot);

    if (err)
        return err;
    if (kind != ROOST_PKI_P256 && kind != ROOST_PKI_RSA)
        return ROOST_ERR_UNSUPPORTED;
    EVP_PKEY *made = kind == ROOST_PKI_RSA ? EVP_RSA_gen(RSA_BITS) : EVP_EC_gen("P-256");
    int len = made ? i2d_PrivateKey(made, NULL) : 0;
    if (len > 0 && len <= (int)sizeof key.der && i2d_PrivateKey(made, &end) == len) {
        key.len = (uint16_t)len;
        err = roost_slot_keep(&pki->slots, slot, &key);
    } else {
        err = ROOST_ERR_CRYPTO;
    }
    EVP_PKEY_free(made);
    roost_slot_forget(&key);
    ERR_clear_error();
    return err;
}

/* ---- requests ---- */

static bool add(X509_NAME *name, const char *kind, const char *value)
{
    return !value || X509_NAME_add_entry_by_txt(name, kind, MBSTRING_UTF8,
                                                (const unsigned char *)value, -1, -1, 0) == 1;
}

static bool fill_request(X509_REQ *request, EVP_PKEY *key, const struct roost_pki_subject *subject)
{
    X509_NAME *name = X509_REQ_get_subject_name(request);

    return add(name, "C", subject->country) && add(name, "O", subject->organization) &&
           add(name, "CN", subject->common_name) && X509_REQ_set_version(request, 0) == 1 &&
           X509_REQ_set_pubkey(request, key) == 1 && X509_REQ_sign(request, key, EVP_sha256()) > 0;
}

static int write_request(EVP_PKEY *key, const struct roost_pki_subject *subject, char *pem,
                         size_t size)
{
    X509_REQ *request = X509_REQ_new();
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    int result = ROOST_ERR_NO_MEMORY;

    if (request && bio) {
        bool made =
            fill_request(request, key, subject) && PEM_write_bio_X509_REQ(bio, request) == 1;
        long len = made ? BIO_get_mem_data(bio, &text) : 0;
        result = !made ? ROOST_ERR_CRYPTO : len >= (long)size ? ROOST_ERR_TOO_LONG : (int)len;
        if (result > 0) {
            memcpy(pem, text, (size_t)len);
            pem[len] = '\0';
        }
    }
    BIO_free(bio);
    X509_REQ_free(request);
    ERR_clear_error();
    return result;
}

static int request(void *ctx, const char *slot, const struct roost_pki_subject *subject, char *pem,
                   size_t size)
{
    const struct linux_pki *pki = ctx;
    EVP_PKEY *key;

    if (!roost_slot_subject_ok(subject))
        return ROOST_ERR_INVALID;
    int err = load_key(pki, slot, ROOST_SLOT_WAITING, &key);
    if (err == ROOST_ERR_NOT_FOUND)
        err = load_key(pki, slot, ROOST_SLOT_IN_USE, &key);
    int result = err ? err : write_request(key, subject, pem, size);
    EVP_PKEY_free(key);
    return result;
}

/* ---- use ---- */

/* The slot's key, if it is that of the certificate. */
static int key_for(const struct linux_pki *pki, const char *slot, enum roost_slot_which which,
                   const X509 *certificate, struct roost_slot_key *key)
{
    EVP_PKEY *private_key = NULL;
    int err = roost_slot_key(&pki->slots, slot, which, key);

    if (!err)
        err = parse_key(key, &private_key);
    if (!err && EVP_PKEY_eq(private_key, X509_get0_pubkey(certificate)) != 1)
        err = ROOST_ERR_CRYPTO;
    EVP_PKEY_free(private_key);
    ERR_clear_error();
    return err;
}

static int bind(void *ctx, const char *slot, const struct roost_pki_text *chain)
{
    const struct linux_pki *pki = ctx;
    struct roost_slot_key key;
    STACK_OF(X509) *all = NULL;
    int err = roost_slot_name(slot);

    if (!err)
        err = linux_pki_read_all(chain, &all);
    if (err)
        return err;
    enum roost_slot_which which = ROOST_SLOT_WAITING;
    err = key_for(pki, slot, which, sk_X509_value(all, 0), &key);
    if (err == ROOST_ERR_NOT_FOUND || err == ROOST_ERR_CRYPTO) {
        which = ROOST_SLOT_IN_USE;
        int other = key_for(pki, slot, which, sk_X509_value(all, 0), &key);
        err = other == ROOST_ERR_NOT_FOUND ? err : other;
    }
    if (!err)
        err = roost_slot_bind(&pki->slots, slot, which, &key, chain);
    roost_slot_forget(&key);
    sk_X509_pop_free(all, X509_free);
    return err;
}

static int sign(void *ctx, const char *slot, const uint8_t digest[32],
                uint8_t signature[ROOST_PKI_SIGNATURE_MAX])
{
    const struct linux_pki *pki = ctx;
    unsigned char made[SIGNATURE_ROOM];
    size_t len = sizeof made;
    EVP_PKEY *key;
    int err = load_key(pki, slot, ROOST_SLOT_IN_USE, &key);

    if (!err && linux_pki_kind(key) != ROOST_PKI_P256)
        err = ROOST_ERR_UNSUPPORTED;
    EVP_PKEY_CTX *context = err ? NULL : EVP_PKEY_CTX_new(key, NULL);
    if (!err &&
        (!context || EVP_PKEY_sign_init(context) != 1 ||
         EVP_PKEY_sign(context, made, &len, digest, 32) != 1 || len > ROOST_PKI_SIGNATURE_MAX))
        err = ROOST_ERR_CRYPTO;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (err)
        return err;
    memcpy(signature, made, len);
    return (int)len;
}

int linux_pki_pair(const struct linux_pki *pki, const char *slot, EVP_PKEY **key,
                   STACK_OF(X509) * *chain)
{
    struct roost_pki_slot held;
    int err = roost_slot_look((void *)(uintptr_t)&pki->slots, slot, &held);

    *key = NULL;
    *chain = NULL;
    if (!err && !held.bound)
        err = ROOST_ERR_NOT_FOUND;
    if (!err)
        err = load_key(pki, slot, ROOST_SLOT_IN_USE, key);
    if (!err)
        err = linux_pki_read_all(&held.chain, chain);
    if (err) {
        EVP_PKEY_free(*key);
        *key = NULL;
    }
    return err;
}

_Static_assert(offsetof(struct linux_pki, slots) == 0, "what slot.c is given");

static const struct roost_pki_ops pki_ops = {.inspect = linux_pki_inspect,
                                             .identify = linux_pki_identify,
                                             .verify_chain = linux_pki_verify_chain,
                                             .verify_signature = verify_signature,
                                             .generate = generate,
                                             .request = request,
                                             .bind = bind,
                                             .sign = sign,
                                             .look = roost_slot_look,
                                             .erase = roost_slot_erase};

void linux_pki_init(struct linux_pki *pki, const struct roost_kv *kv, struct roost_pki *out)
{
    *pki = (struct linux_pki){{*kv}};
    *out = (struct roost_pki){&pki_ops, pki};
}
