/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The uplink of a device, as the runtime sees it: something that opens, closes, and carries what
 * every device says. MQTT is one (runtime/uplink_mqtt.h); a product with a protocol of its own
 * brings its own ops. When it is opened and closed is the runtime's decision (core/link); the
 * port's MQTT_OPENED or WS_OPENED and their CLOSED tell it what became of it. Depends on nothing.
 */
#ifndef ROOST_RUNTIME_UPLINK_H
#define ROOST_RUNTIME_UPLINK_H

#include <stdbool.h>
#include <stddef.h>

enum roost_report {
    ROOST_REPORT_ONLINE,  /* the status (proto/fleet/status.h) */
    ROOST_REPORT_OFFLINE, /* the status when nothing follows any more */
    ROOST_REPORT_ANSWER   /* to a command (proto/fleet/command.h) */
};

struct roost_uplink_ops {
    /* Starts connecting; the port's OPENED or CLOSED follows when it returns 0. */
    int (*open)(void *ctx);
    /* It has just been opened: subscriptions, greetings. Below 0: it is no good, and is closed. */
    int (*opened)(void *ctx);
    /* CLOSED follows where there is one to come. */
    void (*close)(void *ctx);
    /* Copied. Returns a token > 0 that the port's acknowledgement carries, 0 where there is none to
     * come, or ROOST_ERR_FULL (again later), ROOST_ERR_CLOSED, ROOST_ERR_TOO_LONG. */
    int (*report)(void *ctx, enum roost_report what, const char *text, size_t len);
};

struct roost_uplink {
    const struct roost_uplink_ops *ops;
    void *ctx;
};

#endif
