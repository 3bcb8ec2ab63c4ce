/* SPDX-License-Identifier: Apache-2.0 */
/* Authorize: the card that the station asks about. */
#include <string.h>

#include "devices/charger/ocpp/sayings.h"

bool charger_told_tag(const struct charger_ocpp *ocpp, const char *id, struct charger_tag *tag)
{
    size_t len = strlen(id), parent_len = strlen(ocpp->told.parent);
    if (!ocpp->told.has_tag || len == 0 || len > CHARGER_TAG_MAX)
        return false;
    memset(tag, 0, sizeof *tag);
    memcpy(tag->id, id, len);
    if (parent_len <= CHARGER_TAG_MAX) /* a longer one is no card of ours */
        memcpy(tag->parent, ocpp->told.parent, parent_len);
    tag->status = (uint8_t)charger_tag_status_of(ocpp->told.tag_status);
    int64_t expires_s = ocpp->told.expiry_ms / 1000;
    if (ocpp->told.has_expiry) /* 0 is never: long ago is not */
        tag->expires_s = expires_s < 1            ? 1
                         : expires_s > UINT32_MAX ? UINT32_MAX
                                                  : (uint32_t)expires_s;
    return true;
}

uint64_t charger_card_due(struct charger_ocpp *ocpp)
{
    return charger_station_question(ocpp->config.station, ocpp->asked_tag) ? ocpp->now.now_ms
                                                                           : ROOST_NEVER;
}

void charger_card_write(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    ocpp_put_text(w, OCPP_idTag, ocpp->asked_tag);
}

/* An answer that comes when another card is asked about still says something of its own. */
void charger_card_done(struct charger_ocpp *ocpp, enum charger_outcome outcome)
{
    struct charger_station *station = ocpp->config.station;
    char asked[CHARGER_TAG_MAX + 1];
    struct charger_tag tag;
    bool told = outcome == CHARGER_ANSWERED && charger_told_tag(ocpp, ocpp->asked_tag, &tag);
    if (charger_station_question(station, asked) && strcmp(asked, ocpp->asked_tag) == 0)
        charger_station_told(station, told ? &tag : NULL);
    else if (told)
        charger_station_learn(station, &tag);
}
