/* SPDX-License-Identifier: Apache-2.0 */
#include "host/broker.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/number.h"
#include "host/file.h"

/* Splits "host[:port]"; *port_text is NULL without a port. */
static int split(struct broker_address *broker, const char *rest, const char **port_text)
{
    const char *host = rest, *end;

    if (*rest == '[') {
        host = rest + 1;
        end = strchr(host, ']');
        if (!end || (end[1] != '\0' && end[1] != ':'))
            return ROOST_ERR_INVALID;
        *port_text = end[1] == ':' ? end + 2 : NULL;
    } else {
        end = host + strcspn(host, ":");
        *port_text = *end == ':' ? end + 1 : NULL;
    }
    size_t len = (size_t)(end - host);
    if (len == 0 || len >= sizeof broker->host || memchr(host, '/', len) || memchr(host, '@', len))
        return ROOST_ERR_INVALID;
    memcpy(broker->host, host, len);
    broker->host[len] = '\0';
    return 0;
}

int broker_address_parse(struct broker_address *broker, const char *url, char *why, size_t why_size)
{
    const char *port_text = NULL;
    uint64_t port;

    *broker = (struct broker_address){.tls = strncmp(url, "mqtts://", 8) == 0};
    bool known = broker->tls || strncmp(url, "mqtt://", 7) == 0;
    if (!known || split(broker, url + (broker->tls ? 8 : 7), &port_text)) {
        snprintf(why, why_size, "--broker %s: allowed is mqtt://HOST:PORT or mqtts://HOST:PORT",
                 url);
        return ROOST_ERR_INVALID;
    }
    broker->port = broker->tls ? 8883 : 1883;
    if (!port_text)
        return 0;
    if (roost_parse_uint64(port_text, strlen(port_text), &port) || port < 1 || port > 65535) {
        snprintf(why, why_size, "--broker %s: allowed as port is 1 to 65535", url);
        return ROOST_ERR_INVALID;
    }
    broker->port = (uint16_t)port;
    return 0;
}

int broker_password_read(char *out, size_t size, const char *path, char *why, size_t why_size)
{
    struct why reason;
    int fd = file_open(path, &reason);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

    if (!file) {
        if (fd >= 0)
            close(fd);
        snprintf(why, why_size, "--password-file %s", fd < 0 ? reason.text : "out of memory");
        return ROOST_ERR_IO;
    }
    size_t len = fread(out, 1, size - 1, file);
    bool more = len == size - 1 && fgetc(file) != EOF;
    fclose(file);
    out[len] = '\0';
    size_t line = strcspn(out, "\r\n");
    if (line == 0 || (more && line == len)) {
        snprintf(why, why_size, "--password-file %s: allowed is a first line of 1 to %zu bytes",
                 path, size - 1);
        return ROOST_ERR_INVALID;
    }
    out[line] = '\0';
    return 0;
}
