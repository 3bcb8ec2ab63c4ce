/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tools/speech/lexicon.h"

static int read_text(struct lexicon *l, const char *text, enum lexicon_source source)
{
    char path[] = "/tmp/roost-lexicon-XXXXXX";
    int fd = mkstemp(path), result;
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    result = lexicon_read(l, path, source);
    remove(path);
    return result;
}

static void spoken_as(const struct lexicon *l, const char *word, const char *wanted)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    lexicon_write(l, word, out);
    fclose(out);
    assert_string_equal(text, wanted);
    free(text);
}

static void ours_goes_before_theirs(void **state)
{
    struct lexicon l = {0};
    (void)state;
    assert_int_equal(read_text(&l, "# ours\n\nmoo M UW\n", LEXICON_OURS), 0);
    assert_int_equal(read_text(&l, "a AH\na(2) EY\nmoo M OW\n", LEXICON_THEIRS), 0);
    spoken_as(&l, "moo", "moo M UW\n");
    spoken_as(&l, "a", "a AH\na(2) EY\n");
    spoken_as(&l, "b", "");
    assert_true(lexicon_knows(&l, "a"));
    assert_false(lexicon_knows(&l, "b"));
    lexicon_free(&l);
}

static void the_rest_goes_by_rule(void **state)
{
    struct lexicon l = {0};
    (void)state;
    assert_true(lexicon_guess(&l, "glumbo"));
    spoken_as(&l, "glumbo", "glumbo G L AH M B OW\n");
    lexicon_free(&l);
}

static void a_bad_line_is_named(void **state)
{
    struct lexicon l = {0};
    (void)state;
    assert_int_equal(read_text(&l, "a AH\nb\n", LEXICON_OURS), 2);
    assert_int_equal(lexicon_read(&l, "/nowhere", LEXICON_OURS), -1);
    lexicon_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_goes_before_theirs),
        cmocka_unit_test(the_rest_goes_by_rule),
        cmocka_unit_test(a_bad_line_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
