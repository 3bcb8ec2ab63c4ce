/* SPDX-License-Identifier: Apache-2.0 */
/* `roost devices import`: a factory's batch to the hub, its users to the broker. */
#ifndef ROOST_APPS_ROOST_IMPORT_H
#define ROOST_APPS_ROOST_IMPORT_H

#include "client.h"

/* broker_passwords NULL: the broker's file is left alone. Returns the program's exit status; what
 * happened is on stdout, what went wrong on stderr. */
int import_batch(struct client *client, const char *path, const char *broker_passwords, bool json);

#endif
