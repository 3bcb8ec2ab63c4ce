/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/err.h"
#include "runtime/ota/ota_parts.h"

/* Refuses where https is asked for and the url is not. */
static bool may_use(struct roost_ota *ota, const char *url)
{
    if (!ota->config->https_only || strncmp(url, "https://", 8) == 0)
        return true;
    ota_refuse(ota, "url is not https");
    return false;
}

void ota_idle(struct roost_ota *ota)
{
    if (!ota->network_up || ota->now_ms < ota->due_ms)
        return;
    ota->checks++;
    ota->manifest.version[0] = '\0';
    ota_move(ota, OTA_CHECK);
    if (!may_use(ota, ota_url(ota)))
        return;
    int err = ota_get(ota, ota_url(ota), 0);
    if (err)
        ota_lost(ota, err);
}

/* There is nothing to install: what was refused before concerns nobody any more. */
static void end_quietly(struct roost_ota *ota)
{
    ota_report(ota, false, "%", ota->report);
    ota_move(ota, OTA_END);
}

/* A path alone is meant on the hub that was asked. */
static int complete_url(struct roost_ota *ota)
{
    char *url = ota->manifest.url;
    const char *origin = ota_url(ota), *host = strstr(origin, "://");
    if (url[0] != '/' || !host)
        return ROOST_OK;
    size_t origin_len = (size_t)(host - origin) + 3, len = strlen(url);
    origin_len += strcspn(origin + origin_len, "/?#");
    if (origin_len + len > ROOST_MANIFEST_URL_MAX)
        return ROOST_ERR_TOO_LONG;
    memmove(url + origin_len, url, len + 1);
    memcpy(url, origin, origin_len);
    return ROOST_OK;
}

/* May this device run it? Refuses where not. */
static bool fits(struct roost_ota *ota)
{
    const struct roost_ota_config *config = ota->config;
    const struct roost_manifest *offer = &ota->manifest;
    uint32_t slot_bytes = ota->port->slot.sector_bytes * ota->port->slot.sector_count;
    if (strcmp(offer->product, config->product) != 0)
        ota_refuse(ota, "product %, not %", offer->product, config->product);
    else if (strcmp(offer->target, config->target) != 0)
        ota_refuse(ota, "target %, not %", offer->target, config->target);
    else if (config->hardware_version < offer->min_hardware ||
             config->hardware_version > offer->max_hardware)
        ota_refuse(ota, "hardware version # is not in #..#", config->hardware_version,
                   offer->min_hardware, offer->max_hardware);
    else if (offer->security_version < ota->running.security_version)
        ota_refuse(ota, "security version # is below #", offer->security_version,
                   ota->running.security_version);
    else if (offer->size_bytes == 0 || offer->size_bytes > slot_bytes)
        ota_refuse(ota, "size # is not in 1..#", offer->size_bytes, slot_bytes);
    else
        return true;
    return false;
}

/* Goes on with what the slot holds of this image, or starts over. */
static void take(struct roost_ota *ota)
{
    const struct roost_manifest *offer = &ota->manifest;
    struct roost_ota_record *record = &ota->record;
    if (memcmp(record->image, offer->sha256, sizeof record->image) != 0 ||
        ota->loaded_bytes > offer->size_bytes) {
        memcpy(record->image, offer->sha256, sizeof record->image);
        memcpy(record->version, offer->version, sizeof record->version);
        record->tries = 0;
        ota->loaded_bytes = 0;
        int err = ota_note(ota, OTA_PHASE_LOADING); /* before the first sector is erased */
        if (err) {
            ota_refuse(ota, "progress: %", roost_err_text(err));
            return;
        }
    }
    ota_move(ota, OTA_WANTED);
}

/* The manifest is in the buffer, whole. */
static void consider(struct roost_ota *ota)
{
    struct roost_manifest *offer = &ota->manifest;
    const char *field;
    int err = roost_manifest_read(offer, (const char *)ota->buffer, ota->buffer_len, &field);
    if (err) {
        ota_refuse(ota, "%: %", field, roost_err_text(err));
        return;
    }
    if (!offer->available || strcmp(offer->version, ota->config->version) == 0) {
        end_quietly(ota);
        return;
    }
    if (memcmp(offer->sha256, ota->record.failed, sizeof offer->sha256) == 0) {
        ROOST_LOG(ota->log, ROOST_LOG_INFO, "ota", "its trial failed: not tried again");
        ota_move(ota, OTA_END);
        return;
    }
    err =
        roost_manifest_verify(offer, &ota->port->crypto, ota->config->keys, ota->config->key_count);
    if (err) {
        ota_refuse(ota, err == ROOST_ERR_AUTH ? "signed by an unknown key" : "signature is wrong");
        return;
    }
    if (!fits(ota))
        return;
    err = complete_url(ota);
    if (err)
        ota_refuse(ota, "url: %", roost_err_text(err));
    else if (may_use(ota, offer->url))
        take(ota);
}

void ota_ask(struct roost_ota *ota)
{
    if (!ota->done)
        return;
    if (ota->done_status == ROOST_OK)
        consider(ota);
    else if (ota->done_status == ROOST_ERR_NOT_FOUND)
        end_quietly(ota);
    else if (ota->done_status == ROOST_ERR_TOO_LONG)
        ota_refuse(ota, "longer than # bytes", (uint32_t)ROOST_MANIFEST_MAX);
    else
        ota_lost(ota, ota->done_status);
}
