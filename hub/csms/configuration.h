/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a charger's configuration, inside of hub/csms: GetConfiguration in as many requests as
 * its GetConfigurationMaxKeys wants, the pieces put together. What it says is kept (known.h); a
 * password is neither kept nor handed on.
 *
 *     struct configuration *c = configuration_new(csms, "CP1", on_read, work);
 *     err = configuration_want(c, "HeartbeatInterval");     ... none: all that it has
 *     err = configuration_go(c);                            c is on_read's from now on
 */
#ifndef ROOST_HUB_CSMS_CONFIGURATION_H
#define ROOST_HUB_CSMS_CONFIGURATION_H

#include "hub/csms/csms_internal.h"

enum { CONFIGURATION_ASKED_MAX = 256, CONFIGURATION_SAID_MAX = 1024 };

struct configuration_key {
    char key[KNOWN_KEY_BYTES], value[KNOWN_VALUE_BYTES];
    bool readonly, has_value;
};

struct configuration;

/* Once: `c` is owned by it. Anything but CSMS_ANSWERED: what was said before that is known all the
 * same. */
typedef void (*configuration_fn)(void *ctx, struct configuration *c, enum csms_outcome outcome,
                                 enum ocpp_error error, const char *text);

struct configuration {
    struct csms *csms;
    char identity[CSMS_IDENTITY_MAX + 1];
    char asked[CONFIGURATION_ASKED_MAX][KNOWN_KEY_BYTES];
    size_t asked_count, at, piece; /* the first that is under way, and how many are */
    bool limit_first;              /* only GetConfigurationMaxKeys is under way */
    struct configuration_key *said;
    char (*unknown)[KNOWN_KEY_BYTES];
    size_t said_count, unknown_count;
    configuration_fn done;
    void *ctx;
};

struct configuration *configuration_new(struct csms *csms, const char *identity,
                                        configuration_fn done, void *ctx); /* NULL: no memory */
void configuration_free(struct configuration *c);                          /* NULL is fine */
int configuration_want(struct configuration *c, const char *key);          /* ROOST_ERR_FULL */

/* As csms_ask; on error `done` is not called and `c` is the caller's. What waits is withdrawn by
 * csms_ask_withdraw with `c`. */
int configuration_go(struct configuration *c);

#endif
