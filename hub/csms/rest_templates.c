/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of configuration: set whole, kept before they count, applied when asked for. */
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/rest.h"

struct shown {
    const struct csms *csms;
    const struct template *template;
};

static void write_one(struct roost_json_writer *w, const void *ctx)
{
    const struct shown *shown = ctx;

    roost_json_object(w);
    template_write(shown->template, w);
    roost_json_end(w);
}

static void write_all(struct roost_json_writer *w, const void *ctx)
{
    const struct shown *shown = ctx;

    roost_json_object(w);
    roost_json_put_array(w, "templates");
    for (const struct template *at = shown->csms->templates; at; at = at->next) {
        roost_json_object(w);
        template_write(at, w);
        roost_json_end(w);
    }
    roost_json_end(w);
    roost_json_end(w);
}

/* What is kept was read, so that nothing is shown as absent that is only not read yet. */
static bool is_served(const struct csms *csms, struct http_exchange *exchange)
{
    if (!csms->with || !csms->with->desk)
        http_fail(exchange, 503, "not_served", "no chargers are served here");
    else if (!csms->templates_known)
        http_fail(exchange, 503, "busy", "templates are not read yet");
    else
        return true;
    return false;
}

static const char *name_of(const struct http_request *request, struct http_exchange *exchange)
{
    const char *name = http_param(request, "template");

    if (name && rest_is_name(name, TEMPLATE_NAME_MAX, TEMPLATE_NAME_MAX + 1))
        return name;
    http_fail(exchange, 404, "not_found", "template: not found");
    return NULL;
}

/* NULL after an answer. */
static struct template *template_of(const struct csms *csms, const struct http_request *request,
                                    struct http_exchange *exchange)
{
    const char *name = is_served(csms, exchange) ? name_of(request, exchange) : NULL;
    struct template *t = name ? csms_template_find(csms, name) : NULL;

    if (name && !t)
        http_fail(exchange, 404, "not_found", "template: not found");
    return t;
}

void templates_list(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const struct shown shown = {.csms = ctx};

    (void)request;
    if (is_served(ctx, exchange))
        rest_answer(exchange, 200, write_all, &shown);
}

void templates_get(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const struct shown shown = {.csms = ctx, .template = template_of(ctx, request, exchange)};

    if (shown.template)
        rest_answer(exchange, 200, write_one, &shown);
}

/* ---- changed ---- */

struct keeping {
    struct csms *csms;
    struct http_exchange *exchange;
    struct template *template; /* NULL: it goes */
    char name[TEMPLATE_NAME_MAX + 1];
    int status;
};

static void over(struct keeping *keeping)
{
    template_free(keeping->template);
    free(keeping);
}

static void on_kept(void *arg, int err, int32_t id)
{
    struct keeping *keeping = arg;

    (void)id;
    if (err < 0) {
        answer_registry_err(keeping->exchange, err == ROOST_ERR_FULL ? ROOST_ERR_BUSY : err,
                            "the template");
    } else if (!keeping->template) {
        csms_template_drop(keeping->csms, keeping->name);
        http_answer(keeping->exchange, 204, NULL, "", 0);
    } else {
        const struct shown shown = {.template = keeping->template};
        rest_answer(keeping->exchange, keeping->status, write_one, &shown);
        csms_template_set(keeping->csms, keeping->template);
        keeping->template = NULL;
    }
    if (err < 0)
        HOST_LOG(ROOST_LOG_WARN, "csms", "a template is not kept",
                 RF_STR("template", keeping->name), RF_ERR("error", err));
    else
        HOST_LOG(ROOST_LOG_INFO, "csms", "template changed", RF_STR("template", keeping->name));
    over(keeping);
}

static void keep(struct keeping *keeping, const char *text)
{
    const struct csms_book *book = keeping->csms->with->book;
    const struct csms_document document = {
        .kind = CSMS_DOCUMENT_TEMPLATE, .key = keeping->name, .text = text};
    const struct csms_change change = {
        .identity = "", .arrived_ms = csms_unix_ms(keeping->csms), .document = &document};
    int err = book->ops->put(book->ctx, &change, on_kept, keeping);

    if (err < 0)
        on_kept(keeping, err, 0);
}

static struct keeping *keeping_new(struct csms *csms, struct http_exchange *exchange,
                                   const char *name)
{
    struct keeping *keeping = calloc(1, sizeof *keeping);

    if (!keeping) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return NULL;
    }
    keeping->csms = csms;
    keeping->exchange = exchange;
    keeping->status = csms_template_find(csms, name) ? 200 : 201;
    snprintf(keeping->name, sizeof keeping->name, "%s", name);
    return keeping;
}

static bool is_room(const struct csms *csms, const char *name)
{
    size_t count = 0;

    for (const struct template *at = csms->templates; at; at = at->next)
        count++;
    return count < TEMPLATES_MAX || csms_template_find(csms, name);
}

/* As it is written again: what a body says beside it is not kept. */
static void put_text(struct keeping *keeping)
{
    const struct shown shown = {.template = keeping->template};
    struct roost_json_writer w;
    char *text = malloc(CSMS_DOCUMENT_MAX + 1);

    if (!text) {
        on_kept(keeping, ROOST_ERR_NO_MEMORY, 0);
        return;
    }
    roost_json_begin(&w, text, CSMS_DOCUMENT_MAX + 1);
    write_one(&w, &shown);
    if (roost_json_finish(&w) < 0)
        on_kept(keeping, ROOST_ERR_TOO_LONG, 0);
    else
        keep(keeping, text);
    free(text);
}

void templates_put(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct csms *csms = ctx;
    const char *name = is_served(csms, exchange) ? name_of(request, exchange) : NULL;
    struct template *t = NULL;
    struct why why = {""};

    if (!name)
        return;
    if (!is_room(csms, name)) {
        http_fail(exchange, 409, "full", "there are 64 templates already");
        return;
    }
    int err = template_parse(&t, name, request->body, request->body_len, &why);
    if (err == ROOST_ERR_INVALID) {
        (void)rest_refuse(exchange, why.text);
        return;
    }
    struct keeping *keeping = err < 0 ? NULL : keeping_new(csms, exchange, name);
    if (err < 0)
        http_fail_err(exchange, err, NULL);
    if (!keeping) {
        template_free(t);
        return;
    }
    keeping->template = t;
    put_text(keeping);
}

void templates_remove(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const struct template *t = template_of(ctx, request, exchange);
    struct keeping *keeping = t ? keeping_new(ctx, exchange, t->name) : NULL;

    if (keeping)
        keep(keeping, NULL);
}

/* ---- applied ---- */

struct applied {
    size_t started, offline;
};

static void write_applied(struct roost_json_writer *w, const void *ctx)
{
    const struct applied *applied = ctx;

    roost_json_object(w);
    roost_json_put_uint(w, "started", applied->started);
    roost_json_put_uint(w, "offline", applied->offline);
    roost_json_end(w);
}

void templates_apply(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct csms *csms = ctx;
    const struct template *t = template_of(csms, request, exchange);
    struct applied applied = {0, 0};

    for (struct csms_charger *at = csms->chargers; t && at; at = at->next) {
        const struct template_who who = {
            .identity = at->identity, .vendor = at->vendor, .model = at->model};
        if (!template_fits(t, &who))
            continue;
        int err = csms_drift_apply(at);
        applied.started += err == 0;
        applied.offline += err == ROOST_ERR_CLOSED;
    }
    if (t)
        rest_answer(exchange, 202, write_applied, &applied);
}
