/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of port.h that knows certificates: reading them, whether a chain leads to a root,
 * signatures over whole images, and the device's own keys with the certificates made for them. It
 * must not know whom they are shown to, and depends on nothing.
 *
 * A private key lies in a slot under a name. It is made there and used there; no operation gives it
 * out. A slot holds the pair that is in use, a key and the chain that was bound to it, and beside
 * it a key that waits for its certificate:
 *
 *     pki.ops->generate(pki.ctx, "csms", ROOST_PKI_P256);                 a new key waits
 *     len = pki.ops->request(pki.ctx, "csms", &subject, pem, sizeof pem); send it to the authority
 *     err = pki.ops->verify_chain(pki.ctx, &check, &verdict);             the answer: from a root?
 *     err = pki.ops->bind(pki.ctx, "csms", &chain);                       the new pair is in use
 *
 * Up to the last line, and after a power cut anywhere in it, the old pair is there, whole, or the
 * new one.
 *
 * Operations block for the computing they do: on the chip some tenths of a second for each
 * signature that is checked or made, a second for a key on P-256. Nothing stays on the heap between
 * calls. Within one the library takes from it: 2 KB to read a certificate, 6 to 7 KB for a
 * signature of others, 10 KB for an ordinary chain, 15 KB for the longest one, 4 KB for what is
 * done with a slot (mbedTLS 3.6 with 64-bit pointers: on the chip it is less); of the stack, 4 KB
 * beside the library's.
 */
#ifndef ROOST_PORT_PKI_H
#define ROOST_PORT_PKI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ROOST_PKI_CHAIN_MAX = 10000,   /* characters of PEM, OCPP's longest: they always fit */
    ROOST_PKI_DER_MAX = 7500,      /* bytes of a chain, and so of a certificate */
    ROOST_PKI_CERTIFICATES_MAX = 8 /* of a chain */
};

/* ---- certificates ---- */

/* Certificates one after the other, the one in question first: PEM, where what stands outside of
 * CERTIFICATE blocks does not count, or DER. In memory, or wherever `read` finds it, so that a long
 * chain may stay in flash. Borrowed for the call. */
struct roost_pki_text {
    const void *bytes; /* NULL: read is asked */
    uint32_t len;
    /* Fills all of out. Returns 0 or an error. */
    int (*read)(void *ctx, uint32_t offset, void *out, size_t len);
    void *ctx;
};

enum roost_pki_key {
    ROOST_PKI_KEY_OTHER,
    ROOST_PKI_RSA,
    ROOST_PKI_P256,
    ROOST_PKI_P384,
    ROOST_PKI_P521
};

enum { ROOST_PKI_NAME_MAX = 128, ROOST_PKI_SERIAL_MAX = 20 /* RFC 5280, 4.1.2.2 */ };

struct roost_certificate {
    /* Of the subject, the first of its kind, UTF-8. "" where there is none, and where it does not
     * fit, holds a NUL or is no UTF8String, PrintableString or IA5String: never cut, so that it may
     * be compared. */
    char common_name[ROOST_PKI_NAME_MAX + 1], organization[ROOST_PKI_NAME_MAX + 1];
    char serial[2 * ROOST_PKI_SERIAL_MAX + 1]; /* lower-case digits, no leading zeros; "0" */
    int64_t not_before_ms, not_after_ms;       /* since 1970; the last second counts */
    enum roost_pki_key key;
    uint16_t key_bits;
    bool authority;   /* basicConstraints say that it may issue others */
    bool self_issued; /* subject and issuer are the same name */
    /* It may be a root: self-issued, an authority, and keyUsage, where there is one, has
     * keyCertSign. One below version 3 cannot say so and is taken for an authority: old roots are
     * such, and who installs one trusts it by hand. */
    bool root;
};

enum roost_pki_hash { ROOST_PKI_SHA256, ROOST_PKI_SHA384, ROOST_PKI_SHA512 };

/* How OCSP (RFC 6960, 4.1.1) and OCPP's CertificateHashData name a certificate. Others may write
 * the digits in capitals. */
struct roost_certificate_id {
    char issuer_name_hash[2 * 64 + 1], issuer_key_hash[2 * 64 + 1];
    char serial[2 * ROOST_PKI_SERIAL_MAX + 1];
};

/* ---- whether a chain is good ---- */

/* Why a TLS connection did not come about, told apart because each has a report of its own. */
enum roost_tls_failure {
    ROOST_TLS_NONE,
    ROOST_TLS_AUTHORITY,
    ROOST_TLS_EXPIRED,
    ROOST_TLS_NOT_YET_VALID,
    ROOST_TLS_NAME,
    ROOST_TLS_VERSION,
    ROOST_TLS_CIPHER,
    ROOST_TLS_REVOKED,
    ROOST_TLS_OTHER
};

/* X(name, the TLS failure it is, text). Of several that apply, the first one here is told. */
#define ROOST_PKI_VERDICT_LIST(X)                                                                  \
    X(GOOD, NONE, "good")                                                                          \
    X(UNREADABLE, OTHER, "a certificate cannot be read")                                           \
    X(UNTRUSTED, AUTHORITY, "no path of authorities to a root")                                    \
    X(WEAK, AUTHORITY, "a key or signature of a kind that is not allowed")                         \
    X(USAGE, AUTHORITY, "not made for this use")                                                   \
    X(EXPIRED, EXPIRED, "expired")                                                                 \
    X(NOT_YET_VALID, NOT_YET_VALID, "not yet valid")                                               \
    X(NAME, NAME, "made for another name")                                                         \
    X(FAILED, OTHER, "could not be checked")

enum roost_pki_verdict {
#define X(name, failure, text) ROOST_PKI_##name,
    ROOST_PKI_VERDICT_LIST(X)
#undef X
};

static inline enum roost_tls_failure roost_tls_failure_of(enum roost_pki_verdict verdict)
{
    switch (verdict) {
#define X(name, failure, text)                                                                     \
    case ROOST_PKI_##name:                                                                         \
        return ROOST_TLS_##failure;
        ROOST_PKI_VERDICT_LIST(X)
#undef X
    }
    return ROOST_TLS_OTHER;
}

/* Static storage. */
static inline const char *roost_pki_verdict_text(enum roost_pki_verdict verdict)
{
    switch (verdict) {
#define X(name, failure, text)                                                                     \
    case ROOST_PKI_##name:                                                                         \
        return text;
        ROOST_PKI_VERDICT_LIST(X)
#undef X
    }
    return "unknown";
}

/* What the certificate is for. Where it has a keyUsage that must hold digitalSignature (for a
 * server keyEncipherment will do), where it has an extendedKeyUsage that must hold serverAuth,
 * clientAuth or codeSigning, or any; and so must that of each of its issuers. ANY_USAGE: neither is
 * looked at. */
enum roost_pki_usage {
    ROOST_PKI_ANY_USAGE,
    ROOST_PKI_TLS_SERVER,
    ROOST_PKI_TLS_CLIENT,
    ROOST_PKI_CODE_SIGNING
};

struct roost_pki_check {
    /* The certificate, then issuers in any order. Of several that bear one name each is tried, up
     * to eight paths to a root. */
    const struct roost_pki_text *chain;
    /* Each text one or more certificates; those that may not be one (roost_certificate.root) are no
     * roots. One that cannot be read costs itself. */
    const struct roost_pki_text *roots;
    size_t root_count;
    unsigned *damaged_roots; /* NULL, or: raised by one for each of those that were come across */
    int64_t at_ms;           /* every certificate of the path, root included, is valid then */
    enum roost_pki_usage usage;
    /* Host name or IP address that it must be made for, NULL: any. By subjectAltName (RFC 6125: "*"
     * only for a whole first label, with two labels or more behind it). */
    const char *host;
    bool host_in_common_name; /* where there is no subjectAltName, the common name may say it */
};

/* ---- signatures ---- */

/* Over a SHA-256 digest, which crypto.sha256_add makes of an image in pieces. RSA-PSS: MGF1 with
 * SHA-256, salt of any length. ECDSA: DER (RFC 3279, 2.2.3). */
enum roost_pki_signature {
    ROOST_PKI_ANY_SIGNATURE, /* whichever of them fits the key */
    ROOST_PKI_RSA_PSS,
    ROOST_PKI_RSA_PKCS1,
    ROOST_PKI_ECDSA
};

enum { ROOST_PKI_SIGNATURE_MAX = 72 }; /* bytes of ours: ECDSA on P-256 */

/* ---- slots ---- */

enum { ROOST_PKI_SLOT_MAX = 8, ROOST_PKI_REQUEST_MAX = 2048 };

/* UTF-8; no control character, no backslash, no '#' in front. organization and country may be NULL.
 */
struct roost_pki_subject {
    const char *common_name;  /* 1 to 64 characters */
    const char *organization; /* likewise */
    const char *country;      /* two letters */
};

struct roost_pki_slot {
    bool bound;   /* a key with its chain is in use */
    bool waiting; /* a key waits for its certificate */
    enum roost_pki_key key, waiting_key;
    /* The bound chain, DER, for the calls that take one: until the next bind or erase of this slot,
     * and while this struct stays where it is. */
    struct roost_pki_text chain;
    struct {
        const void *slots;
        char name[ROOST_PKI_SLOT_MAX + 1];
        uint8_t generation;
    } of; /* the port's own */
};

/* Slots are named by 1 to ROOST_PKI_SLOT_MAX of a-z, 0-9: ROOST_ERR_INVALID, ROOST_ERR_TOO_LONG.
 * Those that read a certificate return ROOST_ERR_INVALID (no certificate, rubbish),
 * ROOST_ERR_TRUNCATED, ROOST_ERR_TOO_LONG (a limit above), ROOST_ERR_UNSUPPORTED (an algorithm that
 * the library does not know), what `read` returned, or ROOST_ERR_NO_MEMORY. */
struct roost_pki_ops {
    /* What stands in the certificate at this place of the text, counted from 0.
     * ROOST_ERR_NOT_FOUND: there are fewer. */
    int (*inspect)(void *ctx, const struct roost_pki_text *text, unsigned index,
                   struct roost_certificate *out);
    /* Its identifiers. `issuer`: a text whose first certificate issued it; NULL: it is self-issued,
     * or its issuer comes next in the text. ROOST_ERR_NOT_FOUND: no such certificate, or no issuer
     * of this name. */
    int (*identify)(void *ctx, const struct roost_pki_text *text, unsigned index,
                    const struct roost_pki_text *issuer, enum roost_pki_hash hash,
                    struct roost_certificate_id *out);
    /* 0: good. ROOST_ERR_CRYPTO: it is not, *verdict says why; another error: it cannot be said, or
     * the chain not be read (UNREADABLE). *verdict is always set, and GOOD with 0 only. Signatures
     * by less than SHA-256 and keys below RSA-2048 and P-256 are WEAK; of an installed root only
     * its own signature, on which nothing rests, is not looked at. */
    int (*verify_chain)(void *ctx, const struct roost_pki_check *check,
                        enum roost_pki_verdict *verdict);
    /* Whether the first certificate's key made the signature: 0 or ROOST_ERR_CRYPTO. The
     * certificate itself is not judged. */
    int (*verify_signature)(void *ctx, const struct roost_pki_text *signer,
                            enum roost_pki_signature kind, const uint8_t digest[32],
                            const void *signature, size_t len);

    /* Makes a key that waits in the slot, P256 or RSA (2048 bits); one that waited is gone. Durable
     * when it returns 0. ROOST_ERR_UNSUPPORTED: another kind, or RSA on a port that has no time for
     * it (a minute on the chip). ROOST_ERR_NO_SPACE, ROOST_ERR_IO. */
    int (*generate)(void *ctx, const char *slot, enum roost_pki_key kind);
    /* Writes a PKCS#10 request for the key that waits, else for the one in use: PEM, lines ended by
     * LF, NUL-terminated. Returns its length, ROOST_ERR_NOT_FOUND (no key), ROOST_ERR_INVALID
     * (subject), ROOST_ERR_TOO_LONG (size). */
    int (*request)(void *ctx, const char *slot, const struct roost_pki_subject *subject, char *pem,
                   size_t size);
    /* Takes a chain whose first certificate is made for the key that waits, or for the one in use
     * (then the one that waits goes on waiting): from now on these are the pair in use. Who issued
     * it is verify_chain's to say. ROOST_ERR_CRYPTO: it is for another key, nothing changed.
     * ROOST_ERR_NOT_FOUND: no key. ROOST_ERR_NO_SPACE, ROOST_ERR_IO: the old pair or the new one,
     * whole. */
    int (*bind)(void *ctx, const char *slot, const struct roost_pki_text *chain);
    /* Signs with the key in use, P256 only: ECDSA, DER. Returns the length, ROOST_ERR_NOT_FOUND or
     * ROOST_ERR_UNSUPPORTED. */
    int (*sign)(void *ctx, const char *slot, const uint8_t digest[32],
                uint8_t signature[ROOST_PKI_SIGNATURE_MAX]);
    /* What the slot holds. 0 also when that is nothing; ROOST_ERR_CORRUPT, ROOST_ERR_IO. */
    int (*look)(void *ctx, const char *slot, struct roost_pki_slot *out);
    /* The keys and the chain are gone. 0 also when there were none. */
    int (*erase)(void *ctx, const char *slot);
};
struct roost_pki {
    const struct roost_pki_ops *ops;
    void *ctx;
};

/* Certificates in memory as a text. */
static inline struct roost_pki_text roost_pki_text(const void *bytes, size_t len)
{
    return (struct roost_pki_text){.bytes = bytes, .len = (uint32_t)len};
}

#endif
