/* SPDX-License-Identifier: Apache-2.0 */
/* A connector as it is now, for whoever looks at the live view: event "charging". Between two
 * flushes the newest of each connector is sent (hub/api/events.h), which tells by device and
 * metric. */
#include <stdio.h>

#include "hub/csms/csms_internal.h"

enum { JSON_MAX = 512 };

void csms_live_tell(const struct csms_charger *charger, const struct csms_connector *connector)
{
    const struct hub_feed *feed = charger->csms->parts.feed;
    char json[JSON_MAX], metric[40];
    struct roost_json_writer w;

    if (!hub_feed_wanted(feed))
        return;
    snprintf(metric, sizeof metric, "connector %td", connector - charger->connectors);
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    roost_json_put_str(&w, "device_id", charger->identity);
    roost_json_put_str(&w, "metric", metric);
    roost_json_put_int(&w, "connector_id", connector - charger->connectors);
    roost_json_put_str(
        &w, "status", connector->status != OCPP_NO_WORD ? ocpp_word_text(connector->status) : NULL);
    if (connector->tx)
        roost_json_put_int(&w, "transaction_id", connector->tx->id);
    else
        roost_json_put_null(&w, "transaction_id");
    if (connector->power_ms != 0)
        roost_json_put_milli(&w, "power_w", connector->power_mw);
    else
        roost_json_put_null(&w, "power_w");
    if (connector->energy_ms != 0)
        roost_json_put_milli(&w, "register_wh", connector->energy_mwh);
    else
        roost_json_put_null(&w, "register_wh");
    roost_json_put_int(&w, "at_ms", csms_unix_ms(charger->csms));
    roost_json_end(&w);
    hub_feed_send(feed, "charging", &w);
}
