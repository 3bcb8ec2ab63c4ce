/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a word may mean: the forms under which a token is looked up in the lexicon. Digits and signs
 * are read as the letters they stand for, but only in a word that has letters, too ("k1ll", "5
 * apples" stays); letters that are stretched are tried once and twice; Arabic is tried without its
 * clitics (and, with, the, my, them) and, for verbs, without what person and tense put around the
 * stem. A form that no lexicon holds does no harm, so guesses are generous. Depends on nothing.
 *
 *     forms_of(letters, len, token->flags, look_up, lexicon);     "waaalktabhom" -> ..., "ktab"
 */
#ifndef ROOST_HUB_SAFETY_FORMS_H
#define ROOST_HUB_SAFETY_FORMS_H

#include <stddef.h>
#include <stdint.h>

enum form_kind {
    FORM_EXACT, /* as it stands */
    FORM_WORD,  /* a guess at what it stands for */
    FORM_VERB   /* a guess at the stem of an Arabic verb */
};

typedef void form_sink(void *arg, enum form_kind kind, const uint32_t *letters, size_t len);

/* Calls sink for each form, the exact one first; the same form may come twice. flags: token_flag.
 * len is at most TOKEN_LETTERS_MAX. */
void forms_of(const uint32_t *letters, size_t len, unsigned flags, form_sink *sink, void *arg);

/* For Arabic only, called by forms_of. */
void forms_of_arabic(const uint32_t *letters, size_t len, form_sink *sink, void *arg);

#endif
