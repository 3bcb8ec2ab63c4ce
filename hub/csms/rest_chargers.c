/* SPDX-License-Identifier: Apache-2.0 */
/* Who may come in: an operator enters each charger, and the hub draws its password, which is shown
 * once and kept as a salted hash. */
#include <openssl/crypto.h>
#include <stdio.h>

#include "hub/csms/rest.h"

static const char refused_charger[] = "the charger";

/* ---- answers ---- */

struct list {
    const struct csms *csms;
    const struct csms_desk_found *found;
    const char *password; /* of the only one; "": none */
};

static void password_hex(char hex[2 * REST_PASSWORD + 1], const char *password)
{
    for (size_t i = 0; i < REST_PASSWORD; i++)
        snprintf(hex + 2 * i, 3, "%02X", (unsigned)(unsigned char)password[i]);
}

static void write_password(struct roost_json_writer *w, const char *password)
{
    char hex[2 * REST_PASSWORD + 1];

    if (password[0] == '\0')
        return;
    password_hex(hex, password);
    roost_json_put_str(w, "password", password);
    roost_json_put_str(w, "authorization_key", hex);
    OPENSSL_cleanse(hex, sizeof hex);
}

static void write_one(struct roost_json_writer *w, const void *ctx)
{
    const struct list *list = ctx;

    roost_json_object(w);
    rest_write_charger(w, list->csms, list->found->chargers, list->found);
    write_password(w, list->password);
    roost_json_end(w);
}

static void write_list(struct roost_json_writer *w, const void *ctx)
{
    const struct list *list = ctx;

    roost_json_object(w);
    roost_json_put_array(w, "chargers");
    for (size_t i = 0; i < list->found->charger_count; i++) {
        roost_json_object(w);
        rest_write_charger(w, list->csms, &list->found->chargers[i], list->found);
        roost_json_end(w);
    }
    roost_json_end(w);
    roost_json_put_bool(w, "more", list->found->more);
    roost_json_end(w);
}

static void on_list(void *arg, int err, const struct csms_desk_found *found)
{
    struct rest_ask *ask = arg;
    const struct list list = {.csms = ask->csms, .found = found};

    rest_end(ask, err, write_list, &list);
}

void chargers_list(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    const char *after = http_query(request, "after");
    struct csms_desk_query query = {.what = CSMS_DESK_CHARGERS, .after = after};

    if (rest_limit(request, CSMS_DESK_LIST_MAX, &query.limit, exchange) < 0 ||
        rest_search(request, &query.search, exchange) < 0)
        return;
    if (after && strlen(after) > CSMS_IDENTITY_MAX) {
        rest_refuse(exchange, "after: an identity, 1 to 48 bytes");
        return;
    }
    struct rest_ask *ask = rest_ask_new(ctx, exchange);
    if (ask) {
        ask->what = "the chargers cannot be read";
        rest_read(ask, &query, on_list);
    }
}

/* ---- one ---- */

static void ask_charger(struct rest_ask *ask, csms_desk_fn done)
{
    const struct csms_desk_query query = {.what = CSMS_DESK_CHARGER, .identity = ask->identity};

    rest_read(ask, &query, done);
}

/* Whether there is one; else it has been answered. */
static bool is_there(struct rest_ask *ask, int err, const struct csms_desk_found *found)
{
    if (err == 0 && found->charger_count == 0)
        err = ROOST_ERR_NOT_FOUND;
    if (err < 0)
        rest_fail(ask, err);
    return err == 0;
}

static void on_one(void *arg, int err, const struct csms_desk_found *found)
{
    struct rest_ask *ask = arg;
    const struct list list = {.csms = ask->csms, .found = found, .password = ask->password};

    if (!is_there(ask, err, found))
        return;
    rest_answer(ask->exchange, ask->status, write_one, &list);
    rest_ask_free(ask);
}

/* NULL after an answer. */
static struct rest_ask *ask_of(struct csms *csms, const struct http_request *request,
                               struct http_exchange *exchange)
{
    const char *identity = rest_identity_of(request, exchange);
    struct rest_ask *ask = identity ? rest_ask_new(csms, exchange) : NULL;

    if (!ask)
        return NULL;
    ask->what = refused_charger;
    snprintf(ask->identity, sizeof ask->identity, "%s", identity);
    return ask;
}

void chargers_get(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct rest_ask *ask = ask_of(ctx, request, exchange);

    if (ask)
        ask_charger(ask, on_one);
}

/* ---- what an operator enters ---- */

static unsigned lenient_bit(const char *name)
{
    for (unsigned bit = 1; bit <= UINT8_MAX; bit <<= 1)
        if (rest_lenient_name(bit) && strcmp(rest_lenient_name(bit), name) == 0)
            return bit;
    return 0;
}

/* 1 when it is there and right, 0 when absent, else a negative error after a 400. */
static int take_lenient(const struct body *body, uint8_t *out, struct http_exchange *exchange)
{
    static const char wrong[] = "lenient: a list of extra_field, unknown_word, long_text, "
                                "number_as_text, null, object_as_text";
    int list = roost_json_find(&body->doc, ROOST_JSON_ROOT, "lenient");
    unsigned bits = 0;

    if (list < 0)
        return 0;
    if (roost_json_type(&body->doc, list) != ROOST_JSON_ARRAY)
        return rest_refuse(exchange, wrong);
    for (size_t i = 0; i < roost_json_size(&body->doc, list); i++) {
        char name[32];
        int at = roost_json_at(&body->doc, list, i);
        unsigned bit = roost_json_type(&body->doc, at) == ROOST_JSON_STRING &&
                               roost_json_string(&body->doc, at, name, sizeof name) >= 0
                           ? lenient_bit(name)
                           : 0;
        if (bit == 0)
            return rest_refuse(exchange, wrong);
        bits |= bit;
    }
    *out = (uint8_t)bits;
    return 1;
}

static int take_registration(const struct body *body, enum csms_registration *out,
                             struct http_exchange *exchange)
{
    char word[16];
    int has = body_optional_string(body, "registration", word, sizeof word, exchange);

    if (has == 1 && rest_registration_parse(word, out) < 0)
        return rest_refuse(exchange, "registration: accepted, pending or rejected");
    return has;
}

/* null is the identity. A negative error after a 400. */
static int take_certificate(struct rest_ask *ask, const struct body *body)
{
    char *name = ask->row.certificate_name;
    int at = roost_json_find(&body->doc, ROOST_JSON_ROOT, "certificate_name");
    int says = body_optional_bool(body, "certificate", &ask->row.certificate, ask->exchange);

    if (says < 0)
        return says;
    ask->has_certificate = says == 1;
    ask->has_certificate_name = at >= 0;
    if (at < 0 || roost_json_type(&body->doc, at) == ROOST_JSON_NULL)
        return 0;
    if (roost_json_type(&body->doc, at) != ROOST_JSON_STRING ||
        roost_json_string(&body->doc, at, name, sizeof ask->row.certificate_name) < 0 ||
        !rest_is_name(name, CSMS_IDENTITY_MAX, sizeof ask->row.certificate_name))
        return rest_refuse(ask->exchange, "certificate_name: 1 to 48 bytes of UTF-8, or null");
    return 0;
}

/* What may be said of a new one and of one that is there. A negative error after a 400. */
static int take_row(struct rest_ask *ask, const struct body *body, bool *password)
{
    int registration = take_registration(body, &ask->row.registration, ask->exchange);
    int lenient =
        registration < 0 ? registration : take_lenient(body, &ask->row.lenient, ask->exchange);
    int says =
        lenient < 0 ? lenient : body_optional_bool(body, "password", password, ask->exchange);

    ask->has_registration = registration == 1;
    ask->has_lenient = lenient == 1;
    ask->takes_password = says == 1;
    return says < 0 ? says : take_certificate(ask, body);
}

/* Of signs that every charger's menu has. */
static void draw_password(struct rest_ask *ask)
{
    static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const struct host_clock *clock = ask->csms->parts.clock;
    uint8_t bytes[REST_PASSWORD];

    _Static_assert(sizeof signs == 64 + 1, "six bits a sign");
    clock->ops->random(clock->ctx, bytes, sizeof bytes);
    for (size_t i = 0; i < REST_PASSWORD; i++)
        ask->password[i] = signs[bytes[i] % 64];
    OPENSSL_cleanse(bytes, sizeof bytes);
    clock->ops->random(clock->ctx, ask->row.salt, sizeof ask->row.salt);
    csms_password_hash(ask->row.salt, ask->password, REST_PASSWORD, ask->row.hash);
    ask->row.basic = true;
}

static void on_changed(void *arg, int err, int32_t id)
{
    struct rest_ask *ask = arg;

    (void)id;
    if (err < 0) {
        rest_fail(ask, err);
        return;
    }
    csms_changed(ask->csms, ask->identity, &ask->row);
    HOST_LOG(ROOST_LOG_INFO, "csms", ask->add ? "charger added" : "charger changed",
             RF_STR("charger", ask->identity));
    ask_charger(ask, on_one);
}

static void put_row(struct rest_ask *ask)
{
    const struct csms_desk *desk = ask->csms->with->desk;
    int err = desk->ops->charger(desk->ctx, &ask->row, ask->add, on_changed, ask);

    if (err < 0)
        rest_fail(ask, err);
}

static int take_identity(struct rest_ask *ask, const struct body *body)
{
    char identity[CSMS_IDENTITY_MAX + 2];
    int err = body_string(body, "identity", identity, 1, sizeof identity, ask->exchange);

    if (err < 0)
        return err;
    if (!rest_is_name(identity, CSMS_IDENTITY_MAX, sizeof ask->identity) || strchr(identity, '/'))
        return rest_refuse(ask->exchange,
                           "identity: 1 to 48 bytes of UTF-8, no control characters and no /");
    snprintf(ask->identity, sizeof ask->identity, "%.*s", CSMS_IDENTITY_MAX, identity);
    memcpy(ask->row.identity, ask->identity, sizeof ask->row.identity);
    return 0;
}

void chargers_add(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct rest_ask *ask = rest_ask_new(ctx, exchange);
    bool password = true;
    struct body body;

    if (!ask)
        return;
    ask->what = refused_charger;
    ask->status = 201;
    ask->add = true;
    if (body_read(&body, request, exchange) < 0 || take_identity(ask, &body) < 0 ||
        take_row(ask, &body, &password) < 0) {
        rest_ask_free(ask);
        return;
    }
    if (password)
        draw_password(ask);
    put_row(ask);
}

/* What the body says, upon what is there now. */
static void on_change(void *arg, int err, const struct csms_desk_found *found)
{
    struct rest_ask *ask = arg;
    struct csms_charger_row said = ask->row;

    if (!is_there(ask, err, found))
        return;
    ask->row = found->chargers->row;
    if (ask->has_registration)
        ask->row.registration = said.registration;
    if (ask->has_lenient)
        ask->row.lenient = said.lenient;
    if (ask->has_certificate)
        ask->row.certificate = said.certificate;
    if (ask->has_certificate_name)
        memcpy(ask->row.certificate_name, said.certificate_name, sizeof said.certificate_name);
    if (ask->takes_password) /* only ever taken away here */
        ask->row.basic = false;
    put_row(ask);
}

void chargers_change(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct rest_ask *ask = ask_of(ctx, request, exchange);
    bool password = false;
    struct body body;
    int err;

    if (!ask)
        return;
    err = body_read(&body, request, exchange);
    if (err == 0)
        err = take_row(ask, &body, &password);
    if (err == 0 && password)
        err = rest_refuse(exchange, "password: false takes it away; a new one is drawn by POST "
                                    ".../password");
    if (err < 0)
        rest_ask_free(ask);
    else
        ask_charger(ask, on_change);
}

static void on_removed(void *arg, int err, int32_t id)
{
    struct rest_ask *ask = arg;

    (void)id;
    if (err < 0) {
        rest_fail(ask, err);
        return;
    }
    csms_changed(ask->csms, ask->identity, NULL);
    HOST_LOG(ROOST_LOG_INFO, "csms", "charger removed", RF_STR("charger", ask->identity));
    http_answer(ask->exchange, 204, NULL, "", 0);
    rest_ask_free(ask);
}

void chargers_remove(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct rest_ask *ask = ask_of(ctx, request, exchange);

    if (!ask)
        return;
    const struct csms_desk *desk = ask->csms->with->desk;
    int err = desk->ops->remove(desk->ctx, CSMS_DESK_A_CHARGER, ask->identity, on_removed, ask);
    if (err < 0)
        rest_fail(ask, err);
}

/* ---- a new password ---- */

/* One that is connected is told it, and it counts when the charger has taken it: else it would be
 * locked out. One that is not is told by hand. */
static int write_key(void *ctx, struct ocpp_writer *w)
{
    const struct rest_ask *ask = ctx;
    char hex[2 * REST_PASSWORD + 1];

    password_hex(hex, ask->password);
    ocpp_put_text(w, OCPP_key, "AuthorizationKey");
    ocpp_put_text(w, OCPP_value, hex);
    OPENSSL_cleanse(hex, sizeof hex);
    return 0;
}

static int take_status(void *ctx, const struct ocpp_value *value)
{
    struct rest_ask *ask = ctx;

    if (value->field == OCPP_status)
        ask->answered = (enum ocpp_word)value->number;
    return 0;
}

/* Nobody can say whether it has the new one: whichever it comes with counts. */
static void keep_both(struct rest_ask *ask)
{
    struct csms_charger *charger = csms_charger_find(ask->csms, ask->identity);

    if (!charger)
        return;
    charger->has_next = true;
    memcpy(charger->next_salt, ask->row.salt, sizeof charger->next_salt);
    memcpy(charger->next_hash, ask->row.hash, sizeof charger->next_hash);
}

static void on_told(void *ctx, enum csms_outcome outcome, enum ocpp_error error, const char *text)
{
    struct rest_ask *ask = ctx;

    (void)error;
    (void)text;
    if (outcome == CSMS_ANSWERED &&
        (ask->answered == OCPP_Accepted || ask->answered == OCPP_RebootRequired)) {
        put_row(ask);
        return;
    }
    if (outcome == CSMS_ANSWERED || outcome == CSMS_CALLERROR) {
        http_fail(ask->exchange, 409, "not_taken",
                  "the charger did not take it: the password stays as it was");
    } else {
        if (outcome != CSMS_STOPPED && outcome != CSMS_WITHDRAWN)
            keep_both(ask);
        http_fail(ask->exchange, 504, "not_known",
                  "the charger did not answer: the password that it comes with next counts");
    }
    rest_ask_free(ask);
}

static void on_new_password(void *arg, int err, const struct csms_desk_found *found)
{
    struct rest_ask *ask = arg;
    const struct csms_ask call = {.message = OCPP_MSG_ChangeConfiguration,
                                  .write = write_key,
                                  .take = take_status,
                                  .done = on_told,
                                  .ctx = ask};

    if (!is_there(ask, err, found))
        return;
    ask->row = found->chargers->row;
    draw_password(ask);
    err = ask->by_hand ? ROOST_ERR_CLOSED : csms_ask(ask->csms, ask->identity, &call);
    if (err == ROOST_ERR_CLOSED || err == ROOST_ERR_NOT_FOUND)
        put_row(ask);
    else if (err < 0)
        rest_fail(ask, err);
}

void chargers_password(void *ctx, const struct http_request *request,
                       struct http_exchange *exchange)
{
    const char *by_hand = http_query(request, "by_hand");
    struct rest_ask *ask = ask_of(ctx, request, exchange);

    if (!ask)
        return;
    ask->by_hand = by_hand && strcmp(by_hand, "true") == 0;
    ask_charger(ask, on_new_password);
}

/* ---- what is known of it ---- */

static void write_known(struct roost_json_writer *w, const void *ctx)
{
    const struct csms_charger *charger = ctx;

    roost_json_object(w);
    known_write(&charger->known, w, csms_unix_ms(charger->csms));
    roost_json_end(w);
}

static void on_known(void *arg, int err, const struct csms_desk_found *found)
{
    rest_end_known(arg, err, found, write_known);
}

void chargers_known(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct rest_ask *ask = ask_of(ctx, request, exchange);

    if (!ask)
        return;
    const struct csms_desk_query query = {
        .what = CSMS_DESK_RECALL, .identity = ask->identity, .limit = 1};
    rest_read(ask, &query, on_known);
}
