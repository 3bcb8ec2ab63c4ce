/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

char *text_read(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;

    if (!file)
        return NULL;
    /* Up to a NUL byte: to the end, in a file of text. */
    errno = 0;
    bool any = getdelim(&text, &size, '\0', file) >= 0;
    int error = any ? 0 : ferror(file) && errno == 0 ? EIO : errno;
    fclose(file);
    if (!any) {
        free(text);
        text = error == 0 ? calloc(1, 1) : NULL; /* an empty file is a text, too */
        errno = error;
    }
    return text;
}
