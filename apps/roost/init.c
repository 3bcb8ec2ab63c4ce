/* SPDX-License-Identifier: Apache-2.0 */
#include "init.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/err.h"
#include "hub/api/auth.h"
#include "hub/store/registry_sqlite.h"

int init_operator(const char *database, const char *email, const char *password)
{
    static const char scheme[] = "sqlite:";
    char why[512];
    struct registry registry;
    if (strncmp(database, scheme, sizeof scheme - 1) != 0) {
        fprintf(stderr, "roost: database '%s': must be sqlite:PATH\n", database);
        return 1;
    }
    if (registry_sqlite_open(&registry, NULL, database + sizeof scheme - 1, why, sizeof why) != 0) {
        fprintf(stderr, "roost: database '%s': %s\n", database, why);
        return 1;
    }
    int err =
        auth_add_operator(&registry, email, password, (int64_t)time(NULL) * 1000, why, sizeof why);
    registry.ops->close(registry.ctx);
    if (err != 0) {
        fprintf(stderr, "roost: %s\n", why);
        return 1;
    }
    printf("operator %s can sign in\n", email);
    return 0;
}
