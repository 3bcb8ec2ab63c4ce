/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of content files are named with file, line and reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "hub/companion/companion_internal.h"
#include "hub/companion/content_rig.h"

static char why[400];

/* Loads the least content with `more` behind it; the fault's line counts from `more`. */
static int load(const char *more)
{
    struct companion *companion = NULL;
    char *text = content_rig(CHILD_EN, more);
    int err =
        companion_load_text(&companion, CHILD_EN, "en/x.txt", text, strlen(text), why, sizeof why);
    if (err == 0)
        companion_free(companion);
    free(text);
    return err;
}

static unsigned rig_lines(void)
{
    unsigned lines = 1;
    char *text = content_rig(CHILD_EN, "");
    for (const char *p = text; *p; p++)
        lines += *p == '\n';
    free(text);
    return lines;
}

static void the_least_content_loads(void **state)
{
    (void)state;
    if (load("") != 0)
        fail_msg("%s", why);
}

static const struct {
    const char *more;
    unsigned line; /* of `more`, 1..; 0: it is a fault of the whole */
    const char *fault;
    int err;
} faults[] = {
    {"nonsense\n", 1, "word: text", ROOST_ERR_INVALID},
    {"intent:\n", 1, "after the colon", ROOST_ERR_INVALID},
    {": x\n", 1, "before the colon", ROOST_ERR_INVALID},
    {"foo: x\n", 1, "a line has say", ROOST_ERR_INVALID},
    {"intent: A b\n", 1, "a name is", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay: Hi.\nfoo: x\n", 4, "an intent has", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\n", 1, "lines that need neither", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay 3-5: Hi.\n", 1, "ages 6-8", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay: Hi, {name}.\n", 1, "neither name", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay night: Hi.\n", 1, "nor hour", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay 4-5: Hi.\n", 3, "\"4-5\"", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay 5-3: Hi.\n", 3, "\"5-3\"", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay noon: Hi.\n", 3, "\"noon\"", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla [bla\nsay: Hi.\n", 2, "[ without ]", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla] bla\nsay: Hi.\n", 2, "] without [", ROOST_ERR_INVALID},
    {"intent: x\nhear: [a [b] c]\nsay: Hi.\n", 2, "[ inside", ROOST_ERR_INVALID},
    {"intent: x\nhear: {number\nsay: Hi.\n", 2, "{ without }", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla }\nsay: Hi.\n", 2, "} without {", ROOST_ERR_INVALID},
    {"intent: x\nhear: {nothing} bla\nsay: Hi.\n", 2, "no thing of that kind", ROOST_ERR_INVALID},
    {"intent: x\nhear: {yes}\nsay: Hi.\n", 2, "stand in then", ROOST_ERR_INVALID},
    {"intent: x\nhear: [bla]\nsay: Hi.\n", 2, "must be there", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla | ?\nsay: Hi.\n", 2, "must be there", ROOST_ERR_INVALID},
    {"intent: x\nhear: a b c d e f g h i j k l m n o p q r s t u v\nsay: Hi.\n", 2, "20 words",
     ROOST_ERR_INVALID},
    {"intent: x\nhear: hello there\nsay: Hi.\n", 2, "is heard by intent hello", ROOST_ERR_INVALID},
    {"intent: x\nhear: hello [you] there please\nsay: Hi.\nintent: y\nhear: hello there please\n"
     "say: Hi.\n",
     5, "is heard by intent x", ROOST_ERR_INVALID},
    {"intent: hello\nhear: bla bla\nsay: Hi.\n", 1, "there before", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay: Hi {nam}.\n", 3, "no slot", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay: Hi {name.\n", 3, "no slot", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay: Hi.\nthen: a -> nowhere\n", 4, "no intent nowhere",
     ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay: Hi.\nthen: a\n", 4, "-> name", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay: Hi.\ndo: fly\n", 4, "no such doing", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay: Hi.\ndo: fact cheese\n", 4, "kind of thing",
     ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay: Hi.\ndo: stop\n", 0, "more than one intent",
     ROOST_ERR_INVALID},
    {"intent: x\nhear: bla bla\nsay: a b c d e f g h i j k l m n o p q r s t u.\n", 3,
     "a sentence of 21 words", ROOST_ERR_TOO_LONG},
    {"intent: x\nhear: bla bla\nsay: a b c d e f g h i j k l m n o p q r s t. a b c d e f g h i j "
     "k l m n o p q r s t. a.\n",
     3, "a line of 41 words, at most 40", ROOST_ERR_TOO_LONG},
    {"line: bla\nsay: Hi.\n", 1, "no line of that name", ROOST_ERR_INVALID},
    {"line: busy\nsay: Hi.\n", 1, "there before", ROOST_ERR_INVALID},
    {"riddle: x\nask: What?\ntell: It.\n", 1, "needs answer", ROOST_ERR_INVALID},
    {"riddle: x\nask: What?\nanswer: it\n", 1, "needs ask: and tell:", ROOST_ERR_INVALID},
    {"riddle: clock\nask: What?\nanswer: it\ntell: It.\n", 1, "there before", ROOST_ERR_INVALID},
    {"riddle: x\nage: 1-2\nask: What?\nanswer: it\ntell: It.\n", 2, "from 3", ROOST_ERR_INVALID},
    {"riddle: x\nage: 3-5\nask: What?\nask 6-8: What?\nanswer: it\ntell: It.\n", 4,
     "none of its riddle's", ROOST_ERR_INVALID},
    {"joke: x\nhint: What?\n", 2, "a joke has", ROOST_ERR_INVALID},
    {"song: x\nsing: La.\n", 1, "needs title", ROOST_ERR_INVALID},
    {"thing: x\nname: x\nfact: X.\n", 1, "needs kind", ROOST_ERR_INVALID},
    {"thing: x\nkind: animal\nname: [x] y\nfact: X.\n", 3, "one to four words", ROOST_ERR_INVALID},
    {"thing: x\nkind: animal\nname: x\nfact 3-5: X.\n", 1, "ages 6-8", ROOST_ERR_INVALID},
    {"thing: x\nkind: An Animal\nname: x\nfact: X.\n", 2, "a name is", ROOST_ERR_INVALID},
    {"story: x\ntitle: X\ntell: Early.\n", 3, "before the first scene", ROOST_ERR_INVALID},
    {"story: x\ntitle: X\n", 1, "needs title: and", ROOST_ERR_INVALID},
    {"story: x\ntitle: X\nscene: a\ntell: A.\n", 1, "a choice and two endings", ROOST_ERR_INVALID},
    {"story: x\ntitle: X\nscene: a\ntell: A.\ngo: b\n", 3, "no scene b", ROOST_ERR_INVALID},
    {"story: x\ntitle: X\nscene: a\ntell: A.\ngo: a\n", 3, "never ends", ROOST_ERR_INVALID},
    {"story: x\ntitle: X\nscene: a\ntell: A.\nask: ?\nchoice: l -> b\nchoice: r -> c\n"
     "scene: b\ntell: B.\ngo: a\nscene: c\ntell: C.\n",
     8, "never ends", ROOST_ERR_INVALID},
    {"story: x\ntitle: X\nscene: a\ntell: A.\nask: ?\nchoice: l -> b\n"
     "scene: b\ntell: B.\n",
     3, "two or more choice", ROOST_ERR_INVALID},
    {"story: x\ntitle: X\nscene: a\ntell: A.\nask: ?\nchoice: l -> b\nchoice: r -> q\n"
     "scene: b\ntell: B.\n",
     7, "no scene q", ROOST_ERR_INVALID},
    {"story: x\ntitle: X\nscene: a\ntell: A.\nask: ?\nchoice: l -> b\nchoice: r -> c\n"
     "scene: b\ntell: B.\nscene: c\ntell: C.\nscene: d\ntell: D.\n",
     12, "nothing leads to scene d", ROOST_ERR_INVALID},
    {"story: x\ntitle: X\nscene: a\ntell: A.\nask: ?\nchoice: l -> b\nchoice: r -> c\n"
     "scene: b\ntell: B.\nscene: c\ntell: C.\n",
     1, "120 to 300 are right", ROOST_ERR_INVALID},
    {"story: x\ntitle: X\nscene: a\ntell: A.\nscene: a\n", 5, "there before", ROOST_ERR_INVALID},
    {"number: two = 2\n", 1, "needs \"number = words\"", ROOST_ERR_INVALID},
    {"number: 5 =\n", 1, "needs \"number = words\"", ROOST_ERR_INVALID},
    {"number: 200 = a b c d e\n", 1, "one to four words", ROOST_ERR_INVALID},
    {"same: a b = c\n", 1, "single words", ROOST_ERR_INVALID},
    {"same: a\n", 1, "words = word", ROOST_ERR_INVALID},
    {"intent: x\nhear: bla\xFF\n", 2, "not UTF-8", ROOST_ERR_INVALID},
};

static void faults_are_named(void **state)
{
    (void)state;
    unsigned before = rig_lines() - 1;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char place[60];
        snprintf(place, sizeof place, "en/x.txt:%u: ", before + faults[i].line);
        int err = load(faults[i].more);
        if (err != faults[i].err || !strstr(why, faults[i].fault) ||
            (faults[i].line && strncmp(why, place, strlen(place)) != 0))
            fail_msg("%s gives %d %s, not %s ... %s", faults[i].more, err, err < 0 ? why : "",
                     place, faults[i].fault);
    }
}

static void what_must_be_there_is_missed(void **state)
{
    (void)state;
    static const char *const needed[] = {"number: 7 = ", "do: again", "do: quiz", "line: busy",
                                         "line: guess_right"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        struct companion *companion = NULL;
        char *text = content_rig(CHILD_EN, "");
        char *at = strstr(text, needed[i]);
        assert_non_null(at);
        char *end = strchr(at, '\n');
        if (!strncmp(at, "line:", 5)) /* with its variants */
            end = strstr(at, "\nline:") ? strstr(at, "\nline:") : end + strlen(end) - 1;
        memset(at, ' ', (size_t)(end - at));
        if (!strncmp(needed[i], "line:", 5))
            for (char *p = at; p < end; p++)
                *p = p == at ? '#' : ' ';
        else
            *at = '#';
        int err = companion_load_text(&companion, CHILD_EN, "en/x.txt", text, strlen(text), why,
                                      sizeof why);
        if (err != ROOST_ERR_INVALID)
            fail_msg("without %s: %d", needed[i], err);
        free(text);
    }
}

static void lines_go_on_and_comments_say_nothing(void **state)
{
    (void)state;
    assert_int_equal(load("\n# comment: not read\nintent: x\nhear: blue\n  bla\r\nsay: Hi,\n"
                          "\tall of you.\n"),
                     0);
    struct companion *companion = NULL;
    static const char alone[] = " begins with a space\n";
    assert_int_equal(companion_load_text(&companion, CHILD_EN, "en/x.txt", alone, strlen(alone),
                                         why, sizeof why),
                     ROOST_ERR_INVALID);
    assert_non_null(strstr(why, "en/x.txt:1: "));
    char *more = calloc(1, 5000);
    memset(more + snprintf(more, 5000, "intent: x\nhear: "), 'a', 2500);
    assert_int_equal(load(more), ROOST_ERR_TOO_LONG);
    assert_non_null(strstr(why, "2000 bytes"));
    free(more);
}

static void put(const char *folder, const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_folder_is_read(void **state)
{
    (void)state;
    char folder[] = "/tmp/roost-companion-XXXXXX", path[300];
    struct companion *companion = NULL;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(companion_load(&companion, folder, why, sizeof why), ROOST_ERR_NOT_FOUND);
    assert_non_null(strstr(why, folder));
    snprintf(path, sizeof path, "%s/en", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(companion_load(&companion, folder, why, sizeof why), ROOST_ERR_NOT_FOUND);
    char *text = content_rig(CHILD_EN, "");
    put(folder, "en/a.txt", text);
    put(folder, "en/notes.md", "not read");
    assert_int_equal(companion_load(&companion, folder, why, sizeof why), 0);
    assert_true(companion_speaks(companion, CHILD_EN));
    assert_false(companion_speaks(companion, CHILD_AR));
    struct companion_turn turn = {"x", CHILD_AR, CHILD_3_5, NULL, 1};
    struct companion_thread thread;
    companion_thread_init(&thread, 1);
    char out[100];
    assert_int_equal(companion_reply(companion, &thread, &turn, out, sizeof out),
                     ROOST_ERR_UNSUPPORTED);
    companion_free(companion);
    put(folder, "en/b.txt", "intent: x\nhear: hello there\nsay: Hi.\n");
    assert_int_equal(companion_load(&companion, folder, why, sizeof why), ROOST_ERR_INVALID);
    assert_non_null(strstr(why, "en/b.txt:2: "));
    put(folder, "en/b.txt", "");
    snprintf(path, sizeof path, "%s/en/b.txt", folder);
    assert_int_equal(truncate(path, FILE_MAX + 1), 0);
    assert_int_equal(companion_load(&companion, folder, why, sizeof why), ROOST_ERR_TOO_LONG);
    assert_non_null(strstr(why, "larger than"));
    unlink(path);
    snprintf(path, sizeof path, "%s/en/a.txt", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/en/notes.md", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/en", folder);
    rmdir(path);
    rmdir(folder);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_content_loads),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(what_must_be_there_is_missed),
        cmocka_unit_test(lines_go_on_and_comments_say_nothing),
        cmocka_unit_test(a_folder_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
