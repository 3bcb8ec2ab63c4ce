/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a charger outlives the hub: it is put into the book when it changed, and read
 * when the charger comes for the first time after a start. A few are asked for at once, in the
 * order in which they came, so that ten thousand that come back leave people's questions their
 * room. What is not read yet is not overwritten.
 */
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/csms_internal.h"

enum { RECALLS_MAX = 16 /* at once */ };

/* ---- kept ---- */

static uint64_t hash_of(const char *text)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a */

    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 1099511628211U;
    return hash;
}

static void on_kept(void *arg, int err, int32_t tx_id)
{
    struct csms_charger *charger = arg;

    (void)tx_id;
    charger->keeping = false;
    if (err < 0) {
        charger->kept_hash = 0; /* with the next change */
        metric_add(charger->csms->metrics.unkept, 1);
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "csms", "what is known of a charger is not kept",
                         RF_STR("charger", charger->identity), RF_ERR("error", err));
    }
    if (charger->keep_again)
        csms_known_changed(charger);
}

void csms_known_changed(struct csms_charger *charger)
{
    const struct csms_book *book = charger->csms->with->book;

    csms_drift_look(charger);
    charger->keep_again = charger->keeping || !charger->recalled;
    if (charger->keep_again)
        return;
    char *text = known_save(&charger->known);
    if (!text)
        return;
    uint64_t hash = hash_of(text);
    const struct csms_document document = {
        .kind = CSMS_DOCUMENT_KNOWN, .key = charger->identity, .text = text};
    const struct csms_change change = {.identity = charger->identity,
                                       .arrived_ms = csms_unix_ms(charger->csms),
                                       .document = &document};
    if (hash != charger->kept_hash) {
        charger->kept_hash = hash;
        charger->keeping = true;
        int err = book->ops->put(book->ctx, &change, on_kept, charger);
        if (err < 0)
            on_kept(charger, err, 0);
    }
    free(text);
}

/* ---- recalled ---- */

static void take_known(struct csms_charger *charger, const struct csms_desk_document *document)
{
    struct csms_known older;

    known_init(&older);
    int err = known_load(&older, document->text, strlen(document->text));
    if (err < 0) {
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "csms", "what was known of a charger cannot be read",
                         RF_STR("charger", charger->identity), RF_ERR("error", err));
        return;
    }
    if (charger->boot_seen)
        (void)known_booted(&older);
    known_join(&charger->known, &older);
}

/* What it said before this start of the hub, unless it has said otherwise since. */
static void take_statuses(struct csms_charger *charger, const struct csms_desk_found *found)
{
    for (size_t i = 0; i < found->status_count; i++) {
        const struct csms_status *status = &found->statuses[i].status;
        struct csms_connector *connector = csms_connector(charger, status->connector);
        if (!connector || connector->status != OCPP_NO_WORD)
            continue;
        connector->status = status->status;
        connector->error_code = status->error_code;
        connector->fault_number = csms_fault_number(status->vendor_error);
    }
    if (found->charger_count > 0 && !charger->boot_seen)
        csms_boot_is(charger, &found->chargers->boot);
}

static void on_recalled(void *arg, int err, const struct csms_desk_found *found)
{
    struct csms_charger *charger = arg;
    struct csms *csms = charger->csms;

    csms->recalls--;
    if (csms->stopping)
        return;
    if (err < 0) {
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "csms", "what is known of a charger cannot be read now",
                         RF_STR("charger", charger->identity), RF_ERR("error", err));
        csms_recall(charger); /* with the next tick */
        return;
    }
    take_statuses(charger, found);
    if (found->document_count > 0)
        take_known(charger, &found->documents[0]);
    charger->recalled = true;
    csms_drift_look(charger);
    if (charger->keep_again)
        csms_known_changed(charger);
    csms_fleet_tell(charger);
    csms_recalls_go(csms);
}

void csms_recall(struct csms_charger *charger)
{
    struct csms *csms = charger->csms;

    if (!csms->with->desk) { /* nothing can be read, so nothing is lost */
        charger->recalled = true;
        return;
    }
    charger->next_recall = NULL;
    *csms->recall_end = charger;
    csms->recall_end = &charger->next_recall;
}

void csms_recalls_go(struct csms *csms)
{
    const struct csms_desk *desk = csms->with ? csms->with->desk : NULL;

    while (desk && csms->recall && csms->recalls < RECALLS_MAX && !csms->stopping) {
        struct csms_charger *charger = csms->recall;
        const struct csms_desk_query query = {
            .what = CSMS_DESK_RECALL, .identity = charger->identity, .limit = 1};
        if (desk->ops->read(desk->ctx, &query, on_recalled, charger) < 0)
            return;
        csms->recalls++;
        csms->recall = charger->next_recall;
        if (!csms->recall)
            csms->recall_end = &csms->recall;
    }
}
