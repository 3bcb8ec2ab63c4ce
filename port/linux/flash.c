/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/flash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"

static size_t region_bytes(const struct linux_flash *flash)
{
    return (size_t)flash->sector_count * LINUX_FLASH_SECTOR_BYTES;
}

static int flash_read(void *ctx, uint32_t offset, void *out, size_t len)
{
    struct linux_flash *flash = ctx;

    if (offset > region_bytes(flash) || len > region_bytes(flash) - offset)
        return ROOST_ERR_RANGE;
    if (len)
        memcpy(out, flash->memory + offset, len);
    return 0;
}

/* Brings bytes of the mirror into the file. */
static int store(struct linux_flash *flash, uint32_t offset, size_t len)
{
    if (flash->fd < 0)
        return 0;
    int err = linux_disk_write(flash->disk, flash->fd, flash->memory + offset, len, offset);
    if (!err)
        err = linux_disk_sync(flash->disk, flash->fd);
    return err ? ROOST_ERR_IO : 0;
}

static int flash_program(void *ctx, uint32_t offset, const void *data, size_t len)
{
    struct linux_flash *flash = ctx;
    const uint8_t *bytes = data;

    if (offset > region_bytes(flash) || len > region_bytes(flash) - offset)
        return ROOST_ERR_RANGE;
    if (offset % LINUX_FLASH_PROGRAM_BYTES || len % LINUX_FLASH_PROGRAM_BYTES ||
        offset % LINUX_FLASH_SECTOR_BYTES + len > LINUX_FLASH_SECTOR_BYTES)
        return ROOST_ERR_INVALID;
    if (len == 0)
        return 0;
    for (size_t i = 0; i < len; i++)
        flash->memory[offset + i] &= bytes[i];
    return store(flash, offset, len);
}

static int flash_erase(void *ctx, uint32_t sector)
{
    struct linux_flash *flash = ctx;

    if (sector >= flash->sector_count)
        return ROOST_ERR_RANGE;
    memset(flash->memory + (size_t)sector * LINUX_FLASH_SECTOR_BYTES, 0xFF,
           LINUX_FLASH_SECTOR_BYTES);
    return store(flash, sector * LINUX_FLASH_SECTOR_BYTES, LINUX_FLASH_SECTOR_BYTES);
}

static const struct roost_flash_ops flash_ops = {
    .read = flash_read, .program = flash_program, .erase = flash_erase};

static int open_file(struct linux_flash *flash, const char *dir, const char *path)
{
    int got = linux_disk_read_file(path, flash->memory, region_bytes(flash));

    if (got == ROOST_ERR_NOT_FOUND) {
        int err = linux_disk_replace(flash->disk, dir, path, flash->memory, region_bytes(flash));
        if (err)
            return err;
    } else if (got == ROOST_ERR_TOO_LONG || (got >= 0 && (size_t)got != region_bytes(flash))) {
        return ROOST_ERR_INVALID;
    } else if (got < 0) {
        return got;
    }
    flash->fd = open(path, O_WRONLY | O_CLOEXEC);
    return flash->fd < 0 ? linux_disk_error(errno) : 0;
}

int linux_flash_init(struct linux_flash *flash, struct linux_disk *disk, const char *dir,
                     const char *path, uint32_t sector_count, struct roost_flash *out)
{
    *flash = (struct linux_flash){.disk = disk, .fd = -1, .sector_count = sector_count};
    flash->memory = malloc(region_bytes(flash));
    if (!flash->memory)
        return ROOST_ERR_NO_MEMORY;
    memset(flash->memory, 0xFF, region_bytes(flash));
    int err = path ? open_file(flash, dir, path) : 0;
    if (err) {
        linux_flash_deinit(flash);
        return err;
    }
    *out = (struct roost_flash){.ops = &flash_ops,
                                .ctx = flash,
                                .sector_bytes = LINUX_FLASH_SECTOR_BYTES,
                                .sector_count = sector_count,
                                .program_bytes = LINUX_FLASH_PROGRAM_BYTES};
    return 0;
}

void linux_flash_deinit(struct linux_flash *flash)
{
    if (flash->fd >= 0)
        close(flash->fd);
    free(flash->memory);
    flash->fd = -1;
    flash->memory = NULL;
}
