/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of chargers, those that end first first. */
#include "hub/csms/rest.h"

enum { DAY_MS = 24 * 3600000, DAYS_MAX = 36500 };

struct list {
    const struct csms *csms;
    const struct csms_desk_found *found;
};

static const char *const states[] = {[CSMS_CERTIFICATE_SIGNED] = "signed",
                                     [CSMS_CERTIFICATE_TAKEN] = "taken",
                                     [CSMS_CERTIFICATE_REFUSED] = "refused",
                                     [CSMS_CERTIFICATE_SHOWN] = "shown"};

static void write_row(struct roost_json_writer *w, const struct csms *csms,
                      const struct csms_certificate *at)
{
    int64_t left_ms = at->until_ms - csms_unix_ms(csms);

    roost_json_object(w);
    roost_json_put_int(w, "certificate_id", at->id);
    roost_json_put_str(w, "identity", at->identity);
    roost_json_put_str(w, "name", at->name);
    roost_json_put_str(w, "serial", at->serial);
    roost_json_put_str(w, "state", states[at->state & 3]);
    roost_json_put_int(w, "until_ms", at->until_ms);
    roost_json_put_int(w, "days_left",
                       left_ms >= 0 ? left_ms / DAY_MS : -1 - (-1 - left_ms) / DAY_MS);
    rest_put_time(w, "signed_at_ms", at->signed_ms);
    rest_put_time(w, "shown_at_ms", at->shown_ms);
    rest_put_time(w, "renewal_asked_at_ms", csms_calendar_asked_ms(csms, at->identity));
    roost_json_end(w);
}

static void write_list(struct roost_json_writer *w, const void *ctx)
{
    const struct list *list = ctx;

    roost_json_object(w);
    roost_json_put_object(w, "expiring");
    for (int i = 0; i < CSMS_EXPIRING_STEPS; i++) {
        static const char *const names[CSMS_EXPIRING_STEPS] = {"within_30_days", "within_7_days",
                                                               "expired"};
        roost_json_put_uint(w, names[i], list->csms->calendar.within[i]);
    }
    roost_json_end(w);
    roost_json_put_array(w, "certificates");
    for (size_t i = 0; i < list->found->certificate_count; i++)
        write_row(w, list->csms, &list->found->certificates[i]);
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

void certificates_list(void *ctx, const struct http_request *request,
                       struct http_exchange *exchange)
{
    const char *identity = http_query(request, "identity");
    struct csms_desk_query query = {.what = CSMS_DESK_CERTIFICATES, .identity = identity};
    int64_t days = -1;

    if (identity && !rest_is_name(identity, CSMS_IDENTITY_MAX, CSMS_IDENTITY_MAX + 1)) {
        (void)rest_refuse(exchange, "identity: 1 to 48 bytes");
        return;
    }
    if (rest_limit(request, CSMS_DESK_LIST_MAX, &query.limit, exchange) < 0 ||
        query_int(request, "after", 1, INT64_MAX, &query.before, exchange) < 0 ||
        query_int(request, "days", 0, DAYS_MAX, &days, exchange) < 0)
        return;
    struct rest_ask *ask = rest_ask_new(ctx, exchange);
    if (!ask)
        return;
    if (days >= 0)
        query.to_ms = csms_unix_ms(ask->csms) + days * DAY_MS + 1;
    ask->what = "the certificates cannot be read";
    rest_read(ask, &query, on_list);
}
