/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket of a device program: a UNIX stream socket that stands for the hands, the
 * weather and the faults around the device. One command a line, one JSON answer a line. Bounds:
 * CONTROL_LINE bytes a line, CONTROL_CLIENTS connections; one beyond is closed at once. Depends on
 * libuv, core/.
 *
 *     err = control_open(&control, loop, path, answer, &program, why, sizeof why);
 */
#ifndef ROOST_APPS_DEVICE_CONTROL_H
#define ROOST_APPS_DEVICE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "core/json_write.h"

enum { CONTROL_LINE = 512, CONTROL_ANSWER = 16384, CONTROL_CLIENTS = 8, CONTROL_WORDS = 8 };

/* Carries out one command, split at blanks, and writes one JSON value (an object with "ok"). */
typedef void (*control_fn)(void *ctx, int argc, char **argv, struct roost_json_writer *answer);

struct control_client {
    uv_pipe_t pipe;
    struct control *control;
    char line[CONTROL_LINE];
    size_t len;
    bool used, too_long;
};

struct control {
    uv_pipe_t listener;
    uv_loop_t *loop;
    control_fn run;
    void *ctx;
    const char *path;
    bool open;
    struct control_client clients[CONTROL_CLIENTS];
    char answer[CONTROL_ANSWER];
};

/* A socket that an ended program left is replaced, one that answers is not. The path is borrowed.
 * Returns 0 or an error with `why` set; then too the loop has to run once before the memory may go.
 */
int control_open(struct control *control, uv_loop_t *loop, const char *path, control_fn run,
                 void *ctx, char *why, size_t why_size);

/* Closes and removes the socket; the loop has to run once more before the memory may go. */
void control_close(struct control *control);

/* {"ok":true} and {"ok":false,"error":"..."}. */
void control_ok(struct roost_json_writer *answer);
void control_error(struct roost_json_writer *answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
