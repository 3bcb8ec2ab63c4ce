/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roost-ml serve: the model service on one libuv loop with the broker, a page of metrics, a watch
 * on the folder of versions, and a child process that learns. Depends on ml/service.h, host/net.
 */
#ifndef ROOST_ML_SERVE_H
#define ROOST_ML_SERVE_H

/* Strings are borrowed for the call. */
struct ml_serve_options {
    const char *models;
    const char *broker;        /* mqtt://host[:port] or mqtts://host[:port], with or without user */
    const char *user;          /* "": the URL's */
    const char *password_file; /* "": the URL's */
    const char *ca_file;       /* "": the system's authorities */
    const char *client_id;     /* names the session the broker keeps while the service is away */
    const char *metrics;       /* host:port of /metrics and /health, "": none */
    unsigned learn_every;      /* labels between two runs of learning, 0: only by command */
    const char *program;       /* how to start `roost-ml learn` */
};

/* Runs until SIGTERM or SIGINT; SIGHUP looks for another version at once. Returns the program's
 * exit status; what prevents the start is said on stderr. */
int ml_serve(const struct ml_serve_options *options);

#endif
