/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an FTP client says and understands (RFC 959; EPSV of RFC 2428, REST of RFC 3659) to fetch or
 * store one file: passive, binary. A state machine without sockets or a clock: its owner does what
 * `next` says, under time-outs of its own, until FTP_OVER. The address in a PASV reply is not
 * looked at: the data connection goes to the host of the control connection, so that no server can
 * point the client at somebody else. Depends on core/err.h.
 *
 *     err = ftp_init(&ftp, &job);
 *     while (ftp.next != FTP_OVER)
 *         switch (ftp.next) {
 *         case FTP_READ:     taken = ftp_take(&ftp, bytes, len);   the rest again, after `next`
 *         case FTP_SEND:     write ftp.command; ftp_sent(&ftp);
 *         case FTP_CONNECT:  connect to ftp.data_port; ftp_connected(&ftp, whether);
 *         case FTP_TRANSFER: move the bytes, close the data connection; ftp_moved(&ftp, whether);
 *         }
 *     ftp.status, ftp.code
 */
#ifndef ROOST_PORT_PARTS_FTP_H
#define ROOST_PORT_PARTS_FTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FTP_PORT = 21,
    FTP_TEXT_MAX = 400,  /* of user, password and path, each */
    FTP_LINE_KEPT = 96,  /* characters of a reply's line; the rest of a longer one is skipped */
    FTP_LINES_MAX = 1000 /* of one reply: a server that never ends is given up */
};

/* Without NUL, CR, LF and 0xFF, which have a meaning of their own there. Borrowed. */
struct ftp_job {
    const char *user, *password; /* "": anonymous */
    const char *path;            /* as the server is told it */
    bool store;                  /* else it is fetched */
    uint64_t offset;             /* of the first byte that is fetched */
};

enum ftp_next { FTP_READ, FTP_SEND, FTP_CONNECT, FTP_TRANSFER, FTP_OVER };

enum ftp_state {
    FTP_GREETING,
    FTP_USER,
    FTP_PASS,
    FTP_TYPE,
    FTP_EPSV,
    FTP_PASV,
    FTP_REST,
    FTP_FILE, /* RETR or STOR, up to its first reply */
    FTP_END,  /* the transfer's last reply */
    FTP_QUIT
};

struct ftp {
    struct ftp_job job;
    enum ftp_state state;
    enum ftp_next next;
    int status; /* with FTP_OVER: 0 or an error, as of http.start in port/port.h */
    int code;   /* of the last reply but QUIT's; 0: none came */
    uint16_t data_port;
    bool moved, data_lost;
    uint16_t multi; /* the code that ends the reply of several lines; 0: not in one */
    uint16_t lines, kept;
    char line[FTP_LINE_KEPT + 1];
    char command[FTP_TEXT_MAX + 8]; /* ends with CR LF; NUL-terminated */
};

/* Returns 0, ROOST_ERR_TOO_LONG or ROOST_ERR_INVALID (an empty path, a character as above). */
int ftp_init(struct ftp *ftp, const struct ftp_job *job);

/* Takes bytes of the control connection up to where something else is to be done first. Returns
 * how many. */
size_t ftp_take(struct ftp *ftp, const char *bytes, size_t len);

void ftp_sent(struct ftp *ftp);
void ftp_connected(struct ftp *ftp, bool ok);
/* ok: every byte was moved and the end of a fetched file was the connection's. */
void ftp_moved(struct ftp *ftp, bool ok);

/* The control connection failed: it is over, with `status` unless there is a reason already. */
void ftp_failed(struct ftp *ftp, int status);

#endif
