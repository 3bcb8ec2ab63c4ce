/* SPDX-License-Identifier: Apache-2.0 */
/* What people see of chargers, tags and transactions. Words of OCPP stand as OCPP writes them. */
#include "hub/csms/rest.h"

void rest_put_time(struct roost_json_writer *w, const char *key, int64_t unix_ms)
{
    if (unix_ms != 0)
        roost_json_put_int(w, key, unix_ms);
    else
        roost_json_put_null(w, key);
}

void rest_put_word(struct roost_json_writer *w, const char *key, enum ocpp_word word)
{
    roost_json_put_str(w, key, word != OCPP_NO_WORD ? ocpp_word_text(word) : NULL);
}

/* ---- chargers ---- */

static const char *const registrations[] = {
    [CSMS_ACCEPTED] = "accepted", [CSMS_PENDING] = "pending", [CSMS_REJECTED] = "rejected"};

const char *rest_registration_name(enum csms_registration registration)
{
    return registrations[registration];
}

int rest_registration_parse(const char *text, enum csms_registration *out)
{
    for (size_t i = 0; i < sizeof registrations / sizeof registrations[0]; i++)
        if (strcmp(text, registrations[i]) == 0) {
            *out = (enum csms_registration)i;
            return 0;
        }
    return ROOST_ERR_INVALID;
}

const char *rest_lenient_name(unsigned bit)
{
    switch (bit) {
#define X(name, value, called)                                                                     \
    case OCPP_LENIENT_##name:                                                                      \
        return called;
        OCPP_LENIENCIES(X)
#undef X
    default:
        return NULL;
    }
}

static void write_lenient(struct roost_json_writer *w, uint8_t lenient)
{
    roost_json_put_array(w, "lenient");
    for (unsigned bit = 1; bit <= UINT8_MAX; bit <<= 1)
        if ((lenient & bit) && rest_lenient_name(bit))
            roost_json_str(w, rest_lenient_name(bit));
    roost_json_end(w);
}

static void write_lenient_used(struct roost_json_writer *w, const struct csms_view *view)
{
    roost_json_put_object(w, "lenient_used");
    for (unsigned i = 0; i < CSMS_LENIENCIES; i++)
        roost_json_put_uint(w, csms_lenient_name(i), view->lenient ? view->lenient[i] : 0);
    roost_json_end(w);
}

/* What runs there; of a charger that was not here since the hub started that is not known. */
static void write_now(struct roost_json_writer *w, const struct csms_view *view, int32_t connector)
{
    const struct csms_connector *now =
        (size_t)connector < view->connector_count ? &view->connectors[connector] : NULL;

    if (now && now->tx)
        roost_json_put_int(w, "transaction_id", now->tx->id);
    else
        roost_json_put_null(w, "transaction_id");
    if (now && now->power_ms != 0)
        roost_json_put_milli(w, "power_w", now->power_mw);
    else
        roost_json_put_null(w, "power_w");
}

static void write_connectors(struct roost_json_writer *w, const char *identity,
                             const struct csms_desk_found *found, const struct csms_view *view)
{
    roost_json_put_array(w, "connectors");
    for (size_t i = 0; i < found->status_count; i++) {
        const struct csms_status *status = &found->statuses[i].status;
        if (strcmp(found->statuses[i].identity, identity) != 0)
            continue;
        roost_json_object(w);
        roost_json_put_int(w, "connector_id", status->connector);
        rest_put_word(w, "status", status->status);
        rest_put_word(w, "error_code", status->error_code);
        roost_json_put_str(w, "info", status->info);
        roost_json_put_str(w, "vendor_error_code", status->vendor_error);
        rest_put_time(w, "at_ms", status->at_ms);
        write_now(w, view, status->connector);
        roost_json_end(w);
    }
    roost_json_end(w);
}

void rest_write_charger(struct roost_json_writer *w, const struct csms *csms,
                        const struct csms_desk_charger *charger,
                        const struct csms_desk_found *found)
{
    const struct csms_charger_row *row = &charger->row;
    struct csms_view view = {.online = false};

    (void)csms_look(csms, row->identity, &view);
    roost_json_put_str(w, "identity", row->identity);
    roost_json_put_str(w, "registration", rest_registration_name(row->registration));
    write_lenient(w, row->lenient);
    write_lenient_used(w, &view);
    roost_json_put_bool(w, "has_password", row->basic);
    roost_json_put_bool(w, "certificate", row->certificate);
    roost_json_put_str(w, "certificate_name",
                       row->certificate_name[0] ? row->certificate_name : NULL);
    roost_json_put_bool(w, "booted", row->booted);
    rest_put_time(w, "booted_at_ms", charger->booted_ms);
    roost_json_put_str(w, "vendor", charger->boot.vendor);
    roost_json_put_str(w, "model", charger->boot.model);
    roost_json_put_str(w, "serial", charger->boot.serial);
    roost_json_put_str(w, "firmware", charger->boot.firmware);
    roost_json_put_bool(w, "online", view.online);
    rest_put_time(w, "seen_at_ms", view.seen_ms);
    write_connectors(w, row->identity, found, &view);
}

/* ---- tags ---- */

void rest_write_tag(struct roost_json_writer *w, const struct csms_tag *tag)
{
    roost_json_put_str(w, "id_tag", tag->id_tag);
    roost_json_put_str(w, "parent_id_tag", tag->parent_id_tag[0] ? tag->parent_id_tag : NULL);
    roost_json_put_bool(w, "blocked", tag->blocked);
    rest_put_time(w, "expires_at_ms", tag->expiry_ms);
    roost_json_put_int(w, "limit", tag->limit);
}
