/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the companion: what its files share (prefix talk_), in the order they stand on each
 * other:
 *   fold.c       what is left of a text when only hearing counts
 *   content.c    arrays that grow at load, the texts' memory
 *   reader.c     files -> lines of key, condition, value
 *   words.c      the language's words: stems, same, numbers
 *   pattern.c    what a child may say, as a row of elements
 *   entries.c    lines -> intents, stories, riddles, things
 *   check.c      what refers to what, sizes, that each age has an answer
 *   check_story.c  that every way through a story ends, and its size
 *   hear.c       a turn's text as words, numbers and things
 *   match.c      what was heard against the patterns
 *   speak.c      choosing and filling spoken lines
 *   play.c       stories, riddles, jokes, songs
 *   facts.c      what there is to tell of a thing
 *   sums.c       counting, sums, the quiz, the guessing game
 *   answer.c     an intent, or that there is none
 *   open.c       what is open looks at the turn first
 *   reply.c      what the turn means in this thread
 *   sentences.c  walking over all lines
 */
#ifndef ROOST_HUB_COMPANION_COMPANION_INTERNAL_H
#define ROOST_HUB_COMPANION_COMPANION_INTERNAL_H

#include "hub/companion/companion.h"
#include "hub/companion/fold.h"

#define NONE UINT16_MAX /* no index */

enum {
    FILES_MAX = 200, /* of a language */
    FILE_MAX = 1 << 20,
    VALUE_MAX = 2000,  /* bytes of a line with what continues it */
    WORDS_MAX = 8192,  /* different words of a language */
    LINES_MAX = 60000, /* spoken lines of a language, and patterns */
    ELEMENTS_MAX = 20, /* of a pattern */
    OPTIONAL_MAX = 4,  /* groups in brackets of a pattern */
    SENTENCE_WORDS_MAX = 20,
    LINE_WORDS_MAX = 60,
    LINE_WORDS_SMALL_MAX = 40, /* under six */
    SCENE_WORDS_MAX = 150,
    SPOKEN_BYTES_MAX = 6000, /* of scenes that go on by themselves, of a song */
    STRONG = 100,            /* likeness of the same word */
};

/* What slots weigh beside words, which weigh 1 where only one intent has them. A name that is
 * written out goes before a slot that takes it. */
#define WEIGHT_NUMBER 0.5F
#define WEIGHT_THING  0.75F

/* Array that grows at load only. */
#define LIST(type)                                                                                 \
    struct {                                                                                       \
        type *at;                                                                                  \
        unsigned count, room;                                                                      \
    }

/* A line as it stands in a file. */
struct raw {
    const char *key, *condition, *value;
    uint16_t file, line;
};

/* Spoken lines of one entry, in order, linked by `next`. Index + 1; 0: none. */
struct lines {
    uint16_t first, last;
};

struct spoken {
    const char *text;
    uint16_t next;
    uint16_t file, line;
    uint8_t groups; /* bit per enum child_age_group */
    uint8_t hours;  /* bit per part of the day */
    bool named;     /* has {name} */
};

enum element_kind { E_WORD, E_NUMBER, E_THING, E_ANY, E_YES, E_NO };

struct element {
    uint8_t kind;
    uint8_t optional; /* group of the bracket, 1.. ; 0: must be there */
    uint16_t word;    /* E_WORD: index; E_THING: kind, NONE for any */
};

struct pattern {
    const char *text; /* as written, for the walk */
    uint32_t first;   /* element */
    uint8_t count;
    uint16_t owner; /* intent */
    uint16_t file, line;
    float weight; /* of what must be there */
};

/* Patterns of one line or entry: from, count. */
struct patterns {
    uint32_t first;
    uint16_t count;
};

/* What the next turn leads to: an intent's `then:`, a scene's `choice:`. */
struct lead {
    struct patterns patterns;
    uint16_t to; /* intent or scene */
    const char *name;
    uint16_t file, line, next; /* index + 1 */
};

enum companion_do {
    DO_NOTHING,
    DO_STORY,
    DO_RIDDLE,
    DO_JOKE,
    DO_SONG,
    DO_FACT,
    DO_SOUND,
    DO_COUNT,
    DO_COUNT_DOWN,
    DO_COUNT_BY,
    DO_ADD,
    DO_SUBTRACT,
    DO_TAKE_FROM,
    DO_MULTIPLY,
    DO_DIVIDE,
    DO_DOUBLE,
    DO_HALF,
    DO_AFTER,
    DO_BEFORE,
    DO_BIGGER,
    DO_SMALLER,
    DO_QUIZ,
    DO_GUESS,
    DO_OFFER,
    DO_YES,
    DO_NO,
    DO_AGAIN,
    DO_MORE,
    DO_HINT,
    DO_GIVE_UP,
    DO_RESUME,
    DO_STOP,
    DO_COUNT_OF
};

struct intent {
    const char *name;
    struct patterns hear;
    uint16_t hear_first, hear_last; /* raw lines */
    struct lines say;
    uint16_t offer; /* spoken line + 1 */
    uint16_t then;  /* first lead + 1 */
    uint16_t then_last;
    uint8_t act;   /* enum companion_do */
    uint16_t kind; /* of things, for DO_FACT; NONE: the thing heard */
    const char *kind_name;
    uint16_t file, line;
};

struct scene {
    const char *name;
    struct lines tell, ask;
    uint16_t choice, choice_last; /* lead + 1 */
    uint16_t go;                  /* scene, NONE */
    const char *go_name;
    uint16_t file, line;
};

/* told[] of a thread goes by these. */
enum companion_piece_kind { PIECE_STORY, PIECE_RIDDLE, PIECE_JOKE, PIECE_SONG, PIECE_KINDS };

struct piece {
    const char *name;
    uint8_t groups;
    struct patterns about;  /* story, song: what it may be asked for by; riddle, joke: the answer */
    struct lines title;     /* story, song */
    struct lines ask, hint; /* riddle, joke */
    struct lines tell;      /* answer of riddle and joke; lines of a song */
    uint16_t scene, scenes; /* story: first, how many */
    uint16_t file, line;
};

struct thing {
    const char *name;
    uint16_t kind;
    struct patterns names;
    struct lines spoken, sound, fact;
    uint16_t file, line;
};

/* A word of the language, by its stem. */
struct word {
    char stem[FOLD_WORD_MAX + 1];
    uint32_t letters;
    uint32_t used; /* in patterns of how many intents */
    uint16_t last; /* intent that used it last, while counting */
    bool stop, negates;
    float weight;
};

/* "grandma" is "grandmother"; "whats" is "what is". */
struct same {
    char from[FOLD_WORD_MAX + 1];
    char to[3][FOLD_WORD_MAX + 1];
    uint8_t count;
};

struct number {
    int32_t value;
    const char *text, *spoken;
    uint16_t file, line;
};

/* A row of words that names a number or a thing. */
struct phrase {
    uint16_t word[4];
    uint8_t count;
    bool is_thing;
    int32_t value; /* the number, or the thing */
};

struct block; /* of text memory */

struct tongue {
    bool there;
    enum child_language language;
    struct block *texts;
    LIST(const char *) files;
    LIST(struct raw) raws;
    LIST(struct spoken) spoken;
    LIST(struct element) elements;
    LIST(struct pattern) patterns;
    LIST(struct lead) leads;
    LIST(struct intent) intents;
    LIST(struct scene) scenes;
    LIST(struct piece) pieces[PIECE_KINDS];
    LIST(const char *) kinds;
    LIST(struct thing) things;
    LIST(struct word) words;
    LIST(struct same) same;
    LIST(struct number) numbers;
    LIST(struct phrase) phrases;
    uint16_t *word_table;         /* open hash, WORDS_MAX * 2; index + 1 */
    uint16_t by_act[DO_COUNT_OF]; /* the first intent that does it */
    struct lines line[COMPANION_LINE_COUNT];
};

struct companion {
    struct tongue tongue[CHILD_LANGUAGES];
};

/* Where a fault is told. */
struct fault {
    char *why;
    size_t size;
};

/* ---- content.c ---- */

/* Makes room for one more; returns 0, ROOST_ERR_NO_MEMORY or ROOST_ERR_FULL above `max`. */
int talk_list_room(void *at, unsigned count, unsigned *room, size_t size, unsigned max);
#define LIST_ADD(list, max)                                                                        \
    (talk_list_room(&(list).at, (list).count, &(list).room, sizeof *(list).at, (max)) < 0          \
         ? NULL                                                                                    \
         : memset(&(list).at[(list).count++], 0, sizeof *(list).at))
/* A copy that lives as long as the content, or NULL. */
char *talk_text_keep(struct tongue *tongue, const char *text, size_t len);
void talk_tongue_free(struct tongue *tongue);
/* Writes "file:line: ..." and returns err. */
int talk_fault_at(struct fault *fault, const struct tongue *tongue, uint16_t file, uint16_t line,
                  int err, const char *format, ...) __attribute__((format(printf, 6, 7)));
int talk_fault_memory(struct fault *fault);

/* ---- reader.c ---- */
int talk_read_text(struct tongue *tongue, const char *name, const char *text, size_t len,
                   struct fault *fault);
int talk_read_folder(struct tongue *tongue, const char *folder, struct fault *fault);

/* ---- words.c ---- */
int talk_words_build(struct tongue *tongue, struct fault *fault);
/* Index of the stem, NONE if unknown. */
uint16_t talk_word_find(const struct tongue *tongue, const char *stem);
/* The same, made if unknown; NONE when there is no room. */
uint16_t talk_word_make(struct tongue *tongue, const char *stem);
/* Folds, replaces what is `same`, and stems. */
void talk_words_of(const struct tongue *tongue, struct fold_words *words, const char *text,
                   size_t len);
/* As it is spoken; writes digits where the language has no word for it. */
const char *talk_number_spoken(const struct tongue *tongue, int32_t value, char digits[12]);

/* ---- pattern.c ---- */
/* The alternatives of a value become patterns. */
int talk_patterns_add(struct tongue *tongue, struct patterns *out, const char *value,
                      uint16_t owner, const struct raw *raw, bool in_lead, struct fault *fault);
/* Phrases of numbers and things; weights. */
int talk_patterns_finish(struct tongue *tongue, struct fault *fault);
uint16_t talk_kind_find(const struct tongue *tongue, const char *name, size_t len);

/* ---- entries.c ---- */
int talk_entries_build(struct tongue *tongue, struct fault *fault);

/* ---- check.c, check_story.c ---- */

/* What is being checked, and the first fault. */
struct check {
    struct tongue *tongue;
    struct fault *fault;
};

/* Adds up what a group hears of the lines. */
void talk_measure(const struct check *c, struct lines lines, int group, unsigned *words,
                  unsigned *bytes, unsigned *count);
int talk_check_story(const struct check *c, struct piece *story);
int talk_content_check(struct tongue *tongue, struct fault *fault);

/* ---- hear.c, match.c ---- */

enum { CANDIDATES = 6, SLOTS_MAX = 3, THINGS_AT = 3 };

struct heard {
    unsigned count;
    float total;  /* weight of all tokens */
    bool negates; /* there is a "not" in it */
    char stem[FOLD_WORDS_MAX][FOLD_WORD_MAX + 1];
    float weight[FOLD_WORDS_MAX];
    uint16_t word[FOLD_WORDS_MAX][CANDIDATES]; /* what the token may be */
    uint8_t likeness[FOLD_WORDS_MAX][CANDIDATES];
    uint8_t candidates[FOLD_WORDS_MAX];
    uint8_t number_len[FOLD_WORDS_MAX]; /* tokens of the number that begins here, 0: none */
    int32_t number[FOLD_WORDS_MAX];
    uint8_t thing_len[FOLD_WORDS_MAX][THINGS_AT]; /* one name may be a colour and a fruit */
    uint16_t thing[FOLD_WORDS_MAX][THINGS_AT];
    uint8_t strength[WORDS_MAX]; /* how surely each word was heard */
};

/* What a pattern's slots took. */
struct slots {
    int32_t number[SLOTS_MAX];
    unsigned numbers;
    uint16_t thing; /* NONE */
};

struct found {
    uint16_t intent; /* NONE */
    float score;     /* 0..1 */
    uint32_t pattern;
    struct slots slots;
    bool bare; /* nothing but a slot, or words without weight */
};

void talk_hear(const struct tongue *tongue, struct heard *heard, const char *text, size_t len);
/* The best intent; what a child may mean at all. */
void talk_match_intents(const struct tongue *tongue, const struct heard *heard,
                        struct found *found);
/* The best score of some patterns. whole: other words beside it count against it. */
float talk_match_patterns(const struct tongue *tongue, const struct heard *heard,
                          struct patterns patterns, bool whole, struct slots *slots);
/* The first number that was said. */
bool talk_heard_number(const struct heard *heard, int32_t *number);
uint16_t talk_heard_thing(const struct tongue *tongue, const struct heard *heard, uint16_t kind);

/* ---- speak.c ---- */

struct voice { /* a reply in the making */
    const struct tongue *tongue;
    struct companion_thread *thread;
    const struct companion_turn *turn;
    char *out;
    size_t size, len;
    const char *name; /* NULL: none to be spoken */
    struct companion_recipe recipe;
    bool stale; /* the line chosen last was said a short while ago, too */
    bool full;
};

void talk_voice_begin(struct voice *voice, const struct tongue *tongue,
                      struct companion_thread *thread, const struct companion_turn *turn, char *out,
                      size_t size);
uint32_t talk_chance(struct companion_thread *thread, uint32_t below);
/* Turns since the line was spoken; UINT32_MAX: not within memory. */
uint32_t talk_since(const struct companion_thread *thread, uint16_t line);
void talk_remember(struct companion_thread *thread, uint16_t line);
/* A variant that fits and was not said lately; index + 1, 0: none fits. */
uint16_t talk_choose(struct voice *voice, struct lines lines);
/* Speaks and remembers it. */
void talk_speak_line(struct voice *voice, uint16_t line);
/* choose and speak */
void talk_speak(struct voice *voice, struct lines lines);
void talk_speak_named(struct voice *voice, enum companion_line_name line);
/* All that fit the age, in order. */
void talk_speak_all(struct voice *voice, struct lines lines);
void talk_speak_count(struct voice *voice, int32_t from, int32_t to, int32_t step);
void talk_speak_recipe(struct voice *voice, const struct companion_recipe *recipe);
unsigned talk_group_bit(const struct companion_turn *turn);

/* ---- play.c ---- */
enum companion_expects {
    EXPECT_NOTHING,
    EXPECT_THEN,   /* the intent's `then:` */
    EXPECT_MORE,   /* "Another one?" */
    EXPECT_BACK,   /* "Shall we go on with our story?" */
    EXPECT_INTENT, /* "Do you want me to ...?" */
    EXPECT_OFFER,  /* one of three things */
    EXPECT_STORY,  /* a choice */
    EXPECT_RIDDLE,
    EXPECT_JOKE,
    EXPECT_QUIZ,
    EXPECT_GUESS,
};

void talk_play_story(struct voice *voice, const struct heard *heard);
void talk_story_go(struct voice *voice, uint16_t scene);
/* The turn as a choice; false: it was none, or what else it may mean (`beside`) fits better. */
bool talk_story_choice(struct voice *voice, const struct heard *heard, float beside);
void talk_story_not_chosen(struct voice *voice);
void talk_story_choose(struct voice *voice);
void talk_play_riddle(struct voice *voice, const struct heard *heard);
bool talk_riddle_solved(struct voice *voice, const struct heard *heard);
void talk_riddle_wrong(struct voice *voice);
void talk_riddle_hint(struct voice *voice);
void talk_riddle_tell(struct voice *voice);
void talk_play_joke(struct voice *voice, const struct heard *heard);
void talk_joke_tell(struct voice *voice);
void talk_play_song(struct voice *voice, const struct heard *heard);

/* ---- facts.c ---- */

/* The fact of a thing that has most of the words that were asked, and of those the one that was
 * not told for the longest time; spoken line + 1. answers: it has any of them. */
uint16_t talk_fact_for(struct voice *voice, const struct heard *heard, uint16_t thing,
                       bool *answers);
/* thing NONE: any of the kind, kind NONE: any at all. fact: spoken line + 1, 0: one not told
 * lately. */
void talk_play_fact(struct voice *voice, uint16_t thing, uint16_t kind, uint16_t fact);

/* ---- sums.c ---- */
/* Says the intent's line with what came out. */
void talk_sum_do(struct voice *voice, const struct intent *intent, const struct slots *slots);
void talk_quiz_ask(struct voice *voice);
/* false: no number was said */
bool talk_quiz_judge(struct voice *voice, const struct heard *heard);
void talk_quiz_repeat(struct voice *voice);
void talk_quiz_tell(struct voice *voice);
void talk_guess_begin(struct voice *voice);
bool talk_guess_judge(struct voice *voice, const struct heard *heard);
void talk_guess_repeat(struct voice *voice);
void talk_guess_tell(struct voice *voice);

/* ---- answer.c ---- */

/* Scores from which on an intent is answered; is, though something else is open; is asked back. */
#define SURE    0.62F
#define CLEARLY 0.8F
#define UNSURE  0.48F

/* A turn while it is answered. */
struct talk {
    struct voice *voice;
    const struct tongue *tongue;
    struct companion_thread *thread;
    const struct heard *heard;
    struct found found;
    enum companion_do act; /* of what was found, where it is sure */
    bool yes, no;
    bool kept; /* the last answer stays what "again" means */
};

void talk_not_understood(struct talk *talk);
void talk_unsure(struct talk *talk);
void talk_answer(struct talk *talk, uint16_t intent);
void talk_answer_act(struct talk *talk, enum companion_do act);
/* The fact that was asked for; where there is none, says so before it tells another. */
void talk_answer_fact(struct talk *talk, uint16_t thing, uint16_t kind);
void talk_more(struct talk *talk);
void talk_resume(struct talk *talk);

/* ---- open.c ---- */

/* true: the turn belonged to what is open, and is answered. */
bool talk_open_looks(struct talk *talk);

#endif
