/* SPDX-License-Identifier: Apache-2.0 */
/* Letters that look like one of a to z, or like another Arabic letter; sorted by `letter`.
 * Generated from Unicode's data, see tools/safety/confusables.c. */
#ifndef ROOST_HUB_SAFETY_CONFUSABLES_H
#define ROOST_HUB_SAFETY_CONFUSABLES_H

#include <stddef.h>
#include <stdint.h>

struct confusable {
    uint32_t letter, looks_like;
};

extern const struct confusable confusables[];
extern const size_t confusables_count;

#endif
