/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the handlers of hub/api and of the services share: reading a JSON body with errors that name
 * the field and its limit, finding the device, and answering with JSON. Every function that fails
 * has answered the exchange. Depends on host/net/http.h, hub/fleet/fleet.h, core/json_*.h.
 */
#ifndef ROOST_HUB_REST_ANSWER_H
#define ROOST_HUB_REST_ANSWER_H

#include "core/json_read.h"
#include "core/json_write.h"
#include "host/net/http.h"
#include "hub/fleet/fleet.h"

enum { BODY_TOKENS = 128 };

struct body {
    struct roost_json doc;
    struct roost_json_token tokens[BODY_TOKENS];
};

/* The body must be one JSON object. 0, or a negative error after a 400. */
int body_read(struct body *body, const struct http_request *request,
              struct http_exchange *exchange);

/* Required members. Lengths in bytes, size with the NUL. 0, or a negative error after a 400. */
int body_string(const struct body *body, const char *key, char *out, size_t min_len, size_t size,
                struct http_exchange *exchange);
int body_number(const struct body *body, const char *key, double min, double max, double *out,
                struct http_exchange *exchange);

/* 1 when the member is there and right, 0 when absent, else a negative error after a 400. */
int body_optional_string(const struct body *body, const char *key, char *out, size_t size,
                         struct http_exchange *exchange);
int body_optional_bool(const struct body *body, const char *key, bool *out,
                       struct http_exchange *exchange);
/* The raw text of an object member, NUL-terminated. */
int body_optional_object(const struct body *body, const char *key, char *out, size_t size,
                         struct http_exchange *exchange);

/* A query parameter; *out keeps its default when absent. 0, or a negative error after a 400. */
int query_int(const struct http_request *request, const char *name, int64_t min, int64_t max,
              int64_t *out, struct http_exchange *exchange);

/* The device of the path's {device_id}, or NULL after a 404. */
struct fleet_device *answer_device_of(struct fleet *fleet, const struct http_request *request,
                                      struct http_exchange *exchange);

/* Ends the writer and answers with what it wrote; 500 when it did not fit. */
void answer_json(struct http_exchange *exchange, int status, struct roost_json_writer *writer);

/* As http_fail_err for what the registry answered; its 503, while it cannot be written or has too
 * much to do, says when to come again. */
void answer_registry_err(struct http_exchange *exchange, int err, const char *what);

#endif
