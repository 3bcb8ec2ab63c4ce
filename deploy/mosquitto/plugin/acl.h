/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Mosquitto's ACL file lets a client write, so that a message it drops can be named: Mosquitto
 * itself says it at log level debug only, with every message that passes, and without the user.
 * This judges for the log and never for access: the broker's own check stays the one that counts.
 * Depends on the C library only.
 *
 *     struct acl acl = {0};
 *     if (acl_read(&acl, "/etc/mosquitto/acl") == 0)
 *         ok = acl_writes(&acl, "window-1", "window-1", "sensor/window-1/temperature");
 *     acl_free(&acl);
 */
#ifndef ROOST_DEPLOY_MOSQUITTO_ACL_H
#define ROOST_DEPLOY_MOSQUITTO_ACL_H

#include <stdbool.h>
#include <stddef.h>

struct acl_entry {
    const char *user; /* NULL: of clients without one */
    const char *topic;
    bool pattern; /* for every user; %u and %c are the client's */
    bool write, deny;
};

struct acl {
    char *text;
    struct acl_entry *entries; /* those for every user first, then by user */
    size_t count, pattern_count;
};

/* Replaces the entries by those of the file. Returns 0, or -1 with errno set and the entries as
 * they were. */
int acl_read(struct acl *acl, const char *path);
void acl_free(struct acl *acl);

/* user NULL: none. */
bool acl_writes(const struct acl *acl, const char *user, const char *client_id, const char *topic);

#endif
