/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the hub as text for people. Depends on core/json_read.h. */
#ifndef ROOST_APPS_ROOST_PRINT_H
#define ROOST_APPS_ROOST_PRINT_H

#include "core/json_read.h"

void print_devices(const struct roost_json *doc);
void print_device(const struct roost_json *doc);
void print_history(const struct roost_json *doc);
void print_commands(const struct roost_json *doc);
void print_command(const struct roost_json *doc, int object);

/* A line of `roost follow` from one event's name and JSON. */
void print_event(const char *event, const char *json);

#endif
