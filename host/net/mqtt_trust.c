/* SPDX-License-Identifier: Apache-2.0 */
/* Whom the client trusts, read anew after each connection that ended: the broker's authority may
 * have been renewed, or taken away. On a thread of libuv's pool; the next connection is made with
 * what was read, and one that cannot be read leaves the old one. */
#include <stdlib.h>

#include "core/err.h"
#include "host/log.h"
#include "host/net/mqtt_internal.h"

struct trust {
    uv_work_t work;
    struct mqtt_client *client;
    struct tls_context *loaded;
    int err;
};

static void load(uv_work_t *work)
{
    struct trust *trust = work->data;

    trust->err = tls_client_context(&trust->loaded, trust->client->config.ca_file);
}

static void loaded(uv_work_t *work, int status)
{
    struct trust *trust = work->data;
    struct mqtt_client *c = trust->client;

    if (status == 0 && trust->err == 0) {
        tls_context_free(c->tls_next);
        c->tls_next = trust->loaded;
    } else if (status == 0) {
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "mqtt",
                         "the authorities cannot be read, the old ones stay",
                         RF_STR("file", c->config.ca_file), RF_ERR("error", trust->err));
    }
    free(trust);
    c->trusting = false;
    mqtt_let_go(c);
}

void mqtt_trust_anew(struct mqtt_client *c)
{
    struct trust *trust = c->tls && !c->trusting && !c->done ? calloc(1, sizeof *trust) : NULL;

    if (!trust)
        return;
    trust->client = c;
    trust->work.data = trust;
    if (uv_queue_work(c->loop, &trust->work, load, loaded) != 0) {
        free(trust);
        return;
    }
    c->trusting = true;
    c->handles++;
}

void mqtt_trust_take(struct mqtt_client *c)
{
    if (!c->tls_next)
        return;
    tls_context_free(c->tls);
    c->tls = c->tls_next;
    c->tls_next = NULL;
}
