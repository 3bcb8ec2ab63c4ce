/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `roost` can be asked for. Each function is the `run` of a row in main.c: it prints what it
 * got, and returns 0, an error with `why` set, or the exit status when client.h or init.h has said
 * what was wrong. Depends on client.h, host/program.h.
 */
#ifndef ROOST_APPS_ROOST_COMMANDS_H
#define ROOST_APPS_ROOST_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "host/why.h"

/* The options and words of all commands. */
struct arguments {
    const char *hub, *ca, *email, *password_file, *new_password_file, *database, *query, *type;
    const char *charger, *tag, *key_file;
    const char *child, *name_file, *born, *language, *kind, *method, *notice, *provider;
    const char *broker_passwords, *file, *device, *metric, *position, *name, *location, *json_args;
    double hours;
    uint64_t limit, points;
    int json, csv, wait, keep_history;
    struct client client;
    bool client_is_open;
};

int command_init(void *arguments, struct why *why);
int command_login(void *arguments, struct why *why);
int command_logout(void *arguments, struct why *why);
int command_hubs(void *arguments, struct why *why);
int command_import(void *arguments, struct why *why);
int command_device(void *arguments, struct why *why);
int command_readings(void *arguments, struct why *why);
int command_move(void *arguments, struct why *why);
int command_command(void *arguments, struct why *why);
int command_commands(void *arguments, struct why *why);
int command_follow(void *arguments, struct why *why);
/* devices.c */
int command_devices(void *arguments, struct why *why);
int command_rename(void *arguments, struct why *why);
int command_claim(void *arguments, struct why *why);
int command_remove(void *arguments, struct why *why);
/* operators.c */
int command_operators(void *arguments, struct why *why);
int command_operators_add(void *arguments, struct why *why);
int command_operators_remove(void *arguments, struct why *why);
int command_passwd(void *arguments, struct why *why);
/* children.c */
int command_child_list(void *arguments, struct why *why);
int command_child_show(void *arguments, struct why *why);
int command_child_add(void *arguments, struct why *why);
int command_child_change(void *arguments, struct why *why);
int command_child_remove(void *arguments, struct why *why);
int command_child_consent(void *arguments, struct why *why);
int command_child_revoke(void *arguments, struct why *why);
int command_child_audit(void *arguments, struct why *why);
/* chargers.c */
int command_charger_list(void *arguments, struct why *why);
int command_charger_show(void *arguments, struct why *why);
int command_charger_add(void *arguments, struct why *why);
int command_charger_remove(void *arguments, struct why *why);
int command_charger_ask(void *arguments, struct why *why);
int command_tag_list(void *arguments, struct why *why);
int command_tag_add(void *arguments, struct why *why);
int command_tag_remove(void *arguments, struct why *why);
int command_transactions(void *arguments, struct why *why);

#endif
