/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least content that loads, for tests and fuzz targets: every line and doing that must be
 * there, two stories, riddles, jokes and songs; lines say their own name, so that a test can tell
 * which was spoken.
 *
 *     char *text = content_rig(CHILD_EN, "intent: more\nhear: ...");   freed by the caller
 */
#ifndef ROOST_HUB_COMPANION_CONTENT_RIG_H
#define ROOST_HUB_COMPANION_CONTENT_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/companion/companion.h"

enum { CONTENT_RIG_MAX = 128 * 1024 };

static const char content_rig_intents[] =
    "stop: the | a | is | to | please\n"
    "not: not\n"
    "same: dont = do not\n"
    "intent: yes\nhear: yes | sure\nsay: Yes to what?\ndo: yes\n"
    "intent: no\nhear: no | no thank you\nsay: Then not.\ndo: no\n"
    "intent: again\nhear: again | say that again\ndo: again\n"
    "intent: more\nhear: more | another one\ndo: more\n"
    "intent: stop\nhear: stop | stop it\nsay: Stopped.\ndo: stop\n"
    "intent: hint\nhear: hint | give me a hint\ndo: hint\n"
    "intent: give-up\nhear: i give up | tell me the answer\ndo: give-up\n"
    "intent: resume\nhear: continue the story | go on\ndo: resume\n"
    "intent: offer\nhear: what can you do\nsay: Listen.\ndo: offer\n"
    "intent: story\nhear: tell me a story | story about {any}\ndo: story\noffer: tell a story\n"
    "intent: riddle\nhear: ask me a riddle | riddle\nsay: Think.\ndo: riddle\noffer: ask a riddle\n"
    "intent: joke\nhear: tell me a joke\ndo: joke\noffer: tell a joke\n"
    "intent: song\nhear: sing a song | sing about {any}\ndo: song\noffer: sing a song\n"
    "intent: fact\nhear: tell me about {thing} | what are {thing}\ndo: fact\n"
    "intent: fact-animal\nhear: tell me about animals\ndo: fact animal\n"
    "intent: sound\nhear: what does a {animal} say\ndo: sound\n"
    "intent: count\nhear: count to {number}\nsay: Count.\ndo: count\n"
    "intent: count-down\nhear: count down from {number}\nsay: Down.\ndo: count-down\n"
    "intent: count-by\nhear: count by {number}\nsay: Steps.\ndo: count-by\n"
    "intent: add\nhear: {number} plus {number}\nsay: {number} and {number2} make {result}.\n"
    "do: add\n"
    "intent: subtract\nhear: {number} minus {number}\nsay: Left are {result}.\ndo: subtract\n"
    "intent: take-from\nhear: take {number} from {number}\nsay: {number} less {number2} is "
    "{result}.\ndo: take-from\n"
    "intent: multiply\nhear: {number} times {number}\nsay: Product {result}.\ndo: multiply\n"
    "intent: divide\nhear: {number} divided by {number}\nsay: Each {result}.\ndo: divide\n"
    "intent: double\nhear: double {number}\nsay: Double {result}.\ndo: double\n"
    "intent: half\nhear: half of {number}\nsay: Half {result}.\ndo: half\n"
    "intent: after\nhear: what comes after {number}\nsay: After {result}.\ndo: after\n"
    "intent: before\nhear: what comes before {number}\nsay: Before {result}.\ndo: before\n"
    "intent: bigger\nhear: which is bigger {number} or {number}\nsay: Bigger {result}.\n"
    "do: bigger\n"
    "intent: smaller\nhear: which is smaller {number} or {number}\nsay: Smaller {result}.\n"
    "do: smaller\n"
    "intent: quiz\nhear: ask me a sum\ndo: quiz\n"
    "intent: guess\nhear: guess a number\ndo: guess\n"
    "intent: weather\nhear: how is the weather outside\nsay: Look out of the window.\n"
    "say: Is there rain?\nthen: rain | wet | {yes} -> rainy\nthen: {no} -> dry\n"
    "then: {any} -> anything\n"
    "intent: rainy\nsay: Take boots.\n"
    "intent: dry\nsay: Take a ball.\n"
    "intent: anything\nsay: I see.\n"
    "intent: hello\nhear: hello there\nsay: Hello, {name}!\nsay 3-5: Hello, small one!\n"
    "say 6-13: Hello, big one!\nsay 3-13 night: Hello, sleepy one!\n";

static const char content_rig_pieces[] =
    "story: mouse\ntitle: The mouse\nage: 3-8\nabout: mouse | cheese\n"
    "scene: start\ntell: Mouse start W.\nask: Left or right?\n"
    "choice: left | to the left -> one\nchoice: right -> two\n"
    "scene: one\ntell: Mouse left W.\ngo: end\nscene: end\ntell: Mouse end.\n"
    "scene: two\ntell: Mouse right W.\nask: Up or down?\nchoice: up -> three\nchoice: down -> end\n"
    "scene: three\ntell: Mouse up.\n"
    "story: ship\ntitle: The ship\nabout: ship | sea\n"
    "scene: start\ntell: Ship start W.\nask: East or west?\nchoice: east -> east\n"
    "choice: west -> west\nscene: east\ntell: Ship east W.\nscene: west\ntell: Ship west W.\n"
    "riddle: clock\nask: What has hands?\nanswer: clock | watch\nhint: It ticks.\n"
    "hint: It hangs on the wall.\ntell: A clock it was!\n"
    "riddle: towel\nask: What gets wetter?\nanswer: towel\ntell: A towel it was!\n"
    "joke: bike\nask: Why did it fall?\ntell: Two tired.\n"
    "joke: duck\nask: Why the duck?\ntell: Quack.\n"
    "song: star\ntitle: Star\nabout: star\nsing: Star one,\nsing: star two.\n"
    "song: boat\ntitle: Boat\nabout: boat\nsing: Boat one,\nsing: boat two.\n"
    "thing: cow\nkind: animal\nname: cow | cows\nsound: Moo!\nfact: Cow fact one.\n"
    "fact: Cow fact two.\n"
    "thing: elephant\nkind: animal\nname: elephant | elephants\nfact: Elephant fact.\n"
    "thing: moon\nkind: space\nname: moon\nspoken: the moon\nfact: Moon fact.\n";

/* A story needs 120 words: "W." becomes twenty. */
static void content_rig_words(char *out, const char *text)
{
    size_t len = strlen(out);
    for (const char *p = text; *p; p++) {
        if (p[0] == 'W' && p[1] == '.') {
            len += (size_t)sprintf(out + len, "and");
            for (int sentence = 0; sentence < 3; sentence++)
                len += (size_t)sprintf(out + len,
                                       " on it goes and so they went along the long way together.");
            p++;
        } else {
            out[len++] = *p;
            out[len] = 0;
        }
    }
}

/* malloc'd; more: what is added behind it. */
static inline char *content_rig(enum child_language language, const char *more)
{
    static const char *const small[] = {"zero", "one",   "two",   "three", "four", "five",
                                        "six",  "seven", "eight", "nine",  "ten"};
    char *out = calloc(1, CONTENT_RIG_MAX);
    (void)language;
    if (!out)
        abort();
    memcpy(out, content_rig_intents, sizeof content_rig_intents);
    content_rig_words(out, content_rig_pieces);
    size_t len = strlen(out);
    for (int i = 0; i <= 10; i++)
        len += (size_t)sprintf(out + len, "number: %d = %s\n", i, small[i]);
    for (int i = 11; i < 100; i++)
        len +=
            (size_t)sprintf(out + len, "number: %d = number%c%c\n", i, 'a' + i / 10, 'a' + i % 10);
    len += (size_t)sprintf(out + len, "number: 100 = hundred\n");
    for (int i = 0; i < COMPANION_LINE_COUNT; i++) {
        const char *name = companion_line_text((enum companion_line_name)i);
        len += (size_t)sprintf(out + len, "line: %s\n", name);
        const char *slots =
            i == COMPANION_LINE_OFFER_THREE ? " {offer}, {offer2}, {offer3}"
            : i == COMPANION_LINE_NOT_SURE  ? " {offer}"
            : i >= COMPANION_LINE_QUIZ_ADD && i <= COMPANION_LINE_QUIZ_DIVIDE
                ? " {number} {number2}"
            : i == COMPANION_LINE_STORY_TITLE                                ? " {title}"
            : i == COMPANION_LINE_QUIZ_TOLD || i == COMPANION_LINE_SUM_BELOW ? " {result}"
            : i == COMPANION_LINE_SUM_REST                                   ? " {result} {rest}"
            : (i >= COMPANION_LINE_GUESS_START || i == COMPANION_LINE_COUNT_FAR) ? " {number}"
                                                                                 : "";
        for (int k = 0; k < 12; k++)
            len += (size_t)sprintf(out + len, "say: [%s %c]%s.\n", name, 'a' + k, slots);
    }
    snprintf(out + len, CONTENT_RIG_MAX - len, "%s", more);
    return out;
}

#endif
