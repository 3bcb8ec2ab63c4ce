/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A provider of payments over HTTP (hub/money/provider.h), by the small protocol of docs/money.md:
 * whoever really takes the money stands behind an adapter that speaks it. Both sides sign their
 * bodies with HMAC-SHA-256 of one secret. Requests run on threads of their own. Depends on libcurl,
 * OpenSSL, hub/worker.h, hub/money/provider.h.
 *
 *     err = http_provider_open(&provider, &loop, "https://pay.example/roost", secret, &why);
 *     parts.provider = &(struct money_provider){http_provider_of(provider)};
 */
#ifndef ROOST_HUB_PROVIDER_HTTP_PROVIDER_H
#define ROOST_HUB_PROVIDER_HTTP_PROVIDER_H

#include "host/why.h"
#include "hub/money/provider.h"

struct uv_loop_s;
struct http_provider;

enum { HTTP_PROVIDER_SIGNATURE_BYTES = 65 /* hexadecimal, with the NUL */ };

/* url: http(s), without a slash at its end; both borrowed until it is closed. ROOST_ERR_INVALID,
 * ROOST_ERR_NO_MEMORY, with `why`. */
int http_provider_open(struct http_provider **out, struct uv_loop_s *loop, const char *url,
                       const char *secret, struct why *why);
/* Whoever has asked is answered before it returns: ROOST_ERR_CLOSED where nothing was asked yet.
 * NULL is fine. */
void http_provider_close(struct http_provider *provider);
struct money_provider http_provider_of(struct http_provider *provider);

/* Of a body, as both sides send it. */
int http_provider_sign(const char *secret, const char *body, size_t len,
                       char out[HTTP_PROVIDER_SIGNATURE_BYTES]);
/* What an answer says, for the tests: as money_begun_fn and money_refunded_fn are told. */
int http_provider_begun(long status, const char *body, char reference[MONEY_REFERENCE_BYTES],
                        char url[MONEY_URL_BYTES]);
int http_provider_refunded(long status, const char *body);
int http_provider_notice(const char *secret, const char *body, size_t len, const char *signature,
                         struct money_notice *out);

#endif
