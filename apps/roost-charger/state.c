/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-charger/parts.h"

static void write_connector(struct charger_program *self, unsigned number,
                            struct roost_json_writer *w)
{
    const struct charger_connector *connector = &self->charger.station.connectors[number];
    const struct charger_power *power = &self->charger.power[number - 1];
    struct world_charger *world = &self->guns[number - 1].world;
    struct charger_sample sample;

    world_charger_update(world);
    charger_power_sample(power, &sample);
    roost_json_object(w);
    roost_json_put_str(w, "status", charger_status_name(connector->status));
    roost_json_put_str(w, "power", charger_state_name(power->state));
    roost_json_put_str(w, "light", charger_light_name(charger_front_light(&self->charger, number)));
    roost_json_put_bool(w, "flows", charger_power_flows(power));
    roost_json_put_bool(w, "plugged", world->plugged);
    roost_json_put_uint(w, "transaction", connector->transaction);
    roost_json_put_uint(w, "register_mwh", sample.energy_mwh);
    roost_json_put_double(w, "output_wh", world_charger_energy_wh(world), 3);
    if (self->given.dc_meter)
        roost_json_put_uint(w, "meter_wh", world_dcmeter_shows_wh(&self->guns[number - 1].meter));
    roost_json_put_double(w, "battery_wh", world->battery_j / 3600, 3);
    roost_json_put_double(w, "current_a", world_charger_current_a(world), 1);
    roost_json_put_double(w, "soc_percent", world->battery.soc * 100, 1);
    roost_json_end(w);
}

static void write_messages(const struct roost_charger *charger, struct roost_json_writer *w)
{
    const struct charger_ocpp *ocpp = &charger->ocpp;

    roost_json_put_object(w, "ocpp");
    roost_json_put_bool(w, "registered", ocpp->registration == CHARGER_REGISTERED);
    roost_json_put_uint(w, "calls", ocpp->count.calls);
    roost_json_put_uint(w, "answers", ocpp->count.answers);
    roost_json_put_uint(w, "refused", ocpp->count.refused);
    roost_json_put_uint(w, "timeouts", ocpp->count.timeouts);
    roost_json_put_uint(w, "transactions_waiting", charger->ledger.transactions);
    roost_json_end(w);
}

void charger_write_state(struct device_program *program, struct roost_json_writer *w)
{
    struct charger_program *self = charger_of(program);

    roost_json_put_array(w, "connectors");
    for (unsigned number = 1; number <= self->given.connectors; number++)
        write_connector(self, number, w);
    roost_json_end(w);
    write_messages(&self->charger, w);
}
