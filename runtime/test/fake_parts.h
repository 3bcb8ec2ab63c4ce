/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the fake port share; for nobody else. */
#ifndef ROOST_RUNTIME_TEST_FAKE_PARTS_H
#define ROOST_RUNTIME_TEST_FAKE_PARTS_H

#include "runtime/test/fake_port.h"

extern const struct roost_flash_ops fake_flash_ops; /* ctx: a region */
extern const struct roost_kv_ops fake_kv_ops;       /* ctx of all others: the port */
extern const struct roost_mqtt_ops fake_mqtt_ops;

/* What a part does when its event is due, right before it is posted. */
void fake_settle_broker(struct fake_port *fake, struct roost_event *event);
void fake_settle_ws(struct fake_port *fake, struct roost_event *event);
void fake_settle_wifi(struct fake_port *fake, struct roost_event *event);
void fake_settle_http(struct fake_port *fake, struct roost_event *event);

/* What post answered to a part of a download. */
void fake_http_posted(struct fake_port *fake, const struct roost_event *event, int err);

void fake_forget_pending(struct fake_port *fake, enum roost_event_type type);
void fake_forget_unacked(struct fake_port *fake);
void fake_boot_update(struct fake_port *fake); /* the boot loader's part of fake_boot() */

#endif
