/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port/pki.h on mbedTLS, 2.28 (Debian's) to 3.6 (ESP-IDF 5.5's): the chip's body, and the
 * simulator's, which gets the same keys from the same seed. Knows nothing of ESP-IDF. State is one
 * struct esp_pki. What a call takes from the heap goes through mbedtls_calloc and is given back
 * before it returns: a certificate's DER form and its parsed form (about 0.5 KB), for all of a
 * chain and one root at a time, and mbedTLS's numbers. Depends on port/pki/, mbedTLS and core/.
 */
#ifndef ROOST_PORT_ESP_IDF_ESP_PKI_H
#define ROOST_PORT_ESP_IDF_ESP_PKI_H

#include "mbedtls/x509_crt.h"

#include "port/pki/pem.h"
#include "port/pki/slot.h"
#include "port/port.h"

/* Members that mbedTLS 3 calls private, and has no function for. */
#ifndef MBEDTLS_PRIVATE
#define MBEDTLS_PRIVATE(member) member
#endif

struct esp_pki {
    struct roost_slots slots;
    struct roost_random random;
    bool rsa; /* generate makes RSA keys, too */
};

/* kv and random are copied. */
void esp_pki_init(struct esp_pki *pki, const struct roost_kv *kv, const struct roost_random *random,
                  bool rsa, struct roost_pki *out);

/* ---- between esp_pki*.c ---- */

/* A certificate on the heap, its DER form behind it. */
struct esp_certificate {
    mbedtls_x509_crt crt;
    unsigned char der[];
};

int esp_pki_error(int err);
/* mbedTLS's callback for random numbers; ctx is the struct esp_pki. */
int esp_pki_random(void *ctx, unsigned char *out, size_t len);

/* Reads the certificate that roost_pem_next found. */
int esp_pki_read(struct roost_pem *pem, struct esp_certificate **out);
/* Reads that at `index` of the text. ROOST_ERR_INVALID: the text has none at all. */
int esp_pki_read_at(const struct roost_pki_text *text, unsigned index,
                    struct esp_certificate **out);
/* NULL is none. */
void esp_pki_free(struct esp_certificate *certificate);

/* The pair in use of a slot, to be shown in a TLS handshake: the key is to be freed, and the chain,
 * each certificate's `next` the following one, given to esp_pki_free_all. On an error there is
 * nothing to free; ROOST_ERR_NOT_FOUND: no pair. */
int esp_pki_pair(struct esp_pki *pki, const char *slot, mbedtls_pk_context *key,
                 struct esp_certificate **chain);

void esp_pki_free_all(struct esp_certificate *chain);

bool esp_pki_same(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b);
int64_t esp_pki_time_ms(const mbedtls_x509_time *time);
/* Below version 3 without the constraint; keyUsage, where there is one, has keyCertSign. */
bool esp_pki_may_sign(const mbedtls_x509_crt *crt, bool as_root);
enum roost_pki_key esp_pki_kind(const mbedtls_pk_context *key);

/* The operations. */
int esp_pki_inspect(void *ctx, const struct roost_pki_text *text, unsigned index,
                    struct roost_certificate *out);
int esp_pki_identify(void *ctx, const struct roost_pki_text *text, unsigned index,
                     const struct roost_pki_text *issuer, enum roost_pki_hash hash,
                     struct roost_certificate_id *out);
int esp_pki_verify_chain(void *ctx, const struct roost_pki_check *check,
                         enum roost_pki_verdict *verdict);

#endif
