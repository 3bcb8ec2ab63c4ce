/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ocpp/fill.h"

#include <string.h>

#include "core/err.h"

static int put_number(void *out, size_t size, int64_t number)
{
    switch (size) {
    case 1:
        *(uint8_t *)out = (uint8_t)number;
        return number == (int64_t)(uint8_t)number ? ROOST_OK : ROOST_ERR_RANGE;
    case 2: /* words, and small numbers */
        *(uint16_t *)out = (uint16_t)number;
        return number == (int64_t)(uint16_t)number ? ROOST_OK : ROOST_ERR_RANGE;
    case 4:
        *(int32_t *)out = (int32_t)number;
        return number == (int64_t)(int32_t)number ? ROOST_OK : ROOST_ERR_RANGE;
    default:
        *(int64_t *)out = number;
        return ROOST_OK;
    }
}

int ocpp_fill_take(void *ctx, const struct ocpp_value *value)
{
    const struct ocpp_fill *fill = ctx;
    if (value->kind >= OCPP_KIND_OBJECT)
        return ROOST_OK;
    for (size_t i = 0; i < fill->count; i++) {
        const struct ocpp_slot *slot = &fill->slots[i];
        char *out = (char *)fill->out + slot->offset;
        if (slot->field != value->field || slot->object != value->object)
            continue;
        if (fill->given)
            *fill->given |= slot->how & (OCPP_SECONDS - 1);
        if (value->kind <= OCPP_KIND_IDENTIFIER)
            return ocpp_text_take(value, out, slot->size);
        return put_number(out, slot->size,
                          slot->how & OCPP_SECONDS ? value->number / 1000 : value->number);
    }
    return ROOST_OK;
}
