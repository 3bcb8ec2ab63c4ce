/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests with real programs share: scratch directories, free ports, child processes that end
 * with the test, a Mosquitto on a free port, and waiting for a condition. Everything fails the
 * running cmocka test when it cannot do its work.
 *
 *     struct support_broker broker;
 *     support_broker_start(&broker, &(struct support_broker_options){0});
 *     ... broker.port ...
 *     support_broker_deinit(&broker);
 */
#ifndef ROOST_TESTS_SUPPORT_SUPPORT_H
#define ROOST_TESTS_SUPPORT_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { SUPPORT_PATH_MAX = 512 };

/* A TCP port nobody listens on at 127.0.0.1. */
uint16_t support_free_port(void);

/* A new directory below TMPDIR or /tmp. */
void support_make_dir(char path[SUPPORT_PATH_MAX]);
void support_remove_dir(const char *path);

/* Writes a file, or reads one whole (NUL-terminated, malloc'd, *len may be NULL). */
void support_write_file(const char *path, const void *data, size_t len);
char *support_read_file(const char *path, size_t *len);

/* True as soon as done(arg) is; looks every few milliseconds until limit_ms passed. */
bool support_wait(bool (*done)(void *arg), void *arg, unsigned limit_ms);

uint64_t support_now_ms(void);

/* Starts argv (path searched), output appended to log_path; it is killed when this process ends. */
pid_t support_spawn(const char *const argv[], const char *log_path);

/* Sends the signal (0: none) and waits for the end. Returns the exit status, or minus the signal
 * that ended it. After limit_ms it is killed and the test fails. */
int support_end(pid_t pid, int signal_number, unsigned limit_ms);

/* The same without a signal of ours: returns true when it ended by itself within limit_ms. */
bool support_ended(pid_t pid, int *status, unsigned limit_ms);

/* Connects to 127.0.0.1 until somebody listens there; false after limit_ms. */
bool support_wait_port(uint16_t port, unsigned limit_ms);

/* Sends a line to the UNIX socket at `path` and reads one line back (without its end, malloc'd), or
 * returns NULL when nobody answers within limit_ms. */
char *support_ask(const char *path, const char *line, unsigned limit_ms);

/* ---- Mosquitto ---- */

struct support_broker_options {
    uint16_t port;                      /* 0: a free one */
    const char *user, *password;        /* NULL: anonymous */
    const char *ca, *certificate, *key; /* TLS when given */
    const char *more;                   /* further lines of its configuration */
};

struct support_broker {
    struct support_broker_options options;
    uint16_t port;
    pid_t pid; /* 0: stopped */
    char dir[SUPPORT_PATH_MAX], config[SUPPORT_PATH_MAX + 16], log[SUPPORT_PATH_MAX + 16];
};

/* Strings of options are borrowed until deinit. Returns when it listens. */
void support_broker_start(struct support_broker *broker,
                          const struct support_broker_options *options);

/* kill -9, and a new start with the same configuration on the same port. */
void support_broker_kill(struct support_broker *broker);
void support_broker_again(struct support_broker *broker);

/* kill -STOP and -CONT: it is there and says nothing. */
void support_broker_freeze(struct support_broker *broker, bool frozen);

void support_broker_deinit(struct support_broker *broker);

#endif
