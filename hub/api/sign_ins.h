/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which sign-ins are there: an access token is good while it has not expired and its sign-in stands
 * in this list, so that a sign-out ends it at once. A sign-in is the family of its refresh tokens;
 * the registry is the truth, and the list is read from it at the start and compared with it from
 * then on, for what other programs ended. It holds the newest SIGN_INS_MAX; an older one is
 * forgotten, and comes back when its refresh token is used. Depends on hub/store/registry.h.
 */
#ifndef ROOST_HUB_API_SIGN_INS_H
#define ROOST_HUB_API_SIGN_INS_H

#include <stdbool.h>
#include <stddef.h>

#include "hub/store/registry.h"

enum { SIGN_INS_MAX = REGISTRY_LIST_MAX };

struct sign_ins;

/* `ended` is called with each that leaves the list; it must not call back. NULL when out of memory.
 */
struct sign_ins *sign_ins_new(void (*ended)(void *ctx, const char *family), void *ctx);
void sign_ins_free(struct sign_ins *sign_ins);

bool sign_ins_has(const struct sign_ins *sign_ins, const char *family);
size_t sign_ins_count(const struct sign_ins *sign_ins);

/* New, or there already: the newest. */
void sign_ins_put(struct sign_ins *sign_ins, const char *family);
void sign_ins_end(struct sign_ins *sign_ins, const char *family);

/* From now on exactly these (REGISTRY_TOKEN_FAMILIES: newest first). */
void sign_ins_set(struct sign_ins *sign_ins, const struct registry_token *rows, size_t count);

#endif
