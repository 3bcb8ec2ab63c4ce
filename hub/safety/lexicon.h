/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words and phrases of the gate, read from content/safety/. docs/child-safety.md tells whoever
 * extends them how; this is the same, shorter. A file is lines; "# " begins a comment, [end] is the
 * last line (a file that was cut off does not load). A line that begins with a space goes on the
 * line above.
 *
 *     <kill> = kill~, murder~, get rid of             a set of words and phrases
 *     [violence block both 3-13]                      a group: what is done about its phrases
 *     i (will|want to) <kill> .. (him|her|<person>)   a phrase
 *     [weapons block in 3-11; allow in 12-13]         the first part that fits is what counts
 *     [jailbreak block in 3-13 pressed]               only soon after something was blocked
 *     [safe violence weapons]                         words that are harmless together: in these
 *     kill time                                       categories nothing may begin or end in them
 *
 * In a phrase: word, word~ (with its endings), word* (whatever follows), =word (exactly so),
 * (a|b c|<set>), a ? behind any of these (may be missing), .. (up to 3 words between), ... (up to
 * 6), ^ and $ (begin and end of a sentence; $ in an alternative, too), #number #digits #phone
 * #email #url #any.
 *
 * Depends on core/, hub/child.h, hub/safety/normalize.h, hub/safety/forms.h.
 *
 *     struct lexicon *lexicon = lexicon_new();
 *     err = lexicon_read(lexicon, "en.txt", text, len, why, sizeof why);
 */
#ifndef ROOST_HUB_SAFETY_LEXICON_H
#define ROOST_HUB_SAFETY_LEXICON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/safety/forms.h"
#include "hub/safety/gate.h"

enum {
    LEXICON_ELEMENTS_MAX = 24, /* of a phrase */
    LEXICON_PHRASE_MAX = 6,    /* words of a phrase inside a set or an alternative */
    LEXICON_CLAUSES_MAX = 4,
    LEXICON_GAP_SHORT = 3,
    LEXICON_GAP_LONG = 6,
    LEXICON_NAME_MAX = 32,
    LEXICON_FILE_MAX = 1 << 20
};

/* What a # stands for; these are the first words of every lexicon, found by what looks like them,
 * not by letters. */
enum special {
    SPECIAL_NUMBER,
    SPECIAL_DIGITS,
    SPECIAL_PHONE,
    SPECIAL_EMAIL,
    SPECIAL_URL,
    SPECIAL_ANY,
    SPECIALS
};

struct clause {
    enum gate_verdict verdict;
    uint8_t directions; /* bit GATE_IN, bit GATE_OUT */
    uint8_t groups;     /* a bit for each age group */
};

struct group {
    bool safe, pressed;
    uint32_t categories; /* bits; one for a group that is not safe */
    size_t clause_count;
    struct clause clauses[LEXICON_CLAUSES_MAX];
};

/* Words and sets have a mask each while a text is matched: bit i, it ends at token i. A set has one
 * for each length of its phrases. */
enum element_kind { ELEMENT_WORD, ELEMENT_SET, ELEMENT_GAP, ELEMENT_BEGIN, ELEMENT_END };
struct element {
    uint8_t kind; /* of element_kind */
    uint8_t gap;  /* words that may lie between */
    bool optional;
    uint32_t index;
};

struct pattern {
    uint32_t first; /* in elements */
    uint16_t count;
    uint16_t group;
    uint16_t file; /* in files, and its line: for who asks why */
    uint32_t line;
};

struct item { /* a phrase of a set */
    uint32_t set;
    uint32_t words[LEXICON_PHRASE_MAX];
    uint8_t count; /* 2..LEXICON_PHRASE_MAX: single words are postings */
};

struct inclusion {
    uint32_t set, from; /* from < set */
};

struct posting { /* this word is one of that set */
    uint32_t set, next;
};

struct word {
    uint32_t at; /* in letters */
    uint8_t len;
    char kind;         /* 0 plain, '=' exact, '~' Arabic verb, '*' beginning */
    uint32_t postings; /* the first; NONE */
};

struct file_name {
    char name[2 * LEXICON_NAME_MAX];
};

struct set {
    char name[LEXICON_NAME_MAX]; /* "" for one without */
    bool or_end;                 /* the end of a sentence will do, too */
};

enum { LEXICON_NONE = UINT32_MAX };

#define LEXICON_ARRAY(type)                                                                        \
    struct {                                                                                       \
        type *at;                                                                                  \
        size_t count, room;                                                                        \
    }

struct lexicon {
    LEXICON_ARRAY(uint32_t) letters;
    LEXICON_ARRAY(struct word) words;
    LEXICON_ARRAY(struct set) sets;
    LEXICON_ARRAY(struct posting) postings;
    LEXICON_ARRAY(struct item) items;
    LEXICON_ARRAY(struct inclusion) inclusions;
    LEXICON_ARRAY(struct element) elements;
    LEXICON_ARRAY(struct pattern) patterns; /* safe ones first, once lexicon_finish ran */
    LEXICON_ARRAY(struct group) groups;
    LEXICON_ARRAY(struct file_name) files;
    LEXICON_ARRAY(uint32_t) buckets; /* of the words' hash table */
    bool any_beginning;              /* there are words of kind '*' */
    bool failed;                     /* no memory; stays */
};

/* NULL: no memory. */
struct lexicon *lexicon_new(void);
void lexicon_free(struct lexicon *lexicon);

/* Adds a file's text. `name` is for `why` only. Returns 0, ROOST_ERR_INVALID with file and line in
 * why, ROOST_ERR_NO_MEMORY; after an error the lexicon can only be freed. */
int lexicon_read(struct lexicon *lexicon, const char *name, const char *text, size_t len, char *why,
                 size_t why_size);

/* After the last file. Returns 0 or ROOST_ERR_NO_MEMORY. */
int lexicon_finish(struct lexicon *lexicon);

/* The index of a word, LEXICON_NONE when there is no such. */
uint32_t lexicon_find(const struct lexicon *lexicon, char kind, const uint32_t *letters,
                      size_t len);

/* Calls found(arg, word) for every word that a form of these letters is; it may come twice. */
void lexicon_look_up(const struct lexicon *lexicon, const uint32_t *letters, size_t len,
                     unsigned flags, void (*found)(void *arg, uint32_t word), void *arg);

#endif
