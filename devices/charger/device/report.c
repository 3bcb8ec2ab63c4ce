/* SPDX-License-Identifier: Apache-2.0 */
/* What the charger says of itself beside what every device does. */
#include "core/err.h"
#include "devices/charger/device/parts.h"

void charger_set_faults(struct roost_charger *charger)
{
    uint32_t held = 0;

    for (unsigned c = 0; c < charger->config.connectors; c++)
        held |= charger->power[c].faults;
    if (held == charger->shown_faults)
        return;
    charger->shown_faults = held;
    charger_faults_set(&charger->device.faults, held);
}

static void write_connector(const struct roost_charger *charger, unsigned c,
                            struct roost_json_writer *out)
{
    const struct charger_connector *connector = &charger->station.connectors[c];
    const struct charger_power *power = &charger->power[c - 1];
    struct charger_sample sample;

    charger_power_sample(power, &sample);
    roost_json_object(out);
    roost_json_put_str(out, "status", charger_status_name(connector->status));
    roost_json_put_str(out, "power", charger_state_name(power->state));
    roost_json_put_uint(out, "transaction", connector->transaction);
    roost_json_put_uint(out, "energy_wh", sample.energy_mwh / 1000);
    if (sample.measured)
        roost_json_put_int(out, "power_w", sample.power_w);
    if (sample.soc_permille >= 0)
        roost_json_put_int(out, "soc_percent", sample.soc_permille / 10);
    roost_json_end(out);
}

void charger_write_health(const struct roost_device *device, struct roost_json_writer *out)
{
    const struct roost_charger *charger = (const struct roost_charger *)device;

    roost_json_put_object(out, "charger");
    roost_json_put_array(out, "connectors");
    for (unsigned c = 1; c <= charger->config.connectors; c++)
        write_connector(charger, c, out);
    roost_json_end(out);
    roost_json_end(out);
}

/* ---- commands ---- */
/* None resets a fault that is latched: that takes a hand at the charger (C3). */

static ROOST_COMMAND(charger, forget_cards)
{
    struct roost_charger *charger = (struct roost_charger *)device;
    int err = charger_tags_clear(&charger->tags);

    if (err == 0)
        roost_write_nothing(out);
    else
        roost_say(message, roost_err_text(err));
    return err;
}

const struct roost_command_row charger_commands[CHARGER_COMMANDS] = {
    {"forget_cards", charger_command_forget_cards},
};
