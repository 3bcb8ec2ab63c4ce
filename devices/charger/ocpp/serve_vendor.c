/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DataTransfer of the central system, of the vendor "Roost". What the one who has paid may have,
 * for the transaction with this card at this connector that runs or comes next; wh or s 0 or
 * absent: no limit of that kind, but one there must be:
 *
 *     {"vendorId":"Roost","messageId":"Allowance",
 *      "data":"{\"connectorId\":1,\"idTag\":\"04A2B3C4\",\"wh\":12500,\"s\":3600}"}
 *
 * And "Command", whose data is one of proto/fleet/command.h. With Rejected, `data` says why.
 */
#include <string.h>

#include "core/err.h"
#include "core/json_read.h"
#include "devices/charger/ocpp/serve_parts.h"

/* What does not fit is none of ours. */
static int take_text(union charger_asked *asked, const struct ocpp_value *value, char *out,
                     size_t size)
{
    if (ocpp_text_take(value, out, size) == ROOST_ERR_TOO_LONG)
        asked->transfer.too_long = true;
    return 0;
}

int charger_take_transfer(void *ctx, const struct ocpp_value *value)
{
    union charger_asked *asked = &((struct charger_ocpp *)ctx)->serving.asked;

    switch (value->field) {
    case OCPP_vendorId:
        return take_text(asked, value, asked->transfer.vendor, sizeof asked->transfer.vendor);
    case OCPP_messageId:
        return take_text(asked, value, asked->transfer.message, sizeof asked->transfer.message);
    case OCPP_data:
        return take_text(asked, value, asked->transfer.data, sizeof asked->transfer.data);
    default:
        return 0;
    }
}

/* What is absent is 0; false: it is no number, or more than there is. */
static bool read_amount(const struct roost_json *doc, const char *key, uint64_t most, uint64_t *out)
{
    *out = 0;
    if (roost_json_find(doc, ROOST_JSON_ROOT, key) < 0)
        return true;
    return roost_json_get_uint64(doc, ROOST_JSON_ROOT, key, out) == 0 && *out <= most;
}

/* Returns why not; NULL: it is. */
static const char *allow(struct charger_ocpp *ocpp, const char *data)
{
    enum { TOKENS = 16 };
    struct roost_json_token tokens[TOKENS];
    struct roost_json doc;
    char tag[CHARGER_TAG_MAX + 1];
    uint64_t connector, wh, s;

    if (roost_json_parse(&doc, tokens, TOKENS, data, strlen(data)) < 0)
        return "data: no JSON, or too much";
    if (roost_json_get_string(&doc, ROOST_JSON_ROOT, "idTag", tag, sizeof tag) < 0 || !tag[0])
        return "idTag: 1 to 20 bytes";
    if (!read_amount(&doc, "connectorId", ocpp->config.station->config.connectors, &connector) ||
        connector == 0)
        return "connectorId: there is no such";
    if (!read_amount(&doc, "wh", 1000000, &wh))
        return "wh: 0 to 1000000";
    if (!read_amount(&doc, "s", 604800, &s))
        return "s: 0 to 604800";
    if (wh == 0 && s == 0)
        return "wh, s: one must be given";
    const struct charger_allowance allowance = {.energy_mwh = wh * 1000, .duration_s = (uint32_t)s};
    return charger_station_allow(ocpp->config.station, (uint8_t)connector, tag, &allowance) == 0
               ? NULL
               : "it could not be kept";
}

static enum ocpp_word command(const struct charger_ocpp *ocpp, const char *data)
{
    const struct charger_ocpp_does *does = &ocpp->config.does;

    if (!does->command)
        return OCPP_UnknownMessageId;
    return does->command(does->ctx, data, strlen(data)) < 0 ? OCPP_Rejected : OCPP_Accepted;
}

enum ocpp_error charger_serve_transfer(struct charger_ocpp *ocpp)
{
    const union charger_asked *asked = &ocpp->serving.asked;

    if (!ocpp_identifier_equal(asked->transfer.vendor, CHARGER_OCPP_VENDOR))
        return charger_say(ocpp, OCPP_UnknownVendorId);
    bool allows = ocpp_identifier_equal(asked->transfer.message, CHARGER_OCPP_ALLOWANCE);
    if (!allows && !ocpp_identifier_equal(asked->transfer.message, CHARGER_OCPP_COMMAND))
        return charger_say(ocpp, OCPP_UnknownMessageId);
    if (asked->transfer.too_long)
        ocpp->serving.text = "data: at most 1024 bytes";
    else if (!allows)
        return charger_say(ocpp, command(ocpp, asked->transfer.data));
    else
        ocpp->serving.text = allow(ocpp, asked->transfer.data);
    return charger_say_or(ocpp, !ocpp->serving.text, OCPP_Rejected);
}

void charger_write_transfer(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    ocpp_put_word(w, OCPP_status, ocpp->serving.verdict);
    if (ocpp->serving.text)
        ocpp_put_text(w, OCPP_data, ocpp->serving.text);
}
