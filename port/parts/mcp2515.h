/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CAN controller MCP2515 (Microchip DS20001801J) behind an SPI: for a second bus on a chip that
 * has one controller, or none. CAN 2.0B, nothing is filtered. Knows no chip and no time: whoever
 * holds the SPI transfers bytes, and calls receive when the controller's INT line is low. Depends
 * on port/port.h.
 *
 *     mcp2515_init(&can, transfer, spi);
 *     err = mcp2515_start(&can, 8000000, 250000);          // its crystal, the bit rate
 *     while (mcp2515_receive(&can, &frame) == 1) ...       // until INT is high again
 *
 * It has two receive buffers: on a full bus of 250 kbit/s a frame has to be fetched every 0.5 ms.
 * What was lost is counted at least once each time it is looked (EFLG says that, not how many).
 * Bus-off: this controller would come back by itself; it is held in configuration mode instead,
 * until mcp2515_recover, so that who decides is asked. Its error counters begin at 0 then.
 */
#ifndef ROOST_PORT_PARTS_MCP2515_H
#define ROOST_PORT_PARTS_MCP2515_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

enum { MCP2515_TRANSFER_MAX = 14 }; /* bytes of one transfer */

struct mcp2515 {
    /* One transfer with the chip selected: as many bytes in as out. 0 or ROOST_ERR_FAULT. */
    int (*transfer)(void *ctx, const uint8_t *out, uint8_t *in, size_t len);
    void *ctx;
    bool started, off; /* off: bus-off was seen, recover was not asked for yet */
    uint32_t overruns;
};

void mcp2515_init(struct mcp2515 *can,
                  int (*transfer)(void *ctx, const uint8_t *out, uint8_t *in, size_t len),
                  void *ctx);

/* Resets it, sets the bit rate and joins the bus. ROOST_ERR_RANGE: no such rate with this crystal;
 * ROOST_ERR_FAULT: there is no controller, or it does not do as told. */
int mcp2515_start(struct mcp2515 *can, uint32_t crystal_hz, uint32_t bit_rate);
int mcp2515_stop(struct mcp2515 *can);

/* As roost_can_ops of port/port.h. */
int mcp2515_send(struct mcp2515 *can, const struct roost_can_frame *frame);
int mcp2515_receive(struct mcp2515 *can, struct roost_can_frame *out);
int mcp2515_recover(struct mcp2515 *can);
int mcp2515_status(struct mcp2515 *can, struct roost_can_status *out);

#endif
