/* SPDX-License-Identifier: Apache-2.0 */
/* What of it is counted, logged and shown: kinds, counts, times. No word and no name of a child
 * stands in a log or a metric. */
#include <stdio.h>

#include "host/log.h"
#include "hub/rest/answer.h"
#include "hub/voice/voice_internal.h"

static const double seconds_bounds[] = {0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.2,
                                        0.3,   0.5,    1,     2,      3,    5,     10,   30,  60};

static const char *const stage_names[VOICE_STAGES] = {"receive", "hear",        "gate",
                                                      "answer",  "first_sound", "whole"};

static const char *const end_names[VOICE_ENDS] = {
#define X(name, label) [VOICE_END_##name] = (label),
    VOICE_END_LIST(X)
#undef X
};

/* Whether a line about the session may be written; of a device that is being removed, always. */
static bool admitted(const struct voice_session *session, uint64_t *left_out)
{
    *left_out = 0;
    return !session->device ||
           host_log_admit(&session->device->lines, voice_now(session->voice), left_out);
}

/* ---- counted ---- */

static void on_collect(void *ctx)
{
    const struct voice *voice = ctx;

    metric_set(voice->metrics.sessions, (double)(voice->session_count - voice->waiting));
    metric_set(voice->metrics.waiting, (double)voice->waiting);
    metric_set(voice->metrics.talking, (double)voice->talking);
    metric_set(voice->metrics.bytes, (double)voice->bytes);
}

static void register_counters(struct voice *voice)
{
    struct metrics *m = voice->parts.metrics;
    struct voice_metrics *to = &voice->metrics;

    to->resumed = metrics_counter(m, "roost_voice_resumed_total",
                                  "Sessions that went on over a new socket", NULL);
    to->age_mismatch =
        metrics_counter(m, "roost_voice_age_mismatch_total",
                        "Devices that said another age than the child's profile", NULL);
    to->cut = metrics_counter(m, "roost_voice_cut_total", "Turns cut at 30 s of sound", NULL);
    to->chunks = metrics_counter(m, "roost_voice_chunks_total", "Chunks of sound taken", NULL);
    to->repeated = metrics_counter(m, "roost_voice_repeated_total", "Chunks that came twice", NULL);
    to->text_only = metrics_counter(m, "roost_voice_text_total",
                                    "Replies sent as text because no sound could be made", NULL);
    to->dropped = metrics_counter(m, "roost_voice_dropped_total",
                                  "Messages that a device's socket had no room for", NULL);
}

void voice_register(struct voice *voice)
{
    static const char sessions[] = "roost_voice_sessions";
    static const char sessions_help[] = "Sessions with a socket, and without one";
    struct metrics *m = voice->parts.metrics;
    struct voice_metrics *to = &voice->metrics;

    for (int i = 0; i < VOICE_TURN_ENDS; i++)
        to->turns[i] = metrics_counter_of(voice->parts.metrics, "roost_voice_turns_total",
                                          "Turns by how they ended", "end",
                                          voice_turn_end_name((enum voice_turn_end)i));
    for (int i = 0; i < VOICE_ENDS; i++) {
        to->sockets[i] = metrics_counter_of(voice->parts.metrics, "roost_voice_sockets_total",
                                            "Sockets by how they ended", "end", end_names[i]);
        to->sessions_ended[i] =
            metrics_counter_of(voice->parts.metrics, "roost_voice_sessions_total",
                               "Sessions by how they ended", "end", end_names[i]);
    }
    for (int i = 0; i < VOICE_ERROR_COUNT; i++)
        to->errors[i] = metrics_counter_of(voice->parts.metrics, "roost_voice_errors_total",
                                           "Errors said to devices", "code",
                                           voice_error_name((enum voice_error)i));
    for (int i = 0; i < VOICE_STAGES; i++) {
        char labels[32];
        snprintf(labels, sizeof labels, "stage=\"%s\"", stage_names[i]);
        to->stages[i] = metrics_histogram(m, "roost_voice_stage_seconds",
                                          "Time of each stage of a turn", labels, seconds_bounds,
                                          sizeof seconds_bounds / sizeof seconds_bounds[0]);
    }
    to->sessions = metrics_gauge(m, sessions, sessions_help, "socket=\"yes\"");
    to->waiting = metrics_gauge(m, sessions, sessions_help, "socket=\"no\"");
    to->talking = metrics_gauge(m, "roost_voice_talking", "Turns under way", NULL);
    to->bytes = metrics_gauge(m, "roost_voice_bytes", "Bytes held for turns under way", NULL);
    register_counters(voice);
    metrics_on_collect(m, on_collect, voice);
}

void voice_count_refused(struct voice *voice, const struct voice_link *link, const char *reason)
{
    metric_add(metrics_counter_of(voice->parts.metrics, "roost_voice_refused_total",
                                  "Devices that were not let in", "reason", reason),
               1);
    HOST_LOG_LIMITED(ROOST_LOG_WARN, "voice", "device refused", RF_STR("reason", reason),
                     RF_STR("device_id", link ? link->device_id : ""),
                     RF_STR("remote", link ? link->remote : ""));
}

/* The live view hears that a child needs somebody, and of what kind it is: no words. */
static void tell_of_care(struct voice_session *session, const struct gate_result *result)
{
    const struct hub_feed *feed = session->voice->parts.feed;
    struct roost_json_writer w;
    char json[256];

    if (result->verdict != GATE_CARE || !session->device || !hub_feed_wanted(feed))
        return;
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    roost_json_put_str(&w, "device_id", session->device->device->id);
    roost_json_put_str(&w, "category", voice_category_names[result->category]);
    roost_json_put_int(&w, "at_ms", voice_unix(session->voice));
    roost_json_end(&w);
    hub_feed_send(feed, "care", &w);
}

void voice_count_gate(struct voice_session *session, enum gate_direction direction,
                      const struct gate_result *result)
{
    struct voice *voice = session->voice;
    const char *way = direction == GATE_IN ? "in" : "out";
    char labels[96];

    snprintf(labels, sizeof labels, "direction=\"%s\",verdict=\"%s\",category=\"%s\"", way,
             voice_verdict_names[result->verdict], voice_category_names[result->category]);
    metric_add(metrics_counter(voice->parts.metrics, "roost_voice_gate_total",
                               "What the safety gate stopped", labels),
               1);
    /* Of what a child says of its home only the count is kept. */
    if (result->category == GATE_WELFARE)
        return;
    uint64_t left_out;
    if (admitted(session, &left_out))
        HOST_LOG_AFTER(left_out, ROOST_LOG_WARN, "voice", "the gate stopped something",
                       RF_STR("device_id", session->device ? session->device->device->id : ""),
                       RF_STR("session_id", session->id), RF_INT("turn", session->turns),
                       RF_STR("direction", way),
                       RF_STR("verdict", voice_verdict_names[result->verdict]),
                       RF_STR("category", voice_category_names[result->category]));
    tell_of_care(session, result);
}

void voice_stage(struct voice_turn *turn, enum voice_stage stage, uint64_t ms)
{
    turn->stage_ms[stage] = (uint32_t)ms;
    metric_observe(turn->session->voice->metrics.stages[stage], (double)ms / 1000);
}

/* ---- logged ---- */

static void log_turn(const struct voice_turn *turn, enum voice_turn_end end)
{
    const struct voice_session *session = turn->session;
    const struct voice_device *part = session->device;
    uint64_t left_out;

    if (!admitted(session, &left_out))
        return;
    HOST_LOG_AFTER(left_out, ROOST_LOG_INFO, "voice", "turn ended",
                   RF_STR("device_id", part ? part->device->id : ""),
                   RF_STR("session_id", session->id), RF_INT("turn", turn->number),
                   RF_STR("end", voice_turn_end_name(end)),
                   RF_INT("receive_ms", turn->stage_ms[VOICE_STAGE_RECEIVE]),
                   RF_INT("hear_ms", turn->stage_ms[VOICE_STAGE_HEAR]),
                   RF_INT("gate_ms", turn->stage_ms[VOICE_STAGE_GATE]),
                   RF_INT("answer_ms", turn->stage_ms[VOICE_STAGE_ANSWER]),
                   RF_INT("first_sound_ms", turn->stage_ms[VOICE_STAGE_FIRST]),
                   RF_INT("whole_ms", turn->stage_ms[VOICE_STAGE_WHOLE]));
}

void voice_report_turn(struct voice_turn *turn, enum voice_turn_end end)
{
    struct voice_session *session = turn->session;
    struct voice *voice = session->voice;
    struct voice_device *part = session->device;

    metric_add(voice->metrics.turns[end], 1);
    metric_observe(voice->metrics.stages[VOICE_STAGE_GATE],
                   (double)turn->stage_ms[VOICE_STAGE_GATE] / 1000);
    log_turn(turn, end);
    if (!part)
        return;
    part->turns++;
    part->last_end = end;
    part->last_turn_ms = voice_unix(voice);
    memcpy(part->last_stage_ms, turn->stage_ms, sizeof part->last_stage_ms);
}

void voice_report_session(const struct voice_session *session, const char *what, const char *why)
{
    const struct voice_device *part = session->device;
    uint64_t left_out;

    if (!admitted(session, &left_out))
        return;
    const char *before = host_log_scope(session->correlation_id);
    HOST_LOG_AFTER(
        left_out, ROOST_LOG_INFO, "voice", what, RF_STR("device_id", part ? part->device->id : ""),
        RF_STR("session_id", session->id), RF_INT("turns", session->turns), RF_STR("why", why));
    host_log_scope(before);
}

/* ---- shown ---- */

static void put_last_turn(struct roost_json_writer *w, const struct voice_device *part)
{
    if (part->last_end == VOICE_TURN_ENDS) {
        roost_json_put_null(w, "last_turn");
        return;
    }
    roost_json_put_object(w, "last_turn");
    roost_json_put_int(w, "at_ms", part->last_turn_ms);
    roost_json_put_str(w, "end", voice_turn_end_name(part->last_end));
    for (int i = 0; i < VOICE_STAGES; i++) {
        char key[24];
        snprintf(key, sizeof key, "%s_ms", stage_names[i]);
        roost_json_put_int(w, key, part->last_stage_ms[i]);
    }
    roost_json_end(w);
}

void voice_describe(const void *service, const struct fleet_device *device,
                    struct roost_json_writer *w)
{
    const struct voice *voice = service;
    const struct voice_device *part = device->part[voice->parts.slot];

    if (!part) {
        roost_json_put_null(w, "voice");
        return;
    }
    const struct voice_session *session = part->session;
    roost_json_put_object(w, "voice");
    roost_json_put_bool(w, "connected", session && session->link);
    roost_json_put_str(w, "child_name", session ? session->child_name : NULL);
    roost_json_put_bool(w, "consent", session && session->consent);
    roost_json_put_bool(w, "talking", session && session->turn);
    roost_json_put_int(w, "sessions", part->sessions);
    roost_json_put_int(w, "resumed", part->resumed);
    roost_json_put_int(w, "lost", part->lost);
    roost_json_put_int(w, "turns", part->turns);
    put_last_turn(w, part);
    roost_json_end(w);
}

/* PROTOCOLS 2: session counts. */
static void get_metrics(void *ctx, const struct http_request *request,
                        struct http_exchange *exchange)
{
    const struct voice *voice = ctx;
    double turns = 0, ended = 0;
    struct roost_json_writer w;
    char json[512];

    (void)request;
    for (int i = 0; i < VOICE_TURN_ENDS; i++)
        turns += metric_value(voice->metrics.turns[i]);
    for (int i = 0; i < VOICE_ENDS; i++)
        ended += metric_value(voice->metrics.sessions_ended[i]);
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    roost_json_put_int(&w, "active_sessions", (int64_t)(voice->session_count - voice->waiting));
    roost_json_put_int(&w, "waiting_sessions", (int64_t)voice->waiting);
    roost_json_put_int(&w, "talking_sessions", (int64_t)voice->talking);
    roost_json_put_int(&w, "max_sessions", voice->config.sessions_max);
    roost_json_put_int(&w, "total_sessions", (int64_t)voice->session_count + (int64_t)ended);
    roost_json_put_int(&w, "total_turns", (int64_t)turns);
    roost_json_put_int(&w, "timestamp", voice_unix(voice));
    roost_json_end(&w);
    answer_json(exchange, 200, &w);
}

const struct http_route voice_routes[VOICE_ROUTES] = {
    {.method = HTTP_GET,
     .path = "/api/v1/esp32/private/metrics",
     .role = HTTP_ROLE_OPERATOR,
     .rate = HTTP_RATE_READ,
     .handler = get_metrics},
};
