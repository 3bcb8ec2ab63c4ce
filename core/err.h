/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one error list of the project: devices, codecs, ports and the hub all return these.
 *
 * A function that can fail returns `int`: 0 is success, a positive value may be a count, a negative
 * value is one of these. Foreign errors (errno, esp_err_t, SQLite, libwebsockets) become one of
 * these at the edge that saw them. Must not depend on anything.
 *
 *     int err = roost_journal_append(&journal, &sample, sizeof sample, &seq);
 *     if (err < 0)
 *         ROOST_LOG(log, ROOST_LOG_ERROR, "journal", "append failed", RF_ERR("error", err));
 */
#ifndef ROOST_CORE_ERR_H
#define ROOST_CORE_ERR_H

/* X(name, number, text): numbers are part of the wire (command answers) and never reused. */
#define ROOST_ERR_LIST(X)                                                                          \
    X(INVALID, -1, "malformed or not allowed here")                                                \
    X(RANGE, -2, "outside the allowed range")                                                      \
    X(TOO_LONG, -3, "longer than the limit")                                                       \
    X(TRUNCATED, -4, "ends too early")                                                             \
    X(FULL, -5, "queue or table is full")                                                          \
    X(EMPTY, -6, "nothing there")                                                                  \
    X(NOT_FOUND, -7, "not found")                                                                  \
    X(EXISTS, -8, "exists already")                                                                \
    X(AGAIN, -9, "not now, try again")                                                             \
    X(BUSY, -10, "in use")                                                                         \
    X(TIMEOUT, -11, "took too long")                                                               \
    X(CLOSED, -12, "not connected")                                                                \
    X(REFUSED, -13, "refused by the other side")                                                   \
    X(AUTH, -14, "not authorised")                                                                 \
    X(CRYPTO, -15, "signature, tag or certificate does not verify")                                \
    X(CORRUPT, -16, "stored data is damaged")                                                      \
    X(IO, -17, "input/output error")                                                               \
    X(NO_MEMORY, -18, "out of memory")                                                             \
    X(NO_SPACE, -19, "no space left on the medium")                                                \
    X(UNSUPPORTED, -20, "not supported")                                                           \
    X(STALE, -21, "too old to act on")                                                             \
    X(STATE, -22, "not possible in this state")                                                    \
    X(UNTRUSTED, -23, "confidence too low to act on")                                              \
    X(FAULT, -24, "hardware fault")                                                                \
    X(INTERNAL, -25, "internal error")

enum roost_err {
    ROOST_OK = 0,
#define X(name, number, text) ROOST_ERR_##name = (number),
    ROOST_ERR_LIST(X)
#undef X
};

/* "RANGE" for ROOST_ERR_RANGE, "OK" for 0 or above, "UNKNOWN" otherwise. Static storage. */
const char *roost_err_name(int err);

/* "outside the allowed range" for ROOST_ERR_RANGE. Static storage. */
const char *roost_err_text(int err);

#endif
