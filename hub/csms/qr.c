/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/qr.h"

#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>

enum { QUIET = 4, RUN_BYTES = 32 };

/* Each row's dark stretches, as one path. */
static char *draw(const QRcode *code)
{
    int width = code->width, whole = width + 2 * QUIET;
    size_t size = 512 + (size_t)width * (size_t)(width / 2 + 1) * RUN_BYTES;
    char *svg = malloc(size);

    if (!svg)
        return NULL;
    int len = snprintf(svg, size,
                       "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                       "shape-rendering=\"crispEdges\" role=\"img\"><title>QR code</title>"
                       "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
                       whole, whole, whole, whole);
    for (int y = 0; y < width; y++)
        for (int x = 0, run; x < width; x += run) {
            int dark = code->data[y * width + x] & 1;
            for (run = 1; x + run < width && (code->data[y * width + x + run] & 1) == dark; run++)
                ;
            if (dark)
                len += snprintf(svg + len, size - (size_t)len, "M%d %dh%dv1h-%dz", x + QUIET,
                                y + QUIET, run, run);
        }
    snprintf(svg + len, size - (size_t)len, "\"/></svg>");
    return svg;
}

char *qr_svg(const char *text)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    char *svg = code ? draw(code) : NULL;

    if (code)
        QRcode_free(code);
    return svg;
}
