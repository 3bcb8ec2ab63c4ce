/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/err.h"
#include "proto/fleet/image.h"
#include "runtime/ota/ota_parts.h"

/* ---- into the slot ---- */

/* Bytes of the buffer that go into the slot next: of one sector, and whole units but at the end. */
uint32_t ota_load_len(const struct roost_ota *ota)
{
    const struct roost_flash *slot = &ota->port->slot;
    uint32_t len = (uint32_t)ota->buffer_len;
    uint32_t room = slot->sector_bytes - ota->loaded_bytes % slot->sector_bytes;
    if (len > room)
        return room;
    bool last = ota->loaded_bytes + len == ota->manifest.size_bytes;
    return last ? len : len - len % slot->program_bytes;
}

static void note_progress(struct roost_ota *ota)
{
    uint32_t sector_bytes = ota->port->slot.sector_bytes;
    if (ota->loaded_bytes % sector_bytes == 0)
        roost_backoff_reset(&ota->backoff);
    if (ota->loaded_bytes % (sector_bytes * ROOST_OTA_NOTE_SECTORS) == 0 ||
        ota->loaded_bytes == ota->manifest.size_bytes)
        (void)ota_note(ota, OTA_PHASE_LOADING); /* without it a power cut costs more, that is all */
}

/* Erases the sector that comes next, or programs the next len bytes. */
static void write_part(struct roost_ota *ota, uint32_t len)
{
    const struct roost_flash *slot = &ota->port->slot;
    int err;
    if (ota->loaded_bytes % slot->sector_bytes == 0 && !ota->erased) {
        err = slot->ops->erase(slot->ctx, ota->loaded_bytes / slot->sector_bytes);
        ota->erased = true;
    } else {
        uint32_t padding = (slot->program_bytes - len % slot->program_bytes) % slot->program_bytes;
        memset(ota->buffer + len, 0xFF, padding); /* none but behind the last byte */
        err = slot->ops->program(slot->ctx, ota->loaded_bytes, ota->buffer, len + padding);
        ota->erased = false;
        if (!err) {
            ota->loaded_bytes += len;
            ota->buffer_len -= len;
            memmove(ota->buffer, ota->buffer + len, ota->buffer_len);
            note_progress(ota);
        }
    }
    if (err)
        ota_refuse(ota, "slot: %", roost_err_text(err));
}

/* ---- from the hub ---- */

static void begin(struct roost_ota *ota)
{
    int err = ota_get(ota, ota->manifest.url, ota->loaded_bytes);
    if (err == ROOST_ERR_INVALID)
        ota_refuse(ota, "url: %", roost_err_text(err));
    else if (err)
        ota_lost(ota, err);
}

/* The transfer is over and what came of it is in the slot. */
static void finish(struct roost_ota *ota)
{
    int err = ota->done_status;
    uint32_t size = ota->manifest.size_bytes;
    if (err == ROOST_ERR_TOO_LONG) {
        ota_refuse(ota, "size is more than #", size);
    } else if (ota->loaded_bytes == size) {
        ota_move(ota, OTA_LOADED);
    } else if (err == ROOST_OK) {
        ota_refuse(ota, "size is #, not #", ota->loaded_bytes + (uint32_t)ota->buffer_len, size);
    } else if (err == ROOST_ERR_UNSUPPORTED && ota->loaded_bytes == 0) {
        ota_refuse(ota, "redirected to http");
    } else {
        if (err == ROOST_ERR_UNSUPPORTED) /* the server does not know Range: from the start */
            ota_forget(ota);
        ota_lost(ota, err);
    }
}

void ota_load(struct roost_ota *ota)
{
    uint32_t len = ota_load_len(ota);
    if (len > 0)
        write_part(ota, len);
    else if (ota->done)
        finish(ota);
    else if (ota->transfer)
        return;
    else if (ota->loaded_bytes == ota->manifest.size_bytes)
        ota_move(ota, OTA_LOADED);
    else if (ota->network_up)
        begin(ota);
}

/* ---- and back ---- */

static int hash_step(struct roost_ota *ota)
{
    const struct roost_flash *slot = &ota->port->slot;
    const struct roost_crypto *crypto = &ota->port->crypto;
    int err = ota->verified_bytes == 0 ? crypto->ops->sha256_begin(crypto->ctx) : ROOST_OK;
    for (uint32_t done = 0, len; !err && done < ROOST_OTA_VERIFY_STEP; done += len) {
        len = ota->manifest.size_bytes - ota->verified_bytes;
        if (len == 0)
            break;
        if (len > sizeof ota->buffer)
            len = sizeof ota->buffer;
        err = slot->ops->read(slot->ctx, ota->verified_bytes, ota->buffer, len);
        if (!err)
            err = crypto->ops->sha256_add(crypto->ctx, ota->buffer, len);
        ota->verified_bytes += len;
    }
    return err;
}

/* What the image says of itself against what the manifest said of it. NULL: the same. */
static const char *difference(const struct roost_ota *ota, const struct roost_image *image)
{
    static const char prefix[] = "roost-";
    const struct roost_manifest *manifest = &ota->manifest;
    const char *project = image->project;
    if (image->chip != roost_chip_find(ota->config->target))
        return "image is for another chip";
    if (strncmp(project, prefix, sizeof prefix - 1) != 0 ||
        strcmp(project + sizeof prefix - 1, manifest->product) != 0)
        return "image is of another product";
    if (strcmp(image->version, manifest->version) != 0)
        return "image is of another version";
    if (image->security_version != manifest->security_version)
        return "image has another security version";
    return NULL;
}

static const char *look_into_image(struct roost_ota *ota)
{
    const struct roost_flash *slot = &ota->port->slot;
    uint8_t digest[32];
    struct roost_image image;
    int err = ota->port->crypto.ops->sha256_end(ota->port->crypto.ctx, digest);
    if (err)
        return roost_err_text(err);
    if (memcmp(digest, ota->manifest.sha256, sizeof digest) != 0)
        return "sha256 differs";
    size_t len = ota->manifest.size_bytes < ROOST_IMAGE_HEAD_BYTES ? ota->manifest.size_bytes
                                                                   : ROOST_IMAGE_HEAD_BYTES;
    err = slot->ops->read(slot->ctx, 0, ota->buffer, len);
    if (err)
        return roost_err_text(err);
    if (roost_image_read(&image, ota->buffer, len) != 0)
        return "no application image";
    return difference(ota, &image);
}

void ota_verify(struct roost_ota *ota)
{
    int err = hash_step(ota);
    if (!err && ota->verified_bytes < ota->manifest.size_bytes)
        return;
    const char *why = err ? roost_err_text(err) : look_into_image(ota);
    if (why)
        ota_refuse(ota, "%", why);
    else
        ota_move(ota, OTA_VERIFIED);
}
