/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the bare machine does beside the C library's start-up: a trap (a failed ROOST_ASSERT, a wild
 * access, a stack that ran over) is told on the console and ends the run with exit code 3, where it
 * would otherwise spin for ever; and the 4 KiB below the stack are made inaccessible.
 */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { GUARD_START = 0x80047000 >> 2, GUARD_4_KIB = 0x1FF, PMP_LOCKED_NAPOT = 0x98 };

/* A stack that ran over has no room for the report. */
static uint32_t trap_stack[512];

_Noreturn static void report(void)
{
    uint32_t cause, pc, value;
    __asm__ volatile("csrr %0, mcause" : "=r"(cause));
    __asm__ volatile("csrr %0, mepc" : "=r"(pc));
    __asm__ volatile("csrr %0, mtval" : "=r"(value));
    printf("trap: cause %lu at 0x%08lx, value 0x%08lx\n", (unsigned long)cause, (unsigned long)pc,
           (unsigned long)value);
    _exit(3);
}

__attribute__((naked, aligned(4))) static void on_trap(void)
{
    __asm__ volatile("la sp, %0\n"
                     "j %1\n"
                     :
                     : "i"(trap_stack + sizeof trap_stack / sizeof trap_stack[0]), "i"(report));
}

__attribute__((constructor)) static void start(void)
{
    __asm__ volatile("csrw mtvec, %0" : : "r"(on_trap));
    __asm__ volatile("csrw pmpaddr0, %0" : : "r"(GUARD_START | GUARD_4_KIB));
    __asm__ volatile("csrw pmpcfg0, %0" : : "r"(PMP_LOCKED_NAPOT));
}
