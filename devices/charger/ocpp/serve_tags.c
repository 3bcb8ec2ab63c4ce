/* SPDX-License-Identifier: Apache-2.0 */
/* The cache and the local list, which goes to flash entry by entry while it comes. */
#include <stddef.h>
#include <string.h>

#include "core/err.h"
#include "devices/charger/ocpp/serve_parts.h"

enum ocpp_error charger_serve_clear_cache(struct charger_ocpp *ocpp)
{
    return charger_say_or(ocpp, charger_tags_clear(ocpp->config.tags) == 0, OCPP_Rejected);
}

void charger_begin_list(struct charger_ocpp *ocpp)
{
    charger_tags_update_begin(ocpp->config.tags);
}

#define SLOT(object, field, member) OCPP_SLOT(object, field, union charger_asked, list.member)

static const struct ocpp_slot slots[] = {
    SLOT(AuthorizationData, idTag, id_tag),
    SLOT(SendLocalList, listVersion, version),
    SLOT(SendLocalList, updateType, type),
};

/* The end of an entry: with what is known of the card, or without, to be removed. */
static void entry_over(struct charger_ocpp *ocpp)
{
    union charger_asked *asked = &ocpp->serving.asked;
    struct charger_tag tag;

    if (!charger_card_tag(&tag, asked->list.id_tag, &asked->list.info))
        tag.id[0] = '\0'; /* a bad entry: the list fails, whole */
    if (asked->list.info.status != OCPP_NO_WORD)
        charger_tags_update_add(ocpp->config.tags, &tag);
    else
        charger_tags_update_remove(ocpp->config.tags, tag.id);
    memset(&asked->list.info, 0, sizeof asked->list.info);
    asked->list.id_tag[0] = '\0';
}

int charger_take_list(void *ctx, const struct ocpp_value *value)
{
    struct charger_ocpp *ocpp = ctx;
    union charger_asked *asked = &ocpp->serving.asked;
    struct ocpp_fill fill = {slots, sizeof slots / sizeof slots[0], asked, NULL};

    if (value->object == OCPP_OBJ_IdTagInfo)
        return charger_card_take(&asked->list.info, value);
    if (value->object != OCPP_OBJ_AuthorizationData || value->kind != OCPP_KIND_END)
        return ocpp_fill_take(&fill, value);
    entry_over(ocpp);
    return 0;
}

enum ocpp_error charger_serve_list(struct charger_ocpp *ocpp)
{
    static const uint16_t words[] = {[CHARGER_LIST_ACCEPTED] = OCPP_Accepted,
                                     [CHARGER_LIST_FAILED] = OCPP_Failed,
                                     [CHARGER_LIST_NOT_SUPPORTED] = OCPP_NotSupported,
                                     [CHARGER_LIST_VERSION_MISMATCH] = OCPP_VersionMismatch};
    const union charger_asked *asked = &ocpp->serving.asked;

    return charger_say(ocpp, words[charger_tags_update_end(ocpp->config.tags, asked->list.version,
                                                           asked->list.type == OCPP_Full)]);
}

enum ocpp_error charger_serve_list_version(struct charger_ocpp *ocpp)
{
    (void)ocpp;
    return OCPP_ERROR_NONE;
}

void charger_write_list_version(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    ocpp_put_int(w, OCPP_listVersion, charger_tags_version(ocpp->config.tags));
}
