/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/rest/answer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/number.h"

__attribute__((format(printf, 3, 4))) static int refuse(struct http_exchange *exchange, int err,
                                                        const char *format, ...)
{
    char message[192];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    http_fail(exchange, 400, "invalid_field", message);
    return err;
}

int body_read(struct body *body, const struct http_request *request, struct http_exchange *exchange)
{
    int err =
        roost_json_parse(&body->doc, body->tokens, BODY_TOKENS, request->body, request->body_len);
    if (err == 0 && roost_json_type(&body->doc, ROOST_JSON_ROOT) == ROOST_JSON_OBJECT)
        return 0;
    http_fail(exchange, 400, "invalid_body",
              err == ROOST_ERR_TOO_LONG ? "the body has more than 128 JSON values"
                                        : "the body must be one JSON object");
    return err != 0 ? err : ROOST_ERR_INVALID;
}

static int string_error(struct http_exchange *exchange, const char *key, size_t size, int err)
{
    if (err == ROOST_ERR_TOO_LONG)
        return refuse(exchange, err, "%s: at most %zu bytes", key, size - 1);
    if (err == ROOST_ERR_NOT_FOUND)
        return refuse(exchange, err, "%s: missing", key);
    return refuse(exchange, err, "%s: must be a string", key);
}

int body_string(const struct body *body, const char *key, char *out, size_t min_len, size_t size,
                struct http_exchange *exchange)
{
    int err = roost_json_get_string(&body->doc, ROOST_JSON_ROOT, key, out, size);
    if (err != 0)
        return string_error(exchange, key, size, err);
    if (strlen(out) < min_len)
        return refuse(exchange, ROOST_ERR_RANGE, "%s: at least %zu bytes", key, min_len);
    return 0;
}

int body_number(const struct body *body, const char *key, double min, double max, double *out,
                struct http_exchange *exchange)
{
    double value;
    int err = roost_json_get_double(&body->doc, ROOST_JSON_ROOT, key, &value);
    if (err == ROOST_ERR_NOT_FOUND)
        return refuse(exchange, err, "%s: missing", key);
    if (err != 0 || value < min || value > max)
        return refuse(exchange, ROOST_ERR_RANGE, "%s: must be a number from %g to %g", key, min,
                      max);
    *out = value;
    return 0;
}

int body_optional_string(const struct body *body, const char *key, char *out, size_t size,
                         struct http_exchange *exchange)
{
    int err = roost_json_get_string(&body->doc, ROOST_JSON_ROOT, key, out, size);
    if (err == ROOST_ERR_NOT_FOUND)
        return 0;
    return err == 0 ? 1 : string_error(exchange, key, size, err);
}

int body_optional_bool(const struct body *body, const char *key, bool *out,
                       struct http_exchange *exchange)
{
    int err = roost_json_get_bool(&body->doc, ROOST_JSON_ROOT, key, out);
    if (err == ROOST_ERR_NOT_FOUND)
        return 0;
    return err == 0 ? 1 : refuse(exchange, err, "%s: must be true or false", key);
}

int body_optional_object(const struct body *body, const char *key, char *out, size_t size,
                         struct http_exchange *exchange)
{
    int index = roost_json_find(&body->doc, ROOST_JSON_ROOT, key);
    if (index < 0)
        return 0;
    const char *text;
    size_t len;
    if (roost_json_type(&body->doc, index) != ROOST_JSON_OBJECT ||
        roost_json_get_raw(&body->doc, ROOST_JSON_ROOT, key, &text, &len) != 0)
        return refuse(exchange, ROOST_ERR_INVALID, "%s: must be an object", key);
    if (len >= size)
        return refuse(exchange, ROOST_ERR_TOO_LONG, "%s: at most %zu bytes", key, size - 1);
    memcpy(out, text, len);
    out[len] = '\0';
    return 1;
}

int query_int(const struct http_request *request, const char *name, int64_t min, int64_t max,
              int64_t *out, struct http_exchange *exchange)
{
    int err = http_query_int(request, name, min, max, out);
    if (err == 0 || err == ROOST_ERR_NOT_FOUND)
        return 0;
    return refuse(exchange, err, "%s: must be an integer from %" PRId64 " to %" PRId64, name, min,
                  max);
}

void answer_json(struct http_exchange *exchange, int status, struct roost_json_writer *writer)
{
    int len = roost_json_finish(writer);
    if (len < 0)
        http_fail_err(exchange, ROOST_ERR_INTERNAL, "the answer did not fit");
    else
        http_answer(exchange, status, "application/json", writer->out, (size_t)len);
}

void answer_registry_err(struct http_exchange *exchange, int err, const char *what)
{
    static const char retry_s[] = "5";
    if (http_status_of(err) == 503)
        http_answer_header(exchange, "Retry-After", retry_s);
    http_fail_err(exchange, err, what);
}

struct fleet_device *answer_device_of(struct fleet *fleet, const struct http_request *request,
                                      struct http_exchange *exchange)
{
    struct fleet_device *device = fleet_find(fleet, http_param(request, "device_id"));
    if (!device)
        http_fail(exchange, 404, "not_found", "no device of this id is registered");
    return device;
}
