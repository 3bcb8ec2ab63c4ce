/* SPDX-License-Identifier: Apache-2.0 */
/* What goes out on CAN: the rows of each kind in turn, one each period of the table. */
#include "devices/charger/power/parts.h"

static int32_t or_zero(bool known, int32_t value)
{
    return known && value > 0 ? value : 0;
}

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static void put_values(const struct charger_power *power, struct can_message *message)
{
    enum { ROOM = CHARGER_VOLTAGE_MAX_MV - CHARGER_VOLTAGE_ROOM_MV };
    int32_t voltage_mv, current_ma, limit_mv;
    bool measured = charger_measured(power, &voltage_mv, &current_ma);

    if (!charger_power_value(power, CAN_BATTERY_VOLTAGE_MAX_MV, CHARGER_BATTERY_SILENT_MS,
                             &limit_mv))
        limit_mv = 0;
    can_put(message, CAN_OUTPUT_VOLTAGE_MV, or_zero(measured, voltage_mv));
    can_put(message, CAN_OUTPUT_CURRENT_MA, or_zero(measured, current_ma));
    can_put(message, CAN_OUTPUT_STATUS, charger_output_status(power));
    can_put(message, CAN_MODULE_OFF,
            !(power->lines & CHARGER_LINE_MODULE) || charger_power_stopped(power));
    can_put(message, CAN_MODULE_VOLTAGE_LIMIT_MV, least(limit_mv, ROOM));
    can_put(message, CAN_MODULE_CURRENT_LIMIT_MA, power->setpoint_ma);
}

/* The battery is told the nearest that its frame can say: one that hears nothing more of an output
 * at 160 V would only know that the line is dead. */
static void bend(const struct can_row *row, struct can_message *message)
{
    for (unsigned i = 0; row->kind == CAN_OUTPUT && i < row->field_count; i++) {
        const struct can_field *field = &row->fields[i];
        int32_t *value = &message->value[field->quantity];

        *value = *value < field->min ? field->min : least(*value, field->max);
    }
}

/* Returns whether the port took it. */
static bool send_row(struct charger_power *power, const struct can_row *row,
                     struct can_message *message)
{
    const struct roost_can *can = &power->config.port->can;
    struct roost_can_frame frame;

    bend(row, message);
    if (can_encode(row, message, &frame) == 0 &&
        can->ops->send(can->ctx, power->config.can_bus[row->bus], &frame) == 0) {
        if (power->config.frame)
            power->config.frame(power->config.frame_ctx, power->now_ms, (enum can_bus)row->bus,
                                &frame, true);
        return true;
    }
    power->bus[row->bus].unsent++;
    return false;
}

/* All orders there are, until the port has taken each: what it cannot take now is said again. */
static void say_urgent(struct charger_power *power, struct can_message *message)
{
    uint8_t *at = &power->say[CAN_CONTROL].at;

    while (power->urgent_left > 0) {
        uint8_t next = *at;
        const struct can_row *row = can_next(power->config.table, CAN_CONTROL, &next);
        if (!row || !send_row(power, row, message))
            return;
        *at = next;
        power->urgent_left--;
    }
}

void charger_say_now(struct charger_power *power)
{
    power->urgent_left = 0;
    for (unsigned i = 0; i < power->config.table->row_count; i++)
        if (power->config.table->rows[i].kind == CAN_CONTROL)
            power->urgent_left++;
}

static bool is_due(const struct charger_power *power, unsigned kind)
{
    return power->config.table->period_ms[kind] != 0 && power->now_ms >= power->say[kind].due_ms;
}

static bool anything_due(const struct charger_power *power)
{
    bool due = power->urgent_left > 0;

    for (unsigned kind = CAN_FIRST_SAID; kind < CAN_KIND_COUNT; kind++)
        due = due || is_due(power, kind);
    return due;
}

void charger_say(struct charger_power *power)
{
    const struct can_table *table = power->config.table;
    struct can_message message = {0};

    if (!anything_due(power))
        return;
    put_values(power, &message);
    say_urgent(power, &message);
    for (unsigned kind = CAN_FIRST_SAID; kind < CAN_KIND_COUNT; kind++) {
        uint32_t period_ms = table->period_ms[kind];

        if (!is_due(power, kind))
            continue;
        const struct can_row *row = can_next(table, (enum can_kind)kind, &power->say[kind].at);
        if (row)
            (void)send_row(power, row, &message);
        power->say[kind].due_ms += period_ms;
        if (power->say[kind].due_ms <= power->now_ms) /* late: none is said twice to catch up */
            power->say[kind].due_ms = power->now_ms + period_ms;
    }
}
