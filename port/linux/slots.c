/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/assert.h"
#include "core/err.h"
#include "port/linux/image.h"
#include "port/linux/linux.h"

#define HANDED_OVER "ROOST_HANDED_OVER" /* the process id: exec keeps it, a child has another */

enum { FILE_PATH_MAX = LINUX_PATH_MAX + 16, FILL_BYTES = 4096 };

static void path_of(const struct linux_slots *slots, int slot, const char *end,
                    char path[FILE_PATH_MAX])
{
    snprintf(path, FILE_PATH_MAX, "%s/%d.%s", slots->dir, slot, end);
}

static int write_record(struct roost_board *board)
{
    struct linux_slots *slots = &board->slots;
    char path[FILE_PATH_MAX];

    snprintf(path, sizeof path, "%s/boot", slots->dir);
    return linux_boot_write(&slots->boot, &board->disk, slots->dir, path);
}

/* ---- the region that does not run ---- */

static size_t region_bytes(const struct roost_board *board)
{
    return (size_t)board->port.slot.sector_count * LINUX_SLOT_SECTOR_BYTES;
}

static int open_region(struct linux_slots *slots)
{
    char path[FILE_PATH_MAX];
    struct stat info;

    if (slots->fd >= 0)
        return 0;
    path_of(slots, !slots->running, "img", path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return ROOST_ERR_IO;
    if (fstat(fd, &info)) {
        close(fd);
        return ROOST_ERR_IO;
    }
    slots->fd = fd;
    slots->written = info.st_size > UINT32_MAX ? UINT32_MAX : (uint32_t)info.st_size;
    return 0;
}

static int read_bytes(int fd, uint8_t *out, size_t len, uint32_t offset)
{
    while (len > 0) {
        ssize_t got = pread(fd, out, len, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ROOST_ERR_IO;
        out += got;
        len -= (size_t)got;
        offset += (uint32_t)got;
    }
    return 0;
}

static int slot_read(void *ctx, uint32_t offset, void *out, size_t len)
{
    struct roost_board *board = ctx;
    struct linux_slots *slots = &board->slots;

    if (offset > region_bytes(board) || len > region_bytes(board) - offset)
        return ROOST_ERR_RANGE;
    int err = open_region(slots);
    if (err)
        return err;
    size_t there = offset < slots->written ? slots->written - offset : 0;
    if (there > len)
        there = len;
    memset((uint8_t *)out + there, 0xFF, len - there);
    return read_bytes(slots->fd, out, there, offset);
}

static int write_bytes(struct roost_board *board, const void *data, size_t len, uint32_t offset)
{
    struct linux_slots *slots = &board->slots;
    struct stat info;
    int err = linux_disk_write(&board->disk, slots->fd, data, len, offset);

    /* A write that failed may have left a part of it. */
    if (err && fstat(slots->fd, &info) == 0)
        slots->written = (uint32_t)info.st_size;
    else if (!err && offset + len > slots->written)
        slots->written = offset + (uint32_t)len;
    return err;
}

/* Erased bytes up to `end` where the file ends before. */
static int fill(struct roost_board *board, uint32_t end)
{
    uint8_t erased[FILL_BYTES];
    int err = 0;

    memset(erased, 0xFF, sizeof erased);
    while (!err && board->slots.written < end) {
        size_t part = end - board->slots.written;
        err = write_bytes(board, erased, part < sizeof erased ? part : sizeof erased,
                          board->slots.written);
    }
    return err;
}

static int slot_program(void *ctx, uint32_t offset, const void *data, size_t len)
{
    struct roost_board *board = ctx;
    uint8_t bytes[LINUX_SLOT_SECTOR_BYTES];

    if (offset > region_bytes(board) || len > region_bytes(board) - offset)
        return ROOST_ERR_RANGE;
    if (offset % LINUX_SLOT_PROGRAM_BYTES || len % LINUX_SLOT_PROGRAM_BYTES ||
        offset % LINUX_SLOT_SECTOR_BYTES + len > LINUX_SLOT_SECTOR_BYTES)
        return ROOST_ERR_INVALID;
    if (len == 0)
        return 0;
    int err = slot_read(board, offset, bytes, len);
    for (size_t i = 0; !err && i < len; i++)
        bytes[i] &= ((const uint8_t *)data)[i];
    if (!err)
        err = fill(board, offset);
    if (!err)
        err = write_bytes(board, bytes, len, offset);
    if (!err)
        err = linux_disk_sync(&board->disk, board->slots.fd);
    return err ? ROOST_ERR_IO : 0;
}

static int slot_erase(void *ctx, uint32_t sector)
{
    struct roost_board *board = ctx;
    struct linux_slots *slots = &board->slots;
    uint8_t erased[LINUX_SLOT_SECTOR_BYTES];

    if (sector >= board->port.slot.sector_count)
        return ROOST_ERR_RANGE;
    if (board->disk.cut)
        return ROOST_ERR_IO;
    int err = open_region(slots);
    uint32_t offset = sector * LINUX_SLOT_SECTOR_BYTES;
    if (err || offset >= slots->written)
        return err;
    memset(erased, 0xFF, sizeof erased);
    err = write_bytes(board, erased, sizeof erased, offset);
    if (!err)
        err = linux_disk_sync(&board->disk, slots->fd);
    return err ? ROOST_ERR_IO : 0;
}

static const struct roost_flash_ops slot_ops = {
    .read = slot_read, .program = slot_program, .erase = slot_erase};

/* ---- the boot loader ---- */

/* Unpacks the program of a slot unless that was done. */
static int prepare(struct roost_board *board, int slot)
{
    struct linux_slots *slots = &board->slots;
    const struct linux_boot_slot *record = &slots->boot.slot[slot];
    char path[FILE_PATH_MAX];
    struct linux_image image;

    path_of(slots, slot, "elf", path);
    if (linux_image_unpacked(path, record->elf_sha256, &slots->crypto))
        return 0;
    char image_path[FILE_PATH_MAX];
    path_of(slots, slot, "img", image_path);
    int fd = open(image_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return linux_disk_error(errno);
    int err = linux_image_check(&image, fd, record->image_bytes, &slots->crypto);
    if (!err && memcmp(image.elf_sha256, record->elf_sha256, sizeof image.elf_sha256) != 0)
        err = ROOST_ERR_CORRUPT;
    if (!err)
        err = linux_image_unpack(&image, fd, &slots->crypto, &board->disk, slots->dir, path);
    close(fd);
    return err;
}

static bool is_self(const struct linux_slots *slots, int slot)
{
    return slots->boot.slot[slot].image_bytes ? slots->self == slot : slots->self < 0;
}

/* Becomes the program at `path`. Returns when that is not possible. */
static void execute(struct roost_board *board, const char *path)
{
    char id[16];

    snprintf(id, sizeof id, "%d", (int)getpid());
    fflush(NULL);
    /* The broker is to see that this connection ended. */
    if (setenv(HANDED_OVER, id, 1) || close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC))
        linux_board_say(board, "before another program: %s", strerror(errno));
    execv(path, board->options.argv);
    linux_board_say(board, "%s: %s", path, strerror(errno));
    unsetenv(HANDED_OVER);
}

/* The program that was started by hand; a process that is it needs no path, which may be another
 * file's by now. */
static const char *by_hand(const struct linux_slots *slots)
{
    return slots->self < 0 ? "/proc/self/exe" : slots->boot.program;
}

static void execute_slot(struct roost_board *board, int slot)
{
    const struct linux_slots *slots = &board->slots;
    char path[FILE_PATH_MAX];

    if (slots->boot.slot[slot].image_bytes) {
        path_of(slots, slot, "elf", path);
        execute(board, path);
    } else {
        execute(board, by_hand(slots));
    }
}

/* Makes a slot ready to run and remembers that it does. Returns 0 or an error; then it does not. */
static int commit(struct roost_board *board, int slot, bool changed)
{
    struct linux_slots *slots = &board->slots;
    struct linux_boot_slot *record = &slots->boot.slot[slot];
    int err = record->image_bytes ? prepare(board, slot) : 0;

    if (!err && record->state == LINUX_SLOT_NEW) {
        record->state = LINUX_SLOT_PENDING;
        err = write_record(board); /* a trial nobody remembers would be one without an end */
    } else if (!err && changed && (err = write_record(board))) {
        /* What was chosen is chosen again at the next start. */
        linux_board_say(board, "%s/boot: %s", slots->dir, roost_err_text(err));
        err = 0;
    }
    return err;
}

/* The last resort: the program that was started by hand, where its version still may run. */
static int fall_back(struct roost_board *board, bool restart)
{
    struct linux_slots *slots = &board->slots;

    if (board->options.argv && (restart || slots->self >= 0)) {
        execute(board, by_hand(slots));
        return ROOST_ERR_NOT_FOUND;
    }
    if (board->options.security_version < slots->boot.lowest)
        return ROOST_ERR_NOT_FOUND;
    linux_board_say(board, "no slot holds a program that runs: going back to this one");
    slots->boot.slot[0] = (struct linux_boot_slot){
        .state = LINUX_SLOT_VALID, .security_version = board->options.security_version};
    slots->boot.next = slots->running = 0;
    return write_record(board);
}

/* Returns 0 when this process is to run (for a restart: a board without argv), or an error. */
static int boot(struct roost_board *board, bool restart, bool changed)
{
    struct linux_slots *slots = &board->slots;

    for (;;) {
        int slot = linux_boot_choose(&slots->boot, &changed);
        if (slot < 0)
            return fall_back(board, restart);
        int err = commit(board, slot, changed);
        if (board->disk.cut)
            return ROOST_ERR_IO;
        if (!err) {
            slots->running = (uint8_t)slot;
            if (!board->options.argv || (!restart && is_self(slots, slot)))
                return 0;
            if (!restart)
                linux_board_say(board, "handing over to slot %d", slot);
            execute_slot(board, slot);
        } else {
            linux_board_say(board, "slot %d: %s", slot, roost_err_text(err));
        }
        slots->boot.slot[slot].state = LINUX_SLOT_INVALID;
        changed = true;
    }
}

void linux_slots_restart(struct roost_board *board)
{
    if (boot(board, true, false))
        linux_board_say(board, "no slot holds a program that runs");
}

/* ---- the operations ---- */

static int firmware_running(void *ctx, struct roost_running *out)
{
    const struct linux_slots *slots = &((struct roost_board *)ctx)->slots;
    enum linux_slot_state other = slots->boot.slot[!slots->running].state;

    *out = (struct roost_running){
        .slot = slots->running,
        .on_trial = slots->boot.slot[slots->running].state == LINUX_SLOT_PENDING,
        .other_failed = other == LINUX_SLOT_INVALID || other == LINUX_SLOT_ABORTED,
        .security_version = slots->boot.lowest,
    };
    return 0;
}

/* Replaces the record, or leaves it in memory too as it was. */
static int change(struct roost_board *board, const struct linux_boot *wanted)
{
    struct linux_slots *slots = &board->slots;
    struct linux_boot before = slots->boot;

    slots->boot = *wanted;
    if (!write_record(board))
        return 0;
    slots->boot = before;
    return ROOST_ERR_IO;
}

static int firmware_activate(void *ctx, uint32_t len)
{
    struct roost_board *board = ctx;
    struct linux_slots *slots = &board->slots;
    struct linux_boot wanted = slots->boot;
    struct linux_image image;

    if (wanted.slot[slots->running].state == LINUX_SLOT_PENDING)
        return ROOST_ERR_STATE; /* there would be nothing to go back to */
    if (len > region_bytes(board))
        return ROOST_ERR_CORRUPT;
    int err = open_region(slots);
    if (!err)
        err = linux_image_check(&image, slots->fd, len, &slots->crypto);
    if (err)
        return err;
    if (image.security_version < wanted.lowest)
        return ROOST_ERR_CRYPTO;
    int other = !slots->running;
    wanted.slot[other] = (struct linux_boot_slot){
        .state = LINUX_SLOT_NEW, .image_bytes = len, .security_version = image.security_version};
    memcpy(wanted.slot[other].elf_sha256, image.elf_sha256, sizeof image.elf_sha256);
    wanted.next = (uint8_t)other;
    return change(board, &wanted);
}

static int firmware_confirm(void *ctx)
{
    struct roost_board *board = ctx;
    struct linux_boot wanted = board->slots.boot;
    struct linux_boot_slot *record = &wanted.slot[board->slots.running];

    if (record->state != LINUX_SLOT_PENDING)
        return 0;
    record->state = LINUX_SLOT_VALID;
    if (record->security_version > wanted.lowest)
        wanted.lowest = record->security_version;
    return change(board, &wanted);
}

static int firmware_roll_back(void *ctx)
{
    struct roost_board *board = ctx;
    struct linux_slots *slots = &board->slots;
    struct linux_boot wanted = slots->boot;
    int other = !slots->running;

    if (wanted.slot[other].state != LINUX_SLOT_VALID || !linux_boot_runs(&wanted, other))
        return ROOST_ERR_STATE;
    wanted.slot[slots->running].state = LINUX_SLOT_INVALID;
    wanted.next = (uint8_t)other;
    int err = change(board, &wanted);
    if (err)
        return err;
    board->port.system.ops->reboot(board->port.system.ctx, ROOST_RESET_UPDATE);
    return 0;
}

static const struct roost_firmware_ops firmware_ops = {.running = firmware_running,
                                                       .activate = firmware_activate,
                                                       .confirm = firmware_confirm,
                                                       .roll_back = firmware_roll_back};

/* ---- start ---- */

/* The slot whose program this process executes, or -1. */
static int find_self(const struct linux_slots *slots)
{
    struct stat self, file;
    char path[FILE_PATH_MAX];

    if (stat("/proc/self/exe", &self))
        return -1;
    for (int slot = 0; slot < 2; slot++) {
        path_of(slots, slot, "elf", path);
        if (slots->boot.slot[slot].image_bytes && stat(path, &file) == 0 &&
            file.st_dev == self.st_dev && file.st_ino == self.st_ino)
            return slot;
    }
    return -1;
}

static bool was_handed_over(void)
{
    const char *text = getenv(HANDED_OVER);
    char id[16];

    snprintf(id, sizeof id, "%d", (int)getpid());
    bool handed = text && strcmp(text, id) == 0;
    unsetenv(HANDED_OVER);
    return handed;
}

/* What a program that was started by hand has to say about slot 0. True when that is news. */
static bool introduce(struct roost_board *board)
{
    struct linux_slots *slots = &board->slots;
    struct linux_boot_slot *record = &slots->boot.slot[0];
    char path[LINUX_PATH_MAX];
    bool news = false;

    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len > 0) {
        path[len] = '\0';
        news = strcmp(path, slots->boot.program) != 0;
        memcpy(slots->boot.program, path, (size_t)len + 1);
    }
    if (!record->image_bytes && record->security_version != board->options.security_version) {
        record->security_version = board->options.security_version;
        news = true;
    }
    return news;
}

static int start(struct roost_board *board, char *why, size_t why_size)
{
    struct linux_slots *slots = &board->slots;
    char path[FILE_PATH_MAX];

    snprintf(path, sizeof path, "%s/boot", slots->dir);
    int err = linux_boot_read(&slots->boot, path);
    bool known = !err;
    if (err == ROOST_ERR_CORRUPT)
        linux_board_say(board, "%s: %s: starting with slot 0", path, roost_err_text(err));
    else if (err && err != ROOST_ERR_NOT_FOUND) {
        snprintf(why, why_size, "%s: %s", path, roost_err_text(err));
        return err;
    }
    slots->self = board->options.argv ? find_self(slots) : -1;
    bool handed_over = board->options.argv && was_handed_over();
    bool news = slots->self < 0 && introduce(board) && known;
    if (handed_over && slots->self == slots->boot.next && slots->self >= 0 &&
        slots->boot.slot[slots->self].state == LINUX_SLOT_PENDING) {
        slots->running = (uint8_t)slots->self;
        return 0;
    }
    err = boot(board, false, news);
    if (err)
        snprintf(why, why_size,
                 err == ROOST_ERR_NOT_FOUND
                     ? "%s: no slot holds a program that may run (lowest security version %u)"
                     : "%s: the boot loader cannot go on",
                 slots->dir, slots->boot.lowest);
    return err;
}

int linux_slots_init(struct roost_board *board, char *why, size_t why_size)
{
    struct linux_slots *slots = &board->slots;
    const char *dir = board->options.state_dir;
    uint32_t sectors =
        board->options.slot_sectors ? board->options.slot_sectors : LINUX_SLOT_SECTORS;

    *slots = (struct linux_slots){.fd = -1, .self = -1};
    if (snprintf(slots->dir, sizeof slots->dir, "%s/slots", dir) >= (int)sizeof slots->dir) {
        snprintf(why, why_size, "state directory: path longer than %d bytes", LINUX_PATH_MAX - 16);
        return ROOST_ERR_TOO_LONG;
    }
    if (mkdir(slots->dir, 0700) && errno != EEXIST) {
        snprintf(why, why_size, "%s: %s", slots->dir, strerror(errno));
        return linux_disk_error(errno);
    }
    int err = linux_crypto_init(&slots->sum, &slots->crypto);
    if (err) {
        snprintf(why, why_size, "crypto: %s", roost_err_text(err));
        return err;
    }
    board->port.slot = (struct roost_flash){.ops = &slot_ops,
                                            .ctx = board,
                                            .sector_bytes = LINUX_SLOT_SECTOR_BYTES,
                                            .sector_count = sectors,
                                            .program_bytes = LINUX_SLOT_PROGRAM_BYTES};
    board->port.firmware = (struct roost_firmware){&firmware_ops, board};
    return start(board, why, why_size);
}

void linux_slots_deinit(struct linux_slots *slots)
{
    if (slots->fd >= 0)
        close(slots->fd);
    slots->fd = -1;
    linux_crypto_deinit(&slots->sum);
}
