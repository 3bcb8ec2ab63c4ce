/* SPDX-License-Identifier: Apache-2.0 */
/* Which content coding a client takes (RFC 9110 section 12.5.3). Pure. Depends on
 * host/net/http_parse.h. */
#ifndef ROOST_HOST_NET_HTTP_ENCODING_H
#define ROOST_HOST_NET_HTTP_ENCODING_H

#include "host/net/http_parse.h"

/* True when Accept-Encoding names gzip, or everything, with a weight above 0. What cannot be read
 * is not taken. */
bool http_takes_gzip(const struct http_head *head);

#endif
