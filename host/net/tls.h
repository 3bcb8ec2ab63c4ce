/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One TLS connection without a socket: records in, plain bytes out, and back. TLS 1.2 or better. A
 * client always verifies the chain and the host name. Depends on OpenSSL, core/err.h.
 *
 *     tls_feed(tls, record, len);              received
 *     n = tls_read(tls, plain, sizeof plain);
 *     tls_write(tls, "answer", 6);
 *     n = tls_take(tls, record, sizeof record); to be sent
 */
#ifndef ROOST_HOST_NET_TLS_H
#define ROOST_HOST_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_context; /* what many connections share: certificates */
struct tls;

/* ca_file "": the system's authorities. Returns 0, ROOST_ERR_CRYPTO when the file holds no
 * certificate, ROOST_ERR_NOT_FOUND, ROOST_ERR_NO_MEMORY. */
int tls_client_context(struct tls_context **context, const char *ca_file);

/* PEM files: the chain, and its first certificate's key. Errors as above; ROOST_ERR_CRYPTO also
 * when the two do not belong together. */
int tls_server_context(struct tls_context **context, const char *cert_file, const char *key_file);

/* As tls_server_context; *why says what was wrong, in static storage. */
int tls_server_open(struct tls_context **context, const char *cert_file, const char *key_file,
                    const char **why);

/* What a server has: PEM files, NULL for none. `cert2` is of another kind of key than `cert`, an
 * RSA one beside an ECDSA one: each client is shown the one that it can verify. With `client_ca`
 * the clients are asked as tls_server_ask does; `client_crl` is what those authorities revoked, and
 * who is on it, or of an authority whose list is missing or out of date, is not served. */
struct tls_files {
    const char *cert, *key, *cert2, *key2, *client_ca, *client_crl;
};

/* As tls_server_open, of all of them. */
int tls_server_load(struct tls_context **context, const struct tls_files *files, const char **why);

/* From when to when all certificates of the server's chains are valid, in seconds since 1970. */
void tls_server_validity(const struct tls_context *context, int64_t *from_s, int64_t *until_s);

/* From now on the server asks its clients for a certificate. One that shows none is served all the
 * same; one whose certificate is not of these authorities (a PEM file) is not. Errors as above. */
int tls_server_ask(struct tls_context *context, const char *ca_file);
void tls_context_free(struct tls_context *context);

/* host: the name or address a client verifies, NULL for a server. NULL when memory is out. */
struct tls *tls_new(struct tls_context *context, const char *host);
void tls_free(struct tls *tls);

/* Returns 0 or ROOST_ERR_NO_MEMORY. */
int tls_feed(struct tls *tls, const uint8_t *records, size_t len);

/* Returns 1 when it is done, 0 when more records are needed, ROOST_ERR_CRYPTO (see tls_why; an
 * alert may wait to be sent). */
int tls_handshake(struct tls *tls);

/* Returns the bytes read, 0 when more records are needed, ROOST_ERR_CLOSED when the other side
 * ended the connection, ROOST_ERR_CRYPTO. */
int tls_read(struct tls *tls, uint8_t *out, size_t size);

/* All or nothing: 0, ROOST_ERR_CRYPTO, ROOST_ERR_NO_MEMORY. After the handshake only. */
int tls_write(struct tls *tls, const uint8_t *bytes, size_t len);

/* Says to the other side that nothing more comes; once. */
void tls_end(struct tls *tls);

/* Records to be sent: how many bytes wait, and takes at most size of them. */
size_t tls_pending(const struct tls *tls);
size_t tls_take(struct tls *tls, uint8_t *out, size_t size);

enum { TLS_NAME_MAX = 64 /* X.520's bound */, TLS_SUBJECT_MAX = 511, TLS_SERIAL_MAX = 40 };

/* Whom a certificate that was verified is of. */
struct tls_certificate {
    char name[TLS_NAME_MAX + 1];         /* the common name in UTF-8; "" without exactly one */
    char subject[TLS_SUBJECT_MAX + 1];   /* all of it as RFC 2253 writes it; "" when it is longer */
    char organisation[TLS_NAME_MAX + 1]; /* likewise "" without exactly one */
    char serial[TLS_SERIAL_MAX + 1];     /* hexadecimal; "" when it is longer */
    int64_t until_s;                     /* since 1970 */
};

/* What the other side showed in the handshake; false when it showed none. */
bool tls_certificate_get(const struct tls *tls, struct tls_certificate *out);

/* Why the last call failed. Static storage. */
const char *tls_why(const struct tls *tls);

/* The same, sorted. X(name, label) */
#define TLS_REASONS(X)                                                                             \
    X(OTHER, "other")                                                                              \
    X(AUTHORITY, "authority") /* no chain to one that is trusted, or not for this use */           \
    X(TIME, "expired")        /* or not valid yet */                                               \
    X(REVOKED, "revoked")                                                                          \
    X(LIST, "revocation_list") /* which is missing or out of date */                               \
    X(NAME, "name")                                                                                \
    X(VERSION, "version")                                                                          \
    X(CIPHER, "cipher")                                                                            \
    X(PLAIN, "no_tls")

enum tls_reason {
#define X(name, label) TLS_REASON_##name,
    TLS_REASONS(X)
#undef X
        TLS_REASON_COUNT
};
enum tls_reason tls_reason(const struct tls *tls);
const char *tls_reason_name(enum tls_reason reason);

#endif
