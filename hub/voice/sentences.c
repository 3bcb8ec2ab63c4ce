/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/voice/sentences.h"

#include <stdint.h>
#include <string.h>

#include "core/utf8.h"

enum { FIRST_LOOK_WORDS = 9, LIST_NUMBER_MAX = 3 };

/* ---- characters ---- */

/* The character at `at` and the place behind it. */
static uint32_t next_character(const struct sentences *s, size_t at, size_t *behind)
{
    size_t n = roost_utf8_len(s->text + at, s->text + s->len);

    *behind = at + (n ? n : 1);
    return roost_utf8_read(s->text + at, n);
}

static bool is_space(uint32_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xA0 || c == 0x2009 ||
           c == 0x202F;
}

static bool is_ellipsis(uint32_t c)
{
    return c == 0x2026;
}

/* . ! ? ... and the Arabic question mark and full stop. */
static bool is_stop(uint32_t c)
{
    return c == '.' || c == '!' || c == '?' || is_ellipsis(c) || c == 0x061F || c == 0x06D4;
}

/* What ends a sentence whether or not a space follows. */
static bool is_arabic_stop(uint32_t c)
{
    return c == 0x061F || c == 0x06D4;
}

/* , ; : dashes, and the Arabic comma and semicolon. */
static bool is_clause(uint32_t c)
{
    return c == ',' || c == ';' || c == ':' || c == 0x060C || c == 0x061B || c == 0x2013 ||
           c == 0x2014;
}

static bool is_closer(uint32_t c)
{
    return c == '"' || c == '\'' || c == ')' || c == ']' || c == 0xBB || c == 0x2019 ||
           c == 0x201D || c == '*';
}

static bool is_digit(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 0x660 && c <= 0x669);
}

static bool is_upper(uint32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE);
}

/* Letters and digits of every script, as far as punctuation can be told from them by block. */
static bool is_sound(uint32_t c)
{
    if (c < 0x80)
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return !is_stop(c) && !is_clause(c) && !is_closer(c) && !is_space(c) && c >= 0xAA &&
           !(c >= 0x2000 && c <= 0x2BFF) && c != 0xAB && c < 0x1F000;
}

bool sentences_sound(const char *piece, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t n = roost_utf8_len(piece + at, piece + len);
        if (n > 0 && is_sound(roost_utf8_read(piece + at, n)))
            return true;
        at += n ? n : 1;
    }
    return false;
}

/* ---- words ---- */

static bool is_one_of(const char *word, size_t len, const char *const *list)
{
    for (; *list; list++) {
        size_t i = 0;
        while (i < len && (*list)[i] && (word[i] | 0x20) == ((*list)[i] | 0x20))
            i++;
        if (i == len && (*list)[i] == '\0')
            return true;
    }
    return false;
}

/* A full stop behind these belongs to the word. first: it is the piece's first. */
static bool is_abbreviation(const char *word, size_t len, bool first)
{
    static const char *const list[] = {"Dr",  "Mr",  "Mrs",    "Ms",  "St",  "Prof", "Sr",
                                       "Jr",  "vs",  "eg",     "e.g", "i.e", "Mt",   "Capt",
                                       "Sgt", "Gen", "approx", "fig", "Nr",  NULL};
    size_t n = roost_utf8_len(word, word + len);
    size_t digits = 0;

    while (digits < len && is_digit((uint8_t)word[digits]))
        digits++;
    if (first && digits == len && len > 0 && len <= LIST_NUMBER_MAX)
        return true; /* "1. Take a cup." */
    if (n == len && len > 0 && !is_digit(roost_utf8_read(word, n)) &&
        roost_utf8_read(word, n) != 'I')
        return true; /* an initial, or the Arabic letter for a title */
    return is_one_of(word, len, list);
}

/* Before these a long sentence may be cut. */
static bool is_joint(const char *word, size_t len)
{
    static const char *const list[] = {"and",  "but",   "because", "so",    "then", "when", "who",
                                       "with", "which", "or",      "until", "if",   "that", "while",
                                       "لكن",  "لأن",   "ثم",      "عندما", "مع",   "حتى",  NULL};

    return is_one_of(word, len, list) || (len > 2 && memcmp(word, "و", 2) == 0);
}

/* ---- where to cut ---- */

struct scan {
    const struct sentences *s;
    size_t at;      /* of the character looked at */
    size_t word;    /* where the last word began */
    unsigned words; /* begun so far */
    bool in_word, sound;
    size_t clause, space; /* behind the last of them; 0: none */
    size_t joint, sixth;  /* for a first piece without marks */
};

static size_t skip_spaces(const struct sentences *s, size_t at)
{
    size_t behind;

    while (at < s->len && is_space(next_character(s, at, &behind)))
        at = behind;
    return at;
}

enum { NOT_AN_END = 0 };
#define UNDECIDED SIZE_MAX /* the text has to go on first */

/* A stop stands at scan->at: where the sentence ends, NOT_AN_END or UNDECIDED. *behind: of the stop
 * with all that belongs to it. */
static size_t end_at_stop(const struct scan *scan, size_t *behind)
{
    const struct sentences *s = scan->s;
    size_t next;
    unsigned dots = 0, marks = 0;
    bool arabic = false, ellipsis = false;
    uint32_t c = 0;

    for (*behind = scan->at; *behind < s->len; *behind = next) {
        c = next_character(s, *behind, &next);
        if (!is_stop(c) && !(marks > 0 && is_closer(c)))
            break;
        marks++;
        dots += c == '.';
        arabic |= is_arabic_stop(c);
        ellipsis |= is_ellipsis(c);
    }
    if (!scan->sound)
        return NOT_AN_END; /* goes with what follows */
    if (*behind == s->len)
        return s->ended ? *behind : UNDECIDED;
    if (!is_space(c) && !arabic)
        return NOT_AN_END; /* 3.5, "roost.example" */
    if (marks == 1 && dots == 1 &&
        is_abbreviation(s->text + scan->word, scan->at - scan->word, scan->words == 1))
        return NOT_AN_END;
    size_t on = skip_spaces(s, *behind);
    if (!ellipsis && dots < 3)
        return on;
    /* "Well... maybe" goes on, "Well... Maybe" does not. */
    if (on == s->len)
        return s->ended ? on : UNDECIDED;
    return is_upper(next_character(s, on, &next)) || is_digit(next_character(s, on, &next))
               ? on
               : NOT_AN_END;
}

/* Begins and ends words. */
static void note_word(struct scan *scan, uint32_t c)
{
    const struct sentences *s = scan->s;

    if (is_space(c)) {
        size_t len = scan->at - scan->word;
        if (scan->in_word && !scan->s->later && scan->words > 3 &&
            scan->words <= SENTENCE_FIRST_WORDS && is_joint(s->text + scan->word, len))
            scan->joint = scan->word;
        scan->in_word = false;
        return;
    }
    if (!scan->in_word) {
        scan->in_word = true;
        scan->word = scan->at;
        scan->words++;
        if (scan->words == SENTENCE_FIRST_WORDS + 1)
            scan->sixth = scan->at;
        if (scan->words > 1)
            scan->space = scan->at;
    }
}

/* Of the first piece of a reply: a clause of two to six words, or of six where none ends. */
static size_t first_cut(const struct scan *scan)
{
    if (scan->s->later)
        return 0;
    if (scan->clause && scan->words >= 2 && scan->words <= SENTENCE_FIRST_WORDS)
        return scan->clause;
    if (scan->words > FIRST_LOOK_WORDS)
        return scan->joint ? scan->joint : scan->sixth;
    return 0;
}

/* The piece is as long as one may be. */
static size_t forced_cut(const struct scan *scan)
{
    if (scan->clause > SENTENCE_MAX / 4)
        return scan->clause;
    return scan->space > SENTENCE_MAX / 4 ? scan->space : scan->at;
}

/* A mark between digits is part of a number, one before a letter of a word: "1,000", "12:30". */
static size_t clause_end(const struct scan *scan, size_t behind)
{
    size_t next;

    if (behind >= scan->s->len || !is_space(next_character(scan->s, behind, &next)))
        return 0;
    return skip_spaces(scan->s, behind);
}

/* Bytes of the next piece; 0: not whole yet. */
static size_t find_cut(const struct sentences *s)
{
    struct scan scan = {.s = s};
    size_t behind = 0;

    for (; scan.at < s->len; scan.at = behind) {
        uint32_t c = next_character(s, scan.at, &behind);
        if (scan.at >= SENTENCE_MAX)
            return forced_cut(&scan);
        note_word(&scan, c);
        size_t cut = first_cut(&scan);
        if (cut > 0)
            return cut;
        if (is_stop(c)) {
            size_t end = end_at_stop(&scan, &behind);
            if (end == UNDECIDED)
                return s->len >= SENTENCES_BUFFER - 4 ? forced_cut(&scan) : 0;
            if (end != NOT_AN_END)
                return end;
        } else if (c == '\n' && scan.sound) {
            return skip_spaces(s, behind);
        } else if (is_clause(c) && scan.sound) {
            size_t end = clause_end(&scan, behind);
            scan.clause = end ? end : scan.clause;
            cut = end ? first_cut(&scan) : 0;
            if (cut > 0)
                return cut;
        } else {
            scan.sound |= is_sound(c);
        }
    }
    return s->ended ? s->len : 0;
}

void sentences_init(struct sentences *s)
{
    *s = (struct sentences){.len = 0};
}

static void drop_given(struct sentences *s)
{
    memmove(s->text, s->text + s->given, s->len - s->given);
    s->len -= s->given;
    s->given = 0;
}

size_t sentences_put(struct sentences *s, const char *text, size_t len)
{
    drop_given(s);
    size_t taken = len < sizeof s->text - s->len ? len : sizeof s->text - s->len;
    while (taken > 0 && taken < len && ((uint8_t)text[taken] & 0xC0) == 0x80)
        taken--; /* whole letters */
    memcpy(s->text + s->len, text, taken);
    s->len += taken;
    return taken;
}

void sentences_end(struct sentences *s)
{
    s->ended = true;
}

bool sentences_next(struct sentences *s, const char **piece, size_t *len)
{
    drop_given(s);
    size_t cut = find_cut(s);
    if (cut > SENTENCE_MAX + SENTENCE_MAX / 2)
        cut = SENTENCE_MAX; /* a run of blanks or stops without an end */
    if (cut == 0)
        return false;
    while (cut < s->len && ((uint8_t)s->text[cut] & 0xC0) == 0x80)
        cut--;
    s->given = cut;
    s->later = true;
    *piece = s->text;
    *len = cut;
    return true;
}
