/* SPDX-License-Identifier: Apache-2.0 */
/* What of it is counted. */
#include <stdio.h>

#include "hub/csms/csms_internal.h"

static const char *const door_names[CSMS_DOORS] = {
#define X(name, label) [CSMS_DOOR_##name] = (label),
    CSMS_DOOR_LIST(X)
#undef X
};
static const char *const outcome_names[CSMS_OUTCOMES] = {
    [CSMS_ANSWERED] = "answered",     [CSMS_CALLERROR] = "callerror",
    [CSMS_BAD_ANSWER] = "bad_answer", [CSMS_TIMED_OUT] = "timed_out",
    [CSMS_REPLACED] = "replaced",     [CSMS_LOST] = "lost",
    [CSMS_STOPPED] = "stopped",       [CSMS_WITHDRAWN] = "withdrawn"};
const char *csms_outcome_name(enum csms_outcome outcome)
{
    return outcome_names[outcome];
}

/* By the place of their bit in proto/ocpp/check.h. */
const char *csms_lenient_name(unsigned place)
{
    switch (1U << place) {
#define X(name, bit, called)                                                                       \
    case OCPP_LENIENT_##name:                                                                      \
        return called;
        OCPP_LENIENCIES(X)
#undef X
    case OCPP_NOTED_ZONE:
        return "no_time_zone";
    default:
        return "field_twice";
    }
}

static const char *const answer_names[KNOWN_ANSWERS] = {[KNOWN_ACCEPTED] = "accepted",
                                                        [KNOWN_REBOOT_REQUIRED] = "reboot_required",
                                                        [KNOWN_REJECTED] = "refused",
                                                        [KNOWN_NOT_SUPPORTED] = "not_supported",
                                                        [KNOWN_SILENT] = "unanswered"};

static void on_collect(void *ctx)
{
    const struct csms *csms = ctx;

    for (int i = 0; i < CSMS_EXPIRING_STEPS; i++)
        metric_set(csms->metrics.expiring[i], (double)csms->calendar.within[i]);
    for (int i = 0; i < DRIFT_COUNT; i++)
        metric_set(csms->metrics.drift[i], (double)csms->drift[i]);

    metric_set(csms->metrics.chargers, (double)csms->charger_count);
    metric_set(csms->metrics.online, (double)csms->online_count);
}

static void register_transactions(struct csms *csms)
{
    static const char name[] = "roost_csms_transactions_total";
    static const char help[] = "What was out of the ordinary about transactions";
    struct csms_metrics *to = &csms->metrics;

    to->repeated = metrics_counter_of(csms->parts.metrics, name, help, "what", "repeated");
    to->unmatched = metrics_counter_of(csms->parts.metrics, name, help, "what", "unmatched");
    to->joined = metrics_counter_of(csms->parts.metrics, name, help, "what", "joined");
    to->odd = metrics_counter_of(csms->parts.metrics, name, help, "what", "implausible");
}

static void register_calendar(struct csms *csms)
{
    static const char *const outcomes[] = {[CSMS_RENEWAL_ACCEPTED] = "accepted",
                                           [CSMS_RENEWAL_REFUSED] = "refused",
                                           [CSMS_RENEWAL_UNANSWERED] = "unanswered"};
    struct csms_metrics *to = &csms->metrics;

    for (int i = 0; i < CSMS_EXPIRING_STEPS; i++) {
        char labels[32];
        snprintf(labels, sizeof labels, "days=\"%d\"", csms_expiring_days[i]);
        to->expiring[i] = metrics_gauge(csms->parts.metrics, "roost_csms_certificates_expiring",
                                        "Chargers whose certificate is good for so many days at "
                                        "most",
                                        labels);
    }
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
        to->renewals[i] = metrics_counter_of(csms->parts.metrics, "roost_csms_renewals_total",
                                             "Chargers that were asked to renew a certificate",
                                             "outcome", outcomes[i]);
}

static void register_configuration(struct csms *csms)
{
    struct csms_metrics *to = &csms->metrics;

    to->unkept = metrics_counter(csms->parts.metrics, "roost_csms_unkept_total",
                                 "Times that what is known of a charger could not be kept", NULL);
    for (int i = 0; i < KNOWN_ANSWERS; i++)
        to->writes[i] = metrics_counter_of(csms->parts.metrics, "roost_csms_template_writes_total",
                                           "Values of templates that chargers were asked to take",
                                           "outcome", answer_names[i]);
    for (int i = 0; i < DRIFT_COUNT; i++) {
        char labels[48];
        snprintf(labels, sizeof labels, "state=\"%s\"", drift_name((enum drift_state)i));
        to->drift[i] = metrics_gauge(csms->parts.metrics, "roost_csms_drift_keys",
                                     "Keys that templates want of chargers that were here", labels);
    }
}

void csms_register(struct csms *csms)
{
    struct metrics *m = csms->parts.metrics;
    struct csms_metrics *to = &csms->metrics;

    for (int i = 0; i < CSMS_DOORS; i++)
        to->doors[i] = metrics_counter_of(csms->parts.metrics, "roost_csms_sockets_total",
                                          "Sockets of chargers", "what", door_names[i]);
    for (int i = 0; i < OCPP_DROP_COUNT; i++)
        to->drops[i] = metrics_counter_of(csms->parts.metrics, "roost_csms_dropped_total",
                                          "Messages of chargers that were not answered", "why",
                                          ocpp_drop_name((enum ocpp_drop)i));
    for (int i = OCPP_ERROR_NONE + 1; i < OCPP_ERROR_UNKNOWN; i++)
        to->refused[i] = metrics_counter_of(csms->parts.metrics, "roost_csms_refused_total",
                                            "CALLs answered with CALLERROR", "error",
                                            ocpp_word_text(ocpp_error_word((enum ocpp_error)i)));
    for (unsigned i = 0; i < CSMS_LENIENCIES; i++)
        to->lenient[i] = metrics_counter_of(csms->parts.metrics, "roost_csms_lenient_total",
                                            "Messages let pass though they were wrong", "what",
                                            csms_lenient_name(i));
    for (int i = 0; i < CSMS_OUTCOMES; i++)
        to->outcomes[i] = metrics_counter_of(csms->parts.metrics, "roost_csms_asks_total",
                                             "CALLs to chargers", "outcome", outcome_names[i]);
    to->calls = metrics_counter(m, "roost_csms_calls_total", "CALLs of chargers", NULL);
    to->unanswered = metrics_counter(m, "roost_csms_unanswered_total",
                                     "Answers that found no socket or no room", NULL);
    to->chargers = metrics_gauge(m, "roost_csms_chargers", "Chargers that were here", NULL);
    to->online = metrics_gauge(m, "roost_csms_online", "Chargers with a socket", NULL);
    register_transactions(csms);
    register_configuration(csms);
    register_calendar(csms);
    metrics_on_collect(m, on_collect, csms);
}

void csms_count_lenient(struct csms_charger *charger, unsigned used)
{
    for (unsigned i = 0; i < CSMS_LENIENCIES; i++)
        if (used & (1U << i)) {
            metric_add(charger->csms->metrics.lenient[i], 1);
            charger->lenient_counts[i]++;
        }
}
