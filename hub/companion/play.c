/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "hub/companion/companion_internal.h"

#define ASKED_FOR 0.5F  /* a story about a mouse */
#define CERTAINLY 0.88F /* ... by all its words */
#define CHOSEN    0.55F
#define SOLVED    0.65F
enum { HINT_AFTER = 2, TELL_AFTER = 4 /* wrong answers */, CHOOSE_AFTER = 2 };

static bool told(const struct companion_thread *thread, enum companion_piece_kind kind, unsigned i)
{
    return thread->told[kind][i / 8] >> i % 8 & 1;
}

/* One that fits the age, was asked for, and was not told yet; when all were, the round begins
 * anew. Index, NONE. */
static uint16_t pick(struct voice *voice, enum companion_piece_kind kind, const struct heard *heard)
{
    struct companion_thread *thread = voice->thread;
    const struct tongue *tongue = voice->tongue;
    unsigned groups = talk_group_bit(voice->turn), equals = 0;
    float best = -1;
    uint16_t picked = NONE;
    for (int round = 0; round < 2 && picked == NONE; round++) {
        for (unsigned i = 0; i < tongue->pieces[kind].count; i++) {
            const struct piece *piece = &tongue->pieces[kind].at[i];
            bool ask = heard && (kind == PIECE_STORY || kind == PIECE_SONG);
            float fits = ask ? talk_match_patterns(tongue, heard, piece->about, false, NULL) : 0;
            if (fits < ASKED_FOR)
                fits = 0;
            if (!(piece->groups & groups) || (told(thread, kind, i) && fits < CERTAINLY))
                continue;
            if (told(thread, kind, i))
                fits -= 0.5F;
            if (fits < best)
                continue;
            equals = fits > best ? 1 : equals + 1;
            best = fits;
            if (equals == 1 || talk_chance(thread, equals) == 0)
                picked = (uint16_t)i;
        }
        if (picked == NONE)
            memset(thread->told[kind], 0, sizeof thread->told[kind]);
    }
    if (picked != NONE)
        thread->told[kind][picked / 8] |= (uint8_t)(1 << picked % 8);
    return picked;
}

static const struct piece *piece_at(const struct voice *voice, enum companion_piece_kind kind,
                                    uint16_t index)
{
    return index < voice->tongue->pieces[kind].count ? &voice->tongue->pieces[kind].at[index]
                                                     : NULL;
}

static void expect(struct voice *voice, enum companion_expects expects)
{
    voice->thread->expects = (uint8_t)expects;
}

/* "Another one?" */
static void offer_more(struct voice *voice, enum companion_line_name line, enum companion_do act)
{
    talk_speak_named(voice, line);
    voice->thread->more = (uint8_t)act;
    expect(voice, EXPECT_MORE);
}

/* ---- stories ---- */

void talk_play_story(struct voice *voice, const struct heard *heard)
{
    uint16_t index = pick(voice, PIECE_STORY, heard);
    const struct piece *story = piece_at(voice, PIECE_STORY, index);
    if (!story)
        return;
    voice->thread->story = index;
    voice->thread->more = DO_STORY;
    voice->recipe.title = talk_choose(voice, story->title);
    talk_speak_named(voice, COMPANION_LINE_STORY_TITLE);
    talk_story_go(voice, story->scene);
}

void talk_story_go(struct voice *voice, uint16_t index)
{
    struct companion_thread *thread = voice->thread;
    for (unsigned n = 0; index < voice->tongue->scenes.count && n < 256; n++) {
        const struct scene *scene = &voice->tongue->scenes.at[index];
        talk_speak_all(voice, scene->tell);
        thread->scene = index;
        thread->story_open = scene->choice != 0;
        thread->story_misses = 0;
        if (scene->choice) {
            talk_speak(voice, scene->ask);
            expect(voice, EXPECT_STORY);
            return;
        }
        if (scene->go == NONE)
            break;
        index = scene->go;
    }
    offer_more(voice, COMPANION_LINE_STORY_END, DO_STORY);
}

static const struct scene *open_scene(const struct voice *voice)
{
    const struct companion_thread *thread = voice->thread;
    return thread->story_open && thread->scene < voice->tongue->scenes.count
               ? &voice->tongue->scenes.at[thread->scene]
               : NULL;
}

bool talk_story_choice(struct voice *voice, const struct heard *heard, float beside)
{
    const struct scene *scene = open_scene(voice);
    float best = 0;
    uint16_t to = NONE;
    for (uint16_t i = scene ? scene->choice : 0; i; i = voice->tongue->leads.at[i - 1].next) {
        const struct lead *lead = &voice->tongue->leads.at[i - 1];
        float fits = talk_match_patterns(voice->tongue, heard, lead->patterns, false, NULL);
        if (fits > best) {
            best = fits;
            to = lead->to;
        }
    }
    if (best < CHOSEN || best < beside)
        return false;
    talk_story_go(voice, to);
    return true;
}

void talk_story_choose(struct voice *voice)
{
    const struct scene *scene = open_scene(voice);
    unsigned count = 0;
    uint16_t to = NONE;
    for (uint16_t i = scene ? scene->choice : 0; i; i = voice->tongue->leads.at[i - 1].next)
        if (talk_chance(voice->thread, ++count) == 0)
            to = voice->tongue->leads.at[i - 1].to;
    if (to == NONE)
        return;
    talk_speak_named(voice, COMPANION_LINE_STORY_CHOOSE);
    talk_story_go(voice, to);
}

void talk_story_not_chosen(struct voice *voice)
{
    const struct scene *scene = open_scene(voice);
    if (++voice->thread->story_misses >= CHOOSE_AFTER || !scene) {
        talk_story_choose(voice);
        return;
    }
    talk_speak_named(voice, COMPANION_LINE_STORY_AGAIN);
    talk_speak(voice, scene->ask);
    expect(voice, EXPECT_STORY);
}

/* ---- riddles and jokes ---- */

static const struct piece *open_riddle(const struct voice *voice)
{
    return piece_at(voice, PIECE_RIDDLE, voice->thread->piece);
}

void talk_play_riddle(struct voice *voice, const struct heard *heard)
{
    uint16_t index = pick(voice, PIECE_RIDDLE, heard);
    const struct piece *riddle = piece_at(voice, PIECE_RIDDLE, index);
    if (!riddle)
        return;
    voice->thread->piece = index;
    voice->thread->hints = voice->thread->wrong = 0;
    voice->thread->more = DO_RIDDLE;
    talk_speak(voice, riddle->ask);
    expect(voice, EXPECT_RIDDLE);
}

bool talk_riddle_solved(struct voice *voice, const struct heard *heard)
{
    const struct piece *riddle = open_riddle(voice);
    if (!riddle || talk_match_patterns(voice->tongue, heard, riddle->about, false, NULL) < SOLVED)
        return false;
    talk_speak_named(voice, COMPANION_LINE_RIDDLE_RIGHT);
    talk_speak_all(voice, riddle->tell);
    offer_more(voice, COMPANION_LINE_RIDDLE_END, DO_RIDDLE);
    return true;
}

void talk_riddle_tell(struct voice *voice)
{
    const struct piece *riddle = open_riddle(voice);
    if (!riddle)
        return;
    talk_speak_named(voice, COMPANION_LINE_RIDDLE_TOLD);
    talk_speak_all(voice, riddle->tell);
    offer_more(voice, COMPANION_LINE_RIDDLE_END, DO_RIDDLE);
}

/* The next hint's line + 1, 0 when all were given. */
static uint16_t next_hint(struct voice *voice, const struct piece *riddle)
{
    unsigned n = 0;
    for (uint16_t i = riddle->hint.first; i; i = voice->tongue->spoken.at[i - 1].next)
        if ((voice->tongue->spoken.at[i - 1].groups & talk_group_bit(voice->turn)) &&
            n++ == voice->thread->hints)
            return i;
    return 0;
}

void talk_riddle_hint(struct voice *voice)
{
    const struct piece *riddle = open_riddle(voice);
    uint16_t hint = riddle ? next_hint(voice, riddle) : 0;
    expect(voice, EXPECT_RIDDLE);
    if (!hint) {
        talk_speak_named(voice, COMPANION_LINE_RIDDLE_NO_HINT);
        return;
    }
    voice->thread->hints++;
    talk_speak_named(voice, COMPANION_LINE_RIDDLE_HINT);
    talk_speak_line(voice, hint);
}

void talk_riddle_wrong(struct voice *voice)
{
    const struct piece *riddle = open_riddle(voice);
    if (!riddle || ++voice->thread->wrong >= TELL_AFTER) {
        talk_riddle_tell(voice);
        return;
    }
    talk_speak_named(voice, COMPANION_LINE_RIDDLE_WRONG);
    expect(voice, EXPECT_RIDDLE);
    if (voice->thread->wrong >= HINT_AFTER && next_hint(voice, riddle))
        talk_riddle_hint(voice);
}

void talk_play_joke(struct voice *voice, const struct heard *heard)
{
    uint16_t index = pick(voice, PIECE_JOKE, heard);
    const struct piece *joke = piece_at(voice, PIECE_JOKE, index);
    if (!joke)
        return;
    voice->thread->piece = index;
    voice->thread->more = DO_JOKE;
    talk_speak(voice, joke->ask);
    expect(voice, EXPECT_JOKE);
}

void talk_joke_tell(struct voice *voice)
{
    const struct piece *joke = piece_at(voice, PIECE_JOKE, voice->thread->piece);
    if (joke)
        talk_speak_all(voice, joke->tell);
    offer_more(voice, COMPANION_LINE_JOKE_END, DO_JOKE);
}

/* ---- songs ---- */

void talk_play_song(struct voice *voice, const struct heard *heard)
{
    const struct piece *song = piece_at(voice, PIECE_SONG, pick(voice, PIECE_SONG, heard));
    if (!song)
        return;
    talk_speak_all(voice, song->tell);
    offer_more(voice, COMPANION_LINE_SONG_END, DO_SONG);
}
