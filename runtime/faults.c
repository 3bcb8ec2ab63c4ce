/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/faults.h"

#include "core/assert.h"

static const struct roost_fault_info common[ROOST_FAULT_COUNT] = {
    ROOST_FAULT_LIST(ROOST_FAULT_ROW)};

void roost_faults_init(struct roost_faults *faults, const struct roost_fault_info *product,
                       unsigned product_count)
{
    *faults = (struct roost_faults){.product = product, .count = ROOST_FAULT_COUNT + product_count};
    ROOST_ASSERT(faults->count <= ROOST_FAULTS_MAX);
}

const struct roost_fault_info *roost_faults_info(const struct roost_faults *faults, unsigned id)
{
    ROOST_ASSERT(id < faults->count);
    return id < ROOST_FAULT_COUNT ? &common[id] : &faults->product[id - ROOST_FAULT_COUNT];
}

bool roost_faults_active(const struct roost_faults *faults, unsigned id)
{
    ROOST_ASSERT(id < faults->count);
    return (faults->active[id / 32] >> id % 32 & 1) != 0;
}

bool roost_faults_set(struct roost_faults *faults, unsigned id, bool active)
{
    if (roost_faults_active(faults, id) == active)
        return false;
    faults->active[id / 32] ^= UINT32_C(1) << id % 32;
    return true;
}

int roost_faults_worst(const struct roost_faults *faults)
{
    const struct roost_fault_info *worst = NULL;
    int found = -1;

    for (unsigned id = 0; id < faults->count; id++) {
        if (!roost_faults_active(faults, id))
            continue;
        const struct roost_fault_info *info = roost_faults_info(faults, id);
        if (!worst || info->severity > worst->severity ||
            (info->severity == worst->severity && info->number < worst->number)) {
            worst = info;
            found = (int)id;
        }
    }
    return found;
}

void roost_faults_write(const struct roost_faults *faults, int id, char *out, size_t size)
{
    const char *name = id < 0 ? "" : roost_faults_info(faults, (unsigned)id)->name;
    size_t i = 0;

    for (; name[i] && i + 1 < size; i++)
        out[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
    out[i] = '\0';
}
