/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions behind the rows of sayings.c, by file: due, write and done of each, as struct
 * charger_saying of parts.h says. Depends on parts.h.
 */
#ifndef ROOST_DEVICES_CHARGER_OCPP_SAYINGS_H
#define ROOST_DEVICES_CHARGER_OCPP_SAYINGS_H

#include "devices/charger/ocpp/parts.h"

#define CHARGER_SAYING(name)                                                                       \
    uint64_t charger_##name##_due(struct charger_ocpp *ocpp);                                      \
    void charger_##name##_write(struct charger_ocpp *ocpp, struct ocpp_writer *w);                 \
    void charger_##name##_done(struct charger_ocpp *ocpp, enum charger_outcome outcome);

CHARGER_SAYING(boot)      /* boot.c */
CHARGER_SAYING(heartbeat) /* boot.c */
CHARGER_SAYING(card)      /* card.c */
CHARGER_SAYING(status)    /* status.c */
CHARGER_SAYING(begin)     /* deliver.c */
CHARGER_SAYING(sample)    /* deliver.c */
CHARGER_SAYING(end)       /* deliver.c */
CHARGER_SAYING(security)  /* security.c */
CHARGER_SAYING(vendor)    /* vendor.c */
CHARGER_SAYING(diagnostics)
CHARGER_SAYING(log) /* files.c: these */
CHARGER_SAYING(firmware)
CHARGER_SAYING(signed_firmware)

#undef CHARGER_SAYING

bool charger_end_shrink(struct charger_ocpp *ocpp);

#endif
