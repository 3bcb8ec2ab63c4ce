/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/boot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/crc32.h"
#include "core/err.h"
#include "core/hex.h"
#include "core/number.h"

enum { TEXT_MAX = LINUX_PATH_MAX + 512, SUM_DIGITS = 64 };

#define TITLE "roost-boot-1 " /* the number is the format's */

static const char *const names[LINUX_SLOT_STATE_COUNT] = {
#define X(name, text) [LINUX_SLOT_##name] = (text),
    LINUX_SLOT_STATE_LIST(X)
#undef X
};

void linux_boot_reset(struct linux_boot *boot)
{
    *boot = (struct linux_boot){.slot[0].state = LINUX_SLOT_VALID};
}

bool linux_boot_runs(const struct linux_boot *boot, int slot)
{
    const struct linux_boot_slot *it = &boot->slot[slot];

    return (it->state == LINUX_SLOT_NEW || it->state == LINUX_SLOT_VALID) &&
           it->security_version >= boot->lowest;
}

int linux_boot_choose(struct linux_boot *boot, bool *changed)
{
    for (int i = 0; i < 2; i++) { /* still on trial: whatever ended it, it was not confirmed */
        if (boot->slot[i].state != LINUX_SLOT_PENDING)
            continue;
        boot->slot[i].state = LINUX_SLOT_ABORTED;
        *changed = true;
    }
    if (!linux_boot_runs(boot, boot->next)) {
        if (!linux_boot_runs(boot, !boot->next))
            return ROOST_ERR_NOT_FOUND;
        boot->next = !boot->next;
        *changed = true;
    }
    return boot->next;
}

/* ---- the file ---- */

static bool parse_slot(struct linux_boot_slot *slot, const char *state, const char *sum)
{
    size_t i = 0;

    while (i < LINUX_SLOT_STATE_COUNT && strcmp(state, names[i]) != 0)
        i++;
    if (i == LINUX_SLOT_STATE_COUNT || strlen(sum) != SUM_DIGITS)
        return false;
    slot->state = (enum linux_slot_state)i;
    return roost_hex_read(slot->elf_sha256, sum, sizeof slot->elf_sha256);
}

static bool parse_number(const char *word, uint32_t *out)
{
    uint64_t value;

    if (roost_parse_uint64(word, strlen(word), &value) < 0 || value > UINT32_MAX)
        return false;
    *out = (uint32_t)value;
    return true;
}

/* "crc\n" in front of the rest, eight digits. */
static bool sum_fits(const char *text)
{
    uint32_t crc = 0;

    for (int i = 0; i < 8; i++) {
        int digit = roost_hex_digit(text[i]);
        if (digit < 0)
            return false;
        crc = crc << 4 | (uint32_t)digit;
    }
    return text[8] == '\n' && roost_crc32(0, text + 9, strlen(text + 9)) == crc;
}

/* `text` is NUL-terminated and begins behind the title. The program's path is the rest of it: a
 * path may hold blanks. */
static bool parse(struct linux_boot *boot, const char *text)
{
    char next[11], lowest[11], state[2][16], bytes[2][11], version[2][11], sum[2][SUM_DIGITS + 1];
    uint32_t slot;
    int program = 0;

    if (!sum_fits(text))
        return false;
    text += 9;
    int count = sscanf(text,
                       "next %10s\nlowest %10s\nslot 0 %15s %10s %10s %64s\n"
                       "slot 1 %15s %10s %10s %64s\nprogram %n",
                       next, lowest, state[0], bytes[0], version[0], sum[0], state[1], bytes[1],
                       version[1], sum[1], &program);
    if (count != 10 || !program || !parse_number(next, &slot) || slot > 1 ||
        !parse_number(lowest, &boot->lowest))
        return false;
    boot->next = (uint8_t)slot;
    snprintf(boot->program, sizeof boot->program, "%s", text + program);
    for (int i = 0; i < 2; i++)
        if (!parse_number(bytes[i], &boot->slot[i].image_bytes) ||
            !parse_number(version[i], &boot->slot[i].security_version) ||
            !parse_slot(&boot->slot[i], state[i], sum[i]))
            return false;
    return true;
}

int linux_boot_read(struct linux_boot *boot, const char *path)
{
    char text[TEXT_MAX + 1];
    int len = linux_disk_read_file(path, text, TEXT_MAX);

    linux_boot_reset(boot);
    if (len < 0)
        return len == ROOST_ERR_NOT_FOUND  ? len
               : len == ROOST_ERR_TOO_LONG ? ROOST_ERR_CORRUPT
                                           : ROOST_ERR_IO;
    text[len] = '\0';
    if (strncmp(text, TITLE, strlen(TITLE)) == 0 && parse(boot, text + strlen(TITLE)))
        return 0;
    linux_boot_reset(boot);
    return ROOST_ERR_CORRUPT;
}

int linux_boot_write(const struct linux_boot *boot, struct linux_disk *disk, const char *dir,
                     const char *path)
{
    char body[TEXT_MAX], text[TEXT_MAX], sum[2][SUM_DIGITS + 1];
    const struct linux_boot_slot *a = &boot->slot[0], *b = &boot->slot[1];

    for (int i = 0; i < 2; i++)
        roost_hex_write(sum[i], boot->slot[i].elf_sha256, sizeof boot->slot[i].elf_sha256);
    int len = snprintf(body, sizeof body,
                       "next %u\nlowest %" PRIu32 "\n"
                       "slot 0 %s %" PRIu32 " %" PRIu32 " %s\n"
                       "slot 1 %s %" PRIu32 " %" PRIu32 " %s\nprogram %s",
                       boot->next, boot->lowest, names[a->state], a->image_bytes,
                       a->security_version, sum[0], names[b->state], b->image_bytes,
                       b->security_version, sum[1], boot->program);
    if (len < 0 || (size_t)len >= sizeof body)
        return ROOST_ERR_TOO_LONG;
    uint32_t crc = roost_crc32(0, body, (size_t)len);
    len = snprintf(text, sizeof text, TITLE "%08" PRIx32 "\n%s", crc, body);
    if (len < 0 || (size_t)len >= sizeof text)
        return ROOST_ERR_TOO_LONG;
    return linux_disk_replace(disk, dir, path, text, (size_t)len);
}
