/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file by FTP over BSD sockets, blocking, in a task that may: what port/parts/ftp.h says is
 * written and read here. Knows nothing of ESP-IDF, so that it is tested against real servers on a
 * host. State is on the stack, 3 KB, and the caller's buffer. Depends on port/parts/, core/.
 *
 *     const struct esp_ftp_options options = {.url = "ftp://u:p@host/dir/log.txt", .store = true,
 *         .body = next_part, .buffer = part, .size = sizeof part, .timeout_ms = 30000};
 *     err = esp_ftp_run(&options, &code);
 */
#ifndef ROOST_PORT_ESP_IDF_ESP_FTP_H
#define ROOST_PORT_ESP_IDF_ESP_FTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ESP_FTP_URL_MAX = 512 };

struct esp_ftp_options {
    const char *url; /* of ftp; longer than ESP_FTP_URL_MAX: ROOST_ERR_TOO_LONG */
    bool store;
    uint64_t offset; /* of a file that is fetched */
    /* Fetched: takes a part, false: stop. */
    bool (*part)(void *ctx, const void *data, size_t len);
    /* Stored: the next part into `out`, its length, 0: that was all, negative: stop. */
    int (*body)(void *ctx, void *out, size_t size);
    void *ctx;
    void *buffer; /* for parts */
    size_t size;
    uint32_t timeout_ms; /* of a connect, of each reply and of each part */
};

/* Returns 0 or an error as http.start has it for HTTP_DONE, ROOST_ERR_INVALID for the URL. *code:
 * of FTP's last reply, 0: none. One that was stopped is ROOST_ERR_CLOSED. */
int esp_ftp_run(const struct esp_ftp_options *options, int *code);

#endif
