/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a turn means in its thread. What is open (a riddle, a story's choice, a question) looks at
 * the turn first; a clear sentence of another intent goes before a guess at the open thing, so that
 * a child is never caught in a game.
 */
#include <string.h>

#include "core/fnv.h"
#include "hub/companion/companion_internal.h"

#define SURE       0.62F /* an intent is answered */
#define CLEARLY    0.8F  /* ... though something else is open */
#define UNSURE     0.48F /* ... asked back */
#define LEAD       0.55F /* what was expected */
#define LEAD_AHEAD 0.15F /* by so much it goes before what was not */
#define EXACTLY    0.95F
#define AGREED     0.7F
enum { THING_WORDS_MAX = 8, TRIES = 4 };

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

void companion_thread_init(struct companion_thread *thread, uint64_t seed)
{
    memset(thread, 0, sizeof *thread);
    thread->random = seed;
}

static void answer(struct talk *talk, uint16_t index);

/* The turn means the intent that does this, or begins with a word that alone means it. */
static bool means(const struct talk *talk, enum companion_do act)
{
    const struct tongue *tongue = talk->tongue;
    const struct intent *intent = &tongue->intents.at[tongue->by_act[act] - 1];
    if (talk_match_patterns(tongue, talk->heard, intent->hear, true, NULL) >= AGREED)
        return true;
    if (talk->found.score >= CLEARLY && !talk->found.bare)
        return false;
    for (unsigned i = 0; i < intent->hear.count; i++) {
        const struct pattern *p = &tongue->patterns.at[intent->hear.first + i];
        const struct element *element = &tongue->elements.at[p->first];
        if (p->count == 1 && element->kind == E_WORD && talk->heard->candidates[0] &&
            talk->heard->word[0][0] == element->word && talk->heard->likeness[0][0] == STRONG)
            return true;
    }
    return false;
}

/* ---- when it does not know ---- */

static uint16_t offer_of(const struct talk *talk, unsigned nth, const uint16_t *taken)
{
    const struct tongue *tongue = talk->tongue;
    uint32_t longest = 0, equals = 0;
    uint16_t chosen = NONE;
    for (unsigned i = 0; i < tongue->intents.count; i++) {
        uint16_t line = tongue->intents.at[i].offer;
        bool again =
            !line || !(tongue->spoken.at[line - 1].groups & talk_group_bit(talk->voice->turn));
        for (unsigned k = 0; k < nth && !again; k++)
            again = taken[k] == i;
        uint32_t ago = again ? 0 : talk_since(talk->thread, line);
        if (again || (chosen != NONE && ago < longest))
            continue;
        equals = chosen != NONE && ago == longest ? equals + 1 : 1;
        longest = ago;
        if (equals == 1 || talk_chance(talk->thread, equals) == 0)
            chosen = (uint16_t)i;
    }
    return chosen;
}

static void offer_three(struct talk *talk)
{
    uint16_t taken[3];
    for (unsigned i = 0; i < 3; i++) {
        taken[i] = offer_of(talk, i, taken);
        if (taken[i] == NONE)
            return;
        talk->voice->recipe.offer[i] = talk->tongue->intents.at[taken[i]].offer;
    }
    for (unsigned i = 0; i < 3; i++)
        talk_remember(talk->thread, talk->voice->recipe.offer[i]);
    talk->thread->asked_intent = taken[0];
    talk_speak_named(talk->voice, COMPANION_LINE_OFFER_THREE);
    talk->thread->expects = EXPECT_OFFER;
}

static void not_understood(struct talk *talk)
{
    talk->thread->misses++;
    talk->thread->intent = 0;
    talk_speak_named(talk->voice, COMPANION_LINE_NOT_UNDERSTOOD);
    offer_three(talk);
}

static void unsure(struct talk *talk)
{
    const struct intent *intent = &talk->tongue->intents.at[talk->found.intent];
    uint16_t offer = intent->offer;
    if (talk->thread->misses++ > 0) {
        not_understood(talk);
    } else if (offer &&
               (talk->tongue->spoken.at[offer - 1].groups & talk_group_bit(talk->voice->turn))) {
        talk->voice->recipe.offer[0] = offer;
        talk->thread->asked_intent = talk->found.intent;
        talk_speak_named(talk->voice, COMPANION_LINE_NOT_SURE);
        talk->thread->expects = EXPECT_INTENT;
    } else {
        talk_speak_named(talk->voice, COMPANION_LINE_SAY_AGAIN);
    }
}

/* ---- what is asked of the thread itself ---- */

static void say_nothing_open(struct talk *talk)
{
    if (talk->found.bare) { /* "tell me", "what is it": may be anything */
        not_understood(talk);
        return;
    }
    talk_speak_named(talk->voice, COMPANION_LINE_NOTHING_OPEN);
    offer_three(talk);
}

static void again(struct talk *talk)
{
    talk->kept = true;
    if (talk->thread->last.count)
        talk_speak_recipe(talk->voice, &talk->thread->last);
    else
        talk_speak_named(talk->voice, COMPANION_LINE_NOTHING_TO_REPEAT);
}

static void more_fact(struct talk *talk)
{
    uint16_t thing = talk->thread->last.thing ? (uint16_t)(talk->thread->last.thing - 1) : NONE;
    uint16_t kind = talk->thread->more_kind ? (uint16_t)(talk->thread->more_kind - 1) : NONE;
    if (thing < talk->tongue->things.count) {
        talk_choose(talk->voice, talk->tongue->things.at[thing].fact);
        if (talk->voice->stale) /* all of it was told */
            thing = NONE;
    }
    talk_play_fact(talk->voice, thing < talk->tongue->things.count ? thing : NONE, kind, 0);
}

/* One more variant of the last answer, or what there is to offer. */
static void more_of_intent(struct talk *talk)
{
    const struct tongue *tongue = talk->tongue;
    uint16_t last = talk->thread->intent;
    if (last && last <= tongue->intents.count && tongue->intents.at[last - 1].act == DO_NOTHING) {
        uint16_t line = talk_choose(talk->voice, tongue->intents.at[last - 1].say);
        if (line && !talk->voice->stale) {
            talk_speak_line(talk->voice, line);
            talk->thread->expects =
                tongue->intents.at[last - 1].then ? EXPECT_THEN : EXPECT_NOTHING;
            return;
        }
    }
    talk_speak_named(talk->voice, COMPANION_LINE_NOTHING_MORE);
    offer_three(talk);
}

static void more(struct talk *talk)
{
    switch (talk->thread->more) {
    case DO_STORY:
        talk_play_story(talk->voice, NULL);
        break;
    case DO_RIDDLE:
        talk_play_riddle(talk->voice, NULL);
        break;
    case DO_JOKE:
        talk_play_joke(talk->voice, NULL);
        break;
    case DO_SONG:
        talk_play_song(talk->voice, NULL);
        break;
    case DO_FACT:
        more_fact(talk);
        break;
    case DO_QUIZ:
        talk_quiz_ask(talk->voice);
        break;
    case DO_GUESS:
        talk_guess_begin(talk->voice);
        break;
    default:
        more_of_intent(talk);
    }
}

static void resume(struct talk *talk)
{
    if (talk->thread->story_open)
        talk_story_go(talk->voice, talk->thread->scene);
    else
        say_nothing_open(talk);
}

static void help_along(struct talk *talk, enum companion_expects open, bool give_up)
{
    switch (open) {
    case EXPECT_RIDDLE:
        (give_up ? talk_riddle_tell : talk_riddle_hint)(talk->voice);
        break;
    case EXPECT_JOKE:
        talk_joke_tell(talk->voice);
        break;
    case EXPECT_QUIZ:
        (give_up ? talk_quiz_tell : talk_quiz_repeat)(talk->voice);
        break;
    case EXPECT_GUESS:
        (give_up ? talk_guess_tell : talk_guess_repeat)(talk->voice);
        break;
    case EXPECT_STORY:
        talk_story_choose(talk->voice);
        break;
    default:
        say_nothing_open(talk);
    }
}

/* ---- an intent ---- */

static void say_variant(struct talk *talk, const struct intent *intent)
{
    uint16_t line = talk_choose(talk->voice, intent->say);
    if (line && talk->voice->stale && intent->act == DO_NOTHING)
        talk_speak_named(talk->voice, COMPANION_LINE_ASKED_BEFORE);
    talk_speak_line(talk->voice, line);
}

/* The pattern holds {any}: something was asked that the pattern does not name. */
static bool asks_something(const struct talk *talk)
{
    if (talk->found.intent == NONE)
        return false;
    const struct pattern *p = &talk->tongue->patterns.at[talk->found.pattern];
    for (unsigned i = 0; i < p->count; i++)
        if (talk->tongue->elements.at[p->first + i].kind == E_ANY)
            return true;
    return false;
}

/* The fact that was asked for; where there is none, says so before it tells another. */
static void answer_fact(struct talk *talk, uint16_t thing, uint16_t kind)
{
    uint16_t fact = thing == NONE ? 0 : talk_fact_for(talk->voice, talk->heard, thing);
    if (thing != NONE && !fact && asks_something(talk))
        talk_speak_named(talk->voice, COMPANION_LINE_NOT_UNDERSTOOD);
    talk_play_fact(talk->voice, thing, kind, fact);
}

static void tell_fact(struct talk *talk, const struct intent *intent)
{
    uint16_t thing = talk->found.slots.thing;
    if (thing == NONE ||
        (intent->kind != NONE && talk->tongue->things.at[thing].kind != intent->kind))
        thing = talk_heard_thing(talk->tongue, talk->heard, intent->kind);
    if (thing != NONE)
        talk->voice->recipe.thing = (uint16_t)(thing + 1);
    if (thing != NONE && intent->act == DO_SOUND && talk->tongue->things.at[thing].sound.first) {
        say_variant(talk, intent);
        talk_speak(talk->voice, talk->tongue->things.at[thing].sound);
        talk->thread->more = DO_FACT;
        talk->thread->more_kind = (uint8_t)(talk->tongue->things.at[thing].kind + 1);
        return;
    }
    if (intent->act == DO_FACT)
        say_variant(talk, intent);
    answer_fact(talk, thing, intent->kind);
}

/* What the doing opens, after the intent's own words. */
static void perform(struct talk *talk, const struct intent *intent)
{
    const struct heard *heard = talk->heard;
    switch (intent->act) {
    case DO_STORY:
        say_variant(talk, intent);
        talk_play_story(talk->voice, heard);
        break;
    case DO_RIDDLE:
        say_variant(talk, intent);
        talk_play_riddle(talk->voice, heard);
        break;
    case DO_JOKE:
        say_variant(talk, intent);
        talk_play_joke(talk->voice, heard);
        break;
    case DO_SONG:
        say_variant(talk, intent);
        talk_play_song(talk->voice, heard);
        break;
    case DO_FACT:
    case DO_SOUND:
        tell_fact(talk, intent);
        break;
    case DO_QUIZ:
        say_variant(talk, intent);
        talk_quiz_ask(talk->voice);
        break;
    case DO_GUESS:
        say_variant(talk, intent);
        talk_guess_begin(talk->voice);
        break;
    case DO_OFFER:
        say_variant(talk, intent);
        offer_three(talk);
        break;
    default:
        say_variant(talk, intent);
    }
}

static void answer(struct talk *talk, uint16_t index)
{
    struct companion_thread *thread = talk->thread;
    const struct intent *intent = &talk->tongue->intents.at[index];
    enum companion_expects open = (enum companion_expects)thread->expects;
    thread->misses = 0;
    switch (intent->act) { /* of the thread: it stays what it is */
    case DO_AGAIN:
        again(talk);
        return;
    case DO_MORE:
        if (open == EXPECT_STORY)
            talk_story_choose(talk->voice);
        else
            more(talk);
        return;
    case DO_HINT:
    case DO_GIVE_UP:
        help_along(talk, open, intent->act == DO_GIVE_UP);
        return;
    case DO_RESUME:
        resume(talk);
        return;
    default:
        break;
    }
    thread->intent = (uint16_t)(index + 1);
    if (talk->found.slots.thing != NONE)
        talk->voice->recipe.thing = (uint16_t)(talk->found.slots.thing + 1);
    thread->expects = intent->then ? EXPECT_THEN : EXPECT_NOTHING;
    thread->more = DO_NOTHING;
    if (intent->act == DO_STOP)
        thread->story_open = false;
    if (intent->act >= DO_COUNT && intent->act < DO_QUIZ)
        talk_sum_do(talk->voice, intent, &talk->found.slots);
    else
        perform(talk, intent);
    /* An answer between two scenes; another story or game lets the first one rest. */
    if (open == EXPECT_STORY && thread->story_open &&
        (thread->expects == EXPECT_NOTHING || thread->expects == EXPECT_THEN)) {
        talk_speak_named(talk->voice, COMPANION_LINE_STORY_BACK);
        thread->expects = EXPECT_BACK;
    }
}

static void answer_act(struct talk *talk, enum companion_do act)
{
    answer(talk, (uint16_t)(talk->tongue->by_act[act] - 1));
}

/* ---- what is open looks first ---- */

static bool lead_is(const struct talk *talk, const struct lead *lead, enum element_kind kind)
{
    const struct pattern *p = &talk->tongue->patterns.at[lead->patterns.first];
    return p->count == 1 && talk->tongue->elements.at[p->first].kind == kind;
}

static bool open_then(struct talk *talk)
{
    const struct tongue *tongue = talk->tongue;
    uint16_t last = talk->thread->intent;
    if (!last || last > tongue->intents.count)
        return false;
    float best = 0;
    uint16_t to = NONE, any = NONE;
    struct slots slots = {.thing = NONE};
    for (uint16_t i = tongue->intents.at[last - 1].then; i; i = tongue->leads.at[i - 1].next) {
        const struct lead *lead = &tongue->leads.at[i - 1];
        struct slots took = {.thing = NONE};
        float fits = talk_match_patterns(tongue, talk->heard, lead->patterns, false, &took);
        if ((lead_is(talk, lead, E_YES) && talk->yes) || (lead_is(talk, lead, E_NO) && talk->no))
            fits = LEAD;
        if (lead_is(talk, lead, E_ANY))
            any = lead->to;
        if (fits > best) {
            best = fits;
            to = lead->to;
            slots = took;
        }
    }
    bool beside = talk->found.score > best + LEAD_AHEAD && !talk->found.bare;
    if (best >= LEAD && !beside)
        talk->found.slots = slots;
    else if (any != NONE && talk->found.score < CLEARLY)
        to = any;
    else
        return false;
    answer(talk, to);
    return true;
}

/* A yes or a no to what the teddy asked. */
static bool open_question(struct talk *talk, enum companion_expects open)
{
    if (talk->no) {
        if (open == EXPECT_BACK)
            talk->thread->story_open = false;
        answer_act(talk, DO_NO);
        return true;
    }
    if (!talk->yes)
        return false;
    talk->thread->misses = 0;
    if (open == EXPECT_MORE)
        more(talk);
    else if (open == EXPECT_BACK)
        resume(talk);
    else if (talk->thread->asked_intent < talk->tongue->intents.count)
        answer(talk, talk->thread->asked_intent);
    else
        return false;
    return true;
}

/* Clear enough to leave what is open: a whole sentence, not a word that may be a guess. */
static bool means_else(const struct talk *talk)
{
    return !talk->found.bare && talk->found.score >= (talk->heard->count >= 3 ? CLEARLY : EXACTLY);
}

static bool is_control(enum companion_do act)
{
    return act == DO_STOP || act == DO_AGAIN || act == DO_HINT || act == DO_GIVE_UP ||
           act == DO_RESUME;
}

static bool open_game(struct talk *talk, enum companion_expects open)
{
    struct voice *voice = talk->voice;
    bool control = is_control(talk->act); /* "stop" may be a choice, too, and is one then */
    if (open == EXPECT_STORY &&
        talk_story_choice(voice, talk->heard, means_else(talk) || control ? talk->found.score : 0))
        return true;
    if (control) {
        answer(talk, talk->found.intent);
        return true;
    }
    switch (open) {
    case EXPECT_STORY:
        if (talk->act == DO_MORE && talk->no)
            talk_play_story(voice, NULL); /* "no, another one" */
        else if (talk->act == DO_MORE || talk->yes)
            talk_story_choose(voice);
        else if (!means_else(talk))
            talk_story_not_chosen(voice);
        else
            return false;
        return true;
    case EXPECT_RIDDLE:
        if (talk_riddle_solved(voice, talk->heard))
            return true;
        if (means_else(talk))
            return false;
        if (talk->no)
            talk_riddle_hint(voice);
        else
            talk_riddle_wrong(voice);
        return true;
    case EXPECT_JOKE:
        talk_joke_tell(voice);
        return true;
    case EXPECT_QUIZ:
    case EXPECT_GUESS:
        if (means_else(talk))
            return false;
        if ((open == EXPECT_QUIZ ? talk_quiz_judge : talk_guess_judge)(voice, talk->heard))
            return true;
        if (talk->found.score >= SURE && !talk->found.bare)
            return false;
        if (open == EXPECT_QUIZ) {
            talk_speak_named(voice, COMPANION_LINE_QUIZ_NUMBER);
            talk_quiz_repeat(voice);
        } else {
            talk_guess_repeat(voice);
        }
        return true;
    default:
        return false;
    }
}

static bool open_looks(struct talk *talk)
{
    enum companion_expects open = (enum companion_expects)talk->thread->expects;
    if (open >= EXPECT_STORY)
        return open_game(talk, open);
    if (open == EXPECT_THEN)
        return open_then(talk);
    if (open == EXPECT_NOTHING || (talk->found.score >= CLEARLY && !talk->yes && !talk->no))
        return false;
    return open_question(talk, open);
}

static void reply(struct talk *talk)
{
    const struct heard *heard = talk->heard;
    if (!heard->count) {
        talk->kept = true;
        talk_speak_named(talk->voice, COMPANION_LINE_DID_NOT_HEAR);
        return;
    }
    talk_match_intents(talk->tongue, heard, &talk->found);
    if (talk->found.score >= SURE)
        talk->act = (enum companion_do)talk->tongue->intents.at[talk->found.intent].act;
    talk->yes = means(talk, DO_YES);
    talk->no = !talk->yes && means(talk, DO_NO);
    if (open_looks(talk))
        return;
    uint16_t thing = talk_heard_thing(talk->tongue, heard, NONE);
    if (talk->found.score >= SURE) {
        answer(talk, talk->found.intent);
    } else if (thing != NONE && heard->count <= THING_WORDS_MAX && !heard->negates) {
        talk->thread->misses = 0; /* at least it knows something about that */
        talk->thread->intent = 0;
        answer_fact(talk, thing, NONE);
    } else if (talk->found.score >= UNSURE) {
        unsure(talk);
    } else {
        not_understood(talk);
    }
}

/* ---- no whole reply twice within a short while ---- */

static bool said_lately(const struct companion_thread *thread, uint64_t hash)
{
    for (unsigned i = 0; i < sizeof thread->recent_reply / sizeof *thread->recent_reply; i++)
        if (thread->recent_reply[i] == hash)
            return true;
    return false;
}

static void keep_hash(struct companion_thread *thread, uint64_t hash)
{
    size_t n = sizeof thread->recent_reply / sizeof *thread->recent_reply;
    memmove(thread->recent_reply + 1, thread->recent_reply, (n - 1) * sizeof hash);
    thread->recent_reply[0] = hash;
}

int companion_reply(const struct companion *companion, struct companion_thread *thread,
                    const struct companion_turn *turn, char *out, size_t size)
{
    if (!companion_speaks(companion, turn->language))
        return ROOST_ERR_UNSUPPORTED;
    const struct tongue *tongue = &companion->tongue[turn->language];
    if (thread->language != (uint8_t)(turn->language + 1)) {
        companion_thread_init(thread, thread->random); /* it holds places in another's content */
        thread->language = (uint8_t)(turn->language + 1);
    }
    struct heard heard;
    talk_hear(tongue, &heard, turn->text, strnlen(turn->text, COMPANION_TEXT_MAX));
    thread->turn++;
    for (unsigned tries = 0;; tries++) {
        struct companion_thread before = *thread;
        struct voice voice;
        struct talk talk = {.voice = &voice, .tongue = tongue, .thread = thread, .heard = &heard};
        talk_voice_begin(&voice, tongue, thread, turn, out, size);
        if (tries)
            talk_speak_named(&voice, COMPANION_LINE_ASKED_BEFORE);
        reply(&talk);
        uint64_t hash = roost_fnv64(ROOST_FNV64, out, voice.len);
        bool is_again = talk.kept && talk.act == DO_AGAIN;
        if (is_again || tries == TRIES || !said_lately(&before, hash)) {
            if (!talk.kept)
                thread->last = voice.recipe;
            keep_hash(thread, hash);
            return voice.len ? (int)voice.len : ROOST_ERR_RANGE;
        }
        struct companion_recipe said = voice.recipe;
        *thread = before;
        for (unsigned i = 0; i < said.count; i++)
            talk_remember(thread, said.lines[i]);
        talk_chance(thread, 2);
    }
}
