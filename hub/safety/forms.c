/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/safety/forms.h"

#include <stdbool.h>
#include <string.h>

#include "hub/safety/normalize.h"

enum { STRETCHED_MAX = 4 }; /* stretched places of a word that are tried both ways */

static bool is_arabic(uint32_t c)
{
    return c >= 0x621 && c <= 0x64a;
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || c > 0x100;
}

/* The letter that a digit or sign is drawn for; one: what 1 is this time. 0: none. */
static uint32_t drawn_for(uint32_t c, uint32_t one)
{
    switch (c) {
    case '0':
        return 'o';
    case '1':
        return one;
    case '|':
        return 'l';
    case '!':
        return 'i';
    case '3':
    case 0x20ac:
        return 'e';
    case '4':
    case '@':
        return 'a';
    case '5':
    case '$':
        return 's';
    case '6':
    case '9':
        return 'g';
    case '7':
    case '+':
        return 't';
    case '8':
        return 'b';
    case 0xa3:
        return 'l';
    default:
        return 0;
    }
}

/* No English word doubles these. */
static bool never_doubled(uint32_t c)
{
    return c < 0x80 && strchr("aijkquvwxy", (int)c) != NULL;
}

static void send(const uint32_t *letters, size_t len, form_sink *sink, void *arg)
{
    if (len == 0)
        return;
    sink(arg, FORM_WORD, letters, len);
    if (is_arabic(letters[0]))
        forms_of_arabic(letters, len, sink, arg);
    if (len > 3 && letters[0] == 'p' && letters[1] == 'h') { /* "phuck" */
        uint32_t other[TOKEN_LETTERS_MAX];
        memcpy(other, letters + 1, (len - 1) * sizeof *other);
        other[0] = 'f';
        sink(arg, FORM_WORD, other, len - 1);
    }
}

/* Every way to read the stretched places once and twice. */
static void send_squeezed(const uint32_t *letters, size_t len, form_sink *sink, void *arg)
{
    size_t places = 0;
    for (size_t i = 0, run; i < len; i += run) {
        for (run = 1; i + run < len && letters[i + run] == letters[i]; run++) {
        }
        places += run >= 3 || (run == 2 && never_doubled(letters[i]));
    }
    send(letters, len, sink, arg);
    if (places == 0)
        return;
    size_t ways = (size_t)1 << (places < STRETCHED_MAX ? places : STRETCHED_MAX);
    for (size_t way = 0; way < ways; way++) {
        uint32_t out[TOKEN_LETTERS_MAX];
        size_t count = 0, place = 0;
        for (size_t i = 0, run; i < len; i += run) {
            for (run = 1; i + run < len && letters[i + run] == letters[i]; run++) {
            }
            size_t keep = run;
            if (run >= 3 || (run == 2 && never_doubled(letters[i]))) {
                keep = place < STRETCHED_MAX && (way >> place & 1) ? 2 : 1;
                place++;
            }
            while (keep--)
                out[count++] = letters[i];
        }
        send(out, count, sink, arg);
    }
}

/* Signs and digits inside a word, read as letters, left out, and as "some letter" (f**k). */
static void send_drawn(const uint32_t *letters, size_t len, form_sink *sink, void *arg)
{
    uint32_t as_i[TOKEN_LETTERS_MAX], as_l[TOKEN_LETTERS_MAX], without[TOKEN_LETTERS_MAX],
        hidden[TOKEN_LETTERS_MAX];
    size_t drawn = 0, left = 0;
    for (size_t i = 0; i < len; i++) {
        bool plain = is_letter(letters[i]);
        uint32_t read_i = plain ? letters[i] : drawn_for(letters[i], 'i');
        uint32_t read_l = plain ? letters[i] : drawn_for(letters[i], 'l');
        if (plain || is_digit(letters[i]))
            without[left++] = letters[i];
        if (read_i) {
            as_i[drawn] = read_i;
            as_l[drawn++] = read_l;
        }
        hidden[i] = plain || is_digit(letters[i]) ? letters[i] : '*';
    }
    send_squeezed(as_i, drawn, sink, arg);
    send_squeezed(as_l, drawn, sink, arg);
    send_squeezed(without, left, sink, arg);
    sink(arg, FORM_WORD, hidden, len);
}

void forms_of(const uint32_t *letters, size_t len, unsigned flags, form_sink *sink, void *arg)
{
    bool plain = true, any_letter = false;
    sink(arg, FORM_EXACT, letters, len);
    for (size_t i = 0; i < len; i++) {
        plain = plain && is_letter(letters[i]);
        any_letter = any_letter || is_letter(letters[i]);
    }
    send_squeezed(letters, len, sink, arg);
    if (!plain && any_letter)
        send_drawn(letters, len, sink, arg);
    if ((flags & TOKEN_POSSESSIVE) && len > 1)
        send(letters, len - 1, sink, arg);
}
