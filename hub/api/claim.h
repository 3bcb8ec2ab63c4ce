/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claim (PROTOCOLS 3): a device proves by the secret on its label that it is the one, and says
 * whose it is. It is answered with tokens of its own, the child and where the hub is; a refresh
 * token of it is renewed here, too. Whether a device is known cannot be told from the answer to a
 * wrong proof, nor from its time. Depends on hub/api/{auth,claim_table,profile}.h, the registry.
 */
#ifndef ROOST_HUB_API_CLAIM_H
#define ROOST_HUB_API_CLAIM_H

#include "hub/api/api_internal.h"

struct claims;

/* parts is borrowed. NULL when out of memory. */
struct claims *claims_new(const struct api *api);
void claims_free(struct claims *claims);
void claims_turn(struct claims *claims); /* now and then: wipes what has run out */
void claims_forget(struct claims *claims, const char *child_id); /* the child is gone */

void claim_post(void *ctx, const struct http_request *request, struct http_exchange *exchange);

/* Answers a refresh token that is no operator's: see auth_on_stranger(). */
void claim_refresh(void *ctx, struct http_exchange *exchange, const char *hash_hex);

#endif
