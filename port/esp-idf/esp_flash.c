/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw regions: the partitions of the journal and of the ledger, each where the product's table has
 * it, and the firmware slot that does not run. Programs are in units of 16 bytes: with flash
 * encryption, which covers the slots always, that is the least the chip writes.
 */
#include "port/esp-idf/esp_parts.h"

#include "esp_log.h"
#include "esp_ota_ops.h"
#include "esp_partition.h"

#include "core/err.h"

enum { SECTOR_BYTES = 4096, PROGRAM_BYTES = 16, JOURNAL_SUBTYPE = 0x40, LEDGER_SUBTYPE = 0x41 };

static const char tag[] = "roost.flash";

static int flash_error(esp_err_t err)
{
    switch (err) {
    case ESP_OK:
        return 0;
    case ESP_ERR_INVALID_ARG:
    case ESP_ERR_INVALID_SIZE:
        return ROOST_ERR_RANGE;
    default:
        return ROOST_ERR_IO;
    }
}

static int flash_read(void *ctx, uint32_t offset, void *out, size_t len)
{
    return flash_error(esp_partition_read(ctx, offset, out, len));
}

static int flash_program(void *ctx, uint32_t offset, const void *data, size_t len)
{
    if (offset % PROGRAM_BYTES || len % PROGRAM_BYTES)
        return ROOST_ERR_INVALID;
    return flash_error(esp_partition_write(ctx, offset, data, len));
}

static int flash_erase(void *ctx, uint32_t sector)
{
    return flash_error(esp_partition_erase_range(ctx, (size_t)sector * SECTOR_BYTES, SECTOR_BYTES));
}

static const struct roost_flash_ops flash_ops = {
    .read = flash_read, .program = flash_program, .erase = flash_erase};

/* The operations take the partition as their context; they do not write to the table's entry. */
static struct roost_flash region(const esp_partition_t *partition)
{
    return (struct roost_flash){.ops = &flash_ops,
                                .ctx = (void *)(uintptr_t)partition,
                                .sector_bytes = SECTOR_BYTES,
                                .sector_count = partition->size / SECTOR_BYTES,
                                .program_bytes = PROGRAM_BYTES};
}

static int find(const char *name, int subtype, struct roost_flash *out)
{
    const esp_partition_t *partition =
        esp_partition_find_first(ESP_PARTITION_TYPE_DATA, (esp_partition_subtype_t)subtype, name);

    if (!partition)
        return ROOST_ERR_NOT_FOUND;
    *out = region(partition);
    return 0;
}

int esp_port_flash_init(struct roost_flash *journal, struct roost_flash *ledger,
                        struct roost_flash *slot)
{
    const esp_partition_t *running = esp_ota_get_running_partition();
    const esp_partition_t *other = esp_ota_get_next_update_partition(running);
    int no_journal = find("journal", JOURNAL_SUBTYPE, journal);
    int no_ledger = find("ledger", LEDGER_SUBTYPE, ledger);

    if (no_journal && no_ledger) {
        ESP_LOGE(tag, "neither a partition journal (data, 0x40) nor ledger (data, 0x41)");
        return ROOST_ERR_NOT_FOUND;
    }
    /* With one slot the next one is the one that runs. */
    if (!other || other == running)
        ESP_LOGE(tag, "no second firmware slot: no updates");
    else
        *slot = region(other);
    return 0;
}
