/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time and random numbers. The wall clock is the system's: SNTP sets it, and it goes on over a
 * restart that does not cut the power. Random numbers are the chip's generator, which has true
 * entropy while Wi-Fi is on; before that, and without a radio (emulators), it was seeded by the
 * boot loader from the SAR ADC. Nothing draws keys before the network is up.
 */
#include "port/esp-idf/esp_parts.h"

#include <sys/time.h>

#include "esp_log.h"
#include "esp_netif_sntp.h"
#include "esp_random.h"
#include "esp_timer.h"

/* 2024-01-01: without a battery the clock begins at 1970, so what is earlier was never set. */
#define KNOWN_S 1704067200

static const char tag[] = "roost.time";
static bool asks;

static uint64_t clock_now_ms(void *ctx)
{
    (void)ctx;
    return (uint64_t)(esp_timer_get_time() / 1000);
}

static int64_t clock_unix_ms(void *ctx)
{
    struct timeval now = {0};

    (void)ctx;
    if (gettimeofday(&now, NULL) != 0 || (int64_t)now.tv_sec < KNOWN_S)
        return 0;
    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

static const struct roost_clock_ops clock_ops = {.now_ms = clock_now_ms, .unix_ms = clock_unix_ms};

struct roost_clock esp_port_clock(void)
{
    return (struct roost_clock){&clock_ops, NULL};
}

void esp_port_time_init(const char *server)
{
    if (!server || !server[0])
        return;
    esp_sntp_config_t config = ESP_NETIF_SNTP_DEFAULT_CONFIG(server);
    config.start = false; /* a question without a network is one that waits for its time-out */
    config.wait_for_sync = false;
    esp_err_t err = esp_netif_sntp_init(&config);
    asks = err == ESP_OK;
    if (!asks)
        ESP_LOGE(tag, "no SNTP: %s", esp_err_to_name(err));
}

void esp_port_time_ask(void)
{
    if (asks)
        (void)esp_netif_sntp_start();
}

static void random_fill(void *ctx, void *out, size_t len)
{
    (void)ctx;
    esp_fill_random(out, len);
}

static const struct roost_random_ops random_ops = {.fill = random_fill};

struct roost_random esp_port_random(void)
{
    return (struct roost_random){&random_ops, NULL};
}
