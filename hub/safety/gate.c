/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/safety/gate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "hub/safety/answers.h"
#include "hub/safety/gate_parts.h"
#include "hub/safety/split.h"

enum { PATH_MAX_BYTES = 1024, FILES_MAX = 64, FILE_NAME_MAX = 64 };

static const char *const categories[GATE_CATEGORIES] = {
#define X(name, text) [GATE_##name] = text,
    GATE_CATEGORY_LIST(X)
#undef X
};
static const char *const verdicts[GATE_VERDICTS] = {
    [GATE_ALLOW] = "allow", [GATE_BLOCK] = "block", [GATE_CARE] = "care"};

const char *gate_category_name(enum gate_category category)
{
    return categories[category];
}

const char *gate_verdict_name(enum gate_verdict verdict)
{
    return verdicts[verdict];
}

/* ---- loading ---- */

/* A whole file of the folder; *text is the caller's. */
static int read_file(char **text, size_t *len, const char *folder, const char *name, char *why,
                     size_t why_size)
{
    char path[PATH_MAX_BYTES];
    int err = 0;
    *text = NULL;
    *len = 0;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path) {
        snprintf(why, why_size, "%s: the folder's name is too long", name);
        return ROOST_ERR_INVALID;
    }
    FILE *file = fopen(path, "rb");
    if (!file) {
        err = errno == ENOENT ? ROOST_ERR_NOT_FOUND : ROOST_ERR_IO;
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        return err;
    }
    *text = malloc(LEXICON_FILE_MAX + 1);
    if (*text)
        *len = fread(*text, 1, LEXICON_FILE_MAX + 1, file);
    if (!*text)
        err = ROOST_ERR_NO_MEMORY;
    else if (ferror(file))
        err = ROOST_ERR_IO;
    else if (*len > LEXICON_FILE_MAX)
        err = ROOST_ERR_TOO_LONG;
    if (err)
        snprintf(why, why_size, "%s: %s", path,
                 err == ROOST_ERR_TOO_LONG ? "larger than 1 MiB" : roost_err_text(err));
    fclose(file);
    return err;
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

int gate_load(struct gate **out, const char *folder, const char *country, char *why,
              size_t why_size)
{
    struct gate *gate = calloc(1, sizeof *gate);
    int err = 0;
    *out = NULL;
    if (gate) {
        gate->lexicon = lexicon_new();
        gate->answers = answers_new();
    }
    if (!gate || !gate->lexicon || !gate->answers) {
        snprintf(why, why_size, "%s: no memory", folder);
        err = ROOST_ERR_NO_MEMORY;
    }
    if (!err)
        err = read_lexicon_files(gate, folder, why, why_size);
    if (!err)
        err = lexicon_finish(gate->lexicon);
    if (!err)
        err = read_answers(gate, folder, country, why, why_size);
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
    answers_free(gate->answers);
    free(gate);
}

/* ---- judging ---- */

void gate_stream_init(struct gate_stream *stream, const struct gate *gate,
                      enum gate_direction direction, enum child_language language,
                      enum child_age_group group)
{
    memset(stream, 0, sizeof *stream);
    stream->gate = gate;
    stream->direction = direction;
    stream->language = language;
    stream->group = group;
}

void gate_stream_wipe(struct gate_stream *stream)
{
    explicit_bzero(stream, sizeof *stream);
}

/* The text as it stands, then with its words put together, then cut. */
static int judge_views(const struct gate *gate, const struct normal *normal, size_t new_from,
                       const struct match_for *who, struct gate_result *result)
{
    struct normal joined = {0}, split = {0};
    int err = match_text(gate->lexicon, normal, new_from, who, result);
    if (err)
        return err;
    int found = normal_join(&joined, normal);
    if (found > 0)
        err = match_text(gate->lexicon, &joined, new_from, who, result);
    else
        err = found;
    found = err ? err : split_words(&split, gate->lexicon, found > 0 ? &joined : normal);
    if (found > 0)
        err = match_text(gate->lexicon, &split, new_from, who, result);
    else
        err = found;
    normal_free(&joined);
    normal_free(&split);
    return err;
}

/* Keeps the end of what was said, from the begin of a word on. */
static void keep_tail(struct gate_stream *stream, const char *text, size_t len)
{
    size_t from = len > GATE_TAIL_MAX ? len - GATE_TAIL_MAX : 0;
    if (from > 0) {
        size_t word = from;
        while (word < len && text[word] != ' ' && text[word] != '\n')
            word++;
        if (word < len)
            from = word;
        while (from < len && ((unsigned char)text[from] & 0xc0) == 0x80)
            from++;
    }
    stream->tail_len = len - from;
    memcpy(stream->tail, text + from, stream->tail_len);
}

static const struct gate_result unreadable = {GATE_BLOCK, GATE_JAILBREAK};

/* A piece of at most GATE_TEXT_MAX bytes with what came before. */
static struct gate_result judge_piece(struct gate_stream *stream, const char *text, size_t len,
                                      const struct pattern **by)
{
    struct gate_result result = {GATE_ALLOW, GATE_NONE};
    struct match_for who = {stream->direction, stream->group, stream->firm > 0, by};
    struct normal normal;
    size_t all = stream->tail_len + 1 + len;
    char *both = malloc(all);
    if (!both)
        return unreadable;
    memcpy(both, stream->tail, stream->tail_len);
    both[stream->tail_len] = '\n'; /* ends a sentence */
    memcpy(both + stream->tail_len + 1, text, len);
    int err = normal_read(&normal, both, all);
    if (!err) {
        err = judge_views(stream->gate, &normal, stream->tail_len, &who, &result);
        normal_free(&normal);
    }
    if (err)
        result = unreadable;
    if (result.verdict == GATE_ALLOW)
        keep_tail(stream, both, all);
    else /* answered or not said: nothing goes on from it */
        stream->tail_len = 0;
    explicit_bzero(both, all);
    free(both);
    return result;
}

/* Where to cut text that is longer than GATE_TEXT_MAX: behind a space, or before a letter. */
static size_t piece_len(const char *text, size_t len)
{
    size_t cut = GATE_TEXT_MAX;
    if (len <= GATE_TEXT_MAX)
        return len;
    while (cut > GATE_TEXT_MAX / 2 && text[cut] != ' ' && text[cut] != '\n')
        cut--;
    if (cut > GATE_TEXT_MAX / 2)
        return cut;
    for (cut = GATE_TEXT_MAX; cut > 1 && ((unsigned char)text[cut] & 0xc0) == 0x80; cut--) {
    }
    return cut;
}

static bool is_utf8(const char *text, size_t len)
{
    for (size_t i = 0, bytes; i < len; i += bytes) {
        bytes = roost_utf8_len(text + i, text + len);
        if (bytes == 0)
            return false;
    }
    return true;
}

static struct gate_result judge(struct gate_stream *stream, const char *text, size_t len,
                                const struct pattern **by)
{
    struct gate_result worst = {GATE_ALLOW, GATE_NONE};
    if (!is_utf8(text, len)) {
        worst = unreadable;
        len = 0;
    }
    while (len > 0) {
        size_t piece = piece_len(text, len);
        struct gate_result result = judge_piece(stream, text, piece, by);
        if (match_gravity(result.verdict, result.category) >
            match_gravity(worst.verdict, worst.category))
            worst = result;
        text += piece;
        len -= piece;
    }
    if (worst.verdict == GATE_BLOCK) {
        stream->strikes++;
        stream->firm = GATE_FIRM_TURNS;
        stream->last = worst.category;
    } else if (stream->firm > 0) {
        stream->firm--;
    }
    return worst;
}

struct gate_result gate_judge(struct gate_stream *stream, const char *text, size_t len)
{
    return judge(stream, text, len, NULL);
}

struct gate_result gate_explain(struct gate_stream *stream, const char *text, size_t len, char *why,
                                size_t why_size)
{
    const struct pattern *by = NULL;
    struct gate_result result = judge(stream, text, len, &by);
    snprintf(why, why_size, "%s", "");
    if (by)
        snprintf(why, why_size, "%s:%u", stream->gate->lexicon->files.at[by->file].name, by->line);
    return result;
}

const char *gate_answer(const struct gate *gate, enum gate_direction direction,
                        struct gate_result result, enum child_language language,
                        enum child_age_group group, unsigned turn)
{
    return answers_find(gate->answers, direction, result, language, group, turn);
}
