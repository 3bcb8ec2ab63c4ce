/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single values of the hub's answers, as text for tables and files. What a device says of itself
 * goes to a terminal: control characters become '?'. Depends on core/json_read.h, core/datetime.h.
 */
#ifndef ROOST_APPS_ROOST_VALUES_H
#define ROOST_APPS_ROOST_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/datetime.h"
#include "core/json_read.h"

enum { VALUE_SIZE = 32 };

/* A member that is a string; `otherwise` when it is missing, null or "". */
const char *value_text(const struct roost_json *doc, int object, const char *key,
                       const char *otherwise, char *out, size_t size);
bool value_flag(const struct roost_json *doc, int object, const char *key);
const char *value_time(const struct roost_json *doc, int object, const char *key,
                       const char *otherwise, char out[ROOST_DATETIME_LEN + 1]);

/* Of a device: "21.5" of {"latest":{"temperature":{"value":21.5,...}}}. */
const char *value_latest(const struct roost_json *doc, int device, const char *metric,
                         const char *otherwise, char out[VALUE_SIZE]);

/* Of a device: a string of an object in it, such as "health" or "update". */
const char *value_of_part(const struct roost_json *doc, int device, const char *part,
                          const char *key, const char *otherwise, char *out, size_t size);

/* "downloading", or "update-failed", "" when there is nothing to say about the update. */
const char *value_update(const struct roost_json *doc, int device, char out[VALUE_SIZE]);

#endif
