/* SPDX-License-Identifier: Apache-2.0 */
#include "port/pki/pem.h"

#include <string.h>

#include "core/base64.h"
#include "core/err.h"

static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";

enum { DER_SEQUENCE = 0x30, DER_HEADER_MAX = 4 };

void roost_pem_init(struct roost_pem *pem, const struct roost_pki_text *text)
{
    *pem = (struct roost_pem){.text = text};
}

/* ---- the text ---- */

static int fill(struct roost_pem *pem)
{
    uint32_t left = pem->text->len - pem->at;

    pem->piece_at = pem->at;
    pem->piece_len = left < ROOST_PEM_PIECE ? left : ROOST_PEM_PIECE;
    int err = pem->text->read(pem->text->ctx, pem->at, pem->piece, pem->piece_len);
    if (err) {
        pem->piece_len = 0;
        pem->failed = err < 0 ? err : ROOST_ERR_INTERNAL;
    }
    return err ? pem->failed : 0;
}

/* The character at the place, 0 to 255; ROOST_ERR_TRUNCATED at the end. */
static int look(struct roost_pem *pem)
{
    if (pem->at >= pem->text->len)
        return ROOST_ERR_TRUNCATED;
    if (pem->text->bytes)
        return ((const uint8_t *)pem->text->bytes)[pem->at];
    if (pem->at < pem->piece_at || pem->at - pem->piece_at >= pem->piece_len) {
        int err = fill(pem);
        if (err)
            return err;
    }
    return (uint8_t)pem->piece[pem->at - pem->piece_at];
}

/* Whether these characters come next; then it is behind them. Else it is where it was. */
static int take_word(struct roost_pem *pem, const char *word)
{
    uint32_t start = pem->at;

    for (; *word; word++, pem->at++) {
        int c = look(pem);
        if (c < 0 || c != (uint8_t)*word) {
            pem->at = start;
            return c < 0 && c != ROOST_ERR_TRUNCATED ? c : 0;
        }
    }
    return 1;
}

static bool is_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int skip_blanks(struct roost_pem *pem)
{
    int c = look(pem);

    for (; is_blank(c); c = look(pem))
        pem->at++;
    return c;
}

/* ---- DER ---- */

/* The SEQUENCE that begins here, header included; *is_long: its length takes bytes of its own. */
static int der_length(struct roost_pem *ahead, uint32_t *len, bool *is_long)
{
    uint32_t start = ahead->at;

    ahead->at++;
    int c = look(ahead);
    *len = c >= 0 ? (uint32_t)c : 0;
    *is_long = c >= 0x80;
    if (*is_long) {
        int bytes = c & 0x7f;
        if (bytes == 0 || bytes > DER_HEADER_MAX - 1)
            return ROOST_ERR_INVALID;
        for (*len = 0; bytes > 0 && c >= 0; bytes--) {
            ahead->at++;
            c = look(ahead);
            if (c >= 0)
                *len = *len << 8 | (uint32_t)c;
        }
    }
    if (c < 0)
        return c;
    *len += ahead->at + 1 - start;
    return *len > ahead->text->len - start ? ROOST_ERR_TRUNCATED : 0;
}

static int enter_der(struct roost_pem *pem)
{
    struct roost_pem ahead = *pem;
    bool is_long;
    int err = der_length(&ahead, &pem->der_left, &is_long);

    pem->failed = ahead.failed;
    pem->place = ROOST_PEM_DER;
    if (err) { /* where it ends, and another one begins, nobody knows */
        pem->der_left = 0;
        pem->at = pem->text->len;
    }
    return err ? err : 1;
}

static int read_der(struct roost_pem *pem, uint8_t *out, size_t size)
{
    size_t len = 0;

    for (; len < size && pem->der_left > 0; pem->der_left--, pem->at++) {
        int c = look(pem);
        if (c < 0)
            return c;
        out[len++] = (uint8_t)c;
    }
    return (int)len;
}

/* ---- PEM ---- */

/* Decodes the next four characters into carry, or leaves the block at its end. */
static int read_four(struct roost_pem *pem)
{
    char four[4];

    for (int i = 0; i < 4; i++) {
        int c = skip_blanks(pem);
        if (c == '-' && i == 0) {
            int ended = take_word(pem, end);
            pem->place = ROOST_PEM_OUTSIDE;
            return ended < 0 ? ended : ended ? 0 : ROOST_ERR_INVALID;
        }
        if (c < 0)
            return c;
        if (pem->last)
            return ROOST_ERR_INVALID;
        four[i] = (char)c;
        pem->at++;
    }
    int len = roost_base64_decode(pem->carry, sizeof pem->carry, four, sizeof four);
    if (len < 0)
        return ROOST_ERR_INVALID;
    pem->carry_len = (uint8_t)len;
    pem->last = len < (int)sizeof pem->carry;
    return len;
}

static int read_pem(struct roost_pem *pem, uint8_t *out, size_t size)
{
    size_t len = 0;

    while (len < size) {
        if (pem->carry_len == 0) {
            if (pem->place != ROOST_PEM_INSIDE)
                break;
            int err = read_four(pem);
            if (err < 0)
                return err;
            if (err == 0)
                break;
        }
        out[len++] = pem->carry[0];
        memmove(pem->carry, pem->carry + 1, --pem->carry_len);
    }
    return (int)len;
}

static int find_begin(struct roost_pem *pem)
{
    for (;;) {
        int c = look(pem);
        if (c == ROOST_ERR_TRUNCATED)
            return 0;
        if (c < 0)
            return c;
        int found = c == '-' ? take_word(pem, begin) : 0;
        if (found < 0)
            return found;
        if (found) {
            pem->place = ROOST_PEM_INSIDE;
            pem->last = false;
            pem->carry_len = 0;
            return 1;
        }
        pem->at++;
    }
}

/* ---- either ---- */

/* Where the text begins with the first byte of DER, which is a digit in PEM: 1 or 0. */
static int begins_as_der(struct roost_pem *pem)
{
    struct roost_pem ahead = *pem;
    uint32_t len;
    bool is_long;
    int err = der_length(&ahead, &len, &is_long);

    if (!err && is_long)
        return 1;
    if (!ahead.failed) {
        ahead.at = 0;
        err = find_begin(&ahead);
    }
    pem->failed = ahead.failed;
    return ahead.failed ? ahead.failed : err == 0;
}

int roost_pem_at(struct roost_pem *pem, const struct roost_pki_text *text, unsigned index)
{
    roost_pem_init(pem, text);
    for (unsigned i = 0; i <= index; i++) {
        int more = roost_pem_next(pem);
        if (more < 0)
            return more;
        if (more == 0)
            return i == 0 ? ROOST_ERR_INVALID : ROOST_ERR_NOT_FOUND;
    }
    return 0;
}

int roost_pem_read(struct roost_pem *pem, void *out, size_t size)
{
    return pem->place == ROOST_PEM_DER ? read_der(pem, out, size) : read_pem(pem, out, size);
}

int roost_pem_next(struct roost_pem *pem)
{
    uint8_t rest[32];
    int len;

    do {
        len = roost_pem_read(pem, rest, sizeof rest);
    } while (len > 0);
    if (len < 0)
        return len;
    if (pem->at == 0 || pem->place == ROOST_PEM_DER) {
        int c = look(pem);
        int der = c != DER_SEQUENCE ? 0 : pem->at == 0 ? begins_as_der(pem) : 1;
        if (der)
            return der < 0 ? der : enter_der(pem);
        if (pem->place == ROOST_PEM_DER) { /* nothing else may stand behind it */
            pem->at = c < 0 ? pem->at : pem->text->len;
            return c == ROOST_ERR_TRUNCATED ? 0 : c < 0 ? c : ROOST_ERR_INVALID;
        }
    }
    return find_begin(pem);
}

int roost_pem_recover(struct roost_pem *pem)
{
    if (pem->place == ROOST_PEM_INSIDE)
        pem->place = ROOST_PEM_OUTSIDE;
    pem->carry_len = 0;
    return pem->failed;
}

int roost_pem_length(struct roost_pem *pem)
{
    struct roost_pem ahead = *pem;
    uint8_t piece[32];
    int total = 0, len;

    while ((len = roost_pem_read(&ahead, piece, sizeof piece)) > 0) {
        total += len;
        if (total > ROOST_PKI_DER_MAX)
            return ROOST_ERR_TOO_LONG;
    }
    pem->failed = ahead.failed;
    return len < 0 ? len : total;
}
