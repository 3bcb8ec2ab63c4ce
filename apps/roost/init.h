/* SPDX-License-Identifier: Apache-2.0 */
/* `roost init`: makes the first operator straight in the registry, on the hub's own machine. */
#ifndef ROOST_APPS_ROOST_INIT_H
#define ROOST_APPS_ROOST_INIT_H

/* database: "sqlite:PATH". Returns the program's exit status after a line on stdout or stderr. */
int init_operator(const char *database, const char *email, const char *password);

#endif
