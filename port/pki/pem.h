/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates of a text (port/pki.h), one after the other, as the bytes of their DER form in
 * pieces: neither text nor certificate stands whole in memory for it. What is inside a certificate
 * is not looked at. Depends on port/pki.h and core/.
 *
 *     roost_pem_init(&pem, text);
 *     while ((more = roost_pem_next(&pem)) > 0)
 *         while ((len = roost_pem_read(&pem, piece, sizeof piece)) > 0)
 *             ...
 */
#ifndef ROOST_PORT_PKI_PEM_H
#define ROOST_PORT_PKI_PEM_H

#include "port/pki.h"

enum { ROOST_PEM_PIECE = 64 };

struct roost_pem {
    const struct roost_pki_text *text;
    uint32_t at;                  /* the next character */
    uint32_t piece_at, piece_len; /* of the text, what is in the piece */
    char piece[ROOST_PEM_PIECE];  /* not used for a text in memory */
    uint8_t carry[3], carry_len;  /* decoded and not read yet */
    enum { ROOST_PEM_OUTSIDE, ROOST_PEM_INSIDE, ROOST_PEM_DER } place;
    bool last;         /* padding was read: the block ends */
    uint32_t der_left; /* bytes of a certificate in DER form */
    int failed;        /* what the text's read returned, 0: it never failed */
};

/* The text is DER when it begins with a SEQUENCE of at least 128 bytes, as every certificate is
 * one, that fits in it; else PEM when a BEGIN line stands anywhere in it, whatever it begins with.
 */
void roost_pem_init(struct roost_pem *pem, const struct roost_pki_text *text);

/* Goes to the next certificate, past what is left of this one. 1: there is one; 0: there is none
 * any more; ROOST_ERR_TRUNCATED, ROOST_ERR_INVALID or what the text's read returned. A copy of
 * the struct is a bookmark. */
int roost_pem_next(struct roost_pem *pem);

/* Begins with the certificate at this place, from 0. 0, ROOST_ERR_INVALID (the text has none at
 * all), ROOST_ERR_NOT_FOUND (not so many), or the errors of roost_pem_next. */
int roost_pem_at(struct roost_pem *pem, const struct roost_pki_text *text, unsigned index);

/* The next bytes of the certificate, at most `size` (at least 1). 0: it is over. The errors of
 * roost_pem_next. */
int roost_pem_read(struct roost_pem *pem, void *out, size_t size);

/* Bytes of the certificate that are not read yet; reads none. ROOST_ERR_TOO_LONG: more than
 * ROOST_PKI_DER_MAX. */
int roost_pem_length(struct roost_pem *pem);

/* After any error: leaves the certificate that cannot be read, so that roost_pem_next finds those
 * behind it; behind DER of a wrong length there are none. 0; or what the text's read returned,
 * which is no certificate's fault. */
int roost_pem_recover(struct roost_pem *pem);

#endif
