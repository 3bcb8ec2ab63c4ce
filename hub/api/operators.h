/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may sign in: operators are listed, made and removed by one another, and each changes the own
 * password. A new password and a removal end every sign-in that came before; whoever changed the
 * password gets new tokens with the answer. The last operator cannot be removed. Passwords are
 * hashed on the thread of the sign-ins and wait in their queue. ctx is the struct auth. Depends on
 * hub/api/auth.h.
 */
#ifndef ROOST_HUB_API_OPERATORS_H
#define ROOST_HUB_API_OPERATORS_H

#include "host/net/http.h"

void operators_list(void *ctx, const struct http_request *request, struct http_exchange *exchange);
void operators_add(void *ctx, const struct http_request *request, struct http_exchange *exchange);
void operators_remove(void *ctx, const struct http_request *request,
                      struct http_exchange *exchange);
void operators_password(void *ctx, const struct http_request *request,
                        struct http_exchange *exchange);

#endif
