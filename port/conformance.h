/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conformance suite of port.h: what every port must do, as cmocka tests over one struct
 * roost_port. A port's own test program supplies the port and the few things the contract leaves
 * outside (passing time, power, a broker, servers) and calls roost_conformance_run(). Parts whose
 * ops are NULL, and servers that are not given, are left out of the run and named in its output.
 * Depends on port/port.h, core/ and cmocka.
 *
 *     static struct roost_conformance suite;
 *     suite.name = "linux"; suite.port = &board.port; suite.run_until = pump; suite.restart = ...;
 *     // the port was made with post = roost_conformance_post, post context = &suite
 *     return roost_conformance_run(&suite);
 */
#ifndef ROOST_PORT_CONFORMANCE_H
#define ROOST_PORT_CONFORMANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

enum { ROOST_CONFORMANCE_EVENTS = 128, ROOST_CONFORMANCE_DATA_MAX = 512 };

/* One event as it was posted, with a copy of what it pointed to (cut to the sizes below). */
struct roost_conformance_event {
    struct roost_event event; /* topic and data point into this struct */
    uint32_t data_hash;       /* FNV-1a over all `len` bytes */
    char topic[128];
    uint8_t data[ROOST_CONFORMANCE_DATA_MAX];
};

struct roost_conformance_upload {
    uint64_t bytes;
    uint32_t hash; /* FNV-1a */
    enum roost_http_method method;
    char type[64];
};

struct roost_conformance {
    const char *name;
    struct roost_port *port; /* the port under test; restart may change it */
    void *ctx;               /* handed to the functions below */

    /* Lets time pass and events be posted until done(arg) is true or limit_ms of the port's own
     * clock went by; returns done(arg). A limit of 0 lets through what is due now. */
    bool (*run_until)(void *ctx, bool (*done)(void *arg), void *arg, uint32_t limit_ms);

    /* Pulls the plug and puts it back: nothing is cleaned up, connections break without DISCONNECT,
     * flash keeps what it has, cut_after is disarmed. Afterwards port is the port of the next boot.
     * Returns 0 or an error. */
    int (*restart)(void *ctx);

    /* The power goes inside the n-th write step (n >= 1) of kv, journal, ledger, slot and
     * firmware operations from now on: that operation and all later ones return ROOST_ERR_IO until
     * restart. 0 disarms. A write step is whatever the port can tear at: a program unit, a file
     * operation. NULL: not possible, the tests with cuts are left out. */
    void (*cut_after)(void *ctx, uint32_t n);

    struct {
        struct roost_mqtt_options options; /* an accepting broker; host NULL: no MQTT tests */
        uint16_t closed_port;              /* on the same host, nobody listens */
        bool checks_password; /* the broker refuses another password than given above */
        /* The broker goes away without a word, and comes back on the same port; retained messages
         * and sessions may be gone. NULL: those tests are left out. */
        int (*stop)(void *ctx);
        int (*start)(void *ctx);
        /* What another client finds retained on `topic`: returns the length, ROOST_ERR_NOT_FOUND,
         * or an error. May let time pass. */
        int (*retained)(void *ctx, const char *topic, char *out, size_t size);
    } broker;

    struct {
        /* A server with the paths that port/conformance_ws.c lists, "ws://host:port"; NULL: none.
         */
        const char *url;
    } ws;

    struct {
        /* A server with the paths that port/conformance_http.c lists, "http://host:port"; NULL:
         * none. */
        const char *url;
        /* Of the last upload that the server took whole: false when there was none since. NULL: no
         * upload tests. */
        bool (*uploaded)(void *ctx, struct roost_conformance_upload *out);
    } http;

    struct {
        /* Writes a whole image that this port would run, with this security version, of a length
         * that is no multiple of the slot's program unit. Returns its length, or ROOST_ERR_TOO_LONG
         * for more than `size` bytes. NULL, or rebooted (below) NULL: no firmware tests. */
        int (*make_image)(void *ctx, uint32_t security_version, uint8_t *out, size_t size);
    } firmware;

    struct {
        unsigned input, output; /* two lines of these kinds */
        /* The world outside drives the input line. NULL: no GPIO tests. */
        void (*drive)(void *ctx, bool active);
        /* The level outside of the output line, 1 or 0. */
        int (*look)(void *ctx);
    } gpio;

    struct {
        /* A sound of `ms` milliseconds, as the decoder takes it; NULL: not of this format. */
        const uint8_t *mp3, *opus;
        size_t mp3_len, opus_len;
        uint32_t ms;
    } sound;

    struct {
        unsigned bus;          /* of the port under test */
        struct roost_can peer; /* wired to it, its events go nowhere; ops NULL: no CAN tests */
        unsigned peer_bus;
        uint32_t bit_rate;
        /* Destroys the next so many frames on the bus. NULL: left out. */
        void (*disturb)(void *ctx, uint32_t frames);
    } can;

    /* After the firmware called reboot: brings the next boot about when the port does not by
     * itself, and waits for it. Returns 0 or an error. NULL: the test of reset reasons is left out.
     */
    int (*rebooted)(void *ctx);

    /* The suite's own. */
    struct {
        unsigned times; /* each part of a download is refused so often before it is taken */
        unsigned left;
        uint64_t offset;
        bool skipped; /* the port broke the contract */
    } refuse;
    struct roost_conformance_event events[ROOST_CONFORMANCE_EVENTS];
    size_t event_count, events_dropped;
    unsigned operations;             /* of the port that are being called: 0 or 1 */
    bool posted_inside_an_operation; /* the port broke the contract */
};

/* The sink the port under test must be made with; ctx is the struct roost_conformance. */
int roost_conformance_post(void *ctx, const struct roost_event *event);

/* Runs every test that applies. Returns the number of failed tests (an exit status). */
int roost_conformance_run(struct roost_conformance *suite);

#endif
