/* SPDX-License-Identifier: Apache-2.0 */
/* What the charger says of itself beside what every device does. */
#include "core/err.h"
#include "devices/charger/device/parts.h"

/* A gun that is pulled out is no riddle, and the next fault may be one. */
static void freeze(struct roost_charger *charger, uint32_t fresh)
{
    const struct roost_fault_info *fault = charger_faults;

    fresh &= ~CHARGER_BIT(UNPLUGGED);
    if (fresh == 0 || charger->blackbox.kept == 0)
        return;
    for (; (fresh & 1) == 0; fresh >>= 1)
        fault++;
    charger_blackbox_freeze(&charger->blackbox, fault->number);
}

void charger_record(struct roost_charger *charger)
{
    struct charger_power *last = &charger->power[charger->recorded];

    for (unsigned c = 0; c < charger->config.connectors; c++) {
        struct charger_power *power = &charger->power[c];

        if (power->state == CHARGER_IDLE || (last->state != CHARGER_IDLE && last != power))
            continue;
        last->config.frame = NULL;
        power->config.frame = charger_blackbox_frame;
        charger->recorded = (uint8_t)c;
        return;
    }
}

void charger_set_faults(struct roost_charger *charger)
{
    uint32_t held = 0;

    for (unsigned c = 0; c < charger->config.connectors; c++)
        held |= charger->power[c].faults;
    if (held == charger->shown_faults)
        return;
    freeze(charger, held & ~charger->shown_faults);
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
