/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The central system for people, inside of hub/csms: routes of REST by subject. Everything is asked
 * of the desk and answered when that has answered. ctx of each handler is the service.
 *   rest.c               the table; what the others share
 *   rest_chargers.c      who may come in
 *   rest_tags.c          who may charge
 *   rest_transactions.c  what was charged
 *   rest_sites.c         chargers that share a limit
 *   rest_tariffs.c       what charging costs
 *   rest_payments.c      what was paid for it
 *   rest_templates.c     configuration that is wanted
 *   rest_certificates.c  until when they are good
 *   rest_drift.c         how chargers stand against it
 *   rest_pay.c           the public page, the provider's notices
 *   rest_write.c         what of these is shown, as JSON
 */
#ifndef ROOST_HUB_CSMS_REST_H
#define ROOST_HUB_CSMS_REST_H

#include "hub/csms/csms_internal.h"
#include "hub/csms/desk.h"
#include "hub/rest/answer.h"

enum { REST_LIST_DEFAULT = 100, REST_PASSWORD = 20 /* characters: 120 bits */ };

/* A request on its way; gone with its answer. */
struct rest_ask {
    struct csms *csms;
    struct http_exchange *exchange;
    int status;       /* of the answer when all went well */
    const char *what; /* could not be done, for an error */
    char identity[CSMS_IDENTITY_MAX + 1], id_tag[OCPP_ID_TAG_BYTES];
    struct csms_charger_row row;
    struct csms_tag tag;
    char password[REST_PASSWORD + 1];                   /* "": none is shown */
    bool has_registration, has_lenient, takes_password; /* what the body holds */
    bool has_certificate, has_certificate_name;
    bool add, by_hand;
    enum ocpp_word answered; /* by the charger */
};

/* NULL after a 500 or a 503. */
struct rest_ask *rest_ask_new(struct csms *csms, struct http_exchange *exchange);
void rest_ask_free(struct rest_ask *ask);
void rest_fail(struct rest_ask *ask, int err);
int rest_refuse(struct http_exchange *exchange, const char *message); /* INVALID, after a 400 */

/* Asks the desk; `done` with an error when it takes no question. */
void rest_read(struct rest_ask *ask, const struct csms_desk_query *query, csms_desk_fn done);

/* A document of any size: written once more with more room where it did not fit. */
typedef void (*rest_write_fn)(struct roost_json_writer *w, const void *ctx);
void rest_answer(struct http_exchange *exchange, int status, rest_write_fn write, const void *ctx);
/* The end of an ask: 200 with what was found, or what `err` says. */
void rest_end(struct rest_ask *ask, int err, rest_write_fn write, const void *ctx);
/* The end of one for CSMS_DESK_RECALL: `write` gets the charger, as it is here; one that was not
 * here since the hub started, as it was known then. */
void rest_end_known(struct rest_ask *ask, int err, const struct csms_desk_found *found,
                    rest_write_fn write);

/* {identity} and {id_tag} of the path; NULL after a 404. */
const char *rest_identity_of(const struct http_request *request, struct http_exchange *exchange);
const char *rest_tag_of(const struct http_request *request, struct http_exchange *exchange);
/* 1 to `max` characters of UTF-8 without control characters; `size` with the NUL. */
bool rest_is_name(const char *text, size_t max, size_t size);

/* `search` of a list: NULL where there is none. A negative error after a 400. */
int rest_search(const struct http_request *request, const char **search,
                struct http_exchange *exchange);

/* A negative error after a 400. */
int rest_limit(const struct http_request *request, int64_t most, uint32_t *limit,
               struct http_exchange *exchange);

enum { CSMS_ROUTES = 46 };
extern const struct http_route csms_routes[CSMS_ROUTES];

#define REST_HANDLER(name)                                                                         \
    void name(void *ctx, const struct http_request *request, struct http_exchange *exchange)
REST_HANDLER(chargers_list);
REST_HANDLER(chargers_add);
REST_HANDLER(chargers_get);
REST_HANDLER(chargers_change);
REST_HANDLER(chargers_remove);
REST_HANDLER(chargers_password);
REST_HANDLER(chargers_operate);
REST_HANDLER(chargers_known);
REST_HANDLER(chargers_connectors);
REST_HANDLER(chargers_notes);
REST_HANDLER(chargers_messages);
REST_HANDLER(transactions_list);
REST_HANDLER(transactions_count);
REST_HANDLER(transactions_get);
REST_HANDLER(chargers_drift);
REST_HANDLER(chargers_drift_apply);
REST_HANDLER(certificates_list);
REST_HANDLER(drift_list);
REST_HANDLER(templates_list);
REST_HANDLER(templates_get);
REST_HANDLER(templates_put);
REST_HANDLER(templates_remove);
REST_HANDLER(templates_apply);
REST_HANDLER(sites_list);
REST_HANDLER(sites_get);
REST_HANDLER(sites_put);
REST_HANDLER(sites_remove);
REST_HANDLER(tariffs_list);
REST_HANDLER(tariffs_get);
REST_HANDLER(tariffs_put);
REST_HANDLER(tariffs_remove);
REST_HANDLER(payments_list);
REST_HANDLER(payments_get);
REST_HANDLER(payments_check);
REST_HANDLER(payments_decide);
REST_HANDLER(pay_link_get);
REST_HANDLER(pay_get);
REST_HANDLER(pay_post);
REST_HANDLER(pay_style);
REST_HANDLER(pay_script);
REST_HANDLER(pay_notices);
REST_HANDLER(tags_list);
REST_HANDLER(tags_add);
REST_HANDLER(tags_get);
REST_HANDLER(tags_change);
REST_HANDLER(tags_remove);
#undef REST_HANDLER

/* ---- rest_write.c: members of the innermost object ---- */
const char *rest_registration_name(enum csms_registration registration);
int rest_registration_parse(const char *text, enum csms_registration *out);
const char *rest_lenient_name(unsigned bit); /* NULL: there is no such bit */
/* With what of `found` is of its connectors, and how it is now. */
void rest_write_charger(struct roost_json_writer *w, const struct csms *csms,
                        const struct csms_desk_charger *charger,
                        const struct csms_desk_found *found);
void rest_write_tag(struct roost_json_writer *w, const struct csms_tag *tag);
void rest_write_tx(struct roost_json_writer *w, const struct csms_tx *tx); /* rest_transactions.c */
struct money_payment;
void rest_write_payment(struct roost_json_writer *w, const struct money_payment *payment);
/* 0 is null. */
void rest_put_time(struct roost_json_writer *w, const char *key, int64_t unix_ms);
void rest_put_word(struct roost_json_writer *w, const char *key, enum ocpp_word word);

#endif
