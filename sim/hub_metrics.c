/* SPDX-License-Identifier: Apache-2.0 */
/* What the services say of themselves on /metrics, added up. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "sim/hub.h"

/* Sum of the lines `name{...label...} value`; label NULL: all of them. */
static double sum(const char *text, const char *name, const char *label)
{
    size_t name_len = strlen(name);
    double total = 0;

    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        const char *end, *space;

        line += *line == '\n';
        if (strncmp(line, name, name_len) != 0 || (line[name_len] != '{' && line[name_len] != ' '))
            continue;
        end = line + strcspn(line, "\n");
        space = memrchr(line, ' ', (size_t)(end - line));
        if (label) {
            const char *found = strstr(line, label);

            if (!found || found > end)
                continue;
        }
        if (space)
            total += strtod(space + 1, NULL);
    }
    return total;
}

/* The whole exposition, for the caller to free; NULL while the process is away. */
static char *exposition(struct sim_hub *hub)
{
    size_t len;

    return hub->metrics ? metrics_expose(hub->metrics, &len) : NULL;
}

double sim_hub_metric(struct sim_hub *hub, const char *name, const char *label)
{
    char *text = exposition(hub);
    double total = text ? sum(text, name, label) : 0;

    free(text);
    return total;
}

static bool topic_adds_up(const char *text, const char *topic, char *why, size_t why_size)
{
    char label[48];
    double received, stored, duplicate, rejected, waiting;

    snprintf(label, sizeof label, "topic=\"%s\"", topic);
    received = sum(text, "roost_ingest_received_total", label);
    stored = sum(text, "roost_ingest_stored_total", label);
    duplicate = sum(text, "roost_ingest_duplicate_total", label);
    rejected = sum(text, "roost_ingest_rejected_total", label);
    waiting = sum(text, "roost_ingest_waiting", label);
    if (fabs(received - (stored + duplicate + rejected + waiting)) < 0.5)
        return true;
    snprintf(why, why_size,
             "%s: received %.0f, but stored %.0f + duplicate %.0f + rejected %.0f + waiting %.0f",
             topic, received, stored, duplicate, rejected, waiting);
    return false;
}

bool sim_hub_adds_up(struct sim_hub *hub, char *why, size_t why_size)
{
    char *text = exposition(hub);
    bool good = true;

    if (!text)
        return true;
    for (size_t i = 0; i < hub->services.set.count && good; i++) {
        const struct hub_service *row = hub->services.set.at[i].row;

        for (size_t k = 0; k < row->topic_count && good; k++)
            good = topic_adds_up(text, row->topics[k].topic->name, why, why_size);
    }
    if (good)
        good = topic_adds_up(text, "other", why, why_size);
    free(text);
    return good;
}
