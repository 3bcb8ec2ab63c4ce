/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roost-sentences: prints what the companion's content expects a child to say, a sentence a line,
 * which roost-speech-model is fed with; or what the companion says, as lines of what is harmless
 * (tools/safety/lines.h), which roost-gate-learn is fed with.
 */
#include <stdio.h>

#include "host/program.h"
#include "hub/companion/companion.h"

struct settings {
    int said;
    const char *folder;
};

static const struct option_spec options[] = {
    {.name = "said",
     .kind = OPTION_FLAG,
     .at = offsetof(struct settings, said),
     .help = "what the companion says, in each language"},
    {.name = "FOLDER",
     .value = "FOLDER",
     .kind = OPTION_WORD,
     .required = 1,
     .min = 1,
     .max = 1023,
     .help = "the companion's content, with en/ in it",
     .at = offsetof(struct settings, folder)},
};

static int print_heard(void *ctx, const struct companion_sentence *sentence)
{
    (void)ctx;
    if (sentence->kind == COMPANION_HEAR && sentence->language == CHILD_EN)
        puts(sentence->text);
    return 0;
}

static int print_said(void *ctx, const struct companion_sentence *sentence)
{
    (void)ctx;
    if (sentence->kind == COMPANION_SAY)
        puts(sentence->text);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct program_spec program = {
        .name = "roost-sentences",
        .version = ROOST_VERSION,
        .help = "prints what is said to the companion, or by it, a sentence a line",
        PROGRAM_OPTIONS(options)};
    struct settings settings = {0};
    struct companion *companion;
    char why[512];
    int status = program_read(&program, &settings, argc, argv);
    if (status != PROGRAM_GOES_ON)
        return status;
    if (companion_load(&companion, settings.folder, why, sizeof why) < 0) {
        fprintf(stderr, "roost-sentences: %s\n", why);
        return PROGRAM_FAILED;
    }
    if (settings.said) {
        puts("[none allow out]");
        companion_each_sentence(companion, print_said, NULL);
        puts("[end]");
    } else {
        companion_each_sentence(companion, print_heard, NULL);
    }
    companion_free(companion);
    return ferror(stdout) || fflush(stdout) ? PROGRAM_FAILED : 0;
}
