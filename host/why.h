/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentence a program ends with when it cannot go on: what was wrong, with the name of
 * the file or option and the limit. Depends on core/err.h.
 *
 *     if (len > LIMIT)
 *         return why_not(why, ROOST_ERR_TOO_LONG, "%s: %zu bytes; at most %d", path, len, LIMIT);
 */
#ifndef ROOST_HOST_WHY_H
#define ROOST_HOST_WHY_H

struct why {
    char text[512];
};

/* Sets the text; returns err. */
int why_not(struct why *why, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
