/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits for a command's end: follows the hub's live view, which tells of it, instead of asking
 * again and again. Depends on client.h.
 */
#ifndef ROOST_APPS_ROOST_WAIT_H
#define ROOST_APPS_ROOST_WAIT_H

#include "client.h"

enum { WAIT_MS = 15000 };

/* Fills *reply with the command, which is no longer "sent" unless it still was after WAIT_MS; free
 * with reply_free. False after a line on stderr. */
bool wait_for_command(struct client *client, const char *device_id, const char *command_id,
                      struct reply *reply);

#endif
