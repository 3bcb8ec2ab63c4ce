/* SPDX-License-Identifier: Apache-2.0 */
/* The newest messages of a charger, searched by action and text. */
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/rest.h"

struct search {
    const struct csms_charger *charger; /* NULL: it was not here */
    char text[129];
    enum ocpp_message message; /* OCPP_NO_MESSAGE: any */
    uint64_t before;           /* 0: any */
    uint32_t limit;
};

struct searching {
    struct rest_ask *ask;
    struct search search;
};

static bool is_found(const struct search *search, const struct message_row *row)
{
    return (search->before == 0 || row->number < search->before) &&
           (search->message == OCPP_NO_MESSAGE || row->message == search->message) &&
           message_has(row, search->text);
}

static void write_row(struct roost_json_writer *w, const struct message_row *row)
{
    roost_json_object(w);
    roost_json_put_uint(w, "number", row->number);
    roost_json_put_int(w, "at_ms", row->at_ms);
    roost_json_put_str(w, "direction",
                       row->direction == MESSAGE_IN ? "from_charger" : "to_charger");
    rest_put_word(w, "action", row->message ? ocpp_message_action(row->message) : OCPP_NO_WORD);
    roost_json_put_str(w, "result", row->result);
    if (row->result)
        roost_json_put_uint(w, "took_ms", row->took_ms);
    else
        roost_json_put_null(w, "took_ms");
    roost_json_put_str(w, "text", row->text);
    roost_json_put_str(w, "answer", row->answer);
    roost_json_put_bool(w, "cut", row->cut);
    roost_json_end(w);
}

static void write_messages(struct roost_json_writer *w, const void *ctx)
{
    const struct search *search = ctx;
    const struct message_row *row;
    uint32_t count = 0;
    bool more = false;

    roost_json_object(w);
    roost_json_put_array(w, "messages");
    for (size_t i = 0;
         search->charger && (row = messages_at(&search->charger->messages, i)) != NULL; i++) {
        if (!is_found(search, row))
            continue;
        more = count == search->limit;
        if (more)
            break;
        write_row(w, row);
        count++;
    }
    roost_json_end(w);
    roost_json_put_bool(w, "more", more);
    roost_json_end(w);
}

static void on_charger(void *arg, int err, const struct csms_desk_found *found)
{
    struct searching *searching = arg;
    struct rest_ask *ask = searching->ask;

    if (err == 0 && found->charger_count == 0)
        err = ROOST_ERR_NOT_FOUND;
    if (err < 0) {
        rest_fail(ask, err);
    } else {
        searching->search.charger = csms_charger_find(ask->csms, ask->identity);
        rest_answer(ask->exchange, 200, write_messages, &searching->search);
        rest_ask_free(ask);
    }
    free(searching);
}

/* A negative error after a 400. */
static int take_search(struct search *search, const struct http_request *request,
                       struct http_exchange *exchange)
{
    const char *text = http_query(request, "text"), *action = http_query(request, "action");
    int64_t before = 0;

    if (text && strlen(text) >= sizeof search->text)
        return rest_refuse(exchange, "text: at most 128 bytes");
    snprintf(search->text, sizeof search->text, "%s", text ? text : "");
    search->message = action ? ocpp_message_find(action, strlen(action)) : OCPP_NO_MESSAGE;
    if (action && search->message == OCPP_NO_MESSAGE)
        return rest_refuse(exchange, "action: no message of OCPP 1.6");
    if (query_int(request, "before", 1, INT64_MAX, &before, exchange) < 0 ||
        rest_limit(request, CSMS_DESK_LIST_MAX, &search->limit, exchange) < 0)
        return ROOST_ERR_INVALID;
    search->before = (uint64_t)before;
    return 0;
}

void chargers_messages(void *ctx, const struct http_request *request,
                       struct http_exchange *exchange)
{
    struct csms *csms = ctx;
    const char *identity = rest_identity_of(request, exchange);
    struct search search = {.charger = NULL};

    if (!identity || take_search(&search, request, exchange) < 0)
        return;
    struct rest_ask *ask = rest_ask_new(csms, exchange);
    if (!ask)
        return;
    ask->what = "the charger";
    snprintf(ask->identity, sizeof ask->identity, "%s", identity);
    struct searching *searching = malloc(sizeof *searching);
    if (!searching) {
        rest_fail(ask, ROOST_ERR_NO_MEMORY);
        return;
    }
    *searching = (struct searching){.ask = ask, .search = search};
    const struct csms_desk_query query = {.what = CSMS_DESK_CHARGER, .identity = ask->identity};
    const struct csms_desk *desk = csms->with->desk;
    int err = desk->ops->read(desk->ctx, &query, on_charger, searching);
    if (err < 0)
        on_charger(searching, err, NULL);
}
