/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/utf8.h"
#include "hub/companion/companion_internal.h"

enum {
    NAME_LETTERS_MAX = 30,
    SOON = 12,        /* turns in which a line would be a repetition */
    FILLED_MAX = 1200 /* bytes of a line with its slots filled */
};

uint32_t talk_chance(struct companion_thread *thread, uint32_t below)
{
    if (!thread || below < 2)
        return 0;
    uint64_t z = thread->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

unsigned talk_group_bit(const struct companion_turn *turn)
{
    return (unsigned)turn->group < CHILD_AGE_GROUPS ? 1U << turn->group : 1U << CHILD_6_8;
}

static unsigned hour_bit(int hour)
{
    if (hour >= 5 && hour < 12)
        return 1;
    if (hour >= 12 && hour < 18)
        return 2;
    return hour >= 18 && hour < 21 ? 4 : 8;
}

/* A name is letters, spaces, hyphens and apostrophes; anything else is not spoken. */
static bool may_be_spoken(const char *name)
{
    unsigned letters = 0;
    const char *end = name + strlen(name);
    for (const char *p = name; p < end; letters++) {
        size_t n = roost_utf8_len(p, end);
        const unsigned char *u = (const unsigned char *)p;
        bool ascii = (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || *p == ' ' ||
                     *p == '-' || *p == '\'';
        bool latin = n == 2 && u[0] >= 0xC3 && u[0] <= 0xC9;
        bool arabic = n == 2 && u[0] >= 0xD8 && u[0] <= 0xD9 && !(u[0] == 0xD8 && u[1] < 0xA1) &&
                      !(u[0] == 0xD9 && u[1] >= 0xA0 && u[1] <= 0xAD);
        if (!ascii && !latin && !arabic)
            return false;
        p += n;
    }
    return letters > 0 && letters <= NAME_LETTERS_MAX && *name != ' ';
}

void talk_voice_begin(struct voice *voice, const struct tongue *tongue,
                      struct companion_thread *thread, const struct companion_turn *turn, char *out,
                      size_t size)
{
    *voice = (struct voice){.tongue = tongue,
                            .thread = thread,
                            .turn = turn,
                            .out = out,
                            .size = size > COMPANION_REPLY_MAX ? COMPANION_REPLY_MAX + 1 : size};
    voice->name = turn->name && may_be_spoken(turn->name) ? turn->name : NULL;
    if (size)
        out[0] = 0;
}

uint32_t talk_since(const struct companion_thread *thread, uint16_t line)
{
    uint32_t last = UINT32_MAX;
    for (unsigned i = 0; thread && i < COMPANION_RECENT; i++)
        if (thread->recent_line[i] == line && thread->turn - thread->recent_turn[i] < last)
            last = thread->turn - thread->recent_turn[i];
    return last;
}

static const struct spoken *spoken_at(const struct voice *voice, uint16_t line)
{
    return line && line <= voice->tongue->spoken.count ? &voice->tongue->spoken.at[line - 1] : NULL;
}

uint16_t talk_choose(struct voice *voice, struct lines lines)
{
    unsigned hours = hour_bit(voice->turn->hour), groups = talk_group_bit(voice->turn);
    uint16_t chosen = 0;
    uint32_t longest = 0, equals = 0;
    for (uint16_t i = lines.first; i; i = spoken_at(voice, i)->next) {
        const struct spoken *spoken = spoken_at(voice, i);
        if (!(spoken->groups & groups) || !(spoken->hours & hours) ||
            (spoken->named && !voice->name))
            continue;
        uint32_t ago = talk_since(voice->thread, i);
        if (chosen && ago < longest)
            continue;
        equals = chosen && ago == longest ? equals + 1 : 1;
        longest = ago;
        if (equals == 1 || talk_chance(voice->thread, equals) == 0)
            chosen = i;
    }
    voice->stale = chosen && longest < SOON;
    return chosen;
}

static void add(char *to, size_t *len, const char *text, size_t n)
{
    if (*len + n > FILLED_MAX)
        n = 0; /* as bad input is long: left out, never cut inside a letter */
    memcpy(to + *len, text, n);
    *len += n;
}

static const char *slot_text(const struct voice *voice, const char *slot, size_t len,
                             char digits[12])
{
    const struct companion_recipe *recipe = &voice->recipe;
    const struct {
        const char *name;
        int32_t value;
    } numbers[] = {{"number", recipe->number[0]},
                   {"number2", recipe->number[1]},
                   {"result", recipe->result},
                   {"rest", recipe->rest},
                   {"hour", voice->turn->hour % 12 ? voice->turn->hour % 12 : 12}};
    const struct {
        const char *name;
        uint16_t line;
    } texts[] = {{"title", recipe->title},
                 {"offer", recipe->offer[0]},
                 {"offer2", recipe->offer[1]},
                 {"offer3", recipe->offer[2]}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strlen(numbers[i].name) == len && !memcmp(numbers[i].name, slot, len))
            return talk_number_spoken(voice->tongue, numbers[i].value, digits);
    const struct spoken *spoken = NULL;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strlen(texts[i].name) == len && !memcmp(texts[i].name, slot, len))
            spoken = spoken_at(voice, texts[i].line);
    if (len == 4 && !memcmp(slot, "name", len))
        return voice->name ? voice->name : "";
    if (!spoken && recipe->thing && recipe->thing <= voice->tongue->things.count)
        spoken = spoken_at(voice, voice->tongue->things.at[recipe->thing - 1].spoken.first);
    return spoken ? spoken->text : "";
}

/* A number or name that begins a sentence gets a large letter. */
static void begin_large(char *to, size_t at)
{
    size_t before = at;
    while (before && to[before - 1] == ' ')
        before--;
    if ((!before || strchr(".!?", to[before - 1])) && to[at] >= 'a' && to[at] <= 'z')
        to[at] = (char)(to[at] - 'a' + 'A');
}

static size_t fill(const struct voice *voice, const char *text, char *to)
{
    size_t len = 0;
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "{");
        add(to, &len, p, n);
        p += n;
        if (!*p)
            break;
        const char *close = strchr(p, '}');
        if (!close)
            break;
        char digits[12];
        const char *value = slot_text(voice, p + 1, (size_t)(close - p) - 1, digits);
        size_t at = len;
        add(to, &len, value, strlen(value));
        if (len > at)
            begin_large(to, at);
        p = close + 1;
    }
    to[len] = 0;
    return len;
}

static bool append(struct voice *voice, const char *text, size_t len)
{
    size_t space = voice->len > 0;
    if (voice->full || voice->len + space + len >= voice->size) {
        voice->full = true;
        return false;
    }
    if (space)
        voice->out[voice->len++] = ' ';
    memcpy(voice->out + voice->len, text, len + 1);
    voice->len += len;
    return true;
}

void talk_remember(struct companion_thread *thread, uint16_t line)
{
    if (!thread)
        return;
    thread->recent_line[thread->recent_next % COMPANION_RECENT] = line;
    thread->recent_turn[thread->recent_next % COMPANION_RECENT] = thread->turn;
    thread->recent_next = (uint16_t)((thread->recent_next + 1) % COMPANION_RECENT);
}

void talk_speak_line(struct voice *voice, uint16_t line)
{
    const struct spoken *spoken = spoken_at(voice, line);
    char filled[FILLED_MAX + 1];
    if (!spoken || voice->recipe.count == COMPANION_REPLY_LINES)
        return;
    size_t len = fill(voice, spoken->text, filled);
    if (!append(voice, filled, len))
        return;
    voice->recipe.lines[voice->recipe.count++] = line;
    talk_remember(voice->thread, line);
}

void talk_speak(struct voice *voice, struct lines lines)
{
    talk_speak_line(voice, talk_choose(voice, lines));
}

void talk_speak_named(struct voice *voice, enum companion_line_name line)
{
    talk_speak(voice, voice->tongue->line[line]);
}

void talk_speak_all(struct voice *voice, struct lines lines)
{
    unsigned groups = talk_group_bit(voice->turn);
    for (uint16_t i = lines.first; i; i = spoken_at(voice, i)->next) {
        const struct spoken *spoken = spoken_at(voice, i);
        if ((spoken->groups & groups) && (!spoken->named || voice->name))
            talk_speak_line(voice, i);
    }
}

void talk_speak_count(struct voice *voice, int32_t from, int32_t to, int32_t step)
{
    char text[COMPANION_REPLY_MAX / 2 + 1];
    size_t len = 0;
    const char *comma = voice->tongue->language == CHILD_AR ? "\xD8\x8C " : ", ";
    if (!step)
        return;
    for (int32_t n = from; step > 0 ? n <= to : n >= to; n += step) {
        char digits[12];
        const char *word = talk_number_spoken(voice->tongue, n, digits);
        size_t size = strlen(word);
        if (len + size + 4 > sizeof text)
            break;
        if (len) {
            memcpy(text + len, comma, strlen(comma));
            len += strlen(comma);
        }
        memcpy(text + len, word, size);
        len += size;
    }
    text[len++] = '.';
    text[len] = 0;
    begin_large(text, 0);
    if (len > 1 && append(voice, text, len)) {
        voice->recipe.count_from = from;
        voice->recipe.count_to = to;
        voice->recipe.count_step = step;
        voice->recipe.count_at = voice->recipe.count;
    }
}

void talk_speak_recipe(struct voice *voice, const struct companion_recipe *recipe)
{
    struct companion_recipe copy = *recipe;
    if (copy.count > COMPANION_REPLY_LINES)
        copy.count = COMPANION_REPLY_LINES;
    voice->recipe = copy;
    voice->recipe.count = 0;
    for (unsigned i = 0; i <= copy.count; i++) {
        if (copy.count_step && copy.count_at == i)
            talk_speak_count(voice, copy.count_from, copy.count_to, copy.count_step);
        if (i < copy.count)
            talk_speak_line(voice, copy.lines[i]);
    }
    voice->recipe = copy;
}

int companion_line(const struct companion *companion, struct companion_thread *thread,
                   enum companion_line_name line, const struct companion_turn *turn, char *out,
                   size_t size)
{
    struct voice voice;
    if ((unsigned)line >= COMPANION_LINE_COUNT || !companion_speaks(companion, turn->language))
        return ROOST_ERR_UNSUPPORTED;
    if (thread && thread->language != (uint8_t)(turn->language + 1)) {
        companion_thread_init(thread, thread->random); /* it holds places in another's content */
        thread->language = (uint8_t)(turn->language + 1);
    }
    talk_voice_begin(&voice, &companion->tongue[turn->language], thread, turn, out, size);
    talk_speak_named(&voice, line);
    return voice.len ? (int)voice.len : ROOST_ERR_RANGE;
}
