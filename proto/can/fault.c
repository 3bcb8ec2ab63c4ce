/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/can/fault.h"

#include <stddef.h>

#define ROW(X, name, code, severity, kind, cleared, text, action)                                  \
    {.number = (code), .class = CHARGER_CLASS_##kind, .release = CHARGER_RELEASE_##cleared},

const struct charger_fault_kind charger_fault_kinds[] = {CHARGER_FAULT_ROWS(ROW, )};
const unsigned charger_fault_kind_count =
    sizeof charger_fault_kinds / sizeof charger_fault_kinds[0];

static const char *const class_names[CHARGER_CLASS_COUNT] = {
#define X(name, text) [CHARGER_CLASS_##name] = (text),
    CHARGER_CLASS_LIST(X)
#undef X
};

const struct charger_fault_kind *charger_fault_kind(unsigned number)
{
    for (unsigned i = 0; i < charger_fault_kind_count; i++)
        if (charger_fault_kinds[i].number == number)
            return &charger_fault_kinds[i];
    return NULL;
}

const char *charger_class_name(enum charger_class class)
{
    return class < CHARGER_CLASS_COUNT ? class_names[class] : "unknown";
}

const char *charger_release_name(enum charger_release release)
{
    static const char *const names[] = {"self", "session", "hand"};

    return release <= CHARGER_RELEASE_HAND ? names[release] : "unknown";
}
