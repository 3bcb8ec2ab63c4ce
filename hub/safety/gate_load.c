/* SPDX-License-Identifier: Apache-2.0 */
/* A gate read from its files: gate_load of gate.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/safety/gate_parts.h"

enum { PATH_MAX_BYTES = 1024, FILES_MAX = 64, FILE_NAME_MAX = 64 };

int gate_read_file(char **bytes, size_t *len, const char *path, size_t max, char *why,
                   size_t why_size)
{
    int err = 0;
    *bytes = NULL;
    *len = 0;
    FILE *file = fopen(path, "rb");
    if (!file) {
        err = errno == ENOENT ? ROOST_ERR_NOT_FOUND : ROOST_ERR_IO;
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        return err;
    }
    *bytes = malloc(max + 1);
    if (*bytes)
        *len = fread(*bytes, 1, max + 1, file);
    if (!*bytes)
        err = ROOST_ERR_NO_MEMORY;
    else if (ferror(file))
        err = ROOST_ERR_IO;
    else if (*len > max)
        err = ROOST_ERR_TOO_LONG;
    if (err == ROOST_ERR_TOO_LONG)
        snprintf(why, why_size, "%s: larger than %zu MiB", path, max >> 20);
    else if (err)
        snprintf(why, why_size, "%s: %s", path, roost_err_text(err));
    fclose(file);
    return err;
}

/* A text of the folder. */
static int read_file(char **text, size_t *len, const char *folder, const char *name, char *why,
                     size_t why_size)
{
    char path[PATH_MAX_BYTES];
    *text = NULL;
    *len = 0;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path) {
        snprintf(why, why_size, "%s: the folder's name is too long", name);
        return ROOST_ERR_INVALID;
    }
    return gate_read_file(text, len, path, LEXICON_FILE_MAX, why, why_size);
}

/* files.txt names the lexicon's files, one a line, in the order in which they are read; the last
 * line is [end]. */
static int read_lexicon_files(struct gate *gate, const char *folder, char *why, size_t why_size)
{
    char *list, *save = NULL;
    size_t len, count = 0;
    int err = read_file(&list, &len, folder, "files.txt", why, why_size);
    if (!err) {
        list[len] = '\0';
        if (!strstr(list, "\n[end]")) {
            snprintf(why, why_size, "%s/files.txt: was cut off: its last line is not [end]",
                     folder);
            err = ROOST_ERR_INVALID;
        }
    }
    for (char *line = err ? NULL : strtok_r(list, "\r\n", &save); line && !err;
         line = strtok_r(NULL, "\r\n", &save)) {
        char *text;
        if (line[0] == '#' || strcmp(line, "[end]") == 0)
            continue;
        if (strchr(line, '/') || strlen(line) >= FILE_NAME_MAX || ++count > FILES_MAX) {
            snprintf(why, why_size, "%s/files.txt: \"%.80s\" is not taken", folder, line);
            err = ROOST_ERR_INVALID;
            break;
        }
        err = read_file(&text, &len, folder, line, why, why_size);
        if (!err)
            err = lexicon_read(gate->lexicon, line, text, len, why, why_size);
        free(text);
    }
    if (!err && count == 0) {
        snprintf(why, why_size, "%s/files.txt: names no file", folder);
        err = ROOST_ERR_INVALID;
    }
    free(list);
    return err;
}

static int read_answers(struct gate *gate, const char *folder, const char *country, char *why,
                        size_t why_size)
{
    char *text;
    size_t len;
    int err = read_file(&text, &len, folder, "helplines.txt", why, why_size);
    if (!err)
        err = answers_read_helplines(gate->answers, country, "helplines.txt", text, len, why,
                                     why_size);
    free(text);
    for (int i = 0; i < CHILD_LANGUAGES && !err; i++) {
        enum child_language language = (enum child_language)i;
        char name[32];
        snprintf(name, sizeof name, "answers.%s.txt", child_language_name(language));
        err = read_file(&text, &len, folder, name, why, why_size);
        if (!err)
            err = answers_read(gate->answers, language, name, text, len, why, why_size);
        free(text);
    }
    return err;
}

int gate_load(struct gate **out, const struct gate_files *files, char *why, size_t why_size)
{
    struct gate *gate = calloc(1, sizeof *gate);
    const char *folder = files->folder;
    int err = 0;
    *out = NULL;
    snprintf(why, why_size, "%s: no memory", folder);
    if (gate) {
        gate->lexicon = lexicon_new();
        gate->answers = answers_new();
    }
    if (!gate || !gate->lexicon || !gate->answers)
        err = ROOST_ERR_NO_MEMORY;
    if (!err)
        err = read_lexicon_files(gate, folder, why, why_size);
    if (!err)
        err = lexicon_finish(gate->lexicon);
    if (!err)
        err = read_answers(gate, folder, files->country, why, why_size);
    if (!err && files->learned)
        err = learned_load(&gate->learned, files->learned, why, why_size);
    if (err)
        gate_free(gate);
    else
        *out = gate;
    return err;
}

void gate_free(struct gate *gate)
{
    if (!gate)
        return;
    lexicon_free(gate->lexicon);
    learned_free(gate->learned);
    answers_free(gate->answers);
    free(gate);
}
