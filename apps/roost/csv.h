/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of the hub as comma-separated values (RFC 4180, lines end with LF): a head with the names
 * of the columns, then a line each. Times are ISO 8601 in UTC; what is not known is empty. People
 * and devices choose their names, and a spreadsheet computes what begins like a formula: such a
 * field gets an apostrophe in front, numbers stay as they are. Depends on core/json_read.h.
 */
#ifndef ROOST_APPS_ROOST_CSV_H
#define ROOST_APPS_ROOST_CSV_H

#include <stdio.h>

#include "core/json_read.h"

/* A field, in quotes where it has to be, and never a formula. */
void csv_field(FILE *out, const char *text);

void csv_devices_head(FILE *out);
/* A page of them. */
void csv_devices(FILE *out, const struct roost_json *doc);

void csv_history(FILE *out, const struct roost_json *doc);

#endif
