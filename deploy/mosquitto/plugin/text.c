/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <errno.h>
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
    if (getdelim(&text, &size, '\0', file) < 0 && (errno != 0 || ferror(file))) {
        int error = errno ? errno : EIO;
        free(text);
        fclose(file);
        errno = error;
        return NULL;
    }
    fclose(file);
    if (!text)
        text = calloc(1, 1);
    return text;
}
