/* SPDX-License-Identifier: Apache-2.0 */
#include "users.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t lines_of(const char *text)
{
    size_t count = 1;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

int users_read(struct users *users, const char *path)
{
    struct users read = {.text = text_read(path)};
    char *rest = read.text;

    if (!rest)
        return -1;
    read.names = calloc(lines_of(rest), sizeof *read.names);
    if (!read.names) {
        free(read.text);
        return -1;
    }
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *colon = strchr(line, ':');
        if (!colon || colon == line || line[0] == '#')
            continue;
        *colon = '\0';
        read.names[read.count++] = line;
    }
    qsort(read.names, read.count, sizeof *read.names, by_name);
    users_free(users);
    *users = read;
    return 0;
}

void users_free(struct users *users)
{
    free(users->names);
    free(users->text);
    *users = (struct users){0};
}

/* The user of exactly these bytes; NULL: none. */
static const char *find(const struct users *users, const char *name, size_t len)
{
    size_t from = 0, to = users->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const char *other = users->names[middle];
        int order = strncmp(name, other, len);
        if (order == 0)
            order = other[len] == '\0' ? 0 : -1;
        if (order == 0)
            return other;
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

bool users_know(const struct users *users, const char *name)
{
    return find(users, name, strlen(name)) != NULL;
}

const char *users_owner(const struct users *users, const char *client_id)
{
    size_t len = strlen(client_id);
    const char *owner = find(users, client_id, len);

    while (!owner && len > 0)
        if (client_id[--len] == '-')
            owner = find(users, client_id, len);
    return owner;
}
