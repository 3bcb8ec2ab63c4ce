/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A modelled CAN bus with its controllers: arbitration by identifier, frames as long as their bits
 * take, acknowledgement by any other controller that listens, error counters and bus-off as ISO
 * 11898-1 has them, and the faults a bus in the field has. A frame nobody acknowledges is sent
 * again and again; where that can change nothing any more (the sender is error passive) the model
 * waits until something on the bus changes. Depends on port/port.h and clock.h.
 *
 *     sim_can_bus_init(&bus, &clock, 0);
 *     sim_can_node_init(&bms, &bus);
 *     bms.ready = on_frames; bms.ctx = me;
 *     sim_can_start(&bms, 250000);
 *     sim_can_send(&bms, &frame);
 */
#ifndef ROOST_PORT_SIM_CAN_H
#define ROOST_PORT_SIM_CAN_H

#include "port/port.h"
#include "port/sim/clock.h"

enum { SIM_CAN_NODES_MAX = 8, SIM_CAN_SEND_MAX = 8, SIM_CAN_RECEIVE_MAX = 32 };

struct sim_can_node {
    struct sim_can_bus *bus; /* NULL: not wired up */
    uint32_t bit_rate;
    struct roost_can_status status;
    uint32_t life;           /* counts starts and stops: guards a recovery */
    bool recovering, futile; /* futile: sending again changes nothing as things are */
    struct roost_can_frame sending[SIM_CAN_SEND_MAX], received[SIM_CAN_RECEIVE_MAX];
    size_t send_count, receive_at, receive_count;
    bool news;
    /* From the event loop: frames came since it was last called. NULL allowed. */
    void (*ready)(void *ctx);
    void *ctx;
};

struct sim_can_bus {
    struct sim_clock *clock;
    struct sim_random random;
    struct sim_can_node *nodes[SIM_CAN_NODES_MAX];
    size_t node_count;
    bool busy;
    struct sim_can_node *sender; /* of the frame on the bus; NULL: it fell silent within */
    uint64_t end_us;             /* of that frame */
    /* Faults. Frames destroyed from now on; by chance; all, by a short circuit (see below). */
    uint32_t disturbed, loss_per_million;
    bool shorted;
    uint64_t frames, destroyed;
};

void sim_can_bus_init(struct sim_can_bus *bus, struct sim_clock *clock, uint64_t index);
/* Both lives last as long as the clock's. More than SIM_CAN_NODES_MAX asserts. */
void sim_can_node_init(struct sim_can_node *node, struct sim_can_bus *bus);

/* The wires touch, or no longer. */
void sim_can_set_shorted(struct sim_can_bus *bus, bool shorted);

/* As struct roost_can_ops of port.h. Starting a started one starts it anew. */
int sim_can_start(struct sim_can_node *node, uint32_t bit_rate);
int sim_can_send(struct sim_can_node *node, const struct roost_can_frame *frame);
int sim_can_receive(struct sim_can_node *node, struct roost_can_frame *out);
int sim_can_recover(struct sim_can_node *node);
int sim_can_stop(struct sim_can_node *node);

#endif
