/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of templates: what a charger has is read, what differs is set, what was set is read once
 * more. A value is tried once a boot, whatever comes of it: a charger that will not have it is
 * shown, and left alone until it boots or somebody asks for it again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/configuration.h"

/* ---- which there are ---- */

struct template *csms_template_find(const struct csms *csms, const char *name)
{
    struct template *at = csms->templates;

    while (at && strcmp(at->name, name) != 0)
        at = at->next;
    return at;
}

static void look_at_all(struct csms *csms)
{
    for (struct csms_charger *at = csms->chargers; at; at = at->next)
        csms_drift_look(at);
}

static void unlink_it(struct csms *csms, const char *name)
{
    struct template **at = &csms->templates;

    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    struct template *gone = *at;
    if (!gone)
        return;
    *at = gone->next;
    template_free(gone);
}

void csms_template_drop(struct csms *csms, const char *name)
{
    unlink_it(csms, name);
    look_at_all(csms);
}

static void link_it(struct csms *csms, struct template *t)
{
    struct template **at = &csms->templates;

    unlink_it(csms, t->name);
    while (*at && template_is_before(*at, t))
        at = &(*at)->next;
    t->next = *at;
    *at = t;
}

void csms_template_set(struct csms *csms, struct template *t)
{
    link_it(csms, t);
    look_at_all(csms);
}

void csms_templates_free(struct csms *csms)
{
    while (csms->templates)
        unlink_it(csms, csms->templates->name);
}

static void on_loaded(void *arg, int err, const struct csms_desk_found *found)
{
    struct csms *csms = arg;
    struct why why = {""};

    if (csms->stopping)
        return;
    for (size_t i = 0; err == 0 && i < found->document_count; i++) {
        const struct csms_desk_document *document = &found->documents[i];
        struct template *t;
        int bad = template_parse(&t, document->key, document->text, strlen(document->text), &why);
        if (bad < 0)
            HOST_LOG(ROOST_LOG_WARN, "csms", "a template is left out",
                     RF_STR("template", document->key), RF_STR("why", why.text));
        else
            link_it(csms, t);
    }
    csms->templates_known = err == 0;
    if (err < 0)
        HOST_LOG(ROOST_LOG_WARN, "csms", "templates cannot be read", RF_ERR("error", err));
    look_at_all(csms);
    /* Those that booted meanwhile. */
    for (struct csms_charger *at = csms->chargers; at; at = at->next)
        csms_drift_connected(at);
}

void csms_templates_load(struct csms *csms)
{
    const struct csms_desk *desk = csms->with ? csms->with->desk : NULL;
    const struct csms_desk_query query = {
        .what = CSMS_DESK_DOCUMENTS, .document = CSMS_DOCUMENT_TEMPLATE, .limit = TEMPLATES_MAX};
    int err = desk ? desk->ops->read(desk->ctx, &query, on_loaded, csms) : 0;

    csms->templates_known = !desk;
    if (err < 0)
        HOST_LOG(ROOST_LOG_WARN, "csms", "templates cannot be read", RF_ERR("error", err));
}

/* ---- how it stands ---- */

size_t csms_drift_rows(const struct csms_charger *charger,
                       struct template_row rows[TEMPLATE_ROWS_MAX])
{
    const struct template_who who = {
        .identity = charger->identity, .vendor = charger->vendor, .model = charger->model};

    return template_rows(charger->csms->templates, &who, &charger->known, rows);
}

void csms_drift_look(struct csms_charger *charger)
{
    struct csms *csms = charger->csms;
    struct template_row rows[TEMPLATE_ROWS_MAX];
    size_t count = csms->templates ? csms_drift_rows(charger, rows) : 0;

    for (int i = 0; i < DRIFT_COUNT; i++) {
        csms->drift[i] -= charger->drift.counts[i];
        charger->drift.counts[i] = 0;
    }
    for (size_t i = 0; i < count; i++)
        charger->drift.counts[rows[i].state]++;
    for (int i = 0; i < DRIFT_COUNT; i++)
        csms->drift[i] += charger->drift.counts[i];
}

/* ---- set ---- */

/* A value on its way. */
struct writing {
    struct csms_charger *charger;
    char key[KNOWN_KEY_BYTES];
    char *wanted;
    enum ocpp_word status;
};

static void go_on(struct csms_charger *charger);
static int read_rows(struct csms_charger *charger, bool tried_only);
static int start(struct csms_charger *charger);

static void end(struct csms_charger *charger)
{
    struct csms_drift *drift = &charger->drift;
    bool again = drift->again;

    drift->running = drift->wrote = drift->verifying = drift->again = false;
    drift->demanded = drift->demanded && (again || drift->due);
    csms_known_changed(charger);
    if (again)
        (void)start(charger);
}

/* The socket is gone: it goes on with the next one. */
static bool is_lost(enum csms_outcome outcome)
{
    return outcome == CSMS_LOST || outcome == CSMS_REPLACED || outcome == CSMS_STOPPED ||
           outcome == CSMS_WITHDRAWN;
}

static int write_value(void *ctx, struct ocpp_writer *w)
{
    const struct writing *writing = ctx;

    ocpp_put_text(w, OCPP_key, writing->key);
    ocpp_put_text(w, OCPP_value, writing->wanted);
    return 0;
}

static int take_status(void *ctx, const struct ocpp_value *value)
{
    struct writing *writing = ctx;

    if (value->field == OCPP_status)
        writing->status = (enum ocpp_word)value->number;
    return 0;
}

static enum known_answer answer_of(enum csms_outcome outcome, enum ocpp_word status)
{
    if (outcome == CSMS_TIMED_OUT)
        return KNOWN_SILENT;
    if (outcome != CSMS_ANSWERED)
        return KNOWN_REJECTED;
    return status == OCPP_Accepted         ? KNOWN_ACCEPTED
           : status == OCPP_RebootRequired ? KNOWN_REBOOT_REQUIRED
           : status == OCPP_NotSupported   ? KNOWN_NOT_SUPPORTED
                                           : KNOWN_REJECTED;
}

static void learn(struct csms_charger *charger, const struct writing *writing,
                  enum known_answer answer)
{
    int64_t now_ms = csms_unix_ms(charger->csms);
    const struct known_key *key = known_key_find(&charger->known, writing->key);

    known_tried(&charger->known, writing->key, writing->wanted, answer, now_ms);
    metric_add(charger->csms->metrics.writes[answer], 1);
    if (answer == KNOWN_ACCEPTED && key && key->value)
        known_key_set(&charger->known, writing->key, false, writing->wanted);
    if (answer == KNOWN_REBOOT_REQUIRED)
        charger->known.reboot_required = true;
}

static void on_written(void *ctx, enum csms_outcome outcome, enum ocpp_error error,
                       const char *text)
{
    struct writing *writing = ctx;
    struct csms_charger *charger = writing->charger;
    enum known_answer answer = answer_of(outcome, writing->status);

    (void)error;
    if (is_lost(outcome)) {
        charger->drift.due = true;
        end(charger);
    } else {
        if (answer != KNOWN_ACCEPTED)
            HOST_LOG_LIMITED(
                ROOST_LOG_WARN, "csms", "a template's value is not taken",
                RF_STR("charger", charger->identity), RF_STR("key", writing->key),
                RF_STR("why", outcome == CSMS_ANSWERED ? ocpp_word_text(writing->status) : text));
        learn(charger, writing, answer);
        charger->drift.wrote = true;
        go_on(charger);
    }
    free(writing->wanted);
    free(writing);
}

static int write_row(struct csms_charger *charger, const struct template_row *row)
{
    struct writing *writing = calloc(1, sizeof *writing);
    const struct csms_ask ask = {.message = OCPP_MSG_ChangeConfiguration,
                                 .write = write_value,
                                 .take = take_status,
                                 .done = on_written,
                                 .ctx = writing};

    if (!writing)
        return ROOST_ERR_NO_MEMORY;
    writing->charger = charger;
    writing->status = OCPP_NO_WORD;
    snprintf(writing->key, sizeof writing->key, "%s", row->key);
    writing->wanted = strdup(row->wanted);
    int err =
        writing->wanted ? csms_ask(charger->csms, charger->identity, &ask) : ROOST_ERR_NO_MEMORY;
    if (err < 0) {
        free(writing->wanted);
        free(writing);
    }
    return err;
}

/* The next value; when there is none more, what was set is read once more. */
static void go_on(struct csms_charger *charger)
{
    struct csms_drift *drift = &charger->drift;
    struct template_row rows[TEMPLATE_ROWS_MAX];
    size_t count = csms_drift_rows(charger, rows), i = 0;
    int err = 0;

    while (i < count &&
           !(rows[i].state == DRIFT_DIFFERS && (drift->demanded || rows[i].from->on_boot)))
        i++;
    if (i < count && !drift->verifying) {
        err = write_row(charger, &rows[i]);
    } else if (drift->wrote && !drift->verifying) {
        drift->verifying = true;
        err = read_rows(charger, true);
    } else {
        end(charger);
    }
    if (err < 0) {
        drift->due = err == ROOST_ERR_CLOSED;
        end(charger);
    }
}

/* ---- read ---- */

static void on_read(void *ctx, struct configuration *c, enum csms_outcome outcome,
                    enum ocpp_error error, const char *text)
{
    struct csms_charger *charger = ctx;

    (void)error;
    configuration_free(c);
    if (outcome == CSMS_ANSWERED) {
        go_on(charger);
        return;
    }
    charger->drift.due = is_lost(outcome);
    if (!charger->drift.due)
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "csms", "a charger's configuration cannot be read",
                         RF_STR("charger", charger->identity),
                         RF_STR("outcome", csms_outcome_name(outcome)), RF_STR("why", text));
    end(charger);
}

/* All that is wanted, or what was set; what counts after a boot only is not looked at again. */
static int read_rows(struct csms_charger *charger, bool tried_only)
{
    struct template_row rows[TEMPLATE_ROWS_MAX];
    size_t count = csms_drift_rows(charger, rows);
    struct configuration *c = configuration_new(charger->csms, charger->identity, on_read, charger);

    if (!c)
        return ROOST_ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct known_try *tried = known_try_find(&charger->known, rows[i].key);
        if (!tried_only || (tried && tried->answer == KNOWN_ACCEPTED))
            (void)configuration_want(c, rows[i].key);
    }
    if (c->asked_count == 0) { /* which would ask for all there is */
        configuration_free(c);
        return ROOST_ERR_EMPTY;
    }
    int err = configuration_go(c);
    if (err < 0)
        configuration_free(c);
    return err;
}

static int start(struct csms_charger *charger)
{
    charger->drift.due = false;
    charger->drift.running = true;
    int err = read_rows(charger, false);
    if (err < 0) {
        charger->drift.running = false;
        charger->drift.due = err == ROOST_ERR_CLOSED || err == ROOST_ERR_FULL;
    }
    return err == ROOST_ERR_EMPTY ? ROOST_ERR_NOT_FOUND : err;
}

/* ---- when ---- */

static bool is_there(const struct csms_charger *charger)
{
    return charger->link && charger->booted && charger->registration == CSMS_ACCEPTED;
}

static bool is_wanted_on_boot(const struct csms_charger *charger)
{
    const struct template_who who = {
        .identity = charger->identity, .vendor = charger->vendor, .model = charger->model};

    for (const struct template *t = charger->csms->templates; t; t = t->next)
        if (t->on_boot && template_fits(t, &who))
            return true;
    return false;
}

void csms_drift_connected(struct csms_charger *charger)
{
    if (charger->drift.due && !charger->drift.running && is_there(charger) &&
        charger->csms->templates_known)
        (void)start(charger);
}

void csms_drift_booted(struct csms_charger *charger)
{
    csms_drift_look(charger);
    charger->drift.due = !charger->csms->templates_known || is_wanted_on_boot(charger);
    if (charger->drift.running) /* what ran was of the boot before */
        charger->drift.again = charger->drift.due;
    else
        csms_drift_connected(charger);
}

int csms_drift_apply(struct csms_charger *charger)
{
    if (!is_there(charger))
        return ROOST_ERR_CLOSED;
    known_tries_forget(&charger->known);
    charger->drift.demanded = true;
    if (charger->drift.running) {
        charger->drift.again = true;
        return 0;
    }
    int err = start(charger);
    charger->drift.demanded = charger->drift.running || charger->drift.due;
    return err;
}
