/* SPDX-License-Identifier: Apache-2.0 */
#include "acl.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

/* ---- the file ---- */

static int compare_users(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int by_user(const void *a, const void *b)
{
    const struct acl_entry *one = a, *other = b;

    if (one->pattern != other->pattern)
        return one->pattern ? -1 : 1;
    return compare_users(one->user, other->user);
}

/* The next word of a line; the line goes on behind it. */
static char *word(char **line)
{
    *line += strspn(*line, " \t\r");
    return **line ? strsep(line, " \t\r") : NULL;
}

static char *rest_of(char *line)
{
    if (!line)
        return NULL;
    line += strspn(line, " \t");
    for (size_t len = strlen(line); len > 0 && strchr(" \t\r", line[len - 1]); len--)
        line[len - 1] = '\0';
    return *line ? line : NULL;
}

/* Behind "topic" or "pattern": an access, where there is one, and a filter. */
static bool read_entry(struct acl_entry *entry, char *line)
{
    static const struct {
        const char *name;
        bool write, deny;
    } kinds[] = {{"read", false, false},
                 {"write", true, false},
                 {"readwrite", true, false},
                 {"deny", false, true}};

    line = rest_of(line);
    if (!line)
        return false;
    entry->write = true;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t len = strlen(kinds[i].name);
        if (strncmp(line, kinds[i].name, len) != 0 || !strchr(" \t", line[len]) || !line[len])
            continue;
        entry->write = kinds[i].write;
        entry->deny = kinds[i].deny;
        line = rest_of(line + len);
        break;
    }
    entry->topic = line;
    return line != NULL;
}

/* Returns false when the line is no entry. */
static bool read_line(struct acl_entry *entry, char *line, const char **user)
{
    char *rest = line;
    const char *verb = word(&rest);

    *entry = (struct acl_entry){.user = *user};
    if (!verb || verb[0] == '#')
        return false;
    if (strcmp(verb, "user") == 0) {
        *user = rest_of(rest);
        return false;
    }
    entry->pattern = strcmp(verb, "pattern") == 0;
    if (entry->pattern)
        entry->user = NULL;
    else if (strcmp(verb, "topic") != 0)
        return false;
    return read_entry(entry, rest);
}

int acl_read(struct acl *acl, const char *path)
{
    struct acl read = {.text = text_read(path)};
    char *rest = read.text;
    const char *user = NULL;
    size_t lines = 1;

    if (!rest)
        return -1;
    for (const char *c = rest; *c; c++)
        lines += *c == '\n';
    read.entries = calloc(lines, sizeof *read.entries);
    if (!read.entries) {
        free(read.text);
        return -1;
    }
    for (char *line; (line = strsep(&rest, "\n"));) {
        struct acl_entry *entry = &read.entries[read.count];
        if (!read_line(entry, line, &user))
            continue;
        read.count++;
        read.pattern_count += entry->pattern;
    }
    qsort(read.entries, read.count, sizeof *read.entries, by_user);
    acl_free(acl);
    *acl = read;
    return 0;
}

void acl_free(struct acl *acl)
{
    free(acl->entries);
    free(acl->text);
    *acl = (struct acl){0};
}

/* ---- judging ---- */

/* The next level of a filter, with %u and %c in the client's words: compared with the topic's
 * level. A name with a wildcard or a slash in it matches nothing, as in Mosquitto. */
static bool level_matches(const char *level, size_t len, const char *text, size_t text_len,
                          const char *user, const char *client_id)
{
    while (len > 0) {
        const char *value = level;
        size_t value_len = 1, used = 1;
        if (len >= 2 && level[0] == '%' && (level[1] == 'u' || level[1] == 'c')) {
            value = level[1] == 'u' ? user : client_id;
            if (!value || strpbrk(value, "+#/"))
                return false;
            value_len = strlen(value);
            used = 2;
        }
        if (value_len > text_len || memcmp(value, text, value_len) != 0)
            return false;
        level += used;
        len -= used;
        text += value_len;
        text_len -= value_len;
    }
    return text_len == 0;
}

/* user and client_id stand in for %u and %c; both NULL where there is no such thing. */
static bool matches(const char *filter, const char *topic, const char *user, const char *client_id)
{
    if (topic[0] == '$' && filter[0] != '$')
        return false;
    for (;;) {
        size_t len = strcspn(filter, "/"), topic_len = strcspn(topic, "/");
        if (len == 1 && filter[0] == '#')
            return true;
        bool any = len == 1 && filter[0] == '+';
        if (!any && !level_matches(filter, len, topic, topic_len, user, client_id))
            return false;
        filter += len;
        topic += topic_len;
        if (*filter == '\0' || *topic == '\0')
            return *filter == *topic || strcmp(filter, "/#") == 0;
        filter++;
        topic++;
    }
}

static size_t first_of_user(const struct acl *acl, const char *user)
{
    size_t from = acl->pattern_count, to = acl->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare_users(acl->entries[middle].user, user) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* What the entries from..to say: -1 denied, 1 allowed, 0 nothing. */
static int judge(const struct acl *acl, size_t from, size_t to, const char *user,
                 const char *client_id, const char *topic)
{
    int verdict = 0;

    for (size_t i = from; i < to; i++) {
        const struct acl_entry *entry = &acl->entries[i];
        if (!entry->write && !entry->deny)
            continue;
        if (!matches(entry->topic, topic, entry->pattern ? user : NULL,
                     entry->pattern ? client_id : NULL))
            continue;
        if (entry->deny)
            return -1;
        verdict = 1;
    }
    return verdict;
}

bool acl_writes(const struct acl *acl, const char *user, const char *client_id, const char *topic)
{
    size_t from = first_of_user(acl, user), to = from;

    while (to < acl->count && compare_users(acl->entries[to].user, user) == 0)
        to++;
    int verdict = judge(acl, from, to, user, client_id, topic);
    if (verdict == 0)
        verdict = judge(acl, 0, acl->pattern_count, user, client_id, topic);
    return verdict > 0;
}
