/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Range header of a request for a body of known size (RFC 9110 section 14). Only one range of
 * bytes is served; several are answered with the whole, as the RFC allows. Pure. Depends on
 * core/err.h.
 *
 *     switch (http_range_parse("bytes=500-", 2000, &first, &len)) ...    first 500, len 1500
 */
#ifndef ROOST_HOST_NET_HTTP_RANGE_H
#define ROOST_HOST_NET_HTTP_RANGE_H

#include <stdint.h>

/* Returns 1 with the part to send, 0 for the whole body (another unit, several ranges, malformed),
 * ROOST_ERR_RANGE when the range holds nothing of a body of that size. */
int http_range_parse(const char *text, uint64_t size, uint64_t *first, uint64_t *len);

#endif
