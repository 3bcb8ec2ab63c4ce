/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/speech/lexicon.h"

#include <ctype.h>
#include <flite/flite.h>
#include <stdlib.h>
#include <string.h>

cst_lexicon *cmu_lex_init(void); /* libflite_cmulex has no header of its own */

static void add(struct lexicon *l, const char *word, size_t len, const char *phones,
                enum lexicon_source source)
{
    uint32_t id = words_add(&l->words, word, len);
    size_t size = strlen(phones) + 1;
    struct spoken *s;
    if (id >= l->room) {
        uint32_t room = l->room ? 2 * l->room : 4096;
        l->spoken = words_resize(l->spoken, room, sizeof *l->spoken);
        memset(l->spoken + l->room, 0, (room - l->room) * sizeof *l->spoken);
        l->room = room;
    }
    s = &l->spoken[id];
    if (s->count > 0 && s->source != source)
        return;
    s->source = source;
    s->ways = words_resize(s->ways, s->count + 1, sizeof *s->ways);
    s->ways[s->count] = words_resize(NULL, size, 1);
    memcpy(s->ways[s->count++], phones, size);
}

/* "word(2) PH ON ES": false when it is none. Empty lines and those that begin with # say nothing.
 */
static bool take_line(struct lexicon *l, char *line, enum lexicon_source source)
{
    size_t len, word_len;
    char *phones;
    line[strcspn(line, "#\r\n")] = '\0';
    for (len = strlen(line); len > 0 && isspace((unsigned char)line[len - 1]);)
        line[--len] = '\0';
    if (len == 0)
        return true;
    word_len = strcspn(line, " \t(");
    phones = line + strcspn(line, " \t");
    phones += strspn(phones, " \t");
    if (word_len == 0 || !*phones || strlen(phones) > LEXICON_PHONES_MAX)
        return false;
    add(l, line, word_len, phones, source);
    return true;
}

int lexicon_read(struct lexicon *l, const char *path, enum lexicon_source source)
{
    char line[512];
    FILE *in = fopen(path, "r");
    int number = 0, result = 0;
    if (!in)
        return -1;
    while (result == 0 && fgets(line, sizeof line, in)) {
        number++;
        if (!take_line(l, line, source))
            result = number;
    }
    if (ferror(in))
        result = -1;
    fclose(in);
    return result;
}

static const struct spoken *spoken_of(const struct lexicon *l, const char *word)
{
    uint32_t id = words_find(&l->words, word, strlen(word));
    return id != WORDS_NONE && l->spoken[id].count > 0 ? &l->spoken[id] : NULL;
}

bool lexicon_knows(const struct lexicon *l, const char *word)
{
    return spoken_of(l, word) != NULL;
}

/* flite's phone ("ae1", "ax") as the acoustic model calls it ("AE", "AH"); appended. */
static bool append_phone(char *out, size_t size, const char *phone)
{
    size_t len = strlen(out), n = strcspn(phone, "0123456789");
    if (len + n + 3 > size)
        return false;
    if (len > 0)
        out[len++] = ' ';
    if (n == 2 && strncmp(phone, "ax", 2) == 0)
        phone = "ah";
    for (size_t i = 0; i < n; i++)
        out[len++] = (char)toupper((unsigned char)phone[i]);
    out[len] = '\0';
    return true;
}

bool lexicon_guess(struct lexicon *l, const char *word)
{
    char phones[LEXICON_PHONES_MAX] = "";
    cst_val *found = lex_lookup(cmu_lex_init(), word, NULL, NULL);
    bool whole = found != NULL;
    for (const cst_val *v = found; v && whole; v = val_cdr(v))
        whole = append_phone(phones, sizeof phones, val_string(val_car(v)));
    delete_val(found);
    if (!whole || !*phones)
        return false;
    add(l, word, strlen(word), phones, LEXICON_OURS);
    return true;
}

void lexicon_write(const struct lexicon *l, const char *word, FILE *out)
{
    const struct spoken *s = spoken_of(l, word);
    for (unsigned i = 0; s && i < s->count; i++)
        if (i == 0)
            fprintf(out, "%s %s\n", word, s->ways[i]);
        else
            fprintf(out, "%s(%u) %s\n", word, i + 1, s->ways[i]);
}

void lexicon_free(struct lexicon *l)
{
    for (uint32_t i = 0; i < l->words.count; i++) {
        for (unsigned k = 0; k < l->spoken[i].count; k++)
            free(l->spoken[i].ways[k]);
        free(l->spoken[i].ways);
    }
    free(l->spoken);
    words_free(&l->words);
    *l = (struct lexicon){0};
}
