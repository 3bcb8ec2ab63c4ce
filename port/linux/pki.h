/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port/pki.h on OpenSSL 3. State is one struct linux_pki. Depends on port/pki/, OpenSSL and core/.
 */
#ifndef ROOST_PORT_LINUX_PKI_H
#define ROOST_PORT_LINUX_PKI_H

#include "port/pki/pem.h"
#include "port/pki/slot.h"
#include "port/port.h"

struct linux_pki {
    struct roost_slots slots;
};

/* kv is copied. */
void linux_pki_init(struct linux_pki *pki, const struct roost_kv *kv, struct roost_pki *out);

/* ---- between pki*.c ---- */

struct x509_st;
struct evp_pkey_st;
struct asn1_string_st;

/* Reads the certificate that roost_pem_next found. */
int linux_pki_read(struct roost_pem *pem, struct x509_st **out);
/* Reads that at `index` of the text. ROOST_ERR_INVALID: the text has none at all. */
int linux_pki_read_at(const struct roost_pki_text *text, unsigned index, struct x509_st **out);
/* Reads all of them into a STACK_OF(X509): at least one, at most port/pki.h's limits. */
struct stack_st_X509;
int linux_pki_read_all(const struct roost_pki_text *text, struct stack_st_X509 **out);

/* The pair in use of a slot, to be shown in a TLS handshake: both are the caller's then. Returns 0,
 * ROOST_ERR_NOT_FOUND, ROOST_ERR_CORRUPT or what reading the chain returned. */
int linux_pki_pair(const struct linux_pki *pki, const char *slot, struct evp_pkey_st **key,
                   struct stack_st_X509 **chain);

bool linux_pki_self_issued(const struct x509_st *certificate);
/* In milliseconds since 1970; false: it is no time of RFC 5280, 4.1.2.5. linux_pki_read lets no
 * such certificate through. */
bool linux_pki_time(const struct asn1_string_st *time, int64_t *ms);
int64_t linux_pki_time_ms(const struct asn1_string_st *time);
/* Below version 3 without the constraint; keyUsage, where there is one, has keyCertSign. */
bool linux_pki_may_sign(struct x509_st *certificate, bool as_root);
enum roost_pki_key linux_pki_kind(const struct evp_pkey_st *key);

/* The operations. */
int linux_pki_inspect(void *ctx, const struct roost_pki_text *text, unsigned index,
                      struct roost_certificate *out);
int linux_pki_identify(void *ctx, const struct roost_pki_text *text, unsigned index,
                       const struct roost_pki_text *issuer, enum roost_pki_hash hash,
                       struct roost_certificate_id *out);
int linux_pki_verify_chain(void *ctx, const struct roost_pki_check *check,
                           enum roost_pki_verdict *verdict);

#endif
