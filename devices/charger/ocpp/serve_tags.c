/* SPDX-License-Identifier: Apache-2.0 */
/* The cache and the local list, which goes to flash entry by entry while it comes. */
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

/* The end of an entry: with what is known of the card, or without, to be removed. */
static void entry_over(struct charger_ocpp *ocpp)
{
    union charger_asked *asked = &ocpp->serving.asked;
    struct charger_tag *tag = &asked->list.tag;
    bool good = charger_tag_of(tag->id, asked->list.id_tag) &&
                charger_tag_of(tag->parent, asked->list.parent);

    if (!good)
        tag->id[0] = '\0'; /* a bad entry: the list fails, whole */
    if (asked->list.has_info)
        charger_tags_update_add(ocpp->config.tags, tag);
    else
        charger_tags_update_remove(ocpp->config.tags, tag->id);
    asked->list.has_info = false;
    asked->list.id_tag[0] = asked->list.parent[0] = '\0';
    *tag = (struct charger_tag){.status = CHARGER_TAG_INVALID};
}

/* Unix time in 32 bits; what lies beyond is as good as never, what lies before 1970 is over. */
static uint32_t expiry_s(int64_t unix_ms)
{
    return unix_ms < 1000 ? 1 : unix_ms / 1000 > UINT32_MAX ? 0 : (uint32_t)(unix_ms / 1000);
}

int charger_take_list(void *ctx, const struct ocpp_value *value)
{
    struct charger_ocpp *ocpp = ctx;
    union charger_asked *asked = &ocpp->serving.asked;

    if (value->object == OCPP_OBJ_AuthorizationData && value->kind == OCPP_KIND_END) {
        entry_over(ocpp);
        return 0;
    }
    switch (value->field) {
    case OCPP_idTag:
        return ocpp_text_take(value, asked->list.id_tag, sizeof asked->list.id_tag);
    case OCPP_parentIdTag:
        return ocpp_text_take(value, asked->list.parent, sizeof asked->list.parent);
    case OCPP_idTagInfo:
        asked->list.has_info = true;
        break;
    case OCPP_status:
        asked->list.tag.status = (uint8_t)charger_tag_status_of((enum ocpp_word)value->number);
        break;
    case OCPP_expiryDate:
        asked->list.tag.expires_s = expiry_s(value->number);
        break;
    case OCPP_listVersion:
        asked->list.version = (int32_t)value->number;
        break;
    case OCPP_updateType:
        asked->list.full = value->number == OCPP_Full;
        break;
    default:
        break;
    }
    return 0;
}

enum ocpp_error charger_serve_list(struct charger_ocpp *ocpp)
{
    static const uint16_t words[] = {[CHARGER_LIST_ACCEPTED] = OCPP_Accepted,
                                     [CHARGER_LIST_FAILED] = OCPP_Failed,
                                     [CHARGER_LIST_NOT_SUPPORTED] = OCPP_NotSupported,
                                     [CHARGER_LIST_VERSION_MISMATCH] = OCPP_VersionMismatch};
    const union charger_asked *asked = &ocpp->serving.asked;

    return charger_say(
        ocpp,
        words[charger_tags_update_end(ocpp->config.tags, asked->list.version, asked->list.full)]);
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
