/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/station/status.h"

#include <stdint.h>

/* Where a cell leads: a status, or one of these. The latter two: AVAILABLE when the plug is out. */
enum { STAYS = CHARGER_STATUS_COUNT, OR_PREPARING, OR_FINISHING };

/* clang-format off */
#define IS(name) CHARGER_IS_##name
#define ON(name) [CHARGER_HAPPENS_##name]

/* What is not stated does not happen there, or changes nothing: a transaction that runs is not
 * closed or reserved away, what is out of order hears of nothing but its opening, and what is
 * faulted is no state beneath. A reserved connector that is plugged into stays so until somebody
 * says who he is. There is no way from PREPARING to UNAVAILABLE: it times out first (B1, B6). */
static const uint8_t cells[CHARGER_STATUS_COUNT][CHARGER_HAPPENING_COUNT] = {
    [IS(AVAILABLE)] = {
        ON(PLUGGED) = IS(PREPARING), ON(ADMITTED) = IS(PREPARING), ON(BEGUN) = IS(PREPARING), /* A2 */
        ON(RESERVED) = IS(RESERVED),     /* A7 */
        ON(CLOSED) = IS(UNAVAILABLE),    /* A8 */
        ON(UNPLUGGED) = STAYS, ON(TIMED_OUT) = STAYS, ON(FLOWS) = STAYS, ON(HELD) = STAYS,
        ON(FULL) = STAYS, ON(ENDED) = STAYS, ON(RELEASED) = STAYS, ON(OPENED) = STAYS,
    },
    [IS(PREPARING)] = {
        ON(UNPLUGGED) = IS(AVAILABLE),   /* B1 */
        ON(TIMED_OUT) = OR_FINISHING,    /* B1, B6 */
        ON(FLOWS) = IS(CHARGING),        /* B3 */
        ON(FULL) = IS(SUSPENDED_EV),     /* B4 */
        ON(HELD) = IS(SUSPENDED_EVSE),   /* B5 */
        ON(ENDED) = OR_FINISHING,
        ON(PLUGGED) = STAYS, ON(ADMITTED) = STAYS, ON(BEGUN) = STAYS, ON(RESERVED) = STAYS,
        ON(RELEASED) = STAYS, ON(CLOSED) = STAYS, ON(OPENED) = STAYS,
    },
    [IS(CHARGING)] = {
        ON(UNPLUGGED) = IS(SUSPENDED_EV), ON(FULL) = IS(SUSPENDED_EV), /* C4 */
        ON(HELD) = IS(SUSPENDED_EVSE),   /* C5 */
        ON(ENDED) = OR_FINISHING,        /* C1, C6 */
        ON(PLUGGED) = STAYS, ON(ADMITTED) = STAYS, ON(TIMED_OUT) = STAYS, ON(BEGUN) = STAYS,
        ON(FLOWS) = STAYS, ON(RESERVED) = STAYS, ON(RELEASED) = STAYS, ON(CLOSED) = STAYS,
        ON(OPENED) = STAYS,
    },
    [IS(SUSPENDED_EVSE)] = {
        ON(FLOWS) = IS(CHARGING),        /* E3 */
        ON(FULL) = IS(SUSPENDED_EV),     /* E4 */
        ON(ENDED) = OR_FINISHING,        /* E1, E6 */
        ON(PLUGGED) = STAYS, ON(UNPLUGGED) = STAYS, ON(ADMITTED) = STAYS, ON(TIMED_OUT) = STAYS,
        ON(BEGUN) = STAYS, ON(HELD) = STAYS, ON(RESERVED) = STAYS, ON(RELEASED) = STAYS,
        ON(CLOSED) = STAYS, ON(OPENED) = STAYS,
    },
    [IS(SUSPENDED_EV)] = {
        ON(FLOWS) = IS(CHARGING),        /* D3 */
        ON(HELD) = IS(SUSPENDED_EVSE),   /* D5: ours beats its own */
        ON(ENDED) = OR_FINISHING,        /* D1, D6 */
        ON(PLUGGED) = STAYS, ON(UNPLUGGED) = STAYS, ON(ADMITTED) = STAYS, ON(TIMED_OUT) = STAYS,
        ON(BEGUN) = STAYS, ON(FULL) = STAYS, ON(RESERVED) = STAYS, ON(RELEASED) = STAYS,
        ON(CLOSED) = STAYS, ON(OPENED) = STAYS,
    },
    [IS(FINISHING)] = {
        ON(UNPLUGGED) = IS(AVAILABLE),   /* F1 */
        ON(ADMITTED) = IS(PREPARING), ON(BEGUN) = IS(PREPARING), /* F2 */
        ON(CLOSED) = IS(UNAVAILABLE),    /* F8 */
        ON(PLUGGED) = STAYS, ON(TIMED_OUT) = STAYS, ON(FLOWS) = STAYS, ON(HELD) = STAYS,
        ON(FULL) = STAYS, ON(ENDED) = STAYS, ON(RESERVED) = STAYS, ON(RELEASED) = STAYS,
        ON(OPENED) = STAYS,
    },
    [IS(RESERVED)] = {
        ON(RELEASED) = OR_PREPARING,     /* G1, and somebody waits with his plug in: A2 */
        ON(ADMITTED) = IS(PREPARING), ON(BEGUN) = IS(PREPARING), /* G2 */
        ON(CLOSED) = IS(UNAVAILABLE),    /* G8 */
        ON(PLUGGED) = STAYS, ON(UNPLUGGED) = STAYS, ON(TIMED_OUT) = STAYS, ON(FLOWS) = STAYS,
        ON(HELD) = STAYS, ON(FULL) = STAYS, ON(ENDED) = STAYS, ON(RESERVED) = STAYS,
        ON(OPENED) = STAYS,
    },
    [IS(UNAVAILABLE)] = {
        ON(OPENED) = OR_PREPARING,       /* H1, H2 */
        ON(PLUGGED) = STAYS, ON(UNPLUGGED) = STAYS, ON(ADMITTED) = STAYS, ON(TIMED_OUT) = STAYS,
        ON(BEGUN) = STAYS, ON(FLOWS) = STAYS, ON(HELD) = STAYS, ON(FULL) = STAYS,
        ON(ENDED) = STAYS, ON(RESERVED) = STAYS, ON(RELEASED) = STAYS, ON(CLOSED) = STAYS,
    },
    [IS(FAULTED)] = {
        ON(PLUGGED) = STAYS, ON(UNPLUGGED) = STAYS, ON(ADMITTED) = STAYS, ON(TIMED_OUT) = STAYS,
        ON(BEGUN) = STAYS, ON(FLOWS) = STAYS, ON(HELD) = STAYS, ON(FULL) = STAYS,
        ON(ENDED) = STAYS, ON(RESERVED) = STAYS, ON(RELEASED) = STAYS, ON(CLOSED) = STAYS,
        ON(OPENED) = STAYS,
    },
};
/* clang-format on */

bool charger_status_next(enum charger_status *status, enum charger_happening happening,
                         bool plugged)
{
    enum charger_status next;
    unsigned cell = cells[*status][happening];

    if (cell == STAYS)
        return false;
    if (cell == OR_PREPARING)
        next = plugged ? CHARGER_IS_PREPARING : CHARGER_IS_AVAILABLE;
    else if (cell == OR_FINISHING)
        next = plugged ? CHARGER_IS_FINISHING : CHARGER_IS_AVAILABLE;
    else
        next = (enum charger_status)cell;
    *status = next;
    return true;
}

const char *charger_status_name(enum charger_status status)
{
    static const char *const names[CHARGER_STATUS_COUNT] = {
#define X(name, text) text,
        CHARGER_STATUS_LIST(X)
#undef X
    };

    return status < CHARGER_STATUS_COUNT ? names[status] : "unknown";
}
