/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the hub as text for people. Depends on core/json_read.h. */
#ifndef ROOST_APPS_ROOST_PRINT_H
#define ROOST_APPS_ROOST_PRINT_H

#include <stdbool.h>

#include "core/json_read.h"

/* A list: its head, then a page of it at a time. */
void print_devices_head(void);
void print_devices(const struct roost_json *doc);
void print_device(const struct roost_json *doc);
void print_history(const struct roost_json *doc);
void print_commands(const struct roost_json *doc);
void print_command(const struct roost_json *doc, int object);

void print_operators(const struct roost_json *doc);

/* print_chargers.c */
void print_chargers(const struct roost_json *doc);
void print_charger(const struct roost_json *doc);
void print_tags(const struct roost_json *doc);
void print_transactions(const struct roost_json *doc);

/* print_children.c */
void print_children_head(void);
void print_children(const struct roost_json *doc);
void print_child(const struct roost_json *doc);
void print_audit(const struct roost_json *doc);

/* A line of `roost follow` from one event's name and JSON: a line of JSON when that is asked for.
 */
void print_event(const char *event, const char *json, bool as_json);

#endif
