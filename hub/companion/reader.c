/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "hub/companion/companion_internal.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts blanks at both ends; returns the new length. */
static size_t trim(const char **text, size_t len)
{
    while (len && is_blank((*text)[0])) {
        (*text)++;
        len--;
    }
    while (len && is_blank((*text)[len - 1]))
        len--;
    return len;
}

static int check_utf8(const char *text, size_t len)
{
    for (const char *p = text, *end = text + len; p < end;) {
        size_t n = roost_utf8_len(p, end);
        if (!n || *p == 0)
            return ROOST_ERR_INVALID;
        p += n;
    }
    return 0;
}

/* "say 3-5 night" -> "say", "3-5 night" */
static int add_raw(struct tongue *tongue, uint16_t file, uint16_t line, const char *text,
                   size_t len, struct fault *fault)
{
    const char *colon = memchr(text, ':', len);
    if (!colon)
        return talk_fault_at(fault, tongue, file, line, ROOST_ERR_INVALID,
                             "not of the form \"word: text\"");
    const char *key = text, *value = colon + 1;
    size_t key_len = trim(&key, (size_t)(colon - text));
    size_t value_len = trim(&value, len - (size_t)(value - text));
    size_t word = 0;
    while (word < key_len && !is_blank(key[word]))
        word++;
    const char *condition = key + word;
    size_t condition_len = trim(&condition, key_len - word);
    if (!word || !value_len)
        return talk_fault_at(fault, tongue, file, line, ROOST_ERR_INVALID,
                             "nothing stands %s the colon", word ? "after" : "before");
    struct raw *raw = LIST_ADD(tongue->raws, LINES_MAX);
    if (!raw)
        return talk_fault_memory(fault);
    *raw = (struct raw){.key = talk_text_keep(tongue, key, word),
                        .condition = talk_text_keep(tongue, condition, condition_len),
                        .value = talk_text_keep(tongue, value, value_len),
                        .file = file,
                        .line = line};
    return raw->key && raw->condition && raw->value ? 0 : talk_fault_memory(fault);
}

static int continue_raw(struct tongue *tongue, unsigned first, uint16_t file, uint16_t line,
                        const char *text, size_t len, struct fault *fault)
{
    if (tongue->raws.count == first)
        return talk_fault_at(fault, tongue, file, line, ROOST_ERR_INVALID,
                             "begins with a space and continues nothing");
    struct raw *raw = &tongue->raws.at[tongue->raws.count - 1];
    char joined[VALUE_MAX + 1];
    int n = snprintf(joined, sizeof joined, "%s %.*s", raw->value, (int)len, text);
    if (n < 0 || (size_t)n >= sizeof joined)
        return talk_fault_at(fault, tongue, file, line, ROOST_ERR_TOO_LONG,
                             "the line is longer than %d bytes with what continues it", VALUE_MAX);
    raw->value = talk_text_keep(tongue, joined, (size_t)n);
    return raw->value ? 0 : talk_fault_memory(fault);
}

int talk_read_text(struct tongue *tongue, const char *name, const char *text, size_t len,
                   struct fault *fault)
{
    const char **kept = LIST_ADD(tongue->files, FILES_MAX);
    if (!kept)
        return talk_fault_memory(fault);
    *kept = talk_text_keep(tongue, name, strlen(name));
    if (!*kept)
        return talk_fault_memory(fault);
    uint16_t file = (uint16_t)(tongue->files.count - 1), line = 0;
    unsigned first = tongue->raws.count;
    if (len >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) { /* an editor's mark */
        text += 3;
        len -= 3;
    }
    int err = 0;
    for (const char *p = text, *end = text + len; p < end && err == 0;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop)
            stop = end;
        if (++line == UINT16_MAX)
            return talk_fault_at(fault, tongue, file, line, ROOST_ERR_TOO_LONG, "too many lines");
        const char *from = p;
        size_t n = trim(&from, (size_t)(stop - p));
        if (check_utf8(p, (size_t)(stop - p)) < 0)
            err = talk_fault_at(fault, tongue, file, line, ROOST_ERR_INVALID, "not UTF-8 text");
        else if (n > VALUE_MAX)
            err = talk_fault_at(fault, tongue, file, line, ROOST_ERR_TOO_LONG,
                                "the line is longer than %d bytes", VALUE_MAX);
        else if (n && is_blank(*p))
            err = continue_raw(tongue, first, file, line, from, n, fault);
        else if (n && *from != '#')
            err = add_raw(tongue, file, line, from, n, fault);
        p = stop + 1;
    }
    return err;
}

static int read_file(struct tongue *tongue, const char *path, const char *name, struct fault *fault)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(FILE_MAX + 1) : NULL;
    int err = 0;
    if (!file) {
        if (fault->size)
            snprintf(fault->why, fault->size, "%s: %s", path, strerror(errno));
        err = ROOST_ERR_IO;
    } else if (!text) {
        err = talk_fault_memory(fault);
    } else {
        size_t len = fread(text, 1, FILE_MAX + 1, file);
        if (ferror(file)) {
            if (fault->size)
                snprintf(fault->why, fault->size, "%s: cannot be read", path);
            err = ROOST_ERR_IO;
        } else if (len > FILE_MAX) {
            if (fault->size)
                snprintf(fault->why, fault->size, "%s: larger than %d bytes", path, FILE_MAX);
            err = ROOST_ERR_TOO_LONG;
        } else {
            err = talk_read_text(tongue, name, text, len, fault);
        }
    }
    free(text);
    if (file)
        fclose(file);
    return err;
}

static int is_content(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return entry->d_name[0] != '.' && len > 4 && !strcmp(entry->d_name + len - 4, ".txt");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int talk_read_folder(struct tongue *tongue, const char *folder, struct fault *fault)
{
    const char *language = child_language_name(tongue->language);
    char path[4096], name[300];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, language) >= sizeof path)
        return ROOST_ERR_NOT_FOUND;
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_content, by_name);
    if (count < 0 && errno != ENOENT) {
        if (fault->size)
            snprintf(fault->why, fault->size, "%s: %s", path, strerror(errno));
        return errno == ENOMEM ? ROOST_ERR_NO_MEMORY : ROOST_ERR_IO;
    }
    int err = count <= 0 ? ROOST_ERR_NOT_FOUND : 0;
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s/%s", language, entries[i]->d_name);
        if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
            err = ROOST_ERR_TOO_LONG;
        else if (err == 0)
            err = read_file(tongue, path, name, fault);
        free(entries[i]);
    }
    free(entries);
    return err;
}
