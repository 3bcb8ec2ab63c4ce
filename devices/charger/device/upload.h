/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that a central system asks for with GetDiagnostics and GetLog. Each is made while it
 * goes out (runtime/upload.h), from what there is in the range of time that was named:
 *
 *     diagnostics, log   who and since when, the faults that hold, the log; behind it the last
 * minute of CAN before a fault, or until now (devices/charger/blackbox.h) security log       who
 * and since when, the security events that were kept
 *
 * A range in which there is nothing has no file. Another request gives up the one under way. What
 * becomes of it is told one word after the other, each when the one before was heard; a note on
 * flash ("upload") says what would have to be told after a power cut, until the last word was
 * heard: who waits for it never waits in vain. A reset, and a restart into new firmware, wait for
 * no file: it is given up, and that is told after the boot. An update that goes on meanwhile has
 * the port's http for as long as it takes, and the file comes after it; one that comes later does
 * so itself.
 *
 *     does.upload = charger_upload_ask;
 *     post:  if (roost_upload_post(&charger->upload.job, event)) return 0;
 *     step:  due_ms = charger_upload_run(charger, &now);
 *
 * Depends on runtime/, devices/charger/{ocpp,security}, devices/charger/blackbox.h.
 */
#ifndef ROOST_DEVICES_CHARGER_DEVICE_UPLOAD_H
#define ROOST_DEVICES_CHARGER_DEVICE_UPLOAD_H

#include "devices/charger/blackbox.h"
#include "devices/charger/ocpp/parts.h"
#include "runtime/diagnostics.h"
#include "runtime/upload.h"

struct roost_charger;

/* A file, as far as it has gone. */
struct charger_file {
    struct roost_diagnostics lines; /* and the range of time */
    struct charger_blackbox_reader box;
    uint32_t event;         /* the last one written */
    uint8_t which, section; /* enum charger_ocpp_file; which part of it */
};

struct charger_upload {
    struct roost_upload job;
    struct roost_tls_options tls;
    struct charger_file file;
    int32_t request_id;
    uint16_t begun, ended; /* enum ocpp_word that are to be told; OCPP_NO_WORD: nothing */
    bool told;             /* that it has begun */
    bool noted;            /* there is a note on flash */
    bool reads;            /* an attempt: the black box stands still for it */
};

/* struct charger_ocpp_does; ctx: the charger. */
int charger_upload_ask(void *ctx, const struct charger_ocpp_upload *asked, char name[256]);
/* After charger_ocpp_init: what an earlier life had to tell. */
void charger_upload_make(struct roost_charger *charger);
uint64_t charger_upload_run(struct roost_charger *charger, const struct charger_instant *now);

#endif
