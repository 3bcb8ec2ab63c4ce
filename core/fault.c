/* SPDX-License-Identifier: Apache-2.0 */
#include "core/fault.h"

#include "core/assert.h"

static const struct roost_fault_info catalogue[ROOST_FAULT_COUNT] = {
#define X(fault, code, level, description, advice)                                                 \
    [ROOST_FAULT_##fault] = {.number = (code),                                                     \
                             .severity = ROOST_SEVERITY_##level,                                   \
                             .name = #fault,                                                       \
                             .text = (description)},
    ROOST_FAULT_LIST(X)
#undef X
};

_Static_assert(ROOST_FAULT_COUNT <= 32, "struct roost_faults keeps one bit a fault");

const struct roost_fault_info *roost_fault_info(enum roost_fault fault)
{
    ROOST_ASSERT((unsigned)fault < ROOST_FAULT_COUNT);
    return &catalogue[fault];
}

int roost_fault_find(uint32_t number)
{
    for (int i = 0; i < ROOST_FAULT_COUNT; i++)
        if (catalogue[i].number == number)
            return i;
    return -1;
}

const char *roost_severity_name(enum roost_severity severity)
{
    static const char *const names[] = {
        [ROOST_SEVERITY_INFO] = "info",
        [ROOST_SEVERITY_WARNING] = "warning",
        [ROOST_SEVERITY_CRITICAL] = "critical",
    };
    return (size_t)severity < sizeof names / sizeof names[0] ? names[severity] : "unknown";
}

void roost_faults_init(struct roost_faults *faults)
{
    *faults = (struct roost_faults){.active = 0};
}

bool roost_faults_active(const struct roost_faults *faults, enum roost_fault fault)
{
    ROOST_ASSERT((unsigned)fault < ROOST_FAULT_COUNT);
    return (faults->active >> fault & 1) != 0;
}

bool roost_faults_set(struct roost_faults *faults, enum roost_fault fault, bool active)
{
    if (roost_faults_active(faults, fault) == active)
        return false;
    faults->active ^= UINT32_C(1) << fault;
    if (active && faults->raised[fault] < UINT16_MAX)
        faults->raised[fault]++;
    return true;
}

int roost_faults_worst(const struct roost_faults *faults)
{
    int worst = -1;
    for (int i = 0; i < ROOST_FAULT_COUNT; i++) {
        if (!roost_faults_active(faults, (enum roost_fault)i))
            continue;
        if (worst < 0 || catalogue[i].severity > catalogue[worst].severity ||
            (catalogue[i].severity == catalogue[worst].severity &&
             catalogue[i].number < catalogue[worst].number))
            worst = i;
    }
    return worst;
}
