/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells what an application image or a release's manifest is, and whether it is whole and signed.
 * Depends on runtime/ota, tools/firmware.
 */
#ifndef ROOST_TOOLS_FIRMWARE_SHOW_H
#define ROOST_TOOLS_FIRMWARE_SHOW_H

#include <stdio.h>

#include "host/why.h"

/* An image is checked whole. A manifest is checked against the image beside it when there is one,
 * and against the public key in key_path unless that is NULL. */
int show_file(FILE *out, const char *path, const char *key_path, struct why *why);

#endif
