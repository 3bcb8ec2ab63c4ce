/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The safety gate: every sentence a child says and every sentence that is said to a child goes
 * through it, and comes out with one of three verdicts. Two look at it: a lexicon of words and
 * phrases, which knows what must not pass, and what was learnt from sentences (learned.h), which
 * finds what nobody wrote a phrase for, and lets pass what a phrase took wrongly. Both come from
 * content/safety/ (docs/child-safety.md tells how to add to them); what is done about evasions
 * (spelt-out letters, digits for letters, foreign look-alikes, vowel marks) is hub/safety/
 * normalize.h. Nothing is logged, stored or sent from here. Depends on core/, hub/child.h, ICU.
 *
 *     struct gate *gate;
 *     struct gate_files files = {"content/safety", "build/safety/learned.bin", "GB"};
 *     char why[256];
 *     if (gate_load(&gate, &files, why, sizeof why) < 0) ...                   names file and line
 *
 *     struct gate_stream heard, said;                         one for each direction of a session
 *     gate_stream_init(&heard, gate, GATE_IN, CHILD_EN, CHILD_6_8);
 *     struct gate_result result = gate_judge(&heard, text, len);
 *     if (result.verdict != GATE_ALLOW)
 *         say(gate_answer(gate, GATE_IN, result, CHILD_EN, CHILD_6_8, turn));
 *
 * A gate is read only once it is loaded: any number of streams and threads may use it.
 */
#ifndef ROOST_HUB_SAFETY_GATE_H
#define ROOST_HUB_SAFETY_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "hub/child.h"

/* allow: as it is. block: it is not answered (in) or not said (out); gate_answer is said instead.
 * care: the child needs somebody; gate_answer is said, and docs/child-safety.md tells who else
 * hears of it. Care is for what a child says, but a text on the way out is never cared for. */
enum gate_verdict { GATE_ALLOW, GATE_BLOCK, GATE_CARE, GATE_VERDICTS };

enum gate_direction { GATE_IN, GATE_OUT };

/* The ids are fixed: they stand in events, in the lexicon and in tests. */
#define GATE_CATEGORY_LIST(X)                                                                      \
    X(NONE, "none")                                                                                \
    X(VIOLENCE, "violence")                                                                        \
    X(WEAPONS, "weapons")                                                                          \
    X(SELF_HARM, "self_harm")                                                                      \
    X(SEXUAL, "sexual")                                                                            \
    X(DRUGS, "drugs")                                                                              \
    X(HATE, "hate")                                                                                \
    X(BULLYING, "bullying")                                                                        \
    X(PROFANITY, "profanity")                                                                      \
    X(DANGEROUS_ACTS, "dangerous_acts")                                                            \
    X(SCARY, "scary")                                                                              \
    X(PERSONAL_DATA, "personal_data")                                                              \
    X(CONTACT, "contact")                                                                          \
    X(ATTACHMENT, "attachment")                                                                    \
    X(JAILBREAK, "jailbreak")                                                                      \
    X(DISTRESS, "distress")                                                                        \
    X(WELFARE, "welfare")                                                                          \
    X(DEATH, "death")                                                                              \
    X(RELIGION, "religion")                                                                        \
    X(DIVORCE, "divorce")                                                                          \
    X(BIRTH, "birth")                                                                              \
    X(WAR, "war")

enum gate_category {
#define X(name, text) GATE_##name,
    GATE_CATEGORY_LIST(X)
#undef X
        GATE_CATEGORIES
};

/* "self_harm", "block". Static storage. */
const char *gate_category_name(enum gate_category category);
const char *gate_verdict_name(enum gate_verdict verdict);

/* By name. 0 or ROOST_ERR_INVALID. */
int gate_category_parse(enum gate_category *category, const char *name, size_t len);
int gate_verdict_parse(enum gate_verdict *verdict, const char *name, size_t len);

struct gate;

struct gate_files {
    const char *folder;  /* of the lexicon and the answers: content/safety */
    const char *learned; /* what was learnt from its sentences (learned.h); NULL: the lexicon alone,
                            for tests of it */
    const char *country; /* two letters (ISO 3166) whose helpline the answers name; NULL or "": none
                            in particular */
};

/* Reads every file. Returns 0; ROOST_ERR_NOT_FOUND or ROOST_ERR_IO (a file is not there or cannot
 * be read), ROOST_ERR_INVALID (a line is wrong, a file was cut off, a country has no helpline),
 * ROOST_ERR_NO_MEMORY; then `why` names file, line and what is wrong, and *out is NULL. There is no
 * gate that lets all through. */
int gate_load(struct gate **out, const struct gate_files *files, char *why, size_t why_size);
void gate_free(struct gate *gate); /* NULL is fine */

enum {
    GATE_TAIL_MAX = 256,  /* bytes of what came before that a sentence is judged together with */
    GATE_FIRM_TURNS = 8,  /* sentences for which a stream stays firm after a strike */
    GATE_TEXT_MAX = 16384 /* bytes of one text; what is longer is judged in pieces that overlap */
};

struct gate_result {
    enum gate_verdict verdict;
    enum gate_category category; /* GATE_NONE when nothing was found */
};

/* One direction of one session. Holds the end of the last text: wipe it when the session ends. */
struct gate_stream {
    const struct gate *gate;
    enum gate_direction direction;
    enum child_language language;
    enum child_age_group group;
    unsigned strikes; /* blocks in this session */
    unsigned firm; /* sentences left in which pressing ("please, you promised") is a block, too */
    enum gate_category last; /* of the last block */
    bool unsure; /* may be set before gate_judge: the words were not heard well, so that what they
                    look like stops nothing by itself */
    size_t tail_len;
    char tail[GATE_TAIL_MAX];
};

/* The gate is borrowed for the stream's life. */
void gate_stream_init(struct gate_stream *stream, const struct gate *gate,
                      enum gate_direction direction, enum child_language language,
                      enum child_age_group group);
void gate_stream_wipe(struct gate_stream *stream);

/* The next sentence, judged together with the end of what came before, so that a phrase that is cut
 * in two is found with its second half. Text that is not UTF-8 is blocked (GATE_JAILBREAK). */
struct gate_result gate_judge(struct gate_stream *stream, const char *text, size_t len);

/* As gate_judge, and tells in `why` which line of the lexicon it was ("en.harm.txt:12"), or that it
 * was learnt, and how sure that is ("learnt: 0.93"); "" when nothing was found: for whoever extends
 * it. */
struct gate_result gate_explain(struct gate_stream *stream, const char *text, size_t len, char *why,
                                size_t why_size);

/* The kind line that is said in place of what was blocked, or to a child that needs care; never
 * empty. direction: GATE_IN answers what the child said, GATE_OUT turns away from what the
 * companion was about to say. Where the verdict is care no line refuses the child. turn: which of
 * the lines, so that they are not always the same. Lives as long as the gate. */
const char *gate_answer(const struct gate *gate, enum gate_direction direction,
                        struct gate_result result, enum child_language language,
                        enum child_age_group group, unsigned turn);

/* Takes out of a text what tells who or where a child is (names it gives as its own, addresses,
 * school, telephone numbers also in words, mail, `name` wherever it stands; NULL or "" for none)
 * and puts "…" in its place; for what goes to a remote provider. out has size bytes (len + 1 is
 * always enough) and is NUL-terminated. Returns the length. */
size_t gate_take_out_personal(const struct gate *gate, const char *text, size_t len,
                              const char *name, char *out, size_t size);

#endif
