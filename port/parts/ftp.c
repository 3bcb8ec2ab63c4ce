/* SPDX-License-Identifier: Apache-2.0 */
#include "port/parts/ftp.h"

#include <string.h>

#include "core/err.h"

/* ---- what is said ---- */

static void say(struct ftp *ftp, enum ftp_state state, const char *verb, const char *text)
{
    size_t verb_len = strlen(verb), text_len = strlen(text), at = verb_len;

    memcpy(ftp->command, verb, verb_len);
    if (text_len > 0)
        ftp->command[at++] = ' ';
    memcpy(ftp->command + at, text, text_len);
    memcpy(ftp->command + at + text_len, "\r\n", 3);
    ftp->state = state;
    ftp->next = FTP_SEND;
}

static void say_number(struct ftp *ftp, enum ftp_state state, const char *verb, uint64_t number)
{
    char digits[21];
    size_t at = sizeof digits - 1;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    say(ftp, state, verb, digits + at);
}

static void say_file(struct ftp *ftp)
{
    say(ftp, FTP_FILE, ftp->job.store ? "STOR" : "RETR", ftp->job.path);
}

/* Politely, whatever became of it. */
static void end(struct ftp *ftp, int status)
{
    ftp->status = status;
    say(ftp, FTP_QUIT, "QUIT", "");
}

/* ---- what is understood ---- */

static int refusal(const struct ftp *ftp)
{
    switch (ftp->code) {
    case 332: /* an account, which no URL has */
    case 430:
    case 530:
    case 532:
        return ROOST_ERR_AUTH;
    case 550:
        return ftp->job.store ? ROOST_ERR_REFUSED : ROOST_ERR_NOT_FOUND;
    case 452:
    case 552:
        return ROOST_ERR_NO_SPACE;
    case 421:
    case 425:
    case 426:
        return ROOST_ERR_CLOSED;
    default:
        return ROOST_ERR_REFUSED;
    }
}

/* Digits up to `end`, at most `max`. Returns where they end, NULL when it is no such number. */
static const char *number(const char *text, char stop, uint32_t max, uint32_t *value)
{
    const char *at = text;

    *value = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        *value = *value * 10 + (uint32_t)(*at - '0');
        if (*value > max)
            return NULL;
    }
    return at > text && *at == stop ? at + 1 : NULL;
}

/* "229 ... (|||port|)", whatever the delimiter is. */
static bool read_epsv(struct ftp *ftp)
{
    const char *at = strchr(ftp->line, '(');
    uint32_t port;

    if (!at || at[1] == '\0' || at[2] != at[1] || at[3] != at[1])
        return false;
    const char *after = number(at + 4, at[1], UINT16_MAX, &port);
    ftp->data_port = (uint16_t)port;
    return after && *after == ')' && port > 0;
}

/* "227 ... (h1,h2,h3,h4,p1,p2)"; some servers leave the brackets out. */
static bool read_pasv(struct ftp *ftp)
{
    const char *at = ftp->line + 3;
    uint32_t parts[6];

    while (*at && (*at < '0' || *at > '9'))
        at++;
    for (int i = 0; i < 6; i++) {
        char stop = i < 5 ? ',' : strchr(at, ')') ? ')' : '\0';
        const char *after = number(at, stop, UINT8_MAX, &parts[i]);
        if (!after)
            return false;
        at = after;
    }
    ftp->data_port = (uint16_t)(parts[4] << 8 | parts[5]);
    return ftp->data_port > 0;
}

/* The transfer is over when its bytes are and the server has said so, in whichever order. */
static void settle(struct ftp *ftp)
{
    if (ftp->code >= 400)
        end(ftp, refusal(ftp));
    else if (ftp->code / 100 == 2 && ftp->moved)
        end(ftp, ftp->data_lost ? ROOST_ERR_CLOSED : 0);
    else
        ftp->next = ftp->moved ? FTP_READ : FTP_TRANSFER;
}

static void passive(struct ftp *ftp, bool good)
{
    if (good)
        ftp->next = FTP_CONNECT;
    else
        end(ftp, ROOST_ERR_REFUSED);
}

/* What a reply means in this state. */
static void reply(struct ftp *ftp)
{
    const struct ftp_job *job = &ftp->job;
    int kind = ftp->code / 100;

    switch (ftp->state) {
    case FTP_GREETING:
        if (kind == 2)
            say(ftp, FTP_USER, "USER", job->user[0] ? job->user : "anonymous");
        else if (kind != 1) /* 120: in a moment */
            end(ftp, refusal(ftp));
        return;
    case FTP_USER:
        if (ftp->code == 331)
            say(ftp, FTP_PASS, "PASS", job->user[0] ? job->password : "roost@");
        else if (kind == 2)
            say(ftp, FTP_TYPE, "TYPE", "I");
        else
            end(ftp, refusal(ftp));
        return;
    case FTP_PASS:
        if (kind == 2)
            say(ftp, FTP_TYPE, "TYPE", "I");
        else
            end(ftp, refusal(ftp));
        return;
    case FTP_TYPE:
        if (kind == 2)
            say(ftp, FTP_EPSV, "EPSV", "");
        else
            end(ftp, refusal(ftp));
        return;
    case FTP_EPSV:
        if (ftp->code == 421)
            end(ftp, refusal(ftp));
        else if (kind == 2)
            passive(ftp, read_epsv(ftp));
        else /* a server of before 1998 */
            say(ftp, FTP_PASV, "PASV", "");
        return;
    case FTP_PASV:
        if (kind == 2)
            passive(ftp, read_pasv(ftp));
        else
            end(ftp, refusal(ftp));
        return;
    case FTP_REST:
        if (kind == 3)
            say_file(ftp);
        else
            end(ftp, ROOST_ERR_UNSUPPORTED);
        return;
    case FTP_FILE:
        if (kind == 3) {
            end(ftp, ROOST_ERR_REFUSED);
            return;
        }
        ftp->state = FTP_END;
        settle(ftp);
        return;
    case FTP_END:
        settle(ftp);
        return;
    case FTP_QUIT:
        ftp->next = FTP_OVER;
        return;
    }
}

/* ---- lines ---- */

static int code_of(const char *line)
{
    for (int i = 0; i < 3; i++)
        if (line[i] < '0' || line[i] > '9')
            return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/* A line is whole. A reply of several begins with "code-" and ends with "code ". */
static void take_line(struct ftp *ftp)
{
    ftp->line[ftp->kept] = '\0';
    ftp->kept = 0;
    int code = code_of(ftp->line);
    bool more = ftp->line[0] && code && ftp->line[3] == '-';

    if (++ftp->lines > FTP_LINES_MAX) {
        ftp_failed(ftp, ROOST_ERR_REFUSED);
        return;
    }
    if (ftp->multi && (code != ftp->multi || more))
        return;
    if (!ftp->multi && more) {
        ftp->multi = (uint16_t)code;
        return;
    }
    if (code < 100 || code > 599 || (ftp->line[3] != ' ' && ftp->line[3] != '\0')) {
        ftp_failed(ftp, ROOST_ERR_REFUSED); /* no FTP at all */
        return;
    }
    ftp->multi = ftp->lines = 0;
    if (ftp->state != FTP_QUIT)
        ftp->code = code;
    reply(ftp);
}

size_t ftp_take(struct ftp *ftp, const char *bytes, size_t len)
{
    size_t at = 0;

    while (at < len && (ftp->next == FTP_READ || ftp->next == FTP_TRANSFER)) {
        char byte = bytes[at++];
        if (byte == '\n')
            take_line(ftp);
        else if (byte != '\r' && ftp->kept < FTP_LINE_KEPT)
            ftp->line[ftp->kept++] = byte;
    }
    return at;
}

/* ---- the owner's steps ---- */

static int check(const char *text)
{
    if (strlen(text) > FTP_TEXT_MAX)
        return ROOST_ERR_TOO_LONG;
    return strpbrk(text, "\r\n\xff") ? ROOST_ERR_INVALID : 0;
}

int ftp_init(struct ftp *ftp, const struct ftp_job *job)
{
    const char *const texts[] = {job->user, job->password, job->path};

    *ftp = (struct ftp){.job = *job, .state = FTP_GREETING, .next = FTP_READ};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int err = check(texts[i]);
        if (err)
            return err;
    }
    return job->path[0] ? 0 : ROOST_ERR_INVALID;
}

void ftp_sent(struct ftp *ftp)
{
    memset(ftp->command, 0, sizeof ftp->command); /* it may have been the password */
    ftp->next = ftp->state == FTP_QUIT ? FTP_OVER : FTP_READ;
}

void ftp_connected(struct ftp *ftp, bool ok)
{
    if (!ok)
        end(ftp, ROOST_ERR_CLOSED);
    else if (ftp->job.offset > 0)
        say_number(ftp, FTP_REST, "REST", ftp->job.offset);
    else
        say_file(ftp);
}

void ftp_moved(struct ftp *ftp, bool ok)
{
    ftp->moved = true;
    ftp->data_lost = !ok;
    settle(ftp);
}

void ftp_failed(struct ftp *ftp, int status)
{
    if (ftp->state != FTP_QUIT)
        ftp->status = status;
    ftp->next = FTP_OVER;
}
