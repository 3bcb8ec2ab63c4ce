/* SPDX-License-Identifier: Apache-2.0 */
/* What hub and adapter say to each other: signatures, answers, notices. Pure. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "core/json_read.h"
#include "hub/provider/http_provider.h"

enum { TOKENS = 32 };

int http_provider_sign(const char *secret, const char *body, size_t len,
                       char out[HTTP_PROVIDER_SIGNATURE_BYTES])
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (!HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)body, len, hash,
              &size))
        return ROOST_ERR_INTERNAL;
    roost_hex_write(out, hash, size);
    return 0;
}

/* 0: read on; else the error that the status is. */
static int status_error(long status)
{
    if (status >= 200 && status < 300)
        return 0;
    bool may_be_later = status == 408 || status == 425 || status == 429;
    return status >= 400 && status < 500 && !may_be_later ? ROOST_ERR_REFUSED : ROOST_ERR_IO;
}

static int parse(struct roost_json *doc, struct roost_json_token *tokens, const char *body,
                 size_t len)
{
    int err = roost_json_parse(doc, tokens, TOKENS, body, len);

    return err == 0 && roost_json_type(doc, ROOST_JSON_ROOT) == ROOST_JSON_OBJECT
               ? 0
               : ROOST_ERR_INVALID;
}

int http_provider_begun(long status, const char *body, char reference[MONEY_REFERENCE_BYTES],
                        char url[MONEY_URL_BYTES])
{
    struct roost_json_token tokens[TOKENS];
    struct roost_json doc;
    int err = status_error(status);

    if (err == 0)
        err = parse(&doc, tokens, body, strlen(body));
    if (err == 0)
        err = roost_json_get_string(&doc, ROOST_JSON_ROOT, "reference", reference,
                                    MONEY_REFERENCE_BYTES);
    if (err == 0)
        err = roost_json_get_string(&doc, ROOST_JSON_ROOT, "url", url, MONEY_URL_BYTES);
    /* It stands in a page as a link: nothing but the web. */
    if (err == 0 && strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
        err = ROOST_ERR_INVALID;
    return err < 0 && err != ROOST_ERR_REFUSED ? ROOST_ERR_IO : err;
}

int http_provider_refunded(long status, const char *body)
{
    struct roost_json_token tokens[TOKENS];
    struct roost_json doc;
    char word[16] = "";
    int err = status_error(status);

    if (err == 0)
        err = parse(&doc, tokens, body, strlen(body));
    if (err == 0)
        err = roost_json_get_string(&doc, ROOST_JSON_ROOT, "status", word, sizeof word);
    if (err < 0)
        return err == ROOST_ERR_REFUSED ? err : ROOST_ERR_IO;
    return strcmp(word, "refunded") == 0 ? 0 : strcmp(word, "pending") == 0 ? 1 : ROOST_ERR_IO;
}

static int event_of(const char *word, enum money_event_kind *kind)
{
    static const enum money_event_kind kinds[] = {MONEY_IS_PAID, MONEY_IS_FAILED,
                                                  MONEY_IS_REFUNDED};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(word, money_event_name(kinds[i])) == 0) {
            *kind = kinds[i];
            return 0;
        }
    return ROOST_ERR_INVALID;
}

static int take_notice(const struct roost_json *doc, struct money_notice *out)
{
    char word[16];
    int err = roost_json_get_string(doc, ROOST_JSON_ROOT, "payment_id", out->payment_id,
                                    sizeof out->payment_id);

    if (err == 0)
        err = roost_json_get_string(doc, ROOST_JSON_ROOT, "event", word, sizeof word);
    if (err == 0)
        err = event_of(word, &out->event.kind);
    if (err == 0 && out->event.kind == MONEY_IS_PAID) {
        err = roost_json_get_int64(doc, ROOST_JSON_ROOT, "amount", &out->event.amount);
        if (err == 0 && roost_json_find(doc, ROOST_JSON_ROOT, "fee") >= 0)
            err = roost_json_get_int64(doc, ROOST_JSON_ROOT, "fee", &out->event.fee);
    }
    return err < 0 ? ROOST_ERR_INVALID : 0;
}

int http_provider_notice(const char *secret, const char *body, size_t len, const char *signature,
                         struct money_notice *out)
{
    char wanted[HTTP_PROVIDER_SIGNATURE_BYTES];
    struct roost_json_token tokens[TOKENS];
    struct roost_json doc;

    memset(out, 0, sizeof *out);
    int err = http_provider_sign(secret, body, len, wanted);
    if (err < 0)
        return err;
    if (!signature || strlen(signature) != sizeof wanted - 1 ||
        CRYPTO_memcmp(signature, wanted, sizeof wanted - 1) != 0)
        return ROOST_ERR_AUTH;
    err = parse(&doc, tokens, body, len);
    return err < 0 ? err : take_notice(&doc, out);
}
