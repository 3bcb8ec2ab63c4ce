/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/station/terms.h"

#include <stdint.h>

/* clang-format off */
enum { FLOWS = CHARGER_TERM_FLOWS, HELD = CHARGER_TERM_HELD, ENDS = CHARGER_TERM_ENDS };

static const uint8_t terms_table[CHARGER_TERMS_COUNT][CHARGER_VERDICT_COUNT] = {
    /*                           WAITS  ALONE  GOOD   REFUSED SPENT */
    [CHARGER_TERMS_PRIVATE] = {  FLOWS, FLOWS, FLOWS, ENDS,   ENDS },
    [CHARGER_TERMS_ROAMING] = {  HELD,  FLOWS, FLOWS, ENDS,   ENDS },
    [CHARGER_TERMS_PREPAID] = {  HELD,  HELD,  FLOWS, ENDS,   ENDS },
};
/* clang-format on */

enum charger_term charger_terms(enum charger_terms terms, enum charger_verdict verdict,
                                bool stop_on_invalid)
{
    if (verdict == CHARGER_VERDICT_REFUSED && !stop_on_invalid)
        return CHARGER_TERM_HELD;
    return (enum charger_term)terms_table[terms][verdict];
}
