/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/utf8.h"
#include "hub/safety/forms.h"
#include "hub/safety/normalize.h"

static char written[4096];

static const char *write_tokens(const struct normal *normal)
{
    size_t used = 0;
    for (size_t i = 0; i < normal->token_count; i++) {
        const struct token *token = &normal->tokens[i];
        if (i)
            written[used++] = ' ';
        for (size_t k = 0; k < token->len && used < sizeof written - 8; k++)
            used += roost_utf8_write(written + used, normal->letters[token->at + k]);
    }
    written[used] = '\0';
    return written;
}

static const char *read_tokens(const char *text)
{
    struct normal normal;
    assert_int_equal(normal_read(&normal, text, strlen(text)), 0);
    const char *tokens = write_tokens(&normal);
    normal_free(&normal);
    return tokens;
}

static void what_hides_letters_goes(void **state)
{
    static const struct {
        const char *text, *tokens;
    } cases[] = {
        {"Hello, World!", "hello world"},
        {"don't", "dont"},
        {"ＫＩＬＬ", "kill"},                     /* full width */
        {"k\xe2\x80\x8bi\xe2\x80\x8ell", "kill"}, /* zero width, direction */
        {"k\xcc\xb6i\xcc\xb6ll\xcc\x81", "kill"}, /* combining marks */
        {"кill мυrdеr", "kill murder"},           /* Cyrillic, Greek */
        {"caf\xc3\xa9 \xc3\xb8l", "cafe ol"},
        {"m rn", "m rn"},                           /* ICU's skeleton would say rn rn */
        {"\xf0\x9f\x87\xb0\xf0\x9f\x87\xae", "ki"}, /* the letters of flags */
        {"أإ آٱ ى ة ؤ ئ ک ی", "اا اا ي ه ء ء ك ي"},
        {"مُــسَــدَّس", "مسدس"},
        {"\xef\xba\x8d\xef\xba\xa5", "اخ"}, /* presentation forms */
        {"٣ ۳ 3", "3 3 3"},
        {"kiiiiiill", "kiiill"}, /* more than three say no more */
        {"f*ck a$$ p@ss", "f*ck a$$ p@ss"},
        {"ok @ home **", "ok home"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(read_tokens(cases[i].text), cases[i].tokens);
}

static void bad_utf8_is_refused(void **state)
{
    static const char *const cases[] = {"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\xaf"};
    struct normal normal;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(normal_read(&normal, cases[i], strlen(cases[i])), ROOST_ERR_INVALID);
}

static void tokens_know_their_place(void **state)
{
    const char *text = "Ab, \xc3\xa9"
                       "c. D-e";
    struct normal normal;
    (void)state;
    assert_int_equal(normal_read(&normal, text, strlen(text)), 0);
    assert_int_equal(normal.token_count, 4);
    assert_int_equal(normal.tokens[0].begin, 0);
    assert_int_equal(normal.tokens[0].end, 2);
    assert_true(normal.tokens[0].flags & TOKEN_LIST);
    assert_int_equal(normal.tokens[1].begin, 4);
    assert_int_equal(normal.tokens[1].end, 7);
    assert_true(normal.tokens[1].flags & TOKEN_STOP);
    assert_true(normal.tokens[2].flags & TOKEN_GLUED);
    assert_int_equal(normal.tokens[2].sign, '-');
    assert_false(normal.tokens[3].flags & TOKEN_GLUED);
    normal_free(&normal);
}

static void spelt_words_are_joined(void **state)
{
    static const struct {
        const char *text, *tokens;
    } cases[] = {
        {"k i l l him", "kill him"}, {"k.i.l.l him", "kill him"},
        {"ki-ll him", "kill him"},   {"sh!t", "sh!t"},
        {"k 1 l l", "k1ll"},         {"ا ق ت ل", "اقتل"},
        {"a b or c", NULL},          {"one two three", NULL},
        {"1 2 3 4", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct normal normal, joined;
        assert_int_equal(normal_read(&normal, cases[i].text, strlen(cases[i].text)), 0);
        int found = normal_join(&joined, &normal);
        assert_int_equal(found, cases[i].tokens != NULL);
        if (found)
            assert_string_equal(write_tokens(&joined), cases[i].tokens);
        normal_free(&joined);
        normal_free(&normal);
    }
}

struct wanted {
    const char *form;
    enum form_kind kind;
    int found;
};

static void look(void *arg, enum form_kind kind, const uint32_t *letters, size_t len)
{
    struct wanted *wanted = arg;
    char form[256];
    size_t used = 0;
    for (size_t i = 0; i < len; i++)
        used += roost_utf8_write(form + used, letters[i]);
    form[used] = '\0';
    wanted->found |= kind == wanted->kind && strcmp(form, wanted->form) == 0;
}

static void a_word_has_forms(void **state)
{
    static const struct {
        const char *text, *form;
        enum form_kind kind;
        int found;
    } cases[] = {
        {"k1ll", "kill", FORM_WORD, 1},    {"kiiilll", "kill", FORM_WORD, 1},
        {"b00bs", "boobs", FORM_WORD, 1},  {"$hit", "shit", FORM_WORD, 1},
        {"a$$", "ass", FORM_WORD, 1},      {"f*ck", "f*ck", FORM_WORD, 1},
        {"55", "ss", FORM_WORD, 0},        {"rapping", "raping", FORM_WORD, 0},
        {"mom's", "mom", FORM_WORD, 1},    {"phuck", "fuck", FORM_WORD, 1},
        {"والمسدس", "مسدس", FORM_WORD, 1}, {"مدرستي", "مدرسه", FORM_WORD, 1},
        {"سأقتلهم", "قتل", FORM_VERB, 1},  {"بيضربوني", "ضرب", FORM_VERB, 1},
        {"كلب", "لب", FORM_WORD, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wanted wanted = {cases[i].form, cases[i].kind, 0};
        struct normal normal;
        assert_int_equal(normal_read(&normal, cases[i].text, strlen(cases[i].text)), 0);
        assert_int_equal(normal.token_count, 1);
        forms_of(normal.letters, normal.tokens[0].len, normal.tokens[0].flags, look, &wanted);
        if (wanted.found != cases[i].found)
            fail_msg("%s -> %s", cases[i].text, cases[i].form);
        normal_free(&normal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_hides_letters_goes), cmocka_unit_test(bad_utf8_is_refused),
        cmocka_unit_test(tokens_know_their_place), cmocka_unit_test(spelt_words_are_joined),
        cmocka_unit_test(a_word_has_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
