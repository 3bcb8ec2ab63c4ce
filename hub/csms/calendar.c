/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Until when the certificates of chargers are good. What was signed here and what chargers came
 * with is kept; each hour those are looked for whose last certificate ends soon: told in the log at
 * 30 and at 7 days and at the end, counted, and a charger that is there is asked, once a day, to
 * request a new one. A certificate that a charger has beside a longer one wakes nobody.
 */
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/csms_internal.h"

enum { DAY_MS = 24 * 3600000, EVERY_MS = 3600000, SOON_MS = 2000 };

const int csms_expiring_days[CSMS_EXPIRING_STEPS] = {30, 7, 0};

/* ---- kept ---- */

static void on_put(void *arg, int err, int32_t tx_id)
{
    struct csms *csms = arg;

    (void)tx_id;
    if (err < 0)
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "csms", "a charger's certificate is not in the calendar",
                         RF_ERR("error", err));
    else
        csms_calendar_changed(csms);
}

void csms_calendar_put(struct csms *csms, const struct csms_certificate *certificate)
{
    const struct csms_book *book = csms->with->book;
    const struct csms_change change = {.identity = certificate->identity,
                                       .arrived_ms = csms_unix_ms(csms),
                                       .certificate = certificate};
    int err = book->ops->put(book->ctx, &change, on_put, csms);

    if (err < 0)
        on_put(csms, err, 0);
}

/* Once a day of each, however often it comes. */
void csms_calendar_shown(struct csms_charger *charger, const struct csms_link *link)
{
    int64_t now_ms = csms_unix_ms(charger->csms);
    struct csms_certificate certificate = {.until_ms = link->certificate_until_ms,
                                           .shown_ms = now_ms,
                                           .state = CSMS_CERTIFICATE_SHOWN};

    if (link->certificate_serial[0] == '\0' ||
        (strcmp(link->certificate_serial, charger->shown_serial) == 0 &&
         now_ms - charger->shown_ms < DAY_MS))
        return;
    memcpy(charger->shown_serial, link->certificate_serial, sizeof charger->shown_serial);
    charger->shown_ms = now_ms;
    memcpy(certificate.identity, charger->identity, sizeof certificate.identity);
    memcpy(certificate.serial, link->certificate_serial, sizeof certificate.serial);
    snprintf(certificate.name, sizeof certificate.name, "%s", link->certificate_name);
    csms_calendar_put(charger->csms, &certificate);
}

void csms_calendar_changed(struct csms *csms)
{
    uint64_t soon_ms = csms_now_ms(csms) + SOON_MS;

    if (csms->calendar.due_ms > soon_ms)
        csms->calendar.due_ms = soon_ms;
}

/* ---- said ---- */

static int64_t days_left(const struct csms_certificate *certificate, int64_t now_ms)
{
    int64_t left_ms = certificate->until_ms - now_ms;

    return left_ms >= 0 ? left_ms / DAY_MS : -1 - (-1 - left_ms) / DAY_MS;
}

/* How many of the steps it has come to. */
static size_t steps_of(const struct csms_certificate *certificate, int64_t now_ms)
{
    size_t steps = 0;

    while (steps < CSMS_EXPIRING_STEPS &&
           certificate->until_ms - now_ms <= (int64_t)csms_expiring_days[steps] * DAY_MS)
        steps++;
    return steps;
}

static void say(struct csms_expiring *at, int64_t now_ms)
{
    size_t steps = steps_of(&at->certificate, now_ms);

    if (steps <= at->warned)
        return;
    at->warned = steps;
    HOST_LOG(steps == CSMS_EXPIRING_STEPS ? ROOST_LOG_ERROR : ROOST_LOG_WARN, "csms",
             steps == CSMS_EXPIRING_STEPS ? "a charger's certificate has expired"
                                          : "a charger's certificate expires soon",
             RF_STR("charger", at->certificate.identity), RF_STR("serial", at->certificate.serial),
             RF_INT("days_left", days_left(&at->certificate, now_ms)));
}

/* ---- renewed ---- */

struct renewal {
    struct csms *csms;
    char identity[CSMS_IDENTITY_MAX + 1];
    enum ocpp_word status;
};

static int write_trigger(void *ctx, struct ocpp_writer *w)
{
    (void)ctx;
    ocpp_put_word(w, OCPP_requestedMessage, OCPP_SignChargePointCertificate);
    return 0;
}

static int take_status(void *ctx, const struct ocpp_value *value)
{
    struct renewal *renewal = ctx;

    if (value->field == OCPP_status)
        renewal->status = (enum ocpp_word)value->number;
    return 0;
}

static void on_asked(void *ctx, enum csms_outcome outcome, enum ocpp_error error, const char *text)
{
    struct renewal *renewal = ctx;
    bool answered = outcome == CSMS_ANSWERED;
    enum csms_renewal what = answered && renewal->status == OCPP_Accepted ? CSMS_RENEWAL_ACCEPTED
                             : answered || outcome == CSMS_CALLERROR      ? CSMS_RENEWAL_REFUSED
                                                                          : CSMS_RENEWAL_UNANSWERED;

    (void)error;
    metric_add(renewal->csms->metrics.renewals[what], 1);
    HOST_LOG(
        what == CSMS_RENEWAL_ACCEPTED ? ROOST_LOG_INFO : ROOST_LOG_WARN, "csms",
        "asked for a new certificate", RF_STR("charger", renewal->identity),
        RF_STR("outcome", answered ? ocpp_word_text(renewal->status) : csms_outcome_name(outcome)),
        RF_STR("why", text));
    free(renewal);
}

/* True when it is on its way. */
static bool ask(struct csms *csms, const char *identity)
{
    struct csms_view view;
    struct renewal *renewal;

    if (!csms->with->signer || !csms_look(csms, identity, &view) || !view.online || !view.accepted)
        return false;
    renewal = calloc(1, sizeof *renewal);
    if (!renewal)
        return false;
    renewal->csms = csms;
    renewal->status = OCPP_NO_WORD;
    snprintf(renewal->identity, sizeof renewal->identity, "%s", identity);
    const struct csms_ask call = {.message = OCPP_MSG_ExtendedTriggerMessage,
                                  .write = write_trigger,
                                  .take = take_status,
                                  .done = on_asked,
                                  .ctx = renewal};
    if (csms_ask(csms, identity, &call) == 0)
        return true;
    free(renewal);
    return false;
}

/* ---- each hour ---- */

static int by_identity(const void *a, const void *b)
{
    return strcmp(((const struct csms_expiring *)a)->certificate.identity,
                  ((const struct csms_expiring *)b)->certificate.identity);
}

static struct csms_expiring *find(const struct csms_calendar *calendar, const char *identity)
{
    struct csms_expiring key;

    snprintf(key.certificate.identity, sizeof key.certificate.identity, "%s", identity);
    return calendar->count > 0
               ? bsearch(&key, calendar->list, calendar->count, sizeof key, by_identity)
               : NULL;
}

int64_t csms_calendar_asked_ms(const struct csms *csms, const char *identity)
{
    const struct csms_expiring *at = find(&csms->calendar, identity);

    return at ? at->asked_ms : 0;
}

/* What was said of the same certificate is not said again. */
static int take_list(struct csms_calendar *calendar, const struct csms_desk_found *found)
{
    struct csms_expiring *list = calloc(found->certificate_count + 1, sizeof *list);

    if (!list)
        return ROOST_ERR_NO_MEMORY;
    for (size_t i = 0; i < found->certificate_count; i++) {
        const struct csms_expiring *old = find(calendar, found->certificates[i].identity);
        list[i].certificate = found->certificates[i];
        if (old && strcmp(old->certificate.serial, list[i].certificate.serial) == 0) {
            list[i].warned = old->warned;
            list[i].asked_ms = old->asked_ms;
        }
    }
    qsort(list, found->certificate_count, sizeof *list, by_identity);
    free(calendar->list);
    calendar->list = list;
    calendar->count = found->certificate_count;
    return 0;
}

static void on_read(void *arg, int err, const struct csms_desk_found *found)
{
    struct csms *csms = arg;
    struct csms_calendar *calendar = &csms->calendar;
    int64_t now_ms = csms_unix_ms(csms);

    calendar->reading = false;
    if (csms->stopping)
        return;
    if (err == 0)
        err = take_list(calendar, found);
    if (err < 0) {
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "csms", "the calendar of certificates cannot be read",
                         RF_ERR("error", err));
        return;
    }
    memset(calendar->within, 0, sizeof calendar->within);
    for (size_t i = 0; i < calendar->count; i++) {
        struct csms_expiring *at = &calendar->list[i];
        for (size_t step = 0; step < steps_of(&at->certificate, now_ms); step++)
            calendar->within[step]++;
        say(at, now_ms);
        if ((at->asked_ms == 0 || now_ms - at->asked_ms >= DAY_MS) &&
            ask(csms, at->certificate.identity))
            at->asked_ms = now_ms;
    }
}

uint64_t csms_calendar_tick(struct csms *csms, uint64_t now_ms)
{
    const struct csms_desk *desk = csms->with ? csms->with->desk : NULL;
    struct csms_calendar *calendar = &csms->calendar;

    if (!desk || csms->stopping)
        return ROOST_NEVER;
    if (now_ms < calendar->due_ms || calendar->reading)
        return calendar->reading ? ROOST_NEVER : calendar->due_ms;
    const struct csms_desk_query query = {.what = CSMS_DESK_EXPIRING,
                                          .to_ms = csms_unix_ms(csms) +
                                                   (int64_t)csms_expiring_days[0] * DAY_MS + 1,
                                          .limit = CSMS_DESK_LIST_MAX};
    calendar->due_ms = now_ms + EVERY_MS;
    calendar->reading = true;
    if (desk->ops->read(desk->ctx, &query, on_read, csms) < 0) {
        calendar->reading = false;
        calendar->due_ms = now_ms + SOON_MS;
    }
    return calendar->due_ms;
}
