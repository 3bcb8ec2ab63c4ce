/* SPDX-License-Identifier: Apache-2.0 */
/* The device's life: boots, turns, time. */
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "core/timer.h"
#include "proto/fleet/image.h"
#include "runtime/ota/test/rig_parts.h"

void rig_text(char *out, const char *text)
{
    memcpy(out, text, strlen(text) + 1);
}

static uint64_t now_ms(void *ctx)
{
    return ((struct rig *)ctx)->now_ms;
}

void rig_boot(struct rig *rig, enum roost_reset_reason reason)
{
    struct roost_image image;
    uint8_t other = !rig->running;
    if (rig->slot_state[rig->running] == RIG_PENDING)
        rig->slot_state[rig->running] = RIG_FAILED;
    if (rig->slot_state[rig->running] == RIG_FAILED || rig->slot_state[other] == RIG_NEW)
        rig->running = other;
    if (rig->slot_state[rig->running] == RIG_NEW)
        rig->slot_state[rig->running] = RIG_PENDING;
    rig->power = true;
    rig->rebooting = false;
    rig->reason = reason;
    rig->transfer.open = false;
    rig->boots++;
    rig->now_ms += 1000;
    assert_true(rig_is_signed(rig, rig->slot[rig->running], RIG_IMAGE));
    assert_int_equal(roost_image_read(&image, rig->slot[rig->running], RIG_SLOT), 0);
    rig_text(rig->version, image.version);
    memset(&rig->ota, 0x55, sizeof rig->ota);
    assert_int_equal(roost_ota_init(&rig->ota, &rig->port, &rig->config, &rig->log, rig->now_ms),
                     rig->running_error ? ROOST_ERR_UNSUPPORTED : 0);
}

bool rig_work(struct rig *rig)
{
    struct roost_ota *ota = &rig->ota;
    rig_pump(rig);
    roost_ota_step(ota, rig->now_ms, rig->network_up);
    if (ota->state == ROOST_OTA_TRIAL)
        roost_ota_self_test(ota, rig->now_ms, rig->missing);
    if (ota->state == ROOST_OTA_READY && !rig->hold)
        roost_ota_restart(ota);
    if (rig->power && rig->rebooting)
        rig_boot(rig, rig->asked_reason);
    return rig->power;
}

bool rig_wait(struct rig *rig, uint64_t until_ms)
{
    uint64_t due_ms = roost_ota_due(&rig->ota);
    if (!rig->transfer.open && due_ms > rig->now_ms)
        rig->now_ms = due_ms < until_ms ? due_ms : until_ms;
    return rig->now_ms < until_ms;
}

void rig_run(struct rig *rig, uint64_t ms)
{
    uint64_t until_ms = rig->now_ms + ms;
    for (int turns = 0; rig_work(rig) && rig_wait(rig, until_ms); turns++)
        assert_true(turns < 20000);
}

void rig_until(struct rig *rig, enum roost_ota_state state)
{
    uint64_t until_ms = rig->now_ms + 2 * (uint64_t)RIG_DAY_MS;
    while (rig->ota.state != state) {
        assert_true(rig_work(rig));
        assert_true(rig->ota.state == state || rig_wait(rig, until_ms));
    }
}

void rig_start(struct rig *rig)
{
    memset(rig, 0, sizeof *rig);
    rig->port = (struct roost_port){
        .kv = {&rig_kv_ops, rig},
        .slot = {&rig_slot_ops, rig, RIG_SECTOR, RIG_SECTORS, 4},
        .firmware = {&rig_firmware_ops, rig},
        .http = {&rig_http_ops, rig},
        .random = {&rig_random_ops, rig},
        .system = {&rig_system_ops, rig},
        .crypto = {&rig_crypto_ops, rig},
    };
    rig->config = (struct roost_ota_config){
        .url = "https://hub.example/api/v1/esp32/firmware",
        .product = "window",
        .target = "esp32c3",
        .version = rig->version,
        .hardware_version = 2,
        .key_count = 2,
        .https_only = true,
    };
    memset(rig->config.keys[0], 0xA0, ROOST_PUBLIC_KEY_BYTES);
    memset(rig->config.keys[1], 0xA1, ROOST_PUBLIC_KEY_BYTES);
    roost_log_init(&rig->log, rig->ring, sizeof rig->ring, now_ms, NULL, rig);
    rig->random = 1;
    rig->network_up = rig->power = true;
    rig->cut_at = RIG_NO_CUT;
    rig->key[0].len = rig->key[1].len = -1;
    rig->part_bytes = 300;
    rig->manifest_status = ROOST_ERR_NOT_FOUND;
    rig->slot_state[0] = RIG_VALID;
    rig->lowest = 2;
    rig_fill(rig, rig->slot[1], RIG_SLOT);
    rig_make_image(rig->slot[0], RIG_SLOT, "1.3.0", 2);
    rig_digest(rig->slot[0], RIG_IMAGE, rig->signed_images[rig->signed_count++]);
    rig_boot(rig, ROOST_RESET_POWER_ON);
}
