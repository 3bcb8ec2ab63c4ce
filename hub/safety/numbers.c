/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/safety/numbers.h"

#include <string.h>

enum {
    GROUPS_MAX = 24,   /* of one number */
    PHONE_MIN = 7,     /* figures of a telephone number */
    PHONE_MAX = 19,    /* and of a bank card */
    DIGITS_MIN = 4,    /* of a door code */
    ONE_PIECE_MIN = 9, /* figures of a telephone number without a gap */
};

/* A row of numbers that nothing but spaces and marks keeps apart. */
struct run {
    uint8_t figures[GROUPS_MAX]; /* of each */
    uint32_t values[GROUPS_MAX];
    size_t groups, digits;
    bool zero_first, plus, points, full;
};

static const struct {
    const char *word; /* the low bytes of Arabic letters, or English */
    uint8_t value;
} english[] = {{"oh", 0},        {"zero", 0},      {"nought", 0},   {"one", 1},
               {"two", 2},       {"three", 3},     {"four", 4},     {"five", 5},
               {"six", 6},       {"seven", 7},     {"eight", 8},    {"nine", 9},
               {"ten", 10},      {"eleven", 11},   {"twelve", 12},  {"thirteen", 13},
               {"fourteen", 14}, {"fifteen", 15},  {"sixteen", 16}, {"seventeen", 17},
               {"eighteen", 18}, {"nineteen", 19}, {"twenty", 20},  {"thirty", 30},
               {"forty", 40},    {"fifty", 50},    {"sixty", 60},   {"seventy", 70},
               {"eighty", 80},   {"ninety", 90},   {"hundred", 100}};

/* As normalize.h folds them: without hamza on alef, heh for teh marbuta. */
static const struct {
    const char *word;
    uint8_t value;
} arabic[] = {
    {"صفر", 0},    {"واحد", 1},   {"واحده", 1},   {"اثنان", 2},   {"اثنين", 2},   {"اتنين", 2},
    {"تنين", 2},   {"ثنين", 2},   {"ثلاثه", 3},   {"تلاته", 3},   {"ثلاث", 3},    {"اربعه", 4},
    {"اربع", 4},   {"خمسه", 5},   {"خمس", 5},     {"سته", 6},     {"سبعه", 7},    {"سبع", 7},
    {"ثمانيه", 8}, {"تمانيه", 8}, {"تمنيه", 8},   {"ثماني", 8},   {"تسعه", 9},    {"تسع", 9},
    {"عشره", 10},  {"عشرين", 20}, {"ثلاثين", 30}, {"تلاتين", 30}, {"اربعين", 40}, {"خمسين", 50},
    {"ستين", 60},  {"سبعين", 70}, {"ثمانين", 80}, {"تمانين", 80}, {"تسعين", 90},
};

static bool is_word(const uint32_t *letters, size_t len, const char *word)
{
    const unsigned char *p = (const unsigned char *)word;
    for (size_t i = 0; i < len; i++) {
        uint32_t c = *p++;
        if (c >= 0xc0)
            c = (c & 0x1fu) << 6 | (*p++ & 0x3fu);
        if (c != letters[i])
            return false;
    }
    return *p == '\0';
}

static int spoken(const uint32_t *letters, size_t len)
{
    for (size_t i = 0; i < sizeof english / sizeof english[0]; i++)
        if (is_word(letters, len, english[i].word))
            return english[i].value;
    if (letters[0] < 0x621 || letters[0] > 0x64a)
        return -1;
    for (int without_and = 0; without_and <= 1; without_and++) {
        for (size_t i = 0; i < sizeof arabic / sizeof arabic[0]; i++)
            if (is_word(letters, len, arabic[i].word))
                return arabic[i].value;
        if (letters[0] != 0x648 || len < 4) /* waw: "and five" */
            return -1;
        letters++;
        len--;
    }
    return -1;
}

static void add(struct run *run, uint32_t value, size_t figures)
{
    if (run->groups == GROUPS_MAX) {
        run->full = true;
        return;
    }
    run->figures[run->groups] = (uint8_t)(figures > 250 ? 250 : figures);
    run->values[run->groups++] = value;
    run->digits += figures;
}

static void add_figures(struct run *run, const uint32_t *letters, size_t len)
{
    uint32_t value = 0;
    for (size_t i = 0; i < len; i++)
        value = value < 100000000 ? value * 10 + (letters[i] - '0') : value;
    if (run->groups == 0)
        run->zero_first = letters[0] == '0';
    add(run, value, len);
}

static bool is_between(const uint32_t *letters, size_t len)
{
    return is_word(letters, len, "dash") || is_word(letters, len, "hyphen") ||
           is_word(letters, len, "space");
}

/* Adds the token when it is a number; *repeat: how often the next is said ("double"). */
static bool take(struct run *run, const struct normal *normal, size_t i, unsigned *repeat)
{
    const struct token *token = &normal->tokens[i];
    const uint32_t *letters = &normal->letters[token->at];
    if (token->flags & TOKEN_DIGITS) {
        add_figures(run, letters, token->len);
        *repeat = 1;
        return true;
    }
    int value = spoken(letters, token->len);
    if (value < 0 && run->groups > 0 && token->len == 1 && letters[0] == 'o')
        value = 0;
    if (value < 0)
        return false;
    if (run->groups == 0)
        run->zero_first = value == 0;
    for (unsigned k = 0; k < *repeat; k++)
        add(run, (uint32_t)value, value > 9 ? 2 : 1);
    *repeat = 1;
    return true;
}

static bool counts_on(const struct run *run)
{
    bool up = true, down = true;
    for (size_t i = 1; i < run->groups; i++) {
        up = up && run->values[i] > run->values[i - 1];
        down = down && run->values[i] < run->values[i - 1];
    }
    return run->groups >= 3 && (up || down);
}

/* "one two three one two three", "0 1 0 1" */
static bool repeats(const struct run *run)
{
    for (size_t period = 1; period <= 3 && period < run->groups; period++) {
        size_t i = period;
        while (i < run->groups && run->values[i] == run->values[i - period])
            i++;
        if (i == run->groups && run->figures[0] == 1)
            return true;
    }
    return false;
}

static bool is_date(const struct run *run)
{
    const uint8_t *f = run->figures;
    if (run->groups == 2)
        return f[0] == 4 && f[1] == 4 && run->values[0] >= 1000 && run->values[0] <= 2100 &&
               run->values[1] >= 1000 && run->values[1] <= 2100;
    return run->groups == 3 &&
           ((f[0] == 4 && f[1] <= 2 && f[2] <= 2) || (f[0] <= 2 && f[1] <= 2 && f[2] == 4));
}

/* 1 234 567 */
static bool is_in_thousands(const struct run *run)
{
    if (run->zero_first || run->plus || run->groups < 2 || run->figures[0] > 3)
        return false;
    for (size_t i = 1; i < run->groups; i++)
        if (run->figures[i] != 3)
            return false;
    return true;
}

static bool is_phone(const struct run *run)
{
    if (run->full || run->digits < PHONE_MIN || run->digits > PHONE_MAX)
        return false;
    if (run->groups == 1)
        return run->zero_first || run->plus ||
               (run->digits >= ONE_PIECE_MIN && run->values[0] % 100 != 0);
    if (run->points && run->groups < 3) /* 3.14159265 */
        return false;
    return !counts_on(run) && !repeats(run) && !is_date(run) && !is_in_thousands(run);
}

static bool is_multiple(const uint32_t *letters, size_t len, unsigned *repeat)
{
    *repeat = is_word(letters, len, "double") ? 2 : is_word(letters, len, "triple") ? 3 : 1;
    return *repeat > 1;
}

static bool is_domain(const uint32_t *letters, size_t len)
{
    static const char *const domains[] = {"com", "net", "org", "io",  "tv", "uk", "de",
                                          "app", "gg",  "edu", "gov", "eg", "sa", "ae"};
    for (size_t i = 0; i < sizeof domains / sizeof domains[0]; i++)
        if (is_word(letters, len, domains[i]))
            return true;
    return false;
}

static void mark_addresses(const struct normal *normal, uint8_t *marks)
{
    for (size_t i = 0; i < normal->token_count; i++) {
        const struct token *token = &normal->tokens[i];
        const uint32_t *letters = &normal->letters[token->at];
        bool dotted =
            i + 1 < normal->token_count && (token->flags & TOKEN_GLUED) && token->sign == '.';
        if (dotted && token->len > 1 &&
            is_domain(&normal->letters[normal->tokens[i + 1].at], normal->tokens[i + 1].len))
            marks[i + 1] |= 1u << SPECIAL_URL;
        for (size_t k = 1; dotted && k + 1 < token->len; k++)
            if (letters[k] == '@')
                marks[i + 1] |= 1u << SPECIAL_EMAIL;
    }
}

void numbers_mark(const struct normal *normal, uint8_t *marks)
{
    memset(marks, 0, normal->token_count);
    for (size_t i = 0; i < normal->token_count;) {
        struct run run = {.plus = i > 0 && normal->tokens[i - 1].sign == '+'};
        unsigned repeat = 1;
        size_t last = i, k = i;
        for (; k < normal->token_count; k++) {
            const struct token *token = &normal->tokens[k];
            const uint32_t *letters = &normal->letters[token->at];
            if (take(&run, normal, k, &repeat)) {
                marks[k] |= 1u << SPECIAL_NUMBER;
                last = k;
                run.points = run.points || ((token->flags & TOKEN_GLUED) && token->sign == '.');
                if (token->sign && strchr("=*+%", token->sign)) /* a sum */
                    break;
            } else if (!is_multiple(letters, token->len, &repeat) &&
                       !(run.groups > 0 && is_between(letters, token->len))) {
                break;
            }
        }
        unsigned whole = 1u << SPECIAL_NUMBER;
        if (run.digits >= DIGITS_MIN && !counts_on(&run))
            whole |= 1u << SPECIAL_DIGITS;
        if (is_phone(&run))
            whole |= 1u << SPECIAL_PHONE;
        for (k = i; run.groups > 0 && k <= last; k++) /* with what stands between: "double" */
            marks[k] |= (uint8_t)whole;
        i = run.groups > 0 ? last + 1 : i + 1;
    }
    mark_addresses(normal, marks);
}
