/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "core/err.h"
#include "core/number.h"
#include "host/net/http_internal.h"

const char *http_method_name(enum http_method method)
{
    static const char *const names[] = {
        [HTTP_GET] = "GET",     [HTTP_POST] = "POST",     [HTTP_PUT] = "PUT",
        [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
    };
    return names[method];
}

static const char *find(const struct http_field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].value;
    return NULL;
}

const char *http_param(const struct http_request *request, const char *name)
{
    const struct http_exchange *ex = request->server_side;

    return find(ex->params.params, ex->params.count, name);
}

const char *http_query(const struct http_request *request, const char *name)
{
    const struct http_exchange *ex = request->server_side;

    return find(ex->target.query, ex->target.query_count, name);
}

int http_query_int(const struct http_request *request, const char *name, int64_t min, int64_t max,
                   int64_t *out)
{
    const char *text = http_query(request, name);
    int64_t value;

    if (!text)
        return ROOST_ERR_NOT_FOUND;
    int err = roost_parse_int64(text, strlen(text), &value);
    if (err < 0)
        return err;
    if (value < min || value > max)
        return ROOST_ERR_RANGE;
    *out = value;
    return 0;
}

const char *http_header(const struct http_request *request, const char *name)
{
    const struct http_exchange *ex = request->server_side;

    return ex->connection ? http_head_field(&ex->connection->head, name) : NULL;
}

size_t http_fields(const struct http_request *request, enum http_fields which,
                   const struct http_field **fields)
{
    const struct http_exchange *ex = request->server_side;

    *fields = NULL;
    switch (which) {
    case HTTP_PARAMS:
        *fields = ex->params.params;
        return ex->params.count;
    case HTTP_QUERY:
        *fields = ex->target.query;
        return ex->target.query_count;
    case HTTP_HEADERS:
        if (ex->connection)
            *fields = ex->connection->head.fields;
        return ex->connection ? ex->connection->head.field_count : 0;
    }
    return 0;
}

const char *http_base_path(const struct http_request *request)
{
    const struct http_exchange *ex = request->server_side;

    return ex->base;
}

bool http_is_secure(const struct http_request *request)
{
    const struct http_exchange *ex = request->server_side;

    return ex->server->tls != NULL;
}

bool http_client_certificate(const struct http_request *request, struct tls_certificate *out)
{
    const struct http_exchange *ex = request->server_side;

    return ex->connection && transport_certificate(ex->connection->transport, out);
}
