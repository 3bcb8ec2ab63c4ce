/* SPDX-License-Identifier: Apache-2.0 */
#include "prompt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/err.h"

/* A line that is longer than there is room for is no shorter password. */
static int read_line(FILE *file, const char *what, char *out, size_t size, struct why *why)
{
    errno = 0;
    bool got = fgets(out, (int)size, file) != NULL;
    if (!got && ferror(file))
        return why_not(why, ROOST_ERR_IO, "%s: %s", what, strerror(errno));
    if (!got || out[0] == '\n' || out[0] == '\r')
        return why_not(why, ROOST_ERR_EMPTY, "%s: none was given", what);
    if (strlen(out) == size - 1 && out[size - 2] != '\n')
        return why_not(why, ROOST_ERR_TOO_LONG, "%s: longer than %zu bytes", what, size - 2);
    out[strcspn(out, "\r\n")] = '\0';
    return 0;
}

static int ask(const char *what, bool show, char *out, size_t size, struct why *why)
{
    struct termios shown, hidden;
    bool terminal = isatty(STDIN_FILENO);
    if (terminal) {
        tcgetattr(STDIN_FILENO, &shown);
        hidden = shown;
        if (!show)
            hidden.c_lflag &= (tcflag_t)~ECHO;
        tcsetattr(STDIN_FILENO, TCSANOW, &hidden);
        fprintf(stderr, "%s: ", what);
    }
    int err = read_line(stdin, what, out, size, why);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &shown);
        if (!show)
            fprintf(stderr, "\n");
    }
    return err;
}

static int prompt(const char *option, const char *file, const char *what, bool show, char *out,
                  size_t size, struct why *why)
{
    if (!file)
        return ask(what, show, out, size, why);
    FILE *from = fopen(file, "re");
    if (!from)
        return why_not(why, ROOST_ERR_IO, "--%s %s: %s", option, file, strerror(errno));
    int err = read_line(from, file, out, size, why);
    fclose(from);
    return err;
}

int prompt_password(const char *option, const char *file, const char *what, char *out, size_t size,
                    struct why *why)
{
    return prompt(option, file, what, false, out, size, why);
}

int prompt_line(const char *option, const char *file, const char *what, char *out, size_t size,
                struct why *why)
{
    return prompt(option, file, what, true, out, size, why);
}

int prompt_new_password(const char *option, const char *file, const char *what, char *out,
                        size_t size, struct why *why)
{
    char again[PASSWORD_SIZE];
    int err = prompt_password(option, file, what, out, size, why);
    if (err != 0 || file || !isatty(STDIN_FILENO))
        return err;
    err = ask("The same again", false, again, sizeof again, why);
    if (err == 0 && strcmp(again, out) != 0)
        err = why_not(why, ROOST_ERR_INVALID, "the two are not the same");
    explicit_bzero(again, sizeof again);
    return err;
}
