/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/service.h"

#include "core/err.h"

enum hub_outcome hub_refusal(int err)
{
    switch (err) {
    case ROOST_ERR_RANGE:
        return HUB_RANGE;
    case ROOST_ERR_TOO_LONG:
        return HUB_TOO_LONG;
    case ROOST_ERR_NO_MEMORY:
        return HUB_NO_MEMORY;
    default:
        return HUB_BAD_PAYLOAD;
    }
}
