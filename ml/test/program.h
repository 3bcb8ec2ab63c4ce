/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that a test starts, and what it asks of them from outside. Every wait has a deadline.
 */
#ifndef ROOST_ML_TEST_PROGRAM_H
#define ROOST_ML_TEST_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { TEST_PATIENCE_MS = 120000 };

uint16_t test_free_port(void);

/* Starts argv[0] with both outputs appended to `log`. */
pid_t test_start(const char *const argv[], const char *log);

/* Sends the signal (0: none) and waits for the end. Returns the exit status, or 128 + the signal
 * that ended it; -1 when it does not end. */
int test_end(pid_t pid, int signal);

/* Answers a GET of 127.0.0.1 with the whole text, status line and all, malloc'ed; NULL when nobody
 * listens. */
char *test_http_get(uint16_t port, const char *path);

/* The value of a metric in an exposition, or -1: `name` with its labels, as it is written there. */
double test_metric(uint16_t port, const char *name);

/* Calls `done` until it says true or the patience ends; between two calls `step` (may be NULL, then
 * 20 ms pass) lets time pass. */
bool test_until(bool (*done)(void *ctx), void *ctx, void (*step)(void));

#endif
