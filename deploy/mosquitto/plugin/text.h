/* SPDX-License-Identifier: Apache-2.0 */
/* A whole text file in memory. Depends on the C library only. */
#ifndef ROOST_DEPLOY_MOSQUITTO_TEXT_H
#define ROOST_DEPLOY_MOSQUITTO_TEXT_H

/* malloc'd and NUL-terminated; NULL with errno set: it cannot be read. */
char *text_read(const char *path);

#endif
