/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address a voice companion comes to, and the rules of its parameters (PROTOCOLS 1, first
 * table). The device writes the URL, the hub checks what came. Depends on core/.
 */
#ifndef ROOST_PROTO_VOICE_DOOR_H
#define ROOST_PROTO_VOICE_DOOR_H

#include <stddef.h>
#include <stdint.h>

#include "proto/voice/voice.h"

/* Percent-decoded, NUL-terminated; NULL: absent. */
struct voice_door {
    const char *device_id, *child_id, *child_name, *child_age, *token;
};

enum { VOICE_URL_MAX = 768 };

/* Checks all but the token's truth, and sets *age. Returns 0 with *why NULL, or an error
 * (NOT_FOUND: absent) with the reason for close code 1008 in *why, a literal that names the
 * parameter and its rule: never its value. Names: valid UTF-8, no control characters or line
 * separators, no bidi overrides or isolates; digits of the age are ASCII, without leading zeros. */
int voice_door_check(const struct voice_door *door, unsigned *age, const char **why);

/* The rules of two of them, for whoever keeps children: 0, NOT_FOUND (NULL), INVALID, TOO_LONG. */
int voice_child_id_check(const char *child_id);
int voice_child_name_check(const char *child_name);

/* base: "wss://hub.example:8443"; with a path of its own behind it (an alias, or what a proxy
 * wants) that one is taken in place of VOICE_PATH. Values are percent-encoded. Returns the length,
 * ROOST_ERR_TOO_LONG, or what check says; on error out is "". The result holds a token: it is
 * nobody's but the socket's. */
int voice_door_url(char *out, size_t size, const char *base, const struct voice_door *door);

#endif
