/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DataTransfer of the central system, of the vendor "Roost". What the one who has paid may have,
 * for the transaction with this card that runs or comes next; 0 or absent: no limit of that kind:
 *
 *     {"vendorId":"Roost","messageId":"Allowance",
 *      "data":"{\"idTag\":\"04A2B3C4\",\"wh\":12500,\"s\":3600}"}
 *
 * And "Command", whose data is one of proto/fleet/command.h.
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

/* What is absent stays 0; below 0 and beyond what there is, it is none. */
static bool read_amount(const struct roost_json *doc, const char *key, uint64_t most, uint64_t *out)
{
    *out = 0;
    if (roost_json_find(doc, ROOST_JSON_ROOT, key) < 0)
        return true;
    return roost_json_get_uint64(doc, ROOST_JSON_ROOT, key, out) == 0 && *out <= most;
}

static enum ocpp_word allow(struct charger_ocpp *ocpp, const char *data)
{
    enum { TOKENS = 8, ENERGY_MAX_WH = 1000000, DURATION_MAX_S = 7 * 86400 };
    struct roost_json_token tokens[TOKENS];
    struct roost_json doc;
    struct charger_allowance allowance;
    char tag[CHARGER_TAG_MAX + 1];
    uint64_t wh, s;

    if (roost_json_parse(&doc, tokens, TOKENS, data, strlen(data)) < 0 ||
        roost_json_get_string(&doc, ROOST_JSON_ROOT, "idTag", tag, sizeof tag) < 0 ||
        !read_amount(&doc, "wh", ENERGY_MAX_WH, &wh) || !read_amount(&doc, "s", DURATION_MAX_S, &s))
        return OCPP_Rejected;
    allowance = (struct charger_allowance){.energy_mwh = wh * 1000, .duration_s = (uint32_t)s};
    int err = charger_station_allow(ocpp->config.station, tag, &allowance);
    return err < 0 ? OCPP_Rejected : OCPP_Accepted;
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
        return charger_say(ocpp, OCPP_Rejected);
    return charger_say(ocpp, allows ? allow(ocpp, asked->transfer.data)
                                    : command(ocpp, asked->transfer.data));
}
