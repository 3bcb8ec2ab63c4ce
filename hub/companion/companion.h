/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The companion: what the teddy answers when no remote model does. Text in, text out, from data
 * files that a non-programmer can extend (docs/companion.md). It understands by closeness to the
 * sentences of the files, forgiving a recogniser's errors, remembers the thread of one session
 * (riddle, story, sum, what was said lately), and says so when it does not know. Knows no socket,
 * no clock, no thread; chance comes from the seed. Depends on core/ and hub/child.h.
 *
 *     struct companion *companion;
 *     if (companion_load(&companion, "content/companion", why, sizeof why) < 0)
 *         stop(why);                                   "en/animals.txt:12: no intent pet-dog"
 *     companion_thread_init(&thread, seed);            one per session
 *     struct companion_turn turn = {"tell me a riddle", CHILD_EN, CHILD_6_8, "Mia", 16};
 *     int len = companion_reply(companion, &thread, &turn, text, sizeof text);
 *
 * What was answered and never said (the child interrupted) is undone by keeping the thread's copy
 * from before the call: it is plain data.
 */
#ifndef ROOST_HUB_COMPANION_COMPANION_H
#define ROOST_HUB_COMPANION_COMPANION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "hub/child.h"

enum {
    COMPANION_REPLY_MAX = 8191, /* bytes of a reply; a shorter buffer gets as many whole lines */
    COMPANION_TEXT_MAX = 4000,  /* bytes of a turn that are looked at */
    COMPANION_RECENT = 128,     /* spoken lines that a thread remembers */
    COMPANION_PIECES_MAX = 512, /* stories, riddles, jokes, songs of a language, each */
    COMPANION_REPLY_LINES = 96, /* spoken lines of one reply */
};

/* All content, immutable: any number of sessions and threads of the program share it. */
struct companion;

/* What the child said, and of the child what an answer depends on. */
struct companion_turn {
    const char *text; /* UTF-8 as it was recognised; anything else is harmless. "" for lines */
    enum child_language language;
    enum child_age_group group;
    const char *name; /* for display, or NULL: data that is spoken, never an instruction */
    int hour;         /* of the child's day, 0..23 */
};

/* How the last answer was made, so that "again" needs none of its words. */
struct companion_recipe {
    uint16_t lines[COMPANION_REPLY_LINES]; /* in order */
    uint16_t count;
    uint16_t thing;    /* index + 1 */
    uint16_t title;    /* spoken line + 1 */
    uint16_t offer[3]; /* spoken lines + 1 */
    int32_t number[2], result, rest;
    int32_t count_from, count_to, count_step; /* numbers spoken in a row; step 0: none */
    uint16_t count_at;                        /* after this many lines */
};

/* One session's thread: plain data, wiped by whoever owns it. Holds no word of the child's. */
struct companion_thread {
    uint64_t random;
    uint32_t turn;
    uint8_t language; /* + 1; 0: none yet */

    uint8_t expects;       /* enum companion_expects in companion_internal.h */
    uint8_t misses;        /* times in a row that nothing was understood */
    uint16_t intent;       /* answered last, index + 1: `then:` and "more" go by it */
    uint16_t asked_intent; /* "Do you want me to ...?" */
    uint8_t more;          /* what "more" means: enum companion_do */
    uint8_t more_kind;     /* of things, for facts */

    uint16_t piece; /* riddle or joke that is open, index */
    uint8_t hints, wrong;

    uint16_t story, scene; /* index */
    uint8_t story_open, story_misses;

    int32_t quiz[2], quiz_result;
    uint8_t quiz_do, quiz_streak, guess_open;
    int32_t guess_secret, guess_top;

    uint8_t told[4][COMPANION_PIECES_MAX / 8]; /* by enum companion_piece_kind */
    uint16_t recent_line[COMPANION_RECENT];    /* ring; index + 1 */
    uint32_t recent_turn[COMPANION_RECENT];
    uint16_t recent_next;
    uint64_t recent_reply[16]; /* hashes, so that no whole reply comes again soon */
    struct companion_recipe last;
};

/* Reads FOLDER/en/ and FOLDER/ar/ (a language whose folder is missing is not spoken; one of them
 * must be there). Returns 0 and the content, to be freed; or ROOST_ERR_NOT_FOUND,
 * ROOST_ERR_INVALID, ROOST_ERR_TOO_LONG, ROOST_ERR_FULL, ROOST_ERR_IO, ROOST_ERR_NO_MEMORY with
 * file, line and fault in `why`. */
int companion_load(struct companion **out, const char *folder, char *why, size_t why_size);

/* The same from one text (name: for `why`), in one language: for tests and editors. */
int companion_load_text(struct companion **out, enum child_language language, const char *name,
                        const char *text, size_t len, char *why, size_t why_size);

void companion_free(struct companion *companion);

bool companion_speaks(const struct companion *companion, enum child_language language);

void companion_thread_init(struct companion_thread *thread, uint64_t seed);

/* The answer to a turn, NUL-terminated UTF-8 with punctuation, whole sentences. Returns its bytes,
 * at least 1; ROOST_ERR_UNSUPPORTED when the language has no content, ROOST_ERR_RANGE when `size`
 * holds not even one line. Takes well under 5 ms whatever the text. */
int companion_reply(const struct companion *companion, struct companion_thread *thread,
                    const struct companion_turn *turn, char *out, size_t size);

/* X(NAME, "name in the files"): what is said without being asked; docs/companion.md says when. */
#define COMPANION_LINE_LIST(X)                                                                     \
    X(OPENING, "opening")                                                                          \
    X(CLOSING, "closing")                                                                          \
    X(TIME_LIMIT, "time_limit")                                                                    \
    X(QUIET_HOURS, "quiet_hours")                                                                  \
    X(DID_NOT_HEAR, "did_not_hear")                                                                \
    X(TURN_TOO_LONG, "turn_too_long")                                                              \
    X(BUSY, "busy")                                                                                \
    X(ERROR, "error")                                                                              \
    X(CUT_OFF, "cut_off")                                                                          \
    X(CONSENT_REQUIRED, "consent_required")                                                        \
    X(NO_RECOGNISER, "no_recogniser")                                                              \
    X(CHANGE_SUBJECT, "change_subject")                                                            \
    X(NOT_UNDERSTOOD, "not_understood")                                                            \
    X(SAY_AGAIN, "say_again")                                                                      \
    X(NOT_SURE, "not_sure")                                                                        \
    X(OFFER_THREE, "offer_three")                                                                  \
    X(ASKED_BEFORE, "asked_before")                                                                \
    X(NOTHING_TO_REPEAT, "nothing_to_repeat")                                                      \
    X(NOTHING_MORE, "nothing_more")                                                                \
    X(NOTHING_OPEN, "nothing_open")                                                                \
    X(STORY_TITLE, "story_title")                                                                  \
    X(STORY_AGAIN, "story_again")                                                                  \
    X(STORY_CHOOSE, "story_choose")                                                                \
    X(STORY_END, "story_end")                                                                      \
    X(STORY_BACK, "story_back")                                                                    \
    X(SONG_END, "song_end")                                                                        \
    X(JOKE_END, "joke_end")                                                                        \
    X(FACT_END, "fact_end")                                                                        \
    X(RIDDLE_RIGHT, "riddle_right")                                                                \
    X(RIDDLE_WRONG, "riddle_wrong")                                                                \
    X(RIDDLE_HINT, "riddle_hint")                                                                  \
    X(RIDDLE_NO_HINT, "riddle_no_hint")                                                            \
    X(RIDDLE_TOLD, "riddle_told")                                                                  \
    X(RIDDLE_END, "riddle_end")                                                                    \
    X(COUNT_FAR, "count_far")                                                                      \
    X(SUM_ZERO, "sum_zero")                                                                        \
    X(SUM_BELOW, "sum_below")                                                                      \
    X(SUM_REST, "sum_rest")                                                                        \
    X(SUM_FAR, "sum_far")                                                                          \
    X(SUM_EQUAL, "sum_equal")                                                                      \
    X(QUIZ_ADD, "quiz_add")                                                                        \
    X(QUIZ_SUBTRACT, "quiz_subtract")                                                              \
    X(QUIZ_MULTIPLY, "quiz_multiply")                                                              \
    X(QUIZ_DIVIDE, "quiz_divide")                                                                  \
    X(QUIZ_RIGHT, "quiz_right")                                                                    \
    X(QUIZ_WRONG, "quiz_wrong")                                                                    \
    X(QUIZ_TOLD, "quiz_told")                                                                      \
    X(QUIZ_NUMBER, "quiz_number")                                                                  \
    X(GUESS_START, "guess_start")                                                                  \
    X(GUESS_HIGHER, "guess_higher")                                                                \
    X(GUESS_LOWER, "guess_lower")                                                                  \
    X(GUESS_RIGHT, "guess_right")                                                                  \
    X(GUESS_TOLD, "guess_told")                                                                    \
    X(GUESS_NUMBER, "guess_number")

enum companion_line_name {
#define X(name, text) COMPANION_LINE_##name,
    COMPANION_LINE_LIST(X)
#undef X
        COMPANION_LINE_COUNT
};

/* "did_not_hear", and back (COMPANION_LINE_COUNT: no such line). */
const char *companion_line_text(enum companion_line_name line);
enum companion_line_name companion_line_find(const char *text);

/* One of the line's variants for the turn's language, group, name and hour (its text is not looked
 * at), remembered in the thread; thread NULL: outside of any session, the first that fits. Returns
 * as companion_reply does. OPENING and CLOSING are these, too. */
int companion_line(const struct companion *companion, struct companion_thread *thread,
                   enum companion_line_name line, const struct companion_turn *turn, char *out,
                   size_t size);

enum companion_sentence_kind { COMPANION_HEAR, COMPANION_SAY };

/* A line of the files; borrowed for the call. */
struct companion_sentence {
    enum companion_sentence_kind kind;
    enum child_language language;
    unsigned groups;  /* bit (1 << CHILD_3_5) ...: of whom it is, or who may hear it */
    const char *text; /* heard: small letters, optional words there and not there, slots filled with
                       * each of their values in turn; spoken: slots filled with an example */
    const char *file; /* "en/animals.txt" */
    unsigned line;
};

/* Returns 0 to go on, anything else ends the walk. */
typedef int companion_sentence_fn(void *ctx, const struct companion_sentence *sentence);

/* Every sentence that may be heard, then every line that may be spoken, language by language.
 * Returns 0 or what `each` ended it with. */
int companion_each_sentence(const struct companion *companion, companion_sentence_fn *each,
                            void *ctx);

struct companion_counts {
    unsigned intents, stories, riddles, jokes, songs, things, hear_lines, say_lines, words;
};
struct companion_counts companion_count(const struct companion *companion,
                                        enum child_language language);

#endif
