/* SPDX-License-Identifier: Apache-2.0 */
/* A text as a QR code in SVG, to be printed or shown. Depends on libqrencode. */
#ifndef ROOST_HUB_CSMS_QR_H
#define ROOST_HUB_CSMS_QR_H

/* The document, malloc'ed; NULL: too long (2 KB), or no memory. */
char *qr_svg(const char *text);

#endif
