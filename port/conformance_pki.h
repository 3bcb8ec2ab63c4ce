/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of port/pki.h stand on: a folder of certificates that conformance_pki.sh made with
 * the openssl program, made at the first use and gone when the program ends; and that program as
 * the peer.
 */
#ifndef ROOST_PORT_CONFORMANCE_PKI_H
#define ROOST_PORT_CONFORMANCE_PKI_H

#include "port/pki.h"

enum { PKI_FILE_MAX = 128 * 1024 };

/* Days from the making on: leaves are valid for 50, intermediates for 100, roots for 200. */
int64_t pki_at_day(int day);

const char *pki_dir(void);
/* A file that conformance_pki.sh made, kept to the end; the text is NUL-terminated. */
struct roost_pki_text pki_file(const char *name);
const char *pki_words(const char *name);
/* A file that changes: reads it now, returns its length, less than size. */
size_t pki_load(const char *name, void *out, size_t size);
void pki_write(const char *name, const void *bytes, size_t len);
/* The time behind "notBefore=" in such a file of dates. */
int64_t pki_date(const char *name, const char *which);
/* Makes a month of 99 of notBefore (0) or notAfter (1) of a certificate in DER. */
void pki_spoil_time(uint8_t *der, size_t len, int which);
/* Runs the command in the folder by the shell; returns its exit status. */
int pki_run(const char *command);

#endif
