/* SPDX-License-Identifier: Apache-2.0 */
/* Authorize: the card that the station asks about. */
#include <stddef.h>
#include <string.h>

#include "devices/charger/ocpp/sayings.h"

#define SLOT(field, member, how)                                                                   \
    OCPP_SLOT_HOW(IdTagInfo, field, struct charger_card_info, member, how)

int charger_card_take(struct charger_card_info *info, const struct ocpp_value *value)
{
    static const struct ocpp_slot slots[] = {
        SLOT(status, status, 0),
        SLOT(parentIdTag, parent, 0),
        SLOT(expiryDate, expiry_s, OCPP_SECONDS | CHARGER_INFO_EXPIRY),
    };
    struct ocpp_fill fill = {slots, sizeof slots / sizeof slots[0], info, &info->given};
    return ocpp_fill_take(&fill, value);
}

bool charger_tag_of(char out[CHARGER_TAG_MAX + 1], const char *id_tag)
{
    size_t len = strlen(id_tag);
    out[0] = '\0';
    if (len > CHARGER_TAG_MAX)
        return false;
    memcpy(out, id_tag, len + 1);
    return true;
}

bool charger_card_tag(struct charger_tag *tag, const char *id, const struct charger_card_info *info)
{
    memset(tag, 0, sizeof *tag);
    tag->status = (uint8_t)charger_tag_status_of((enum ocpp_word)info->status);
    if (info->given & CHARGER_INFO_EXPIRY) /* 0 is never: long ago is not */
        tag->expires_s = info->expiry_s < 1            ? 1
                         : info->expiry_s > UINT32_MAX ? UINT32_MAX
                                                       : (uint32_t)info->expiry_s;
    bool mine = charger_tag_of(tag->id, id);
    return charger_tag_of(tag->parent, info->parent) && mine;
}

/* A group of a longer name is none of ours; the card is. */
bool charger_told_tag(const struct charger_ocpp *ocpp, const char *id, struct charger_tag *tag)
{
    if (ocpp->told.card.status == OCPP_NO_WORD)
        return false;
    (void)charger_card_tag(tag, id, &ocpp->told.card);
    return tag->id[0] != '\0';
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
