/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children for operators: who they are (children.c), what their parents agreed to, and who did what
 * (consents.c). ctx of each handler is the API, whose parts name the keys. Inside of hub/api.
 */
#ifndef ROOST_HUB_API_CHILDREN_H
#define ROOST_HUB_API_CHILDREN_H

#include "hub/api/api_internal.h"

#define CHILDREN_HANDLER(name)                                                                     \
    void name(void *ctx, const struct http_request *request, struct http_exchange *exchange)
CHILDREN_HANDLER(children_list);
CHILDREN_HANDLER(children_add);
CHILDREN_HANDLER(children_get);
CHILDREN_HANDLER(children_change);
CHILDREN_HANDLER(children_remove);
CHILDREN_HANDLER(children_consent);
CHILDREN_HANDLER(children_revoke);
CHILDREN_HANDLER(children_audit);
#undef CHILDREN_HANDLER

/* ---- shared by the two files ---- */

/* A request on its way; gone with its answer. */
struct child_ask {
    struct api *api;
    struct http_exchange *exchange;
    int status;                  /* of the answer when all went well */
    const char *what;            /* could not be done, for an error */
    struct registry_audit audit; /* of a change */
    char child_id[REGISTRY_CHILD_ID_MAX + 1];
};

/* NULL after a 500. */
struct child_ask *child_ask_new(struct api *api, const struct http_request *request,
                                struct http_exchange *exchange, const char *child_id);
void child_ask_registry(struct child_ask *ask, const struct registry_request *request,
                        registry_done_fn done);
/* A change: with its line of the audit, and the log's. */
void child_ask_change(struct child_ask *ask, const char *what, struct registry_request request,
                      registry_done_fn done);
void child_ask_fail(struct child_ask *ask, int err);
/* What a change is answered with: the child as it is now, or nothing. */
void child_changed_then_got(void *arg, int err, const struct registry_answer *answer);
void child_changed_then_nothing(void *arg, int err, const struct registry_answer *answer);

/* The id of the path; NULL after a 404. */
const char *child_id_of(const struct http_request *request, struct http_exchange *exchange);
int child_refuse(struct http_exchange *exchange, const char *message); /* INVALID, after a 400 */
int64_t child_now_ms(const struct api *api);

#endif
