/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The label for the box: who the device is and the secret that claims it, to read and as a QR code.
 * The code holds "roost:1?id=DEVICE-ID&secret=64-DIGITS". Depends on libqrencode.
 */
#ifndef ROOST_TOOLS_FACTORY_LABEL_H
#define ROOST_TOOLS_FACTORY_LABEL_H

#include <stddef.h>

#include "tools/factory/device.h"
#include "tools/factory/order.h"

enum { LABEL_TEXT_MAX = 1024 };

/* Lines of "name value". Returns the length. */
int label_text(char out[LABEL_TEXT_MAX], const struct device *device, const struct order *order);

/* 62 x 29 mm, black on white; text in the reader's own fonts. *svg is malloc'd and the caller's.
 * Returns 0, ROOST_ERR_NO_MEMORY or ROOST_ERR_TOO_LONG. */
int label_svg(char **svg, size_t *len, const struct device *device, const struct order *order);

#endif
