/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/window/travel.h"

#include "core/bytes.h"
#include "core/err.h"

#define KEY "m.travel" /* version, then closed and open end as 32-bit little-endian */

enum { VERSION = 1, BYTES = 9 };

static int32_t share(int32_t of, int32_t permille)
{
    return (int32_t)((int64_t)of * permille / 1000);
}

int32_t window_travel_range_share(const struct window_travel *travel, int32_t permille)
{
    return share(travel->max_raw - travel->min_raw, permille);
}

int32_t window_travel_share(const struct window_travel *travel, int32_t permille)
{
    return share(travel->high_raw - travel->low_raw, permille);
}

bool window_travel_take(struct window_travel *travel, int32_t closed_raw, int32_t open_raw)
{
    if (closed_raw < travel->min_raw || open_raw > travel->max_raw ||
        open_raw - closed_raw < window_travel_range_share(travel, WINDOW_TRAVEL_LEAST))
        return false;
    int32_t margin = share(open_raw - closed_raw, WINDOW_TRAVEL_MARGIN);
    travel->closed_raw = closed_raw;
    travel->open_raw = open_raw;
    travel->low_raw = closed_raw + margin;
    travel->high_raw = open_raw - margin;
    return true;
}

int32_t window_travel_raw(const struct window_travel *travel, int32_t mpct)
{
    int64_t used = travel->high_raw - travel->low_raw;

    return travel->low_raw + (int32_t)(used * mpct / WINDOW_MPCT_MAX);
}

int32_t window_travel_mpct(const struct window_travel *travel, int32_t raw)
{
    int64_t used = travel->high_raw - travel->low_raw;
    int64_t mpct = (int64_t)(raw - travel->low_raw) * WINDOW_MPCT_MAX / used;

    return (int32_t)(mpct < 0 ? 0 : mpct > WINDOW_MPCT_MAX ? WINDOW_MPCT_MAX : mpct);
}

/* Distances of stored numbers are only taken once these lie in the range, where none overflows. */
static bool in_range(const struct window_travel *travel, int32_t raw)
{
    return raw >= travel->min_raw && raw <= travel->max_raw;
}

int window_travel_load(struct window_travel *travel, const struct roost_kv *kv)
{
    uint8_t bytes[BYTES];
    int len = kv->ops->get(kv->ctx, KEY, bytes, sizeof bytes);

    if (len < 0)
        return len == ROOST_ERR_TOO_LONG ? ROOST_ERR_CORRUPT : len;
    if (len != BYTES || bytes[0] != VERSION)
        return ROOST_ERR_CORRUPT;
    int32_t closed_raw = (int32_t)(uint32_t)roost_le_get(bytes + 1, 4);
    int32_t open_raw = (int32_t)(uint32_t)roost_le_get(bytes + 5, 4);
    if (!in_range(travel, closed_raw) || !in_range(travel, open_raw) ||
        !window_travel_take(travel, closed_raw, open_raw))
        return ROOST_ERR_CORRUPT;
    return 0;
}

int window_travel_save(const struct window_travel *travel, const struct roost_kv *kv)
{
    uint8_t bytes[BYTES] = {VERSION};

    roost_le_put(bytes + 1, (uint32_t)travel->closed_raw, 4);
    roost_le_put(bytes + 5, (uint32_t)travel->open_raw, 4);
    return kv->ops->set(kv->ctx, KEY, bytes, sizeof bytes);
}

int window_travel_forget(const struct roost_kv *kv)
{
    return kv->ops->erase(kv->ctx, KEY);
}
