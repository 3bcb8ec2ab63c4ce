/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restart and its reason, watchdog, heap, console. The reason that was asked for waits in RTC
 * memory, which a restart leaves alone and a power-on fills with noise: hence the check word. It
 * counts only when the chip says that the restart was one of software.
 */
#include "port/esp-idf/esp_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_system.h"
#include "esp_task_wdt.h"

#include "core/assert.h"

#define NOTE_CHECK 0x524F4F53u /* the note is valid when check ^ reason is this */

static RTC_NOINIT_ATTR struct {
    uint32_t reason, check;
} note;

static enum roost_reset_reason reason_of_boot = ROOST_RESET_UNKNOWN;

void esp_port_note_reset(enum roost_reset_reason reason)
{
    note.reason = (uint32_t)reason;
    note.check = NOTE_CHECK ^ note.reason;
}

static enum roost_reset_reason noted(void)
{
    bool valid =
        (note.check ^ note.reason) == NOTE_CHECK && note.reason <= (uint32_t)ROOST_RESET_UNKNOWN;

    return valid ? (enum roost_reset_reason)note.reason : ROOST_RESET_UNKNOWN;
}

static enum roost_reset_reason find_reason(void)
{
    switch (esp_reset_reason()) {
    case ESP_RST_POWERON:
    case ESP_RST_EXT:
    case ESP_RST_USB:
    case ESP_RST_JTAG:
        return ROOST_RESET_POWER_ON; /* by hand, all of them */
    case ESP_RST_SW:
        return noted();
    case ESP_RST_PANIC:
    case ESP_RST_CPU_LOCKUP:
        return ROOST_RESET_CRASH;
    case ESP_RST_INT_WDT:
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT:
        return ROOST_RESET_WATCHDOG;
    case ESP_RST_BROWNOUT:
    case ESP_RST_PWR_GLITCH:
        return ROOST_RESET_BROWN_OUT;
    default:
        return ROOST_RESET_UNKNOWN;
    }
}

static enum roost_reset_reason system_reset_reason(void *ctx)
{
    (void)ctx;
    return reason_of_boot;
}

static void system_reboot(void *ctx, enum roost_reset_reason reason)
{
    (void)ctx;
    esp_port_note_reset(reason);
    esp_restart();
}

static void system_feed_watchdog(void *ctx)
{
    (void)ctx;
    (void)esp_task_wdt_reset(); /* of the calling task; before it runs there is none to feed */
}

static void system_heap(void *ctx, struct roost_heap *out)
{
    (void)ctx;
    out->free_bytes = (uint32_t)heap_caps_get_free_size(MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
    out->low_bytes =
        (uint32_t)heap_caps_get_minimum_free_size(MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
}

/* Waits for the UART: a line of 100 bytes takes 9 ms at 115200 baud. */
static void system_console(void *ctx, const char *line, size_t len)
{
    (void)ctx;
    printf("%.*s\n", (int)len, line);
}

static const struct roost_system_ops system_ops = {.reset_reason = system_reset_reason,
                                                   .reboot = system_reboot,
                                                   .feed_watchdog = system_feed_watchdog,
                                                   .heap = system_heap,
                                                   .console = system_console};

static _Noreturn void on_assert(const char *file, int line)
{
    printf("%s:%d: assertion failed\n", file, line);
    abort();
}

struct roost_system esp_port_system(void)
{
    roost_assert_handler(on_assert);
    reason_of_boot = find_reason();
    note.check = 0; /* it was for this boot */
    note.reason = 0;
    return (struct roost_system){&system_ops, NULL};
}
