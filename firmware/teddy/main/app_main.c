/* SPDX-License-Identifier: Apache-2.0 */
/* The teddy on the chip: what of it is the product's alone. */
#include "devices/teddy/teddy.h"

#include <stdlib.h>

#include "core/err.h"
#include "esp_heap_caps.h"
#include "esp_log.h"
#include "firmware/common/firmware.h"
#include "firmware/teddy/main/hardware.h"
#include "firmware/teddy/main/reach.h"

enum {
    HEARD_BYTES_PSRAM = 256 * 1024, /* 8 s of bare PCM */
    MESSAGE_MAX = 12 * 1024         /* a piece of sound in base64, and some: it asks for pieces */
};

static const char tag[] = "teddy";

static struct roost_teddy teddy;

/* In PSRAM where there is some, which then has room for more. Wiped by the device. */
static void *ring(size_t *bytes, size_t with_psram)
{
    void *memory = heap_caps_malloc(with_psram, MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT);

    if (memory)
        *bytes = with_psram;
    else
        memory = malloc(*bytes);
    return memory;
}

static int make(const struct firmware_setup *setup)
{
    const struct esp_factory *factory = setup->factory;
    struct roost_teddy_config config = {
        .device_id = factory->device_id,
        .firmware_version = setup->version,
        .hub = factory->hub_url,
        .child_id = factory->child_id,
        .child_name = TEDDY_CHILD_NAME,
        .child_age = TEDDY_CHILD_AGE,
        .key = factory->secret_len > 0 ? factory->secret : NULL,
        .key_len = factory->secret_len,
        .ca_pem = factory->hub_ca ? factory->hub_ca : factory->broker_ca,
        .said_bytes = ROOST_TEDDY_SAID_BYTES(CONFIG_ROOST_SAID_CHUNKS),
        .heard_bytes = ROOST_TEDDY_HEARD_BYTES,
        .message_max = MESSAGE_MAX,
        .update = setup->update,
    };

    config.said_memory = ring(&config.said_bytes, ROOST_TEDDY_SAID_BYTES(TEDDY_CHUNKS_MAX));
    config.heard_memory = ring(&config.heard_bytes, HEARD_BYTES_PSRAM);
    if (!config.said_memory || !config.heard_memory)
        return ROOST_ERR_NO_MEMORY;
    ESP_LOGI(tag, "rings: %u bytes for what is said, %u for what is heard",
             (unsigned)config.said_bytes, (unsigned)config.heard_bytes);
    return roost_teddy_init(&teddy, esp_port(), &config);
}

static int post(void *ctx, const struct roost_event *event)
{
    return roost_teddy_post(ctx, event);
}

static uint64_t step(void *ctx)
{
    return roost_teddy_step(ctx);
}

void app_main(void)
{
    static const struct firmware_product product = {
        .name = "teddy",
        .parts = teddy_parts,
        .part_count = sizeof teddy_parts / sizeof teddy_parts[0],
        .reach = teddy_reach,
        .make = make,
        .log = &teddy.device.log,
        .post = post,
        .step = step,
        .device = &teddy,
    };

    firmware_start(&product);
}
