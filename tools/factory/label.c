/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/factory/label.h"

#include <openssl/crypto.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/hex.h"

enum { SECRET_DIGITS = 2 * ROOST_FACTORY_SECRET_BYTES, GROUP = 4, GROUPS_PER_LINE = 4, QUIET = 4 };

enum { CODE_MAX = sizeof "roost:1?id=&secret=" + ROOST_DEVICE_ID_MAX + SECRET_DIGITS };

static void write_code(char out[CODE_MAX], const struct device *device)
{
    char digits[SECRET_DIGITS + 1];

    roost_hex_write(digits, device->secret, sizeof device->secret);
    snprintf(out, CODE_MAX, "roost:1?id=%s&secret=%s", device->id, digits);
    OPENSSL_cleanse(digits, sizeof digits);
}

/* The digits from `from` on, in groups, `groups` of them. */
static void write_groups(char *out, const char *digits, size_t groups)
{
    for (size_t i = 0; i < groups * GROUP; i++) {
        if (i > 0 && i % GROUP == 0)
            *out++ = ' ';
        *out++ = digits[i];
    }
    *out = '\0';
}

int label_text(char out[LABEL_TEXT_MAX], const struct device *device, const struct order *order)
{
    char digits[SECRET_DIGITS + 1], groups[2 * SECRET_DIGITS], code[CODE_MAX];

    roost_hex_write(digits, device->secret, sizeof device->secret);
    write_groups(groups, digits, SECRET_DIGITS / GROUP);
    write_code(code, device);
    int len =
        snprintf(out, LABEL_TEXT_MAX,
                 "product   %s\ndevice    %s\nhardware  %u\nbatch     %s\nsecret    %s\n"
                 "code      %s\n",
                 order->product, device->id, order->hardware_version, order->batch, groups, code);
    OPENSSL_cleanse(digits, sizeof digits);
    OPENSSL_cleanse(groups, sizeof groups);
    OPENSSL_cleanse(code, sizeof code);
    return len;
}

/* The dark modules as one path, a run of them in a row as one rectangle. */
static void draw_code(FILE *svg, const QRcode *code)
{
    int side = code->width + 2 * QUIET;

    /* 26 mm of label for the code with the margin it needs. */
    fprintf(svg,
            "<svg x=\"15\" y=\"15\" width=\"260\" height=\"260\" viewBox=\"0 0 %d %d\" "
            "shape-rendering=\"crispEdges\"><path d=\"",
            side, side);
    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width; x++) {
            const unsigned char *row = code->data + y * code->width;
            int run = 0;
            while (x + run < code->width && row[x + run] & 1)
                run++;
            if (run > 0)
                fprintf(svg, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, run, run);
            x += run;
        }
    fputs("\"/></svg>\n", svg);
}

static void draw_text(FILE *svg, const struct device *device, const struct order *order)
{
    char digits[SECRET_DIGITS + 1], groups[2 * GROUP * GROUPS_PER_LINE];
    const char *const lines[] = {order->product, device->id, order->batch};
    int y = 50;

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++, y += 32) {
        size_t size = 550 / strlen(lines[i]), most = i == 0 ? 28 : 22; /* 33 mm to fill at most */
        fprintf(svg,
                "<text x=\"290\" y=\"%d\" font-family=\"sans-serif\" font-size=\"%zu\">%s</text>\n",
                y, size < most ? size : most, lines[i]);
    }
    roost_hex_write(digits, device->secret, sizeof device->secret);
    for (size_t at = 0; at < SECRET_DIGITS; at += GROUP * GROUPS_PER_LINE, y += 30) {
        write_groups(groups, digits + at, GROUPS_PER_LINE);
        fprintf(svg,
                "<text x=\"290\" y=\"%d\" font-family=\"monospace\" font-size=\"26\">%s</text>\n",
                y + 20, groups);
    }
    OPENSSL_cleanse(digits, sizeof digits);
    OPENSSL_cleanse(groups, sizeof groups);
}

int label_svg(char **svg, size_t *len, const struct device *device, const struct order *order)
{
    char text[CODE_MAX];
    write_code(text, device);
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    OPENSSL_cleanse(text, sizeof text);
    FILE *out = code ? open_memstream(svg, len) : NULL;

    if (!out) {
        QRcode_free(code);
        return ROOST_ERR_NO_MEMORY;
    }
    fputs("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"62mm\" height=\"29mm\" "
          "viewBox=\"0 0 620 290\">\n<rect width=\"620\" height=\"290\" fill=\"#fff\"/>\n",
          out);
    draw_code(out, code);
    draw_text(out, device, order);
    fputs("</svg>\n", out);
    QRcode_free(code);
    if (fclose(out) == 0)
        return 0;
    free(*svg);
    return ROOST_ERR_NO_MEMORY;
}
