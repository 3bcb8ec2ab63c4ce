/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/life.h"

#include <stdint.h>

#include "core/assert.h"

#define TO(name) ROOST_LIFE_##name

/* A row a state, its columns the events: START, REBOOT, UPDATE, REFUSED, STOP, END. What is not
 * expected leaves the state as it is: a stop is not stopped by a reboot that comes after it. */
static const uint8_t table[ROOST_LIFE_COUNT][ROOST_LIFE_EV_COUNT] = {
    [TO(STARTING)] = {TO(RUNNING), TO(STARTING), TO(STARTING), TO(STARTING), TO(STOPPING),
                      TO(STARTING)},
    [TO(RUNNING)] = {TO(RUNNING), TO(REBOOTING), TO(UPDATING), TO(RUNNING), TO(STOPPING),
                     TO(RUNNING)},
    [TO(REBOOTING)] = {TO(REBOOTING), TO(REBOOTING), TO(REBOOTING), TO(REBOOTING), TO(STOPPING),
                       TO(OVER)},
    [TO(UPDATING)] = {TO(UPDATING), TO(UPDATING), TO(UPDATING), TO(RUNNING), TO(STOPPING),
                      TO(OVER)},
    [TO(STOPPING)] = {TO(STOPPING), TO(STOPPING), TO(STOPPING), TO(STOPPING), TO(STOPPING),
                      TO(OVER)},
    [TO(OVER)] = {TO(OVER), TO(OVER), TO(OVER), TO(OVER), TO(OVER), TO(OVER)},
};

enum roost_life roost_life_next(enum roost_life life, enum roost_life_event event)
{
    ROOST_ASSERT((unsigned)life < ROOST_LIFE_COUNT && (unsigned)event < ROOST_LIFE_EV_COUNT);
    return (enum roost_life)table[life][event];
}

const char *roost_life_name(enum roost_life life)
{
    static const char *const names[] = {
#define X(name, text) [ROOST_LIFE_##name] = (text),
        ROOST_LIFE_LIST(X)
#undef X
    };
    return (unsigned)life < ROOST_LIFE_COUNT ? names[life] : "unknown";
}
