/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a teddy's program comes to and whose it is: a hub, a key and a child, from options, files
 * and the environment. A name is nobody's business: it is taken out of the arguments as soon as it
 * was read, so that no list of processes has it, and is handed to a restarted program in the
 * environment. Messages name an option and its rule, never what was given for a child. Depends on
 * host/, proto/voice/door.h.
 *
 *     err = identity_read(&identity, &options, "teddy-1", why, sizeof why);
 */
#ifndef ROOST_APPS_ROOST_TEDDY_IDENTITY_H
#define ROOST_APPS_ROOST_TEDDY_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "host/secret.h"
#include "proto/voice/voice.h"

/* Where none is given, what `make run` leaves: its hub at ROOST_HTTP_PORT of this machine, and in
 * its folder ROOST_RUN_DIR these files. */
#define IDENTITY_HTTP_PORT   "8080"
#define IDENTITY_RUN_DIR     ".run"
#define IDENTITY_SECRET_FILE "teddy/secret"
#define IDENTITY_CHILD_FILE  "teddy/child"
#define IDENTITY_NAME_KEPT   "ROOST_CHILD_NAME" /* in the environment */

struct identity_options {
    const char *hub, *ca_file;
    const char *secret_file;     /* the hub's ESP32_SHARED_SECRET, as it stands there */
    const char *own_secret_file; /* the device's own, in hexadecimal digits */
    const char *child_file;      /* lines "id=...", "name=...", "age=..." */
    char *child_name;            /* overwritten; "-": it is in the environment */
    const char *child_id, *child_age;
};

enum { IDENTITY_HUB_MAX = 255, IDENTITY_PATH_MAX = 1024 };

struct identity {
    char hub[IDENTITY_HUB_MAX + 1];
    char child_id[VOICE_CHILD_ID_MAX + 1], child_name[VOICE_CHILD_NAME_MAX + 1], child_age[4];
    char key[SECRET_FILE_MAX];
    size_t key_len;
};

/* Returns 0, or an error with `why` set. */
int identity_read(struct identity *identity, const struct identity_options *options,
                  const char *device_id, char *why, size_t why_size);
/* Wipes it. */
void identity_forget(struct identity *identity);

#endif
