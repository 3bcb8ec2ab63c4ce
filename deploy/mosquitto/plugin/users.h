/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose a client id is, by the names in Mosquitto's password file: it is the user's of the same
 * name; without one it is the user's with whose name and a '-' it begins (the longest such name);
 * else it is nobody's, and anyone may take it. So a device's session is the device's, and
 * "roostd-answers" is roostd's, while a tool with a random id needs no rule. Depends on the C
 * library only.
 *
 *     struct users users = {0};
 *     if (users_read(&users, "/etc/mosquitto/passwd") == 0)
 *         owner = users_owner(&users, "roostd-answers");      // "roostd"
 *     users_free(&users);
 */
#ifndef ROOST_DEPLOY_MOSQUITTO_USERS_H
#define ROOST_DEPLOY_MOSQUITTO_USERS_H

#include <stdbool.h>
#include <stddef.h>

struct users {
    char *text;         /* of the file, cut into names */
    const char **names; /* sorted */
    size_t count;
};

/* Replaces the users by those of the file. Returns 0, or -1 with errno set and the users as they
 * were. */
int users_read(struct users *users, const char *path);
void users_free(struct users *users);

bool users_know(const struct users *users, const char *name);

/* NULL: nobody's. */
const char *users_owner(const struct users *users, const char *client_id);

#endif
